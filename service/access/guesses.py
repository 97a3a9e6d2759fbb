"""Names that a viewer only guessed, of what others have: no finding tells whether the guess was right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

from graph_schema.order import event_id_of
from graph_schema.rules import Finding
from service.access.records import Keyed
from service.findings import FindingFilter, Subject
from service.kept import found as finding_of
from service.ports import Snapshot, StoreSnapshot

SHARED = "SHARED_IDENTIFIER"
EVERY = 1 << 31


async def guesses(whole: Snapshot, keyed: Keyed, findings: Sequence[Finding]) -> set[str]:
    """The ids of findings which would confirm that a withheld item bears a name: of an item that was reported after
    all others of its name, none of which is in sight. Whoever guesses names is told nothing; whose was first is."""
    shared = [one for one in findings if one.code == SHARED]
    if not shared:
        return set()
    keys = {key for one in shared for key in (one.subject, *one.others)}
    there = await whole.keyed(keys)
    hidden = set(there).difference(await keyed(keys))
    rows = await whole.items(list(there.values()))
    born = {row.key: event_id_of(row.born) for row in rows}
    stored = await whole.stored(set(born.values()))
    told = {event.event_id: event.sequence for event in stored}
    found = set()
    for one in shared:
        others = [key for key in one.others if key in born]
        first = min((told[born[key]] for key in others), default=0)
        if others and hidden.issuperset(others) and first <= told[born[one.subject]]:
            found.add(one.id)
    return found


async def guessed(whole: Snapshot, keyed: Keyed, items: Collection[str], codes: Sequence[str]) -> set[str]:
    """The keys of those of the items in full sight of which the findings of these codes are all such guesses."""
    if SHARED not in codes or not items:
        return set()
    kept = cast(StoreSnapshot, whole)
    about = tuple(Subject(key) for key in items)
    shared = await kept.finding_page(FindingFilter(codes=(SHARED,), among=about), None, EVERY)
    untold = await guesses(whole, keyed, [finding_of(one) for one in shared])
    doubted = tuple({one.subject for one in shared if one.id in untold})
    if not doubted:
        return set()
    found = await kept.finding_page(FindingFilter(codes=tuple(codes), among=doubted), None, EVERY)
    return {one.key for one in doubted} - {one.subject.key for one in found if one.id not in untold}
