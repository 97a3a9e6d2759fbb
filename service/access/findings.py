"""Findings as a viewer may see them.

They are judged over all that is known, since half a history looks wrong where the whole one is right. Then what the
viewer does not see is left out: items that are not in full sight have none, and other organizations; events of others
are no evidence, and a sentence that names something withheld says only what kind of finding it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import cast

from graph_schema.answer import Handle
from graph_schema.order import Position
from graph_schema.rules import Finding, RuleSet
from service.access.guard import Guarded
from service.access.guesses import EVERY, guesses
from service.access.records import UNTOLD, WITHHELD
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
from service.kept import as_kept, found
from service.ports import ItemFilter, Snapshot, StoreSnapshot

PAGE = 500


async def findings_in_sight(
    snapshot: Snapshot, items: Collection[Handle], cut: Position, sets: Sequence[RuleSet]
) -> Findings:
    """What rule sets say of items as of the cut, as far as the snapshot shows it."""
    if not isinstance(snapshot, Guarded):
        return await findings_of(snapshot, items, cut, sets)
    found = await findings_of(snapshot.whole, await snapshot.full(items), cut, sets)
    findings = [finding for each in found.of.values() for finding in each]
    untold = await guesses(snapshot.whole, snapshot.keyed, findings)
    shown = dict(zip(findings, await _as_shown(snapshot, findings), strict=True))
    return found._replace(
        of={item: [shown[one] for one in each if one.id not in untold] for item, each in found.of.items()}
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
        seen: list[tuple[KeptFinding, Finding]] = []
        async for page in self._seen(where, after, reverse, order):
            seen += page
            if len(seen) >= limit:
                break
        return [(one.place_in(order), finding) for one, finding in seen[:limit]]

    async def counts(self, where: FindingFilter, by: CountBy | None = None) -> Counts:
        """How many there are, by a value that each has."""
        if self._guard is None:
            return await self._whole.finding_counts(where, by)
        seen = [one async for page in self._seen(where) for one, _ in page]
        return [(None, len(seen))] if by is None else counted(seen, by)

    async def _seen(
        self,
        where: FindingFilter,
        after: FindingPlace | None = None,
        reverse: bool = False,
        order: FindingOrder = FindingOrder.SHOWN_AT,
    ) -> AsyncIterator[list[tuple[KeptFinding, Finding]]]:
        """Those about items in full sight, and about the viewer's organization, that a filter finds as they are shown:
        by what is withheld of a finding it is neither found nor counted."""
        assert self._guard is not None
        own = self._guard.viewer.organization
        if own is None:
            return
        among = (*map(Subject, await self._items(where)), Subject(own, organization=True))
        wide = where._replace(among=among, region=None)
        while page := await self._whole.finding_page(wide, after, PAGE, reverse, order):
            after = page[-1].place_in(order)
            findings = [found(one) for one in page]
            untold = await guesses(self._whole, self._guard.keyed, findings)
            shown = await self._told(page, await _as_shown(self._guard, findings))
            yield [(one, finding) for one, finding in shown if one.id not in untold and where.finds(one)]

    async def _told(self, page: Sequence[KeptFinding], shown: Sequence[Finding]) -> list[tuple[KeptFinding, Finding]]:
        """What was kept, with the parties that are shown and where these are."""
        again = dict(zip([one.id for one in shown], await as_kept(self._whole, shown), strict=True))
        return [
            (
                one
                if finding.parties == one.parties
                else one._replace(parties=finding.parties, region=again[one.id].region),
                finding,
            )
            for one, finding in zip(page, shown, strict=True)
        ]

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


async def _as_shown(snapshot: Guarded, findings: Sequence[Finding]) -> list[Finding]:
    """Findings about items in full sight, in their order, as far as nothing else of them is hidden."""
    others = {key for finding in findings for key in finding.others}
    hidden = set(await snapshot.whole.keyed(others)) - set(await snapshot.keyed(others))
    evidence = {event_id for finding in findings for event_id in finding.evidence}
    events = {event.event_id: event for event in await snapshot.stored(evidence)}
    untold = {name for name, event in events.items() if any(one.message in UNTOLD for one in event.problems)}
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
