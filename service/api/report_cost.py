"""What a report is charged: what it takes to add up, from how many rows it will read."""

from __future__ import annotations

from typing import NamedTuple

from service.ports import EventFilter, ItemFilter, Snapshot
from service.reporting import Question


class Work(NamedTuple):
    """What each row takes that a report reads, in fields of an answer, which take some 10 µs each: each battery there
    is, more for each that the report is about, and each recycling, refining or repurposing."""

    battery: int = 0
    meant: int = 0
    transformation: int = 0


WORK = {
    "recovery": Work(transformation=20),
    "chemistries": Work(transformation=80),
    "fates": Work(1),
    "market": Work(1),
    "stages": Work(1),
    "yearly": Work(1, transformation=1),
    "content": Work(1, 3, 10),
}
"""As measured from kept rows of a generated history: ten elements, of four chemistries."""
FRESH = Work(0, 35, 60)
"""What it takes to work out a row that is not kept."""
DIGITS = 2
"""So exactly who does not see all is told what a report was charged: it says how many rows of others there are."""


async def cost_of(snapshot: Snapshot, question: Question, what: str, kept: bool) -> int:
    """What one of `reporting.REPORTS` is charged; `kept`: it is added up from rows that are kept, all of which are
    read, whatever it is about; else the rows of what it is about are worked out."""
    work = WORK[what]
    every = meant = transformations = 0
    if work.battery and kept:
        every = await snapshot.item_count(ItemFilter(kind="BATTERY"))
    if work.meant or (work.battery and not kept):
        meant = await snapshot.item_count(question.filter._replace(kind="BATTERY"))
    if work.transformation:
        transformations = await snapshot.event_count(EventFilter(types=("RECYCLING", "REFINING", "REPURPOSING")))
    if kept:
        return work.battery * every + work.meant * meant + work.transformation * transformations
    return (work.battery + work.meant + FRESH.meant) * meant + (
        work.transformation + FRESH.transformation
    ) * transformations


def rounded(cost: int) -> int:
    """A cost rounded up to so many digits as are told to who does not see all."""
    unit = int(10 ** max(len(str(cost)) - DIGITS, 0))
    return -(-cost // unit) * unit
