"""How far a command is, where standard error goes to a log."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seed.story import story
from service.cli import main, progress

COUNTED = r"([\d,]+) {}, [\d,]+/s(?:, (\d+) %)?$"


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(json.dumps(event) for event in story()))
    return path


@pytest.mark.parametrize("often", [True, False])
def test_lines_tell_how_far_an_ingest_a_copy_and_an_export_are(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, often: bool
) -> None:
    """One each half minute, so that what is short tells none."""
    if often:
        monkeypatch.setattr(progress, "LINE_S", 0.0)
    first, second = (f"sqlite:{tmp_path / name}.db" for name in ("first", "second"))
    ingest = run("ingest", str(file), "--store", first, "--batch", "20").stderr
    copy = run("copy", "--from", first, "--to", second).stderr
    export = run("export", "neo4j-admin", str(tmp_path / "files"), "--store", second).stderr
    if not often:
        assert ingest + copy + export == ""
        return
    read = [re.fullmatch("ingest: " + COUNTED.format("events"), line) for line in ingest.splitlines()]
    assert [one and one[1] for one in read] == ["20", "40", "57"], ingest
    assert [one and one[2] for one in read][-1] == "100", ingest
    copied = [line for line in copy.splitlines() if line.startswith("copy: ")]
    assert re.search("^copy: " + COUNTED.format("records"), copied[-1]), copy
    assert copied[-1].startswith("copy: 57 records, "), copy
    assert re.search("^compare: " + COUNTED.format("records and items"), copy.splitlines()[-1]), copy
    assert re.search(r"^export \S+: " + COUNTED.format("rows"), export.splitlines()[-1]), export
    assert export.splitlines()[-1].endswith(", 100 %"), export


def test_a_line_comes_each_half_minute(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there at the start is no part of the rate."""
    now = 1000.0
    monkeypatch.setattr(progress.err, "get_time", lambda: now)
    with progress.progress_bar("records") as bar:
        task = bar.add_task("copy", total=None, count=0)
        for count in range(5000, 5100):
            now += 1
            bar.update(task, completed=count, total=10_000, count=count, before=4990)
    assert capsys.readouterr().err.splitlines() == [
        "copy: 5,029 records, 1/s, 50 %",
        "copy: 5,059 records, 1/s, 51 %",
        "copy: 5,089 records, 1/s, 51 %",
    ]
