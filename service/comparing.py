"""Two snapshots compared page by page: whether they tell the same log, judged alike, and the same graph.

No more than a page of both is held at a time, however long the log is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import orjson

from graph_schema.answer import Handle
from graph_schema.windows import END
from service.places import OrganizationPlace
from service.ports import EventFilter, ItemFilter, ItemPlace, OrganizationFilter, Snapshot

EVENTS_AT_ONCE = 1_000
ITEMS_AT_ONCE = 500

Page = list[tuple[str, dict[str, Any]]]
"""Names of records, items or organizations, in order, and what is told of each, by the name of that."""


async def difference(
    one: Snapshot, other: Snapshot, on_progress: Callable[[int], None] = lambda compared: None
) -> str | None:
    """The first difference in words, None where there is none; `on_progress` hears how many of the records and items
    are compared.

    Compared are all records and what they stand as, all items with what was stated of them, what is known of their
    bodies, where they were, who held them, what consumed and what marked them, and all organizations with what they
    registered; not what was known before.
    """
    expected: Page
    found: Page
    compared = 0
    for pages in (_events, _items, _organizations):
        theirs, ours = pages(one), pages(other)
        while True:
            expected, found = await anext(theirs, []), await anext(ours, [])
            if said := _first(expected, found):
                return said
            if not expected:
                break
            compared += len(expected)
            on_progress(compared)
    return None


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, numbers to the last digits of a sum, which depend on the order of adding up."""
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return bool(one == other)


def _first(expected: Page, found: Page) -> str | None:
    for (name, facts), (theirs, others) in zip(expected, found, strict=False):
        if name != theirs:
            return f"{min(name, theirs)} is in one of the two only"
        for what, fact in facts.items():
            if not same(fact, others[what]):
                return f"{name}: {what} differs"
    if len(expected) != len(found):
        longer = max(expected, found, key=len)
        return f"{longer[min(len(expected), len(found))][0]} is in one of the two only"
    return None


async def _events(snapshot: Snapshot) -> AsyncIterator[Page]:
    after: int | None = None
    while records := await snapshot.event_page(EventFilter(), after, EVENTS_AT_ONCE):
        mixing = {row.position: decoded(row.mixing) for row in await snapshot.events([one.position for one in records])}
        yield [
            (
                f"record {record.sequence:,} ({record.event_id})",
                {
                    "hash": record.hash,
                    "payload": record.payload,
                    "place in the order": record.position,
                    "what is noted beside the payload": (record.type, record.occurred_at, record.actor),
                    "recordedAt": record.recorded_at,
                    "status": record.status,
                    "what is wrong with it": [tuple(problem) for problem in record.problems],
                    "mixing": None if (mixed := mixing.get(record.position)) is None else list(mixed),
                },
            )
            for record in records
        ]
        after = records[-1].sequence


async def _items(snapshot: Snapshot) -> AsyncIterator[Page]:
    after: ItemPlace | None = None
    while items := await snapshot.item_page(ItemFilter(), after, ITEMS_AT_ONCE):
        handles = [handle for handle, _ in items]
        facts: dict[Handle, dict[str, Any]] = defaultdict(dict)
        for row in await snapshot.items(handles):
            bodies = [decoded(content) for content in (row.composition, row.body_composition)]
            facts[row.handle]["what is known of the body"] = (
                row.kind, row.born, row.mass_kg, bool(row.second_life), row.label, *bodies,
                row.body_mass_kg, row.body_mass_at, row.body_composition_at,
            )  # fmt: skip
        for details in await snapshot.details(handles):
            facts[details.handle]["what was stated"] = orjson.loads(details.spec), details.producer
        stays = await snapshot.hosts(handles)
        hosts = {row.handle: row.key for row in await snapshot.items({stay[1] for stay in stays})}
        for what, rows in (
            ("where it was", [(stay[0], hosts.get(stay[1]), *stay[2:]) for stay in stays]),
            ("who held it", await snapshot.custody(handles)),
            ("what consumed it", await snapshot.consumptions(handles)),
            ("what marked it", await snapshot.marks(handles)),
        ):
            for handle, told in _by_item(rows).items():
                facts[handle][what] = told
        yield [(key, _all_of(facts[handle])) for handle, key in items]
        after = ItemPlace(items[-1][1])


_WHAT = (
    "what was stated", "what is known of the body", "where it was", "who held it", "what consumed it", "what marked it",
)  # fmt: skip


def _all_of(facts: dict[str, Any]) -> dict[str, Any]:
    return {what: facts.get(what) for what in _WHAT}


def _by_item(rows: Iterable[tuple[Any, ...]]) -> dict[Handle, list[tuple[Any, ...]]]:
    """What rows tell, in one order, by the item that they begin with."""
    found: dict[Handle, list[tuple[Any, ...]]] = defaultdict(list)
    for handle, *told in rows:
        found[handle].append(tuple(told))
    return {handle: sorted(told, key=repr) for handle, told in found.items()}


async def _organizations(snapshot: Snapshot) -> AsyncIterator[Page]:
    after: OrganizationPlace | None = None
    while keys := await snapshot.organization_page(OrganizationFilter(), after, ITEMS_AT_ONCE):
        stated = await snapshot.registered(keys, END)
        yield [(f"organization {key}", {"what it registered": stated.get(key)}) for key in keys]
        after = OrganizationPlace(keys[-1])


def decoded(content: Any) -> Any:
    """A content, which some stores tell as JSON text."""
    return orjson.loads(content) if isinstance(content, str | bytes) else content
