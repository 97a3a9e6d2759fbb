"""What the commands share: the store option, errors, times."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from rich.console import Console

from graph_schema.days import end_of
from service import collecting, settings
from service.bootstrap import open_store
from service.ports import Store
from service.rule_sets import rule_sets
from service.running import alone
from service.stores.errors import StoreError

T = TypeVar("T")

store_option = click.option(
    "--store",
    "store_url",
    metavar="URL",
    help="sqlite:PATH, neo4j://HOST or memory:  [default: VOLTRACE_STORE, or a user file]",
)


AGAIN = "then run the same command again: nothing is recorded twice"
"""What to do once the store answers again, where a command lost it in the middle."""
UNBOUNDED = 1_000_000
"""Columns of a pipe or a file, so many that nothing is wrapped or cut: what reads it may want whole keys."""


def _console(stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.file.isatty():
        console.width = UNBOUNDED
    return console


out = _console()
err = _console(stderr=True)


def say(line: str) -> None:
    """Print a line as it is."""
    out.print(line, markup=False, soft_wrap=True)


def configured() -> settings.Settings:
    """The settings; a bad one ends the command."""
    try:
        chosen = settings.load()
        rule_sets(chosen.rules.split())
        return chosen
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def opened(url: str | None, serving: bool = False) -> Store:
    """The store of a command, or of the service that it starts; one that cannot be opened ends it."""
    try:
        chosen = configured()
        return open_store(url or chosen.store, chosen, serving)
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def finish(store: Store, use_case: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a use case to its end and close the store."""

    async def run() -> T:
        try:
            return await use_case()
        finally:
            await store.close()

    try:
        with _driver_told(store.url), collecting.rarely(tidy=False), alone():
            return asyncio.run(run())
    except StoreError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _driver_told(url: str) -> Iterator[None]:
    """Of what Neo4j's driver logs, tell only that it waits, and why; what ends the command is told as its error."""
    driver = logging.getLogger("neo4j")
    handler = _Waiting(url)
    before, driver.propagate = driver.propagate, False
    driver.addHandler(handler)
    try:
        yield
    finally:
        driver.removeHandler(handler)
        driver.propagate = before


class _Waiting(logging.Handler):
    """Tells on standard error that a write waits for its server."""

    def __init__(self, url: str) -> None:
        super().__init__(logging.WARNING)
        self._url = url

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of a try that comes, in our own words."""
        retried = re.match(r"Transaction failed and will be retried in ([\d.]+)s \((.*)\)", record.getMessage(), re.S)
        if retried:
            seconds = float(retried[1])
            err.print(f"{self._url}: {retried[2]}; tried again in {seconds:.1f} s", markup=False, soft_wrap=True)


class Moment(click.ParamType[datetime]):
    """A date, or an RFC 3339 time with an offset; a date means its last microsecond in China."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse a moment."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date and no time such as 2026-04-01T08:30:00+08:00", param, ctx)
        if len(value) == 10:
            return end_of(moment.date())
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no offset; write {value}Z for UTC, or {value}+08:00", param, ctx)
        try:
            moment.astimezone(UTC)
        except OverflowError:
            self.fail(f"{value!r} is too near the beginning or the end of the calendar", param, ctx)
        return moment
