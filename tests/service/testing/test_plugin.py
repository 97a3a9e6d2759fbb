"""The pytest plugin as others meet it: in a pytest of its own, outside this suite."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from seed.story import story
from service.testing.neo4j.server import Server
from service.testing.neo4j.sharing import HELD
from tests.conftest import NEO4J_ITSELF, NEO4J_VERSIONS
from tests.support import wait

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "test_suite"
ASKING = "def test_ask(provenance_client):\n    assert provenance_client.query('{ events { totalCount } }')\n"
TRANSFER = {"eventId": "t-1", "type": "TRANSFER", "occurredAt": "2026-01-01T00:00:00Z", "actor": "A", "to": "B"}


class Run(NamedTuple):
    """How a pytest ended: its exit code, how many tests passed, failed and so on, and all that it printed."""

    code: int
    outcomes: dict[str, int]
    text: str


def run(suite: Path, *arguments: str, **environment: str) -> Run:
    """Run a suite by itself, with nothing of the environment of this one."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "VOLTRACE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", "--strict-markers", "-v", *arguments],
        cwd=suite,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    text = done.stdout + done.stderr
    summaries = [line for line in done.stdout.splitlines() if re.search(r"=+ .* in [\d.]+s", line)]
    return Run(done.returncode, pytest.RunResult.parse_summary_nouns(summaries) if summaries else {}, text)


def suite(folder: Path, text: str) -> Path:
    """A suite of one module."""
    (folder / "test_suite.py").write_text(text)
    return folder


def test_the_example_passes_on_both_embedded_stores() -> None:
    done = run(EXAMPLE, "--voltrace-store=memory,sqlite")
    assert done.outcomes == {"passed": 14}, done.text
    assert "voltrace stores: memory, sqlite\n" in done.text
    assert (
        len(re.findall(r"\[memory\S*\] PASSED", done.text)) == len(re.findall(r"\[sqlite\S*\] PASSED", done.text)) == 7
    )


def named(server: Server) -> dict[str, str]:
    """The environment of a run on a server, which this test holds."""
    login = {name.replace("_NEO4J", "_TEST_NEO4J"): value for name, value in server.settings.items()}
    return {"VOLTRACE_TEST_NEO4J": server.url, "VOLTRACE_TEST_NEO4J_VERSIONS": "", HELD: os.environ[HELD], **login}


@NEO4J_ITSELF
def test_the_example_passes_on_the_neo4j_that_is_named(neo4j_servers: Callable[[str], Server]) -> None:
    server = neo4j_servers(NEO4J_VERSIONS[0])
    server.empty()
    done = run(EXAMPLE, "--voltrace-store=neo4j", **named(server))
    assert done.outcomes == {"passed": 7}, done.text
    assert f"voltrace stores: neo4j {server.version} (named by VOLTRACE_TEST_NEO4J: {server.url})\n" in done.text
    other = run(EXAMPLE, "--voltrace-store=neo4j", **named(server) | {"VOLTRACE_TEST_NEO4J_VERSIONS": "4.4.0"})
    assert f"asks for 4.4.0, and {server.url}" in other.text
    assert not other.outcomes
    store = server.store()
    try:
        held = wait(store, store.sequence_at(None))
    finally:
        wait(store, store.close())
    assert held == len(story()), "the last test's seed, and nothing of the tests before, is in that very server"


def test_the_ten_lines_of_the_documentation_pass(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "seed.jsonl", tmp_path)
    example = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "testing.md").read_text("utf-8"), re.DOTALL)
    assert example is not None
    done = run(suite(tmp_path, example[1]))
    assert done.outcomes == {"passed": 1}, done.text
    assert "voltrace stores: memory\n" in done.text


@pytest.mark.parametrize("arguments", [["--voltrace-store=memory,postgres"], ["-o", "voltrace_stores=postgres"]])
def test_an_unknown_store_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    done = run(suite(tmp_path, ASKING), *arguments)
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "'postgres' is no store; there are memory, sqlite, neo4j" in done.text


def test_the_option_comes_before_the_ini_file(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nvoltrace_stores = memory sqlite\n")
    suite(tmp_path, ASKING)
    assert run(tmp_path).outcomes == {"passed": 2}
    repeated = run(tmp_path, "--voltrace-store=sqlite", "--voltrace-store=sqlite")
    assert repeated.outcomes == {"passed": 1}
    assert "test_ask[sqlite] PASSED" in repeated.text


TAKING_TURNS = """
import time
import pytest

@pytest.mark.parametrize("number", range(6))
def test_turn(provenance_store, number):
    event = {"type": "ENROLMENT", "occurredAt": "2026-01-01T00:00:00Z", "actor": "A"}
    for each in range(3):
        key = f"{number}-{each}"
        provenance_store.record([event | {"eventId": key, "items": [{"key": key, "kind": "CELL"}]}])
        time.sleep(0.05)
    assert provenance_store.run(lambda: provenance_store.store.sequence_at(None)) == 3
"""


@NEO4J_ITSELF
@pytest.mark.parametrize("dist", ["load", "loadgroup"])
def test_workers_take_turns_on_the_neo4j_that_is_named(
    tmp_path: Path, neo4j_servers: Callable[[str], Server], dist: str
) -> None:
    """Whether or not groups are kept together: none empties the database under another."""
    server = neo4j_servers(NEO4J_VERSIONS[0])
    done = run(suite(tmp_path, TAKING_TURNS), "--voltrace-store=neo4j", "-n", "2", "--dist", dist, **named(server))
    assert done.outcomes == {"passed": 6}, done.text


@pytest.mark.parametrize(("xdist", "groups"), [("xdist", "[('neo4j',)]"), ("no:xdist", "[]")])
def test_tests_on_neo4j_are_one_group_of_xdist(tmp_path: Path, xdist: str, groups: str) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n"
        "    print('groups', [mark.args for item in items for mark in item.iter_markers('xdist_group')])\n"
    )
    stores = "--voltrace-store=memory,neo4j"
    arguments = ["--collect-only", "-s", stores, *(["-p", xdist] if xdist.startswith("no:") else [])]
    done = run(suite(tmp_path, ASKING), *arguments, VOLTRACE_TEST_NEO4J="bolt://127.0.0.1:9")
    assert done.code == 0, done.text
    assert f"groups {groups}\n" in done.text


BAD_SEEDS = {
    f"events=[{TRANSFER!r}]": r"events\[0\] \(t-1\): items: \w.+",
    "path='bad.jsonl'": r".*bad\.jsonl:2: items: \w.+",
    "path='gone.jsonl'": r".*SeedError: .*gone\.jsonl: No such file .*",
    "path='text.txt'": r".*SeedError: .*text\.txt: neither JSON Lines of events nor .*",
    "events=[], story=True": r".*SeedError: provenance_seed\(events=\.\.\., story=\.\.\.\): it takes one of .*",
    "[]": r".*SeedError: provenance_seed\(\[\]\): it takes one of .*",
    f"events={TRANSFER!r}": r".*SeedError: .* it takes a list of events, this is a dict",
}
"""What a marker states, and the line that says why it cannot be."""


def test_a_bad_seed_fails_with_place_field_and_reason(tmp_path: Path) -> None:
    lines = [json.dumps(event) for event in (TRANSFER | {"eventId": "t-0", "items": ["P"]}, TRANSFER)]
    (tmp_path / "bad.jsonl").write_text("\n".join(lines))
    (tmp_path / "text.txt").write_text("no events\n")
    tests = [
        f"@pytest.mark.provenance_seed({stated})\ndef test_{number}(seeded_provenance):\n    pass\n"
        for number, stated in enumerate(BAD_SEEDS)
    ]
    done = run(suite(tmp_path, "\n".join(["import pytest\n", *tests])))
    assert done.outcomes == {"errors": len(BAD_SEEDS)}, done.text
    told = [line[1:].strip() for line in done.text.splitlines() if line.startswith("E   ")]
    assert [why for why in BAD_SEEDS.values() if not any(re.fullmatch(why, line) for line in told)] == [], told


def test_a_failed_query_is_shown_at_the_line_of_the_test(tmp_path: Path) -> None:
    text = "def test_ask(provenance_client):\n    provenance_client.query('{ nothing }', {'key': 'P'})\n"
    done = run(suite(tmp_path, text))
    assert done.outcomes == {"failed": 1}, done.text
    assert "Cannot query field 'nothing' on type 'Query'." in done.text
    assert "1 | { nothing }" in done.text
    assert 'with {"key": "P"}' in done.text
    assert "test_suite.py:2: QueryFailed" in done.text


def test_a_fixture_asked_for_in_passing_needs_one_store(tmp_path: Path) -> None:
    suite(tmp_path, "def test_ask(request):\n    request.getfixturevalue('provenance_store')\n")
    assert run(tmp_path, "--voltrace-store=sqlite").outcomes == {"passed": 1}
    done = run(tmp_path, "--voltrace-store=memory,sqlite")
    assert done.outcomes == {"failed": 1}
    assert "must name its provenance fixture as an argument" in done.text


def test_the_plugin_brings_in_nothing_before_it_is_used() -> None:
    heavy = ["service.stores", "service.ports", "graph_schema", "neo4j", "fastapi", "starlette", "strawberry", "orjson"]
    script = f"import sys, service.testing.plugin\nprint([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
