"""Reading an EPCIS document against what the store knows already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from service.ports import Snapshot, Store, StoredEvent
from service.readers.epcis.assemblies import tell_assembly
from service.readers.epcis.document import Document, load
from service.readers.epcis.events import KINDS, EpcisEvent, moment
from service.readers.epcis.ledger import Ledger, known
from service.readers.epcis.lots import Lots
from service.readers.epcis.objects import tell_object, tell_transaction
from service.readers.epcis.parties import Parties
from service.readers.epcis.specs import Specs
from service.readers.epcis.telling import Book, Telling
from service.readers.epcis.transformations import tell_transformation
from service.readers.epcis.vocabulary import term
from service.readers.places import Json
from service.readers.reading import Chunk, Reader, Reading, Source

_DOCUMENT = re.compile(rb'"epcisBody"|"type"\s*:\s*"EPCIS(Query)?Document"')
_DOCUMENTS = ("EPCISDocument", "EPCISQueryDocument")
_BARE_EVENT = re.compile(rb'"(type|isA)"\s*:\s*"(%s)"' % "|".join(KINDS).encode())
_NOT_VOIDED = ("ENROLMENT", "REGISTRATION", "VOIDING")


class Epcis(Reader):
    """GS1 EPCIS 2.0 documents as JSON or JSON-LD."""

    name = "epcis"
    title = "an EPCIS 2.0 document (JSON-LD, not XML)"

    def recognises(self, source: Source) -> bool:
        """A document, an answer to a query, or events without a container."""
        first = source.first_line
        if isinstance(first, dict):
            named = first.get("type") in _DOCUMENTS or "epcisBody" in first
            return named or ("eventTime" in first and "occurredAt" not in first)
        bare = b'"eventTime"' in source.head and _BARE_EVENT.search(source.head)
        return bool(_DOCUMENT.search(source.head) or bare)

    async def read(self, source: Source, store: Store) -> Iterator[Chunk]:
        """The document as a whole; the store is asked for the items that it names, and for events told before."""
        data, reading = source.data(), Reading()
        document = load(data, source.name, reading)
        async with store.snapshot() as snapshot:
            ledger = await known(snapshot, {key for event in document.events for key in event.keys})
            registrations, told = tell(document, ledger, source.options.actor)
            new, duplicates = await _new(snapshot, told)
        reports = Chunk(
            duplicates=duplicates,
            left_out=reading.left_out,
            assumed=reading.assumed,
            malformed=reading.malformed,
            kept=reading.kept,
        )
        return _chunks(reports, registrations, new, source, len(data))


class Told(NamedTuple):
    """What an EPCIS event became; with the error declaration, where it is declared wrong."""

    event: EpcisEvent
    events: list[Json]
    declared: Json | None


def tell(document: Document, ledger: Ledger, actor: str | None = None) -> tuple[list[Json], list[Told]]:
    """Registrations of named parties, and what became of each event, in the order of time."""
    unique, declared = _unique(document)
    counting = [event for event in unique if event.id not in declared]
    book = Book(document, Parties(document, actor), Specs(document), ledger)
    book.made_here = {key for event in counting for key in event.created.keys}
    lots = Lots(counting, ledger)
    told = []
    for event in unique:
        telling = Telling(book, event, idle=event.id in declared)
        _tell(telling, lots)
        told.append(Told(event, telling.finish(), declared.get(event.id)))
    events = [event for one in told for event in one.events]
    parties = {event["actor"] for event in events} | {event["to"] for event in events if "to" in event}
    return list(book.parties.registrations(parties)), told


def _tell(telling: Telling, lots: Lots) -> None:
    match telling.event.kind:
        case "ObjectEvent":
            tell_object(telling, lots)
        case "TransactionEvent":
            tell_transaction(telling)
        case "TransformationEvent":
            tell_transformation(telling, lots)
        case _:
            tell_assembly(telling)


def _unique(document: Document) -> tuple[list[EpcisEvent], dict[str, Json]]:
    """Each event once; and the error declarations by event id. These come with a copy of the event that was wrong."""
    found: dict[str, EpcisEvent] = {}
    declared: dict[str, Json] = {}
    for event in document.events:
        first = found.setdefault(event.id, event)
        if first.digest != event.digest:
            event.place.malformed("eventID", "stands in this file twice, with other content; the first counts")
        elif event.declared_wrong is not None:
            declared[event.id] = event.declared_wrong
    return list(found.values()), declared


async def _new(snapshot: Snapshot, told: list[Told]) -> tuple[list[list[Json]], int]:
    """What is not in the store yet, by EPCIS event, and how many events are.

    An event that was read before is known by the digest in its notes, so that it is the same event though more may be
    known now of where its items were.
    """
    candidates = {name: one for one in told for name in _ids(one)}
    stored = {event.event_id: event for event in await snapshot.stored(list(candidates))}
    new: list[list[Json]] = []
    duplicates = 0
    for one in told:
        before = [stored[name] for name in _ids(one) if name in stored]
        group = one.events
        if one.event.id in stored and not _same(stored[one.event.id], one.event):
            reason = "was recorded before with other content; send a new id, and void the old event"
            one.event.place.malformed("eventID", f"{one.event.id} {reason}")
            continue
        if one.event.id in stored:
            duplicates += len(before)
            group = []
        if one.declared is not None:
            group = [*group, *_voidings(one, before)]
            group = [event for event in group if event["eventId"] not in stored]
        new.append(group)
    return [group for group in new if group], duplicates


def _ids(one: Told) -> list[str]:
    """The ids of the events that an EPCIS event became, now or when it was read before."""
    base = one.event.id
    count = 2 * len(one.event.keys) + 4
    ids = [base, f"{base}:enrolment", f"{base}:enrolment:2", *(f"{base}:{number}" for number in range(2, count))]
    return ids if one.declared is None else [*ids, *(f"{name}:error" for name in ids)]


def _same(stored: StoredEvent, event: EpcisEvent) -> bool:
    if stored.payload is None:
        return True
    note: Any = orjson.loads(stored.payload).get("note")
    return isinstance(note, str) and note.endswith(event.tag)


def _voidings(one: Told, before: list[StoredEvent]) -> Iterator[Json]:
    """The voidings that an error declaration is; that its items exist is not taken back."""
    assert one.declared is not None
    targets = {event.event_id: (event.type, event.actor) for event in before if not event.event_id.endswith(":error")}
    targets = targets or {event["eventId"]: (event["type"], event["actor"]) for event in one.events}
    at = moment(one.declared.get("declarationTime"), one.event.body.get("eventTimeZoneOffset")) or one.event.at
    for name, (kind, actor) in targets.items():
        if kind in _NOT_VOIDED:
            continue
        yield {
            "eventId": f"{name}:error",
            "type": "VOIDING",
            "occurredAt": at.isoformat().replace("+00:00", "Z"),
            "actor": actor,
            "voids": name,
            "reason": _reason(one.declared),
            "note": one.event.tag,
        }


def _reason(declared: Json) -> str:
    """The reason of a declaration; what else it says, as JSON."""
    rest = {name: value for name, value in declared.items() if name not in ("reason", "declarationTime")}
    said = [term(declared.get("reason")) or "error declaration", orjson.dumps(rest).decode() if rest else ""]
    return " ".join(part for part in said if part)


def _chunks(
    reports: Chunk, registrations: list[Json], groups: list[list[Json]], source: Source, size: int
) -> Iterator[Chunk]:
    """What one EPCIS event became is recorded together, or not at all: by its first event it is known as read."""
    yield reports
    batch: list[Json] = list(registrations)
    for done, group in enumerate(groups, 1):
        batch += group
        if len(batch) >= source.batch or done == len(groups):
            yield _chunk(batch, source, size * done // len(groups))
            batch = []
    if batch:
        yield _chunk(batch, source, size)


def _chunk(events: list[Json], source: Source, read: int) -> Chunk:
    return Chunk(events, [f"{source.name}: {event['eventId']}" for event in events], read)
