"""The typed client of docs/client.md: it is generated, its examples are type-checked, and run against the service."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from click.testing import CliRunner

from seed.story import CAR_MAKER, MAKER, PACK_NEW, PACK_RECYCLED, story
from service.access.tokens import Tokens
from service.api.connection import cursor, from_cursor
from service.cli import main
from service.stores.sqlite import SqliteStore
from tests.serving import ROOT, serving
from tests.support import send, wait

EXAMPLE = ROOT / "examples" / "client"
WHEN = "2026-10-02T08:00:00+08:00"
PYTHON = EXAMPLE / ".venv" / "bin" / "python"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with both clients generated from the schema as `voltrace schema graphql` prints it."""
    assert PYTHON.exists(), "needs ariadne-codegen in examples/client/.venv; `make test` installs it"
    folder = tmp_path_factory.mktemp("client") / "project"
    copytree(EXAMPLE, folder, ignore=ignore_patterns(".venv", "voltrace_*", "schema.graphql"))
    (folder / "schema.graphql").write_text(CliRunner().invoke(main, ["schema", "graphql"]).stdout)
    for config in ("async.toml", "sync.toml"):
        _run(folder, PYTHON, "-c", "from ariadne_codegen.main import main; main()", "--config", config)
    return folder


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the examples: a service with the story, and a token of the story's maker."""
    folder = tmp_path_factory.mktemp("service")
    store, tokens = SqliteStore(folder / "story.db"), Tokens(folder / "tokens.json")
    send(store, story())
    wait(store, store.close())
    token = tokens.create("the maker", "participant", MAKER)
    with serving(store.url, VOLTRACE_TOKENS_FILE=str(tokens.path)) as address:
        yield {"VOLTRACE_URL": address, "VOLTRACE_TOKEN": token}


def _run(folder: Path, *command: Path | str, **more: str) -> str:
    done = subprocess.run(command, cwd=folder, env=os.environ | more, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_examples_are_typed(project: Path) -> None:
    mypy = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--python-executable", PYTHON]
    _run(project, *mypy, "recovered.py", "follow.py")
    wrong = (project / "recovered.py").read_text().replace("row.recovered_kg", "row.recovered_kgs")
    (project / "wrong.py").write_text(wrong)
    done = subprocess.run([*mypy, "wrong.py"], cwd=project, capture_output=True, text=True, check=False)
    assert 'has no attribute "recovered_kgs"' in done.stdout


def test_asking_and_recording(project: Path, told: dict[str, str]) -> None:
    command = [PYTHON, "recovered.py", PACK_RECYCLED, PACK_NEW, CAR_MAKER]
    lines = _run(project, *command, WHEN, **told).splitlines()
    assert lines[3] == "Li: 0.173 of 0.200 kg"
    assert lines[-2:] == ["ACCEPTED", "held by Pudong Motors"]
    assert _run(project, *command, WHEN, **told).splitlines()[-2] == "DUPLICATE"
    assert _run(project, *command, "2026-10-03T08:00:00+08:00", **told).splitlines()[-2] == "ACCEPTED", "another one"


def test_a_token_that_is_not_taken(project: Path, told: dict[str, str]) -> None:
    command = [PYTHON, "recovered.py", PACK_RECYCLED, PACK_NEW, CAR_MAKER, WHEN]
    env = os.environ | told | {"VOLTRACE_TOKEN": "voltrace_x_y"}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    assert "GraphQLClientHttpError: HTTP status code: 401" in done.stderr


def test_following(project: Path, told: dict[str, str]) -> None:
    command = [PYTHON, "follow.py", cursor(0)]
    with subprocess.Popen(command, cwd=project, env=os.environ | told, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(3)]
        process.terminate()
    assert lines[0][1] == "items"
    assert [line[1:] for line in lines[1:]] == [[f"story-{number}-transfer", "ACCEPTED"] for number in (20, 29)]


def test_following_from_now(project: Path, told: dict[str, str]) -> None:
    """Whoever begins has a cursor before the first event came."""
    command = [PYTHON, "follow.py"]
    with subprocess.Popen(command, cwd=project, env=os.environ | told, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        *_, after = process.stdout.readline().split()
        event = "2026-11-05T08:00:00+08:00"
        _run(project, PYTHON, "recovered.py", PACK_RECYCLED, PACK_NEW, CAR_MAKER, event, **told)
        came = process.stdout.readline().split()
        process.terminate()
    assert came[1:] == [f"handover-{PACK_NEW}-20261105T000000Z", "ACCEPTED"]
    assert int(from_cursor(after, "after") or 0) < int(from_cursor(came[0], "after") or 0)


def test_the_documentation_shows_the_examples() -> None:
    examples = (EXAMPLE / "recovered.py").read_text() + (EXAMPLE / "follow.py").read_text()
    shown = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "client.md").read_text(), re.MULTILINE | re.DOTALL)
    assert shown
    assert [line for block in shown for line in block.splitlines() if line not in examples.splitlines()] == []
