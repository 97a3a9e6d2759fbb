"""`voltrace generate`."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from seed.nation import KINDS
from service.cli import main


def generated(*arguments: str) -> bytes:
    result = CliRunner().invoke(main, ["generate", "--batteries", "60", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def test_the_same_seed_writes_the_same_bytes() -> None:
    assert generated("--seed", "5") == generated("--seed", "5") != generated("--seed", "6")


def test_the_ledger_says_what_was_planted(tmp_path: Path) -> None:
    ledger = tmp_path / "planted.jsonl"
    lines = generated("--trouble", "all=0.2", "--trouble", "code-malformed=0", "--ledger", str(ledger)).splitlines()
    ids = {orjson.loads(line)["eventId"] for line in lines}
    planted = [orjson.loads(line) for line in ledger.read_bytes().splitlines()]
    assert planted
    assert "CODE_MALFORMED" not in {entry["code"] for entry in planted}
    assert all(entry["code"] in KINDS and ids.issuperset(entry["events"]) for entry in planted)


def test_it_can_be_ingested_as_it_was_reported(tmp_path: Path) -> None:
    file, store = tmp_path / "nation.jsonl", f"sqlite:{tmp_path / 'nation.db'}"
    file.write_bytes(generated("--until", "2022-06-30"))
    result = CliRunner().invoke(main, ["ingest", str(file), "--store", store])
    assert result.exit_code == 0
    assert "recorded now" not in result.output
    assert f"In the store now: {len(file.read_bytes().splitlines()):,} accepted" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--trouble", "GHOST=1"], "'GHOST' is no kind of trouble; there are ALL, CUSTODY_GAP"),
        (["--trouble", "CUSTODY_GAP"], "the rate is a number from 0 to 1, as in CUSTODY_GAP=0.02"),
        (["--trouble", "CUSTODY_GAP=7"], "the rate is a number from 0 to 1"),
        (["--until", "2016-01-01"], "2016-01-01 is no last day of a history"),
        (["--batteries", "0"], "0 is not in the range"),
        (["--seed", "-1"], "-1 is not in the range"),
    ],
)
def test_a_wrong_argument_is_told(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(main, ["generate", *arguments])
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


def test_a_ledger_that_cannot_be_written_is_told_before_the_history(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["generate", "--ledger", str(tmp_path / "none" / "planted.jsonl")])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {tmp_path}/none/planted.jsonl: No such file or directory; name a file")


def test_it_starts_without_a_web_server_and_a_database() -> None:
    code = (
        "import sys; from service.cli import main; main(['generate', '--batteries', '1'], standalone_mode=False); "
        "print([name for name in ('fastapi', 'strawberry', 'neo4j') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr == "[]\n"
