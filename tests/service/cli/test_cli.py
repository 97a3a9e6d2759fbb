"""The commands, as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seed.story import PACK_A, PACK_RECYCLED, story
from service.cli import COMMANDS, main


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


@pytest.fixture
def told(tmp_path: Path) -> str:
    """The URL of a store with the story."""
    url = f"sqlite:{tmp_path / 'store.db'}"
    file = tmp_path / "story.jsonl"
    file.write_text("\n".join(json.dumps(event) for event in story()))
    assert run("ingest", "--store", url, str(file)).exit_code == 0
    return url


def test_help_has_examples() -> None:
    for command in COMMANDS:
        page = run(command, "--help")
        assert page.exit_code == 0
    assert "zcat" in run("ingest", "--help").output


def test_ingest_reports_bad_lines_and_goes_on(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'store.db'}"
    lines = [json.dumps(event) for event in story()[:12]]
    lines[3] = '{"eventId": "broken"'
    lines[5] = json.dumps({**story()[5], "actor": "two words"})
    report = tmp_path / "rejected.jsonl"
    done = run("ingest", "--store", url, "--report", str(report), "-", stdin="\n".join(lines))
    assert done.exit_code == 1
    assert "10 accepted" in done.output
    assert "2 malformed" in done.output
    said = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(one["where"], one["field"]) for one in said] == [("standard input:4", ""), ("standard input:6", "actor")]
    again = run("ingest", "--store", url, "-", stdin="\n".join(lines))
    assert "10 duplicate" in again.output


def test_ingest_says_what_it_cannot_read(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'store.db'}"
    missing = run("ingest", "--store", url, str(tmp_path / "none.jsonl"))
    assert missing.exit_code == 1
    assert "none.jsonl" in missing.output
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    strange = run("ingest", "--store", url, str(picture))
    assert strange.exit_code == 1
    assert "--format" in strange.output


def test_trace_as_a_tree(told: str) -> None:
    tree = run("trace", "--store", told, PACK_RECYCLED, "--direction", "forward").output
    for expected in ("Where it went", "black mass", "lithium carbonate", "held by", "Balance, kg", "recycling"):
        assert expected in tree
    both = run("trace", "--store", told, PACK_A).output
    assert "Where it came from" in both


def test_trace_as_json(told: str) -> None:
    found = json.loads(run("trace", "--store", told, PACK_A, "--direction", "both", "--format", "json").output)
    assert found["root"] == {"key": PACK_A}
    assert {"nodes", "edges", "attribution", "balance", "unsettled", "truncated", "frontier"} <= found.keys()


@pytest.mark.parametrize("name", ["csv", "svg", "dot", "mermaid", "graphml", "prov-json"])
def test_trace_as_a_file(told: str, tmp_path: Path, name: str) -> None:
    shown = run("trace", "--store", told, PACK_A, "--format", name)
    assert shown.exit_code == 0
    file = tmp_path / "trace"
    assert run("trace", "--store", told, PACK_A, "--format", name, "-o", str(file)).exit_code == 0
    assert PACK_A in file.read_text()
    assert file.read_bytes() == shown.stdout_bytes


def test_trace_as_a_picture(told: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.png"
    assert run("trace", "--store", told, PACK_A, "--format", "png", "-o", str(file)).exit_code == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    dated = run("trace", "--store", told, PACK_A, "--format", "svg", "--as-of", "2026-05-03")
    assert "as of the end of May 3, 2026" in dated.output


def test_ingest_says_which_file_it_cannot_open_or_write(tmp_path: Path) -> None:
    gone, nowhere = tmp_path / "gone.jsonl", tmp_path / "none" / "rejected.jsonl"
    unread = run("ingest", "--store", "memory:", str(gone))
    assert (unread.exit_code, unread.output) == (1, f"Error: {gone}: No such file or directory\n")
    unwritten = run("ingest", "--store", "memory:", "--report", str(nowhere), "-", stdin="")
    assert unwritten.exit_code == 1
    assert unwritten.output == f"Error: {nowhere}: No such file or directory; name a file that can be written\n"


def test_trace_says_what_it_cannot_write(told: str, tmp_path: Path) -> None:
    tree = run("trace", "--store", told, PACK_A, "-o", str(tmp_path / "tree"))
    assert tree.exit_code == 2
    assert "name a --format: json, csv, csv-nodes, svg" in tree.output.replace("\n", " ")
    nowhere = run("trace", "--store", told, PACK_A, "--format", "csv", "-o", str(tmp_path / "none" / "file"))
    assert nowhere.exit_code == 1
    assert "No such file" in nowhere.output


def test_trace_at_a_moment(told: str) -> None:
    then = run("trace", "--store", told, PACK_A, "--as-of", "2022-01-01", "--format", "json", "--direction", "forward")
    assert not [node for node in json.loads(then.output)["nodes"] if node["kind"] == "EVENT"]
    before = run("trace", "--store", told, PACK_A, "--known-at", "2001-01-01")
    assert before.exit_code == 1
    assert "not known at that moment" in before.output
    naive = run("trace", "--store", told, PACK_A, "--as-of", "2022-01-01T10:00:00")
    assert naive.exit_code == 2
    assert "offset" in naive.output


def test_trace_goes_on_from_a_node(told: str) -> None:
    asked = ("trace", "--store", told, PACK_RECYCLED, "--direction", "forward", "--format", "json", "--max-depth", "2")
    short = json.loads(run(*asked).output)
    place = short["frontier"][-1]["key"]
    more = json.loads(run(*asked, "--further", place).output)
    kept, new = ({node["key"] for node in one["nodes"]} for one in (short, more))
    assert kept < new
    assert place not in {one["key"] for one in more["frontier"]}
    many = run(*asked, *["--further", place] * 41)
    assert many.exit_code == 2
    assert "at most 40" in many.output


def test_an_unknown_key(told: str) -> None:
    found = run("trace", "--store", told, "nothing")
    assert found.exit_code == 1
    assert "nothing" in found.output


def test_verify_and_rebuild(told: str, tmp_path: Path) -> None:
    assert "the chain holds" in run("verify", "--store", told).output
    assert run("rebuild", "--store", told).exit_code == 0
    import sqlite3

    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute("UPDATE log SET hash = zeroblob(32) WHERE seq = 4")
    connection.commit()
    connection.close()
    bad = run("verify", "--store", told)
    assert bad.exit_code == 1
    assert "4 (story-04-registration)" in bad.output


def test_schema() -> None:
    assert json.loads(run("schema", "events").output)["title"] == "voltrace event"
    assert "type Query" in run("schema", "graphql").output


def test_a_store_of_another_kind() -> None:
    found = run("verify", "--store", "mysql://x")
    assert found.exit_code == 1
    assert "sqlite:PATH" in found.output


def test_demo_as_a_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.cli", "demo", "--exit"]
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert "Cathode Material" in done.stdout
        assert "Balance, kg" in done.stdout
    assert "duplicate" in done.stdout


def test_the_demo_goes_where_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOLTRACE_STORE", "sqlite:named.db")
    done = run("demo", "--exit")
    assert done.exit_code == 0, done.output
    assert "Into the store sqlite:named.db" in done.output
    assert [file.name for file in tmp_path.glob("*.db")] == ["named.db"]
    monkeypatch.delenv("VOLTRACE_STORE")
    monkeypatch.setenv("VOLTRACE_CONFIG", str(tmp_path / "settings.toml"))
    (tmp_path / "settings.toml").write_text('store = "sqlite:file.db"')
    assert "Into the store sqlite:file.db" in run("demo", "--exit").output
    assert "Into the store sqlite:option.db" in run("demo", "--exit", "--store", "sqlite:option.db").output
    monkeypatch.delenv("VOLTRACE_CONFIG")
    assert "Into the store sqlite:voltrace-demo.db" in run("demo", "--exit").output


def test_the_demo_is_not_mixed_into_other_histories_unasked(tmp_path: Path) -> None:
    url, file = f"sqlite:{tmp_path / 'own.db'}", tmp_path / "own.jsonl"
    file.write_text(json.dumps({**story()[0], "eventId": "own"}))
    assert run("ingest", "--store", url, str(file)).exit_code == 0
    refused = run("demo", "--exit", "--store", url)
    assert refused.exit_code == 1
    assert f"{url} holds 1 records" in refused.output
    assert "--add" in refused.output
    assert "1 records" in run("verify", "--store", url).output
    assert run("demo", "--exit", "--add", "--store", url).exit_code == 0
    assert run("demo", "--exit", "--store", url).exit_code == 0, "all of it is there already"


def test_a_store_is_copied_to_another(told: str, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'copy.db'}"
    done = run("copy", "--from", told, "--to", url)
    assert done.exit_code == 0, done.output
    assert "57 records, 57 of them copied now, verified" in done.output
    more = tmp_path / "more.jsonl"
    more.write_text(json.dumps({**story()[0], "eventId": "one-more"}))
    assert run("ingest", "--store", told, str(more)).exit_code == 0
    again = run("copy", "--from", told, "--to", url, "--no-verify")
    assert "58 records, 1 of them copied now, not verified" in again.output
    asked = ("trace", PACK_RECYCLED, "--format", "json", "--store")
    assert run(*asked, url).output == run(*asked, told).output


def test_what_cannot_be_copied_is_told(told: str, tmp_path: Path) -> None:
    other = f"sqlite:{tmp_path / 'other.db'}"
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({**story()[0], "eventId": "another"}))
    assert run("ingest", "--store", other, str(file)).exit_code == 0
    refused = run("copy", "--from", told, "--to", other)
    assert refused.exit_code == 1
    assert "copy to an empty store" in refused.output
    assert "name a store that lasts" in run("copy", "--from", told, "--to", "memory:").output
    assert "the same store" in run("copy", "--from", told, "--to", told).output


def test_ingest_takes_who_acts_where_an_epcis_event_names_nobody(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'store.db'}"
    event = {"type": "ObjectEvent", "action": "ADD", "eventTime": "2026-04-01T00:00:00Z", "epcList": ["urn:uuid:pack"]}
    nobody = run("ingest", "--store", url, "-", stdin=json.dumps(event))
    assert nobody.exit_code == 1
    assert "no party and no place is named; say who acts with --actor KEY" in nobody.output
    assert "1 accepted" in run("ingest", "--store", url, "--actor", "operator", "-", stdin=json.dumps(event)).output
    assert "held by operator" in run("trace", "--store", url, "urn:uuid:pack").output


def test_a_mapping_that_does_not_fit_ends_the_command(tmp_path: Path) -> None:
    mapping, table = tmp_path / "m.toml", tmp_path / "t.csv"
    mapping.write_text('[fields]\ntype = { constant = "RECEIPT" }\n')
    table.write_text("a,b\n1,2\n")
    done = run("ingest", "--store", "memory:", "--mapping", str(mapping), str(table))
    assert done.exit_code == 1
    assert f"{mapping}:2: fields.type: nothing gives actor, which RECEIPT needs" in done.output
    assert run("ingest", "--store", "memory:", "--mapping", str(tmp_path / "none"), str(table)).exit_code == 2
    bare = run("ingest", "--store", "memory:", str(table))
    assert "CSV table (with --mapping)" in bare.output
