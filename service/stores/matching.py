"""Which items and events a filter finds, one by one: what the filters of every store mean."""

from __future__ import annotations

from collections.abc import Iterable

from graph_schema.events import AnyEvent
from graph_schema.order import moment_of, type_of
from graph_schema.status import statuses
from graph_schema.windows import END, START, Window, overlap
from service.findings import FindingFilter, Subject
from service.items import custody_of, holders_of
from service.organizations import stated
from service.ports import EventFilter, ItemFilter, Snapshot, StoredEvent, StoreSnapshot
from service.stores.graph_reader import GraphReader


async def matches(snapshot: StoreSnapshot, reader: GraphReader, key: str, where: ItemFilter) -> bool:
    """Whether a filter finds an item."""
    life = reader.lives[key]
    if life.birth is None or life.birth.position >= where.cut:
        return False
    return (
        _is_stated(reader, key, where)
        and _is_produced(reader, key, where)
        and (where.party is None or is_party(reader, key, where.party))
        and await _stands(snapshot, key, where)
        and (where.findings is None or await _has(snapshot, FindingFilter(where.findings, subject=Subject(key))))
    )


def _is_stated(reader: GraphReader, key: str, where: ItemFilter) -> bool:
    spec = reader.specs[key]
    names = [key, *(identifier.value for identifier in spec.identifiers or ())]
    return (
        where.kind in (None, spec.kind)
        and (where.text is None or any(where.text.lower() in name.lower() for name in names))
        and where.chemistry in (None, spec.chemistry)
        and where.model in (None, spec.model)
        and where.material in (None, spec.material)
    )


def _is_produced(reader: GraphReader, key: str, where: ItemFilter) -> bool:
    if (where.producer, where.produced_from, where.produced_to) == (None, None, None):
        return True
    birth = reader.birth_of(key)
    if type_of(birth.position) == "ENROLMENT":
        return False
    at = moment_of(birth.position)
    return (
        where.producer in (None, reader.actor_of(birth.position))
        and (where.produced_from is None or at >= where.produced_from)
        and (where.produced_to is None or at <= where.produced_to)
    )


async def _has(snapshot: StoreSnapshot, where: FindingFilter) -> bool:
    return bool(await snapshot.finding_page(where, None, 1))


async def _stands(snapshot: Snapshot, key: str, where: ItemFilter) -> bool:
    """Whether it is, at the moment of the filter, what the filter says of that moment."""
    if where.status is not None:
        (row,) = await snapshot.items([key])
        if (await statuses(snapshot, {key: row}, where.cut))[key] is not where.status:
            return False
    if where.custodian is not None:
        spans = await custody_of(snapshot, [key], where.cut)
        if where.custodian not in [span.organization for span in spans[key] if span.closed is None]:
            return False
    if where.holder is None and where.region is None:
        return True
    holder = (await holders_of(snapshot, [key], where.cut)).get(key)
    if holder is None or where.holder not in (None, holder):
        return False
    registered = stated(await snapshot.registrations([holder]), where.cut)
    return where.region in (None, registered.get("region"))


def is_party(reader: GraphReader, key: str, organization: str) -> bool:
    """Whether an organization made an item, or ever held it or what it was in."""
    if reader.actor_of(reader.birth_of(key).position) == organization:
        return True
    waiting: list[tuple[str, Window]] = [(key, (START, END))]
    while waiting:
        item, window = waiting.pop()
        life = reader.lives[item]
        for held in life.custody:
            if held.organization == organization and overlap(window, held.opened, held.closed or END):
                return True
        for stay in life.stays:
            during = overlap(window, stay.opened, stay.closed or END)
            if during is not None:
                waiting.append((stay.host, during))
    return False


def finds(
    reader: GraphReader, stored: StoredEvent, event: AnyEvent, touched: set[str] | None, where: EventFilter
) -> bool:
    """Whether a filter finds a record; `touched` are the ids of the events about the item that it asks for."""
    return (
        (where.types is None or stored.type in where.types)
        and where.actor in (None, stored.actor)
        and where.status in (None, stored.status)
        and (touched is None or stored.event_id in touched)
        and (where.occurred_from is None or stored.occurred_at >= where.occurred_from)
        and (where.occurred_to is None or stored.occurred_at <= where.occurred_to)
        and (where.recorded_from is None or stored.recorded_at >= where.recorded_from)
        and (where.recorded_to is None or stored.recorded_at <= where.recorded_to)
        and (where.party is None or _concerns(reader, event, where.party))
        and (where.about is None or _is_about(reader, event, where.about))
    )


def _is_about(reader: GraphReader, event: AnyEvent, organization: str) -> bool:
    if event.type == "REGISTRATION" or event.actor == organization:
        return True
    keys = reader.named_by(event.event_id) | reader.touched_by(event.event_id)
    return _are_theirs(reader, keys, organization)


def _concerns(reader: GraphReader, event: AnyEvent, organization: str) -> bool:
    return event.actor == organization or _are_theirs(reader, event.named_keys(), organization)


def _are_theirs(reader: GraphReader, keys: Iterable[str], organization: str) -> bool:
    """Whether an organization is a party of any of the items."""
    known = [key for key in keys if key in reader.lives and reader.lives[key].birth is not None]
    return any(is_party(reader, key, organization) for key in known)
