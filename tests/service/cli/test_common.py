"""What every command says of a Neo4j that does not answer: that it waits, and at last one error; how wide it writes."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from service.cli import main
from service.cli.common import finish
from service.stores.memory import MemoryStore


def test_a_server_that_is_not_there_is_one_line() -> None:
    told = CliRunner().invoke(main, ["trace", "PACK-1", "--store", "neo4j://127.0.0.1:1"])
    assert told.exit_code == 1
    (line,) = told.output.splitlines()
    assert line.startswith("Error: no Neo4j answers at neo4j://127.0.0.1:1: ")


def test_a_write_that_is_tried_again_is_told_in_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """The lines that the driver logged when a server was killed in the middle of an ingest."""
    driver = logging.getLogger("neo4j.pool")

    async def use_case() -> str:
        driver.warning("Unable to retrieve routing information")
        driver.warning("Transaction failed and will be retried in %ss (%s)", 3.744717559741514, "no [routing] table")
        driver.error("[#A47A]  _: <CONNECTION> error: Failed to read")
        return "done"

    assert finish(MemoryStore(), use_case) == "done"
    assert capsys.readouterr().err == "memory:: no [routing] table; tried again in 3.7 s\n"
    assert logging.getLogger("neo4j").propagate
    assert not logging.getLogger("neo4j").handlers


def test_an_error_leaves_the_logs_as_they_were() -> None:
    async def use_case() -> None:
        raise click.ClickException("no")

    with pytest.raises(click.ClickException):
        finish(MemoryStore(), use_case)
    assert not logging.getLogger("neo4j").handlers


def test_what_goes_to_a_pipe_is_not_wrapped_whatever_the_width_that_is_said(tmp_path: Path) -> None:
    key, store = "K" * 128, f"sqlite:{tmp_path / 'store.db'}"
    pack = {"key": key, "kind": "BATTERY", "massKg": 5}
    events: list[dict[str, Any]] = [
        {"eventId": "e1", "type": "ENROLMENT", "actor": "A" * 128, "items": [pack]},
        {"eventId": "e2", "type": "RECYCLING", "actor": "B" * 128, "inputs": [{"key": key}],
         "outputs": [{"key": "L" * 128, "material": "black mass", "massKg": 5}]},
    ]  # fmt: skip
    file = tmp_path / "events.jsonl"
    file.write_text(
        "\n".join(json.dumps(event | {"occurredAt": f"2026-05-0{n}T00:00:00Z"}) for n, event in enumerate(events, 1))
    )

    def piped(*arguments: str) -> list[str]:
        command = [sys.executable, "-m", "service.cli", *arguments, "--store", store]
        environment = os.environ | {"COLUMNS": "40", "FORCE_COLOR": "1", "NO_COLOR": "1"}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout.splitlines()

    piped("ingest", str(file))
    assert any(key in line and "A" * 128 in line and line.startswith("2026-05-01") for line in piped("audit"))
    assert sum(key in line or "L" * 128 in line for line in piped("trace", key, "--direction", "forward")) == 2
