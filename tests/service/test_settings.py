"""Settings are read from the environment and from a file, or refused by name."""

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.settings import HEAD, Settings, environment_name, load


def test_values_have_the_type_of_their_defaults() -> None:
    stated = {"VOLTRACE_PORT": "1", "VOLTRACE_GRAPHIQL": "false", "VOLTRACE_STORE": "memory:", "VOLTRACE_PROXIES": "0"}
    settings = load(stated)
    assert (settings.port, settings.graphiql, settings.store, settings.proxies) == (1, False, "memory:", 0)
    assert load({"VOLTRACE_GRAPHIQL": "true"}).graphiql is True
    assert load({"VOLTRACE_GRAPHIQL": ""}).graphiql is True
    assert load({}).store.startswith("sqlite:")


def test_what_is_kept_up_to_date_may_be_so_only_when_asked(tmp_path: Path) -> None:
    assert load({"VOLTRACE_AUDIT_INTERVAL_S": "0"}).audit_interval_s == 0
    (tmp_path / "voltrace.toml").write_text("audit_interval_s = 0\n")
    assert load({"VOLTRACE_CONFIG": str(tmp_path / "voltrace.toml")}).audit_interval_s == 0


@pytest.mark.parametrize(
    ("name", "text", "takes"),
    [
        ("VOLTRACE_PORT", "0", "a whole number above 0"),
        ("VOLTRACE_PORT", "-1", "a whole number above 0"),
        ("VOLTRACE_PORT", "٣", "a whole number above 0"),
        ("VOLTRACE_PROXIES", "-1", "a whole number, 0 or more"),
        ("VOLTRACE_AUDIT_INTERVAL_S", "-1", "a whole number, 0 or more"),
        ("VOLTRACE_GRAPHIQL", "yes", "true or false"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, text: str, takes: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is '?{text}'?; it takes {takes}"):
        load({name: text})


def stated(tmp_path: Path, text: str) -> dict[str, str]:
    """An environment that names a file with a text."""
    (tmp_path / "voltrace.toml").write_text(text)
    return {"VOLTRACE_CONFIG": str(tmp_path / "voltrace.toml")}


def test_a_file_states_what_the_environment_does_not(tmp_path: Path) -> None:
    environment = stated(tmp_path, 'store = "memory:"\nport = 8080\ngraphiql = false\nproxies = 0\n')
    settings = load(environment)
    assert (settings.store, settings.port, settings.graphiql) == ("memory:", 8080, False)
    assert load(environment | {"VOLTRACE_PORT": "1", "VOLTRACE_GRAPHIQL": ""}) == load(
        {"VOLTRACE_STORE": "memory:", "VOLTRACE_PORT": "1", "VOLTRACE_GRAPHIQL": "false"}
    )


def test_the_file_of_the_documentation(tmp_path: Path) -> None:
    (shown,) = re.findall("```toml\n(.*?)```", HEAD, re.DOTALL)
    settings = load(stated(tmp_path, shown))
    assert (settings.port, settings.graphiql) == (8080, False)


def test_every_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    values = {entry.name: entry.default for entry in fields(Settings)} | {"store": "memory:"}
    text = "".join(
        f"{name} = {str(value).lower() if isinstance(value, int) else repr(value)}\n" for name, value in values.items()
    )
    assert load(stated(tmp_path, text)) == Settings(store="memory:")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("portt = 1", "portt is no setting; the nearest is port"),
        ("VOLTRACE_COST_MAX = 1", "VOLTRACE_COST_MAX is no setting; the nearest is cost_max "),
        ("[serve]\nport = 1", "serve is no setting"),
        ("port = 0", "port is 0; it takes a whole number above 0"),
        ('port = "8080"', "port is '8080'; it takes a whole number above 0"),
        ("port = true", "port is True; it takes a whole number above 0"),
        ("proxies = -1", "proxies is -1; it takes a whole number, 0 or more"),
        ("graphiql = 1", "graphiql is 1; it takes true or false"),
        ("host = 1", "host is 1; it takes text"),
        ("port 1", r"no TOML: .*line 1"),
        ("port = 1\nport = 2\n", r"no TOML: .*line 2"),
    ],
)
def test_what_is_wrong_in_a_file(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"voltrace.toml: {told}"):
        load(stated(tmp_path, text))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone\.toml: No such file .*VOLTRACE_CONFIG"):
        load({"VOLTRACE_CONFIG": str(tmp_path / "gone.toml")})
    (tmp_path / "latin.toml").write_bytes(b'host = "\xe9"')
    with pytest.raises(ValueError, match=r"latin\.toml: no TOML"):
        load({"VOLTRACE_CONFIG": str(tmp_path / "latin.toml")})


def command(*arguments: str, **environment: str | None) -> Result:
    """How a command ends, with nothing of this environment; it is put back afterwards."""
    clean: dict[str, str | None] = {environment_name(entry.name): None for entry in fields(Settings)}
    return CliRunner().invoke(main, arguments, env=clean | {"VOLTRACE_CONFIG": None} | environment)


def test_the_option_before_and_after_the_name_of_a_command(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(f'store = "sqlite:{tmp_path / "a.db"}"')
    bad.write_text("prot = 1")
    for arguments in (["--config", str(good), "verify"], ["verify", "--config", str(good)]):
        (tmp_path / "a.db").unlink(missing_ok=True)
        result = command(*arguments, VOLTRACE_CONFIG=str(bad))
        assert result.exit_code == 0, result.output
        assert (tmp_path / "a.db").exists()
    result = command("verify", "--config", str(good), "--store", "memory:")
    assert result.exit_code == 0, result.output
    result = command("verify", VOLTRACE_CONFIG=str(bad))
    assert result.exit_code == 1
    assert "prot is no setting; the nearest is port" in " ".join(result.output.split())
    assert command("verify", "--config", str(tmp_path / "gone.toml")).exit_code == 2
    assert os.environ.get("VOLTRACE_CONFIG") is None
