"""API tokens, by their file and by the command."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.access.tokens import Refused, Tokens
from service.access.viewer import Role, Viewer
from service.cli import main


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


def test_a_file_of_something_else_is_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"tokens.json is no file of tokens"):
        Tokens(path).all()


def test_the_command(path: Path) -> None:
    def run(*arguments: str, fails: str | None = None) -> str:
        result = CliRunner().invoke(main, ["token", "--file", str(path), *arguments])
        assert (result.exit_code == 0) is (fails is None), result.output
        assert fails is None or fails in result.output
        return result.stdout

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


def test_the_command_needs_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOLTRACE_TOKENS_FILE", raising=False)
    result = CliRunner().invoke(main, ["token", "list"])
    assert "set VOLTRACE_TOKENS_FILE" in result.output
