"""What a store keeps of the findings of the rulebook: which, in which order they are listed, and how far they go.

Findings follow from the graph and the rules alone, so they can be worked out again at any time; what is kept is for
lists and counts. Rules need no clock: a finding born of time passing says from when it holds, which may be a time to
come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from graph_schema.days import day_at
from graph_schema.order import moment_of_us


class Subject(NamedTuple):
    """What findings are about: an item, or (`organization`) an organization, by key."""

    key: str
    organization: bool = False


class KeptFinding(NamedTuple):
    """A finding as it is kept. Times are microseconds since 1970."""

    id: str
    """The same as long as the facts support it."""
    code: str
    rule_set: str
    severity: str
    subject: Subject
    since_us: int
    """From when it holds."""
    region: str | None = None
    parties: tuple[str, ...] = ()
    """The keys of the organizations in it."""
    body: bytes = b"{}"
    """All of it, as JSON."""
    shown_us: int = 0
    """When it came to light: when it was first kept, or when it began to hold if that is later."""

    @property
    def place(self) -> FindingPlace:
        """Where it stands in the order in which findings came to light."""
        return self.place_in(FindingOrder.SHOWN_AT)

    def place_in(self, order: FindingOrder) -> FindingPlace:
        """Where it stands in an order."""
        return FindingPlace(self.shown_us if order is FindingOrder.SHOWN_AT else self.since_us, self.id)


class FindingOrder(StrEnum):
    """By when they came to light, or by when they began to hold; and then by id."""

    SHOWN_AT = "SHOWN_AT"
    SINCE = "SINCE"


class FindingPlace(NamedTuple):
    """A place in an order of findings: the time that the order goes by, and the id."""

    at_us: int
    id: str = ""


class FindingFilter(NamedTuple):
    """Which findings to list: all that is given must hold. Times are inclusive."""

    codes: tuple[str, ...] | None = None
    rule_sets: tuple[str, ...] | None = None
    severities: tuple[str, ...] | None = None
    """Any of these."""
    subject: Subject | None = None
    among: tuple[Subject, ...] | None = None
    """About any of these."""
    organizations: bool | None = None
    """Whether about organizations, or about items."""
    party: str | None = None
    region: str | None = None
    since_from_us: int | None = None
    since_to_us: int | None = None
    shown_to_us: int | None = None

    def finds(self, one: KeptFinding) -> bool:
        """Whether a finding is one of these."""
        return (
            (self.codes is None or one.code in self.codes)
            and (self.rule_sets is None or one.rule_set in self.rule_sets)
            and (self.severities is None or one.severity in self.severities)
            and (self.subject is None or one.subject == self.subject)
            and (self.among is None or one.subject in self.among)
            and self.organizations in (None, one.subject.organization)
            and (self.party is None or self.party in one.parties)
            and (self.region is None or one.region == self.region)
            and (self.since_from_us is None or one.since_us >= self.since_from_us)
            and (self.since_to_us is None or one.since_us <= self.since_to_us)
            and (self.shown_to_us is None or one.shown_us <= self.shown_to_us)
        )


class CountBy(StrEnum):
    """What findings are counted by. MONTH is that from when they hold, in China: `2026-11`."""

    CODE = "CODE"
    RULE_SET = "RULE_SET"
    SEVERITY = "SEVERITY"
    PARTY = "PARTY"
    REGION = "REGION"
    MONTH = "MONTH"


Counts = list[tuple[str | None, int]]
"""Values and how many findings have each, the most first, then by value (None, which has no region, last)."""


def values_of(one: KeptFinding, by: CountBy) -> tuple[str | None, ...]:
    """What a finding counts for: for each of its parties, or for one value."""
    if by is CountBy.PARTY:
        return one.parties
    if by is CountBy.MONTH:
        return (str(day_at(moment_of_us(one.since_us)))[:7],)
    plain = {CountBy.CODE: one.code, CountBy.RULE_SET: one.rule_set, CountBy.SEVERITY: one.severity}
    return (plain.get(by, one.region),)


def ordered(counts: Iterable[tuple[str | None, int]]) -> Counts:
    """Counts in their order."""
    return sorted(counts, key=lambda count: (-count[1], count[0] is None, count[0] or ""))


def counted(findings: Iterable[KeptFinding], by: CountBy) -> Counts:
    """Findings counted."""
    return ordered(Counter(value for one in findings for value in values_of(one, by)).items())


class Audited(NamedTuple):
    """How far findings were worked out: all changes up to `sequence` and `key` (`ports.Change`), at a moment, by rules
    of which `fingerprint` tells (`service/runs.py`). No finding that is kept later comes to light at or before `at_us`.

    The first run, of which `base` is 0, goes by key alone: it has come to the items up to `key`.
    A run judges by what the log's first `until` records say. What is kept of subjects that it has not come to yet is as
    the first `base` records say, or later ones; 0 is nothing. What is kept of organizations is as the first
    `organizations` records say.
    """

    sequence: int = 0
    key: str = ""
    at_us: int = 0
    fingerprint: str = ""
    base: int = 0
    until: int = 0
    organizations: int = 0


class Revision(NamedTuple):
    """What an audit has to say of some subjects, all that was kept of which it replaces."""

    subjects: tuple[Subject, ...]
    findings: tuple[KeptFinding, ...]
    before: Audited
    after: Audited


def shown(new: KeptFinding, kept: KeptFinding | None, at_us: int) -> KeptFinding:
    """A finding with when it came to light, which stays what it was if it was kept before and that moment had come."""
    if kept is not None and kept.shown_us <= at_us:
        return new._replace(shown_us=kept.shown_us)
    return new._replace(shown_us=max(new.since_us, at_us))
