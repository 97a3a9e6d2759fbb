"""What lists a snapshot makes of its items and events, in keys and event ids, so that stores can be compared."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from graph_schema.order import instant_of
from graph_schema.status import ItemStatus
from service.places import (
    Found,
    FoundPlace,
    OrganizationOrder,
    OrganizationPlace,
)
from service.ports import (
    EventFilter,
    ItemFilter,
    ItemOrder,
    ItemPlace,
    OrganizationFilter,
    Snapshot,
    StoredEvent,
)

MANY = 1_000_000
SIZE = 3
"""Of a page that is one of several."""
TURNS = 3
"""Of so many parties, and ways to order, one is asked about at each sequence, another at the next."""


async def lists(snapshot: Snapshot, organizations: Collection[str]) -> dict[str, Any]:
    """The lists of every filter by what an item is at a moment, and by party, each under a name.

    What is asked about in turns depends on the sequence of the snapshot alone, so that it is the same in every store.
    """
    events = await snapshot.event_page(EventFilter(), None, MANY)
    items = await snapshot.item_page(ItemFilter(), None, MANY)
    rows = await snapshot.custody([handle for handle, _ in items])
    turn = snapshot.sequence % TURNS
    everybody = sorted({event.actor for event in events} | {row[1] for row in rows} | set(organizations))
    parties = everybody[turn::TURNS]
    found: dict[str, Any] = {}
    times = sorted(event.occurred_at for event in events)
    then = times[snapshot.sequence % len(times)] if times else None
    for as_of in (None, then):
        for where in _filters(parties, as_of):
            found[str(where)] = await _keys(snapshot, where)
            found[f"count of {where}"] = await snapshot.item_count(where)
    for party in parties:
        theirs = await snapshot.concerned([handle for handle, _ in items], party)
        found[f"concerned {party}"] = sorted(key for handle, key in items if handle in theirs)
        assert found[f"concerned {party}"] == found[str(ItemFilter(party=party))], party
        for events_where in (
            EventFilter(party=party),
            EventFilter(("TRANSFER", "RECYCLING"), party=party),
            EventFilter(about=party),
            EventFilter(about=party, party=everybody[0]),
        ):
            found[str(events_where)] = await _events(snapshot, events_where)
    for events_where in (EventFilter(occurred_from=then), EventFilter(occurred_to=then)):
        found[str(events_where)] = await _events(snapshot, events_where)
    await _check_recorded(snapshot, events)
    found |= await _organizations(snapshot, then)
    for text, as_of in (("P1", then), ("m", None), ("SN-1", None), ("B", then)):
        found[f"search {text!r}"] = await _hits(snapshot, (text,), as_of)
    found["search in two spellings"] = await _hits(snapshot, ("SN-1", "sn-1", "p1"), None)
    for order, reverse in list(product(ItemOrder, (False, True)))[turn::TURNS]:
        found[f"pages by {order}, reverse {reverse}"] = await _pages(snapshot, order, reverse)
    return found


def _filters(parties: list[str], as_of: Any) -> list[ItemFilter]:
    found = [ItemFilter(as_of=as_of)]
    found += [ItemFilter(status=status, as_of=as_of) for status in ItemStatus]
    found += [ItemFilter(region=region, as_of=as_of) for region in ("CN-44", "EU")]
    for party in parties:
        found += [
            ItemFilter(holder=party, as_of=as_of),
            ItemFilter(custodian=party, as_of=as_of),
            ItemFilter(producer=party, as_of=as_of),
        ]
    if as_of is None:
        return [*found, *(ItemFilter(party=party) for party in parties)]
    return [*found, ItemFilter(produced_from=as_of), ItemFilter(produced_to=as_of)]


async def _keys(snapshot: Snapshot, where: ItemFilter) -> list[str]:
    return [key for _, key in await snapshot.item_page(where, None, MANY)]


async def _events(snapshot: Snapshot, where: EventFilter) -> list[str]:
    """The ids of a list of events, whose count must be right, and which must come in pages as well."""
    events = await snapshot.event_page(where, None, MANY)
    found = [event.sequence for event in events]
    assert found == sorted(set(found)), f"{where}: not in the order of the log"
    assert await snapshot.event_count(where) == len(found), f"the count of {where}"
    after = found[len(found) // 2] if found else 0
    page = await snapshot.event_page(where, after, SIZE)
    assert [event.sequence for event in page] == [seq for seq in found if seq > after][:SIZE], f"a page of {where}"
    back = await snapshot.event_page(where, after, SIZE, reverse=True)
    assert [event.sequence for event in back] == [seq for seq in found[::-1] if seq < after][:SIZE], f"{where}, back"
    return sorted(event.event_id for event in events)


async def _check_recorded(snapshot: Snapshot, events: list[StoredEvent]) -> None:
    """By the time of their record, which no two stores have in common."""
    for one in events[-1:]:
        since, until = EventFilter(recorded_from=one.recorded_at), EventFilter(recorded_to=one.recorded_at)
        assert await snapshot.event_count(since) == sum(event.recorded_at >= one.recorded_at for event in events)
        assert await snapshot.event_count(until) == len(events)
        before = EventFilter(recorded_to=one.recorded_at - timedelta(microseconds=1))
        assert await snapshot.event_count(before) == sum(event.recorded_at < one.recorded_at for event in events)


async def _organizations(snapshot: Snapshot, then: datetime | None) -> dict[str, Any]:
    filters = [OrganizationFilter(as_of=then)]
    filters += [OrganizationFilter(role="REGULATOR"), OrganizationFilter(region="CN-44"), OrganizationFilter(text="a")]
    filters.append(OrganizationFilter(role="MAKER", as_of=then))
    found: dict[str, Any] = {}
    for where in filters:
        keys = found[str(where)] = await snapshot.organization_page(where, None, MANY)
        assert await snapshot.organization_count(where) == len(keys), f"the count of {where}"
        fields = await snapshot.registered(keys, where.cut)
        for order, reverse in list(product(OrganizationOrder, (False, True)))[snapshot.sequence % TURNS :: TURNS]:
            in_order = sorted(
                (OrganizationPlace(key, fields.get(key, {}).get("name")) for key in keys),
                key=lambda one, order=order: one.rank(order),  # type: ignore[misc]
            )
            await _check_pages(snapshot, where, in_order[::-1] if reverse else in_order, reverse, order)
    for where in filters[:1]:
        found["registered"] = await snapshot.registered(None, where.cut)
        found["registered of some"] = await snapshot.registered(found[str(where)][::2], where.cut)
    return found


async def _check_pages(
    snapshot: Snapshot,
    where: OrganizationFilter,
    expected: list[OrganizationPlace],
    reverse: bool,
    order: OrganizationOrder,
) -> None:
    """Page by page they are the same, and after a place where nothing is, too."""
    assert await snapshot.organization_page(where, None, MANY, reverse, order) == [one.key for one in expected]
    middle = OrganizationPlace("m", "M")
    for after in (middle, *expected[SIZE - 1 :: SIZE]):
        page = await snapshot.organization_page(where, after, SIZE, reverse, order)
        rest = [one.key for one in expected if one.is_beyond(after, order, reverse)]
        assert page == rest[:SIZE], f"a page of {where} by {order}, reverse {reverse}, after {after}"


async def _hits(snapshot: Snapshot, texts: tuple[str, ...], as_of: datetime | None) -> list[FoundPlace]:
    """All that a search finds; page by page it is the same."""
    found = await snapshot.search(texts, None, MANY, as_of)
    paged: list[Found] = []
    while page := await snapshot.search(texts, paged[-1].place if paged else None, SIZE, as_of):
        paged += page
    assert paged == found, f"pages of a search for {texts}"
    return [one.place for one in found]


async def _pages(snapshot: Snapshot, order: ItemOrder, reverse: bool) -> list[str]:
    """All keys, page by page."""
    keys: list[str] = []
    after = None
    while page := await snapshot.item_page(ItemFilter(), after, SIZE, reverse, order):
        keys += [key for _, key in page]
        (row,) = await snapshot.items([page[-1][0]])
        after = ItemPlace(row.key, instant_of(row.born))
    return keys
