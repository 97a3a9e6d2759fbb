"""What every command says of a Neo4j that does not answer: that it waits, and at last one error."""

import logging

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
