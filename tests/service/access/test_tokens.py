"""API tokens, by their file and by the command."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from seed.story import MAKER, story
from service.access.tokens import Refused, Tokens
from service.access.viewer import Role, Viewer
from service.app import create_app
from service.cli import main
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.support import send, wait


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "somewhere" / "tokens.json"


def test_a_token_stands_for_its_viewer_until_it_is_revoked(path: Path) -> None:
    tokens, elsewhere = Tokens(path), Tokens(path)
    text = tokens.create("the recycler's plant", "participant", "RECYCLER")
    assert elsewhere.viewer(text) == Viewer(Role.PARTICIPANT, "RECYCLER", "the recycler's plant")
    (token,) = tokens.all()
    tokens.revoke(token.id)
    with pytest.raises(Refused, match="revoked"):
        elsewhere.viewer(text)


def test_the_file_holds_no_token_and_is_for_its_owner_alone(path: Path) -> None:
    text = Tokens(path).create("somebody", "regulator", None)
    assert text.rpartition("_")[2] not in path.read_text()
    assert os.stat(path).st_mode & 0o077 == 0


def test_expired_changed_and_unknown_tokens_are_refused(path: Path) -> None:
    tokens = Tokens(path)
    with pytest.raises(Refused, match="not known"):
        tokens.viewer("voltrace_0_0")
    old = tokens.create("old", "admin", None, datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(Refused, match="expired"):
        tokens.viewer(old)
    good = tokens.create("good", "admin", None)
    for bad in (good[:-1], good + "x", good.replace("voltrace_", "voltrace_0"), "voltrace__", "voltrace_"):
        with pytest.raises(Refused, match="not known"):
            tokens.viewer(bad)


def test_a_token_for_an_organization_that_nobody_knows_is_made_with_a_note(path: Path, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "log.db")
    send(store, story())
    wait(store, store.close())

    def note(organization: str, store_url: str = store.url) -> str:
        environment = {"VOLTRACE_TOKENS_FILE": str(path), "VOLTRACE_STORE": store_url}
        command = ["token", "create", "--role", "participant", "--organization", organization, "x"]
        made = CliRunner().invoke(main, command, env=environment)
        assert made.exit_code == 0
        assert made.stdout.startswith("voltrace_")
        return " ".join(made.stderr.split())

    assert "knows no organization" not in note(MAKER)
    assert "knows no organization '91350900MA0000R01'" in note("91350900MA0000R01")
    elsewhere = tmp_path / "none.db"
    assert "knows no organization" not in note("X", f"sqlite:{elsewhere}")
    assert not elsewhere.exists()
    assert "knows no organization" not in note("X", "memory:")


def test_the_help_makes_a_token_of_the_story() -> None:
    assert f"--organization {MAKER} " in CliRunner().invoke(main, ["token", "--help"]).stdout


def test_a_file_of_something_else_is_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"tokens.json is no file of tokens"):
        Tokens(path).all()


DAMAGED = {"no JSON": "{", "something else": "[]", "no secret": '{"tokens": []}'}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_file_ends_the_start_and_not_the_service(
    path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Authorization": f"Bearer {Tokens(path).create('ops', 'admin', None)}"}
    whole, settings = path.read_text(), Settings(store="memory:", tokens_file=str(path))
    with TestClient(create_app(MemoryStore(), settings)) as client:
        path.write_text(DAMAGED[what])
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert answer.json()["errors"] == [
            {"message": "API tokens cannot be checked now; try again later", "extensions": {"code": "UNAVAILABLE"}}
        ]
        assert f"{path} is no file of tokens" in caplog.text
        assert client.get("/healthz").status_code == 200, "who has no token is served"
        path.write_text(whole)
        assert client.get("/metrics", headers=headers).status_code == 200
    path.write_text(DAMAGED[what])
    with pytest.raises(ValueError, match="is no file of tokens"):
        create_app(MemoryStore(), settings)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"cannot read the file of tokens {tmp_path}: "):
        create_app(MemoryStore(), Settings(store="memory:", tokens_file=str(tmp_path)))


def commanding(path: Path) -> Callable[..., str]:
    """run(*arguments, fails=None): what the command prints, or that it fails with a sentence."""

    def run(*arguments: str, fails: str | None = None) -> str:
        result = CliRunner().invoke(main, ["token", "--file", str(path), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert (result.exit_code == 0) is (fails is None), result.output
        assert fails is None or fails in result.output
        return result.stdout

    return run


def test_the_command(path: Path) -> None:
    run = commanding(path)
    assert "make one with" in run("list")
    run("create", "--role", "participant", "nobody", fails="give --organization")
    made = run("create", "--role", "participant", "--organization", "MAKER", "--days", "30", "the maker").strip()
    assert Tokens(path).viewer(made).organization == "MAKER"
    token_id = made.split("_")[1]
    listed = run("list")
    assert token_id in listed
    assert "valid" in listed
    assert made not in listed
    run("revoke", token_id)
    assert "revoked" in run("list")
    run("revoke", "none", fails="there is no token 'none'")


def test_any_name_is_told_as_it_is(path: Path) -> None:
    run = commanding(path)
    made = run("create", "--role", "admin", "[bold]us[/nobody]").strip()
    assert Tokens(path).viewer(made).name == "[bold]us[/nobody]"
    assert "[bold]us[/nobody]" in run("list")
    assert "the token of [bold]us[/nobody] is revoked" in run("revoke", made.split("_")[1])


@pytest.mark.parametrize("command", [("list",), ("create", "--role", "admin", "us"), ("revoke", "one")])
def test_the_command_tells_what_is_wrong_with_the_file(tmp_path: Path, command: tuple[str, ...]) -> None:
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{}")
    commanding(damaged)(*command, fails=f"Error: {damaged} is no file of tokens: Field required\n")
    assert damaged.read_text() == "{}"
    below_a_file = damaged / "tokens.json"
    reason = "read" if command == ("list",) else "write"
    commanding(below_a_file)(*command, fails=f"cannot {reason} the file of tokens {below_a_file}: ")


def test_the_command_needs_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOLTRACE_TOKENS_FILE", raising=False)
    result = CliRunner().invoke(main, ["token", "list"])
    assert "set VOLTRACE_TOKENS_FILE" in result.output
