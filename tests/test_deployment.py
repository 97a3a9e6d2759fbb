"""Dockerfile and docker-compose.yml, as far as that goes without a Docker engine."""

import re
import tomllib
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Context

from service.bootstrap import NEO4J_SCHEMES
from service.cli import COMMANDS, main
from service.settings import Settings, environment_name, load
from service.testing.neo4j import VERSIONS

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
LOCKED = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: ; .+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)
"""A pin of a lock file: name, version, hashes."""


def test_neo4j_is_pinned_to_the_tested_release_checked_and_kept() -> None:
    server = SERVICES["neo4j"]
    assert server["image"] == f"neo4j:{VERSIONS[0]}-community"
    assert "cypher-shell" in server["healthcheck"]["test"][1]
    (volume,) = server["volumes"]
    assert volume.partition(":")[0] in COMPOSE["volumes"]
    memory = {name for name in server["environment"] if "memory" in name}
    assert {name.replace("__", " ").replace("_", ".").replace(" ", "_") for name in memory} == {
        "NEO4J.server.memory.heap.initial_size",
        "NEO4J.server.memory.heap.max_size",
        "NEO4J.server.memory.pagecache.size",
        "NEO4J.db.memory.transaction.total.max",
    }


def test_nothing_listens_on_other_hosts() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def _default(value: str) -> str:
    """What compose makes of a value where no environment variable is set."""
    return re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)


@pytest.mark.parametrize("name", ["service", "seed"])
def test_the_settings_are_settings(name: str) -> None:
    environment = {
        key: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for key, value in SERVICES[name]["environment"].items()
    }
    settings = load(environment)
    assert settings.store.partition(":")[0] in NEO4J_SCHEMES
    assert f"{settings.neo4j_user}/{settings.neo4j_password}" == _default(
        SERVICES["neo4j"]["environment"]["NEO4J_AUTH"]
    )
    known = {environment_name(entry.name) for entry in fields(Settings)}
    assert environment.keys() <= known


def test_the_commands_are_commands() -> None:
    command, *arguments = SERVICES["seed"]["command"]
    known = main.get_command(Context(main), command)
    assert known is not None
    known.make_context(command, list(arguments))
    (default,) = re.findall(r'^CMD \["(\w+)"\]', DOCKERFILE, re.MULTILINE)
    assert default in COMMANDS


def test_each_waits_until_the_other_answers() -> None:
    for name in ("service", "seed"):
        (condition,) = SERVICES[name]["depends_on"].values()
        assert condition == {"condition": "service_healthy"}
    assert "/readyz" in DOCKERFILE, "the image says itself whether it is healthy"
    assert SERVICES["seed"]["image"] == SERVICES["service"]["image"]
    assert "build" in SERVICES["service"]


def test_the_image_runs_without_rights() -> None:
    user = DOCKERFILE.rindex("\nUSER 10001\n")
    assert "--uid 10001" in DOCKERFILE
    assert "\nRUN" not in DOCKERFILE[user:]
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(images)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", images[0])


def test_what_is_copied_is_there() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert {"pyproject.toml", "service", "graph_schema", "seed"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in allowed), f"{source} is kept from the image"


def locked(name: str) -> dict[str, tuple[str, str]]:
    """What a lock file pins: version and hashes by name."""
    text = (ROOT / name).read_text()
    pins = {found[1]: (found[2], found[3]) for found in LOCKED.finditer(text)}
    assert len(pins) == len(re.findall("^\\S+==", text, re.MULTILINE)), "each pin has its hashes"
    return pins


def test_what_the_image_needs_is_pinned_by_its_hash_as_for_the_tests() -> None:
    pins = locked("requirements.image.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["scan"],
        *project["build-system"]["requires"],
    ]
    assert {re.split(r"[><=\[]", dependency)[0] for dependency in wanted} <= pins.keys()
    assert pins.items() <= locked("requirements.lock").items(), "run: make lock"


def test_the_image_takes_nothing_that_is_not_locked() -> None:
    """Each call of pip takes what the lock file has by its hash, built already, or what was taken so."""
    calls = re.findall(r"\bpip (?:wheel|install) .*?(?=&&|\n)", DOCKERFILE)
    fetching = [call for call in calls if "--no-index" not in call]
    assert len(calls) == 4
    assert len(fetching) == 1
    for option in ("--require-hashes", "--only-binary :all:", "--requirement requirements.image.lock"):
        assert option in fetching[0]
    building = [call for call in calls if call.split()[-1] == "."]
    assert len(building) == 1
    assert "--no-build-isolation" in building[0]
    assert "--no-deps" in building[0]
