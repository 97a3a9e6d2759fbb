"""Runs: how what follows from the log and is kept (findings, rows of flows) is brought up to date, and by whom.

A run goes through what changed since the last one, a page at a time, by the log as it was when the run began, and notes
how far it is after each, so that it can be ended at any time. Keepers of one fingerprint share the work. Where they
differ, as while services are upgraded one after the other, `Precedence` says who keeps: without it each would begin
anew what the other did, for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from service import __version__
from service.findings import Audited
from service.flow_rows import FlowsKept
from service.ports import LAST_KEY, Change
from service.stores.errors import StoreError

R = TypeVar("R", Audited, FlowsKept)
"""How far something is: a place in what changed (`sequence`, `key`), and the run that it belongs to."""
PATIENCE_S = 600
"""So long is what is kept left behind by who has precedence, before another takes over."""


class Outranked(StoreError):
    """Another version of the rules keeps what is kept."""


def is_finished(kept: R) -> bool:
    """Whether no run is under way."""
    return kept.base == kept.until and kept.key == LAST_KEY


def current(stored: R, first: R, last: int) -> R:
    """The run that goes on, or a new one that goes by the log's `last` records; where what is kept is by another
    fingerprint or of nothing at all, `first`, which begins anew."""
    if stored.fingerprint != first.fingerprint:
        return first
    if not is_finished(stored) or last <= stored.until:
        return stored
    return stored._replace(until=last) if stored.base else stored._replace(until=last, key="")


def after(run: R, change: Change) -> R:
    """A run that has come to a change."""
    return run._replace(sequence=change.sequence, key=change.key)


def ended(run: R) -> R:
    """A run that has come to the end."""
    return run._replace(sequence=run.until, key=LAST_KEY, base=run.until)


def named(digest: str) -> str:
    """A fingerprint: the version of voltrace, which says who is newer, and what tells it from others of that."""
    return f"{__version__} {digest[:32]}"


def _version(fingerprint: str) -> tuple[int, ...]:
    """The numbers of a fingerprint's version; one without is the oldest."""
    stated, space, _ = fingerprint.partition(" ")
    return tuple(map(int, re.findall(r"\d+", stated))) if space else ()


class Precedence:
    """Who of several fingerprints keeps: the newer version of voltrace; of one version, who began last.

    Whoever is outranked leaves all as it is, and takes over where the log goes on and what is kept does not follow for
    PATIENCE_S: then nobody keeps it any more, as after a downgrade. `insists`: a person asked for it, so that it begins
    anew whatever is kept; even so it gives way to who takes it over afterwards.
    """

    def __init__(self, mine: str, now_us: Callable[[], int], insists: bool) -> None:
        self._mine, self._now_us, self._insists = mine, now_us, insists
        self._kept = False
        self._left: tuple[object, int] | None = None

    def took(self) -> None:
        """Note that something of ours was kept."""
        self._kept = True

    def outranked(self, stored: R, last: int) -> bool:
        """Whether to leave alone what is kept, while the log has `last` records."""
        theirs = stored.fingerprint
        if theirs == self._mine:
            self._left = None
            self.took()
            return False
        newer = _version(theirs) > _version(self._mine)
        given_way = self._kept and _version(theirs) == _version(self._mine)
        if not theirs or not (newer or given_way) or (self._insists and not self._kept):
            return False
        return not self._is_left(stored, last)

    def _is_left(self, stored: R, last: int) -> bool:
        """Whether nobody keeps it any more."""
        now = self._now_us()
        if self._left is None or self._left[0] != stored or (is_finished(stored) and stored.until >= last):
            self._left = stored, now
        return now - self._left[1] >= PATIENCE_S * 1_000_000 and not self._insists


def outranked(what: str, theirs: str) -> Outranked:
    """The error of who was asked to keep something, and had to give way."""
    return Outranked(
        f"{what} of this store are kept by others meanwhile, by voltrace {theirs.partition(' ')[0]} and its rules; "
        "upgrade this one, end the others, or give all the same VOLTRACE_RULES"
    )
