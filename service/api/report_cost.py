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
    "chemistries": Work(transformation=20),
    "fates": Work(1),
    "market": Work(1),
    "stages": Work(1),
    "yearly": Work(1, transformation=1),
    "content": Work(1, 3, 10),
}
"""As measured from kept rows of a generated history: ten elements; of four chemistries one is recycled by itself, the
others are together."""
FRESH = Work(0, 35, 60)
"""What it takes to work out a row that is not kept."""
BATTERIES, TRANSFORMATIONS = 1024, 64
"""As many rows as this are charged at least to who does not see all."""


async def cost_of(snapshot: Snapshot, question: Question, what: str, kept: bool, sees_all: bool) -> int:
    """What one of `reporting.REPORTS` is charged; `kept`: it is added up from rows that are kept, all of which are
    read, whatever it is about; else the rows of what it is about are worked out. Who does not see all is charged for
    about as many rows as there are, because they are others'; a report is about its own batteries."""
    work = WORK[what]
    every = meant = transformations = 0
    if work.battery and kept:
        every = await snapshot.item_count(ItemFilter(kind="BATTERY"))
        every = every if sees_all else blurred(every, BATTERIES)
    if work.meant or (work.battery and not kept):
        meant = await snapshot.item_count(question.filter._replace(kind="BATTERY"))
    if work.transformation:
        transformations = await snapshot.event_count(EventFilter(types=("RECYCLING", "REFINING", "REPURPOSING")))
        transformations = transformations if sees_all else blurred(transformations, TRANSFORMATIONS)
    if kept:
        return work.battery * every + work.meant * meant + work.transformation * transformations
    return (work.battery + work.meant + FRESH.meant) * meant + (
        work.transformation + FRESH.transformation
    ) * transformations


def blurred(count: int, least: int) -> int:
    """The power of two that a count is rounded up to; `least` is one, too. A sum of counts times what each takes would
    tell them, however it is rounded: who adds rows of its own sees where it steps."""
    return max(least, 1 << max(count - 1, 0).bit_length())
