"""Findings as a viewer may see them.

They are judged over all that is known, since half a history looks wrong where the whole one is right. Then what the
viewer does not see is left out: items that are not in full sight have none, and other organizations; events of others
are no evidence, and a sentence that names something withheld says only what kind of finding it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import cast

from graph_schema.answer import Handle
from graph_schema.order import Position, event_id_of
from graph_schema.rules import Finding, RuleSet
from service.access.guard import EVERY, Guarded
from service.access.records import WITHHELD
from service.auditing import Findings, findings_of
from service.findings import (
    Audited,
    CountBy,
    Counts,
    FindingFilter,
    FindingOrder,
    FindingPlace,
    KeptFinding,
    Subject,
    counted,
)
from service.kept import found
from service.ports import ItemFilter, Snapshot, StoreSnapshot

PAGE = 500
SHARED = "SHARED_IDENTIFIER"


async def findings_in_sight(
    snapshot: Snapshot, items: Collection[Handle], cut: Position, sets: Sequence[RuleSet]
) -> Findings:
    """What rule sets say of items as of the cut, as far as the snapshot shows it."""
    if not isinstance(snapshot, Guarded):
        return await findings_of(snapshot, items, cut, sets)
    found = await findings_of(snapshot.whole, await snapshot.full(items), cut, sets)
    findings = [finding for each in found.of.values() for finding in each]
    guesses = await _guesses(snapshot, findings)
    shown = dict(zip(findings, await _as_shown(snapshot, findings), strict=True))
    return found._replace(
        of={item: [shown[one] for one in each if one.id not in guesses] for item, each in found.of.items()}
    )


class KeptInSight:
    """Lists and counts of the findings that are kept, as far as a snapshot shows what they are about."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._guard = snapshot if isinstance(snapshot, Guarded) else None
        self._whole = cast(StoreSnapshot, self._guard.whole if self._guard else snapshot)

    async def audited(self) -> Audited:
        """How far the findings were worked out."""
        return await self._whole.audited()

    async def page(
        self,
        where: FindingFilter,
        after: FindingPlace | None,
        limit: int,
        reverse: bool = False,
        order: FindingOrder = FindingOrder.SHOWN_AT,
    ) -> list[tuple[FindingPlace, Finding]]:
        """At most so many findings with their places, in an order, after a place in it (`reverse`: before one)."""
        if self._guard is None:
            kept = await self._whole.finding_page(where, after, limit, reverse, order)
            return [(one.place_in(order), found(one)) for one in kept]
        seen: list[KeptFinding] = []
        async for page in self._seen(where, after, reverse, order):
            seen += page
            if len(seen) >= limit:
                break
        shown = await _as_shown(self._guard, [found(one) for one in seen[:limit]])
        return [(one.place_in(order), finding) for one, finding in zip(seen, shown, strict=False)]

    async def counts(self, where: FindingFilter, by: CountBy | None = None) -> Counts:
        """How many there are, by a value that each has."""
        if self._guard is None:
            return await self._whole.finding_counts(where, by)
        seen = [one async for page in self._seen(where) for one in page]
        return [(None, len(seen))] if by is None else counted(seen, by)

    async def _seen(
        self,
        where: FindingFilter,
        after: FindingPlace | None = None,
        reverse: bool = False,
        order: FindingOrder = FindingOrder.SHOWN_AT,
    ) -> AsyncIterator[list[KeptFinding]]:
        """Those about items in full sight, and about the viewer's organization."""
        assert self._guard is not None
        own = self._guard.viewer.organization
        if own is None:
            return
        among = (*map(Subject, await self._items(where)), Subject(own, organization=True))
        while page := await self._whole.finding_page(where._replace(among=among), after, PAGE, reverse, order):
            after = page[-1].place_in(order)
            guesses = await _guesses(self._guard, [found(one) for one in page if one.code == SHARED])
            yield [one for one in page if one.id not in guesses]

    async def _items(self, where: FindingFilter) -> list[str]:
        """The keys of the items in full sight that findings may be about: what others have wrong is not looked at."""
        assert self._guard is not None
        if where.subject is not None:
            return sorted(await self._guard.keyed({where.subject.key}))
        codes = where.codes
        if codes is None:
            counts = await self._whole.finding_counts(FindingFilter(), CountBy.CODE)
            codes = tuple(code for code, _ in counts if code is not None)
        return [key for _, key in await self._guard.item_page(ItemFilter(findings=codes), None, EVERY)]


async def _guesses(snapshot: Guarded, findings: Sequence[Finding]) -> set[str]:
    """The ids of findings which would confirm that a withheld item bears a name: of an item that was reported after
    all others of its name, none of which is in sight. Whoever guesses names is told nothing; whose was first is."""
    shared = [one for one in findings if one.code == SHARED]
    if not shared:
        return set()
    keys = {key for one in shared for key in (one.subject, *one.others)}
    there = await snapshot.whole.keyed(keys)
    hidden = set(there).difference(await snapshot.keyed(keys))
    rows = await snapshot.whole.items(list(there.values()))
    born = {row.key: event_id_of(row.born) for row in rows}
    stored = await snapshot.whole.stored(set(born.values()))
    told = {event.event_id: event.sequence for event in stored}
    found = set()
    for one in shared:
        others = [key for key in one.others if key in born]
        first = min((told[born[key]] for key in others), default=0)
        if others and hidden.issuperset(others) and first <= told[born[one.subject]]:
            found.add(one.id)
    return found


async def _as_shown(snapshot: Guarded, findings: Sequence[Finding]) -> list[Finding]:
    """Findings about items in full sight, in their order, as far as nothing else of them is hidden."""
    others = {key for finding in findings for key in finding.others}
    hidden = set(await snapshot.whole.keyed(others)) - set(await snapshot.keyed(others))
    evidence = {event_id for finding in findings for event_id in finding.evidence}
    events = {event.event_id: event for event in await snapshot.stored(evidence)}
    untold = {name for name, event in events.items() if any(one.message == WITHHELD for one in event.problems)}
    own = snapshot.viewer.organization
    return [_shown(one, hidden, set(events), untold, own) for one in findings]


def _shown(finding: Finding, hidden: set[str], shown: set[str], untold: set[str], own: str | None) -> Finding:
    """The finding as far as nothing of it is hidden; of an event whose problems are untold it is not told what it
    conflicts with. Where something is hidden, so is who else was in it."""
    evidence = tuple(event_id for event_id in finding.evidence if event_id in shown)
    if untold.intersection(evidence):
        evidence = tuple(event_id for event_id in evidence if event_id in untold)
    if evidence == finding.evidence and not hidden.intersection(finding.others) and not untold.intersection(evidence):
        return finding
    parties = tuple(party for party in finding.parties if party == own)
    return finding._replace(
        sentence=f"{finding.code}: {WITHHELD}", evidence=evidence, parties=parties, others=(), stated_id=finding.id
    )
