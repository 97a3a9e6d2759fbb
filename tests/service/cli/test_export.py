"""`voltrace export`, as a user runs it."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from seed.story import story
from service.cli import main


def export(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["export", "neo4j-admin", *arguments])


def store_with_story(folder: Path) -> str:
    url = f"sqlite:{folder / 'store.db'}"
    lines = "\n".join(json.dumps(event) for event in story())
    assert CliRunner().invoke(main, ["ingest", "--store", url, "-"], input=lines).exit_code == 0
    return url


def test_export_writes_the_files_and_says_what_to_do_next(tmp_path: Path) -> None:
    url = store_with_story(tmp_path)
    files = tmp_path / "a" / "nation"
    done = export(str(files), "--store", url)
    assert done.exit_code == 0
    for step in (f"cd {files} && neo4j-admin database import full neo4j @import.args", "migrate", "verify"):
        assert step in done.output
    named = [part for line in (files / "import.args").read_text().split() for part in line.split("=")[-1].split(",")]
    there = {f"./{path.name}" for path in files.iterdir()}
    assert there - {"./import.args"} == {name for name in named if name.startswith("./")}
    assert len((files / "event.csv").read_text().splitlines()) == len(story())
    header = (files / "part-of-header.csv").read_text()
    assert header.startswith(":START_ID(Item),:END_ID(Item),place:string,from:datetime")


def test_export_spoils_nothing(tmp_path: Path) -> None:
    url = store_with_story(tmp_path)
    files = tmp_path / "nation"
    files.mkdir()
    (files / "mine.txt").write_text("mine")
    refused = export(str(files), "--store", url)
    assert refused.exit_code == 1
    assert "is not empty" in refused.output
    assert [path.name for path in files.iterdir()] == ["mine.txt"]
    in_the_way = export(str(files / "mine.txt" / "below"), "--store", url)
    assert in_the_way.exit_code == 1
    assert "name another directory" in in_the_way.output


def test_export_says_what_it_cannot_export(tmp_path: Path) -> None:
    other = export(str(tmp_path / "files"), "--store", "memory:")
    assert other.exit_code == 1
    assert "no sqlite: store" in other.output
    empty = export(str(tmp_path / "files"), "--store", f"sqlite:{tmp_path / 'empty.db'}")
    assert empty.exit_code == 1
    assert "holds no events" in empty.output
    assert not (tmp_path / "files").exists()
