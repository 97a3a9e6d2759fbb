"""`voltrace token`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from graph_schema.days import day_at
from service.access.tokens import Tokens
from service.access.viewer import Role
from service.bootstrap import open_store
from service.cli.common import configured, err, finish, out
from service.running import run
from service.stores.errors import StoreError

ASKED_S = 5.0
"""How long the store is waited for, only to say what it does not know."""
ROLES = [role.value.lower() for role in Role if role is not Role.PUBLIC]


@click.group()
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), help="[default: VOLTRACE_TOKENS_FILE]")
@click.pass_context
def token(context: click.Context, path: Path | None) -> None:
    """API tokens: who may ask the service, and as whom.

    \b
    export VOLTRACE_TOKENS_FILE=/var/lib/voltrace/tokens.json
    voltrace token create --role participant --organization 91350900MA0000R01Y "battery maker's MES"
    voltrace token list
    voltrace token revoke 3f1c5b0a9d2e
    """
    chosen = path or (Path(configured().tokens_file) if configured().tokens_file else None)
    if chosen is None:
        raise click.ClickException("no file of tokens is named; set VOLTRACE_TOKENS_FILE, or give --file")
    context.obj = Tokens(chosen)


@token.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What its bearer may do.")
@click.option("--organization", help="The key of the organization that its bearer acts for.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is valid.  [default: until revoked]")
@click.pass_obj
def create(tokens: Tokens, name: str, role: str, organization: str | None, days: int | None) -> None:
    """Make a token for NAME and print it: it cannot be read again."""
    if role == "participant" and not organization:
        raise click.ClickException("a participant needs an organization; give --organization")
    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with _told():
        made = tokens.create(name, role, organization, expires)
    err.print(f"A token for {name} in {tokens.path}. Keep it: only its hash is stored.", markup=False)
    if organization and _is_unknown(organization):
        told = f"The store {configured().store} knows no organization {organization!r}"
        err.print(f"{told}: unless that is mistyped, register it, or let it record something first.", markup=False)
    click.echo(made)


@token.command("list")
@click.pass_obj
def list_(tokens: Tokens) -> None:
    """List all tokens that were ever made."""
    table = Table("id", "name", "role", "organization", "created", "expires", "state", box=None)
    now = datetime.now(UTC)
    with _told():
        found = tokens.all()
    for one in found:
        expires = "never" if one.expires is None else str(day_at(one.expires))
        name, organization = Text(one.name), Text(one.organization or "")
        table.add_row(one.id, name, one.role.lower(), organization, str(day_at(one.created)), expires, one.state(now))
    out.print(table if found else f"no tokens in {tokens.path}; make one with `voltrace token create`", markup=False)


@token.command()
@click.argument("token_id", metavar="ID")
@click.pass_obj
def revoke(tokens: Tokens, token_id: str) -> None:
    """End the token of that ID, at once and for good."""
    try:
        with _told():
            ended = tokens.revoke(token_id)
    except KeyError:
        raise click.ClickException(f"there is no token {token_id!r}; `voltrace token list` shows them") from None
    out.print(f"the token of {ended.name} is revoked", markup=False)


def _is_unknown(organization: str) -> bool:
    """Whether the store that is configured knows no such organization. One that cannot be asked now tells nothing."""
    settings = configured()
    kind, _, path = settings.store.partition(":")
    if kind == "memory" or (kind == "sqlite" and not Path(path).exists()):
        return False

    async def ask() -> set[str]:
        async with store.snapshot() as snapshot:
            return await snapshot.are_organizations([organization])

    async def known() -> set[str]:
        async with asyncio.timeout(ASKED_S):
            return await run(store, ask)

    try:
        store = open_store(settings.store, settings)
        return not finish(store, known)
    except (StoreError, click.ClickException, TimeoutError):
        return False


@contextmanager
def _told() -> Iterator[None]:
    """A file that cannot be read or written ends the command."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from error
