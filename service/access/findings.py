"""Findings as a viewer may see them.

They are judged over all that is known, since half a history looks wrong where the whole one is right. Then what the
viewer does not see is left out: items that are not in full sight have none, events of others are no evidence, and a
sentence that names something withheld says only what kind of finding it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graph_schema.answer import Handle
from graph_schema.order import Position
from graph_schema.rules import Finding, RuleSet
from service.access.guard import Guarded
from service.access.records import WITHHELD
from service.auditing import Findings, findings_of
from service.ports import Snapshot


async def findings_in_sight(
    snapshot: Snapshot, items: Collection[Handle], cut: Position, sets: Sequence[RuleSet]
) -> Findings:
    """What rule sets say of items as of the cut, as far as the snapshot shows it."""
    if not isinstance(snapshot, Guarded):
        return await findings_of(snapshot, items, cut, sets)
    found = await findings_of(snapshot.whole, await snapshot.full(items), cut, sets)
    findings = [finding for each in found.of.values() for finding in each]
    others = {key for finding in findings for key in finding.others}
    hidden = set(await snapshot.whole.keyed(others)) - set(await snapshot.keyed(others))
    evidence = {event_id for finding in findings for event_id in finding.evidence}
    events = {event.event_id: event for event in await snapshot.stored(evidence)}
    untold = {name for name, event in events.items() if any(one.message == WITHHELD for one in event.problems)}
    return found._replace(
        of={item: [_shown(one, hidden, set(events), untold) for one in each] for item, each in found.of.items()}
    )


def _shown(finding: Finding, hidden: set[str], shown: set[str], untold: set[str]) -> Finding:
    """The finding as far as nothing of it is hidden; of an event whose problems are untold it is not told what it
    conflicts with."""
    evidence = tuple(event_id for event_id in finding.evidence if event_id in shown)
    if untold.intersection(evidence):
        evidence = tuple(event_id for event_id in evidence if event_id in untold)
    if evidence == finding.evidence and not hidden.intersection(finding.others) and not untold.intersection(evidence):
        return finding
    return finding._replace(sentence=f"{finding.code}: {WITHHELD}", evidence=evidence, others=(), stated_id=finding.id)
