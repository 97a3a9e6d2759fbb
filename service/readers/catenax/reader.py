"""Reading a Catena-X file against what the store knows already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph_schema.canonical import parse_event, utc_text
from graph_schema.outcome import EventStatus
from service.ports import Store
from service.readers.catenax import foreign_parts, read, recognises
from service.readers.reading import Chunk, Reader, Source


class CatenaX(Reader):
    """Catena-X test-data files of all generations."""

    name = "catenax"
    title = "a Catena-X test-data file"

    def recognises(self, source: Source) -> bool:
        """A container; an event of ours may well have the word in its attributes."""
        first = source.first_line
        if isinstance(first, dict) and "assets" not in first and not _is_container(first):
            return False
        return recognises(source.head)

    async def read(self, source: Source, store: Store) -> Iterator[Chunk]:
        """The file as a whole; the store is asked for batches of other files, and for what was told before."""
        data = source.data()
        foreign = foreign_parts(data, source.name)
        async with store.snapshot() as snapshot:
            found = [await snapshot.find(key) for key in foreign]
            details = await snapshot.details([handle for handle in found if handle is not None])
        reading = read(data, source.name, {detail.key for detail in details if detail.kind == "LOT"})
        told = await _told(store, reading.events)
        events = [event for event in reading.events if event["eventId"] not in told]
        events += await _restated(store, reading.foreign_uses)
        first = Chunk(duplicates=len(told), left_out=reading.left_out, malformed=reading.malformed)
        return _chunks(first, events, source, len(data))


def _chunks(first: Chunk, events: list[dict[str, Any]], source: Source, size: int) -> Iterator[Chunk]:
    yield first
    for start in range(0, len(events), source.batch):
        part = events[start : start + source.batch]
        places = [f"{source.name}: {event['eventId']}" for event in part]
        yield Chunk(part, places, size * (start + len(part)) // len(events))


def _is_container(parsed: dict[str, Any]) -> bool:
    return any(isinstance(value, list) and "schema" in key for key, value in parsed.items())


async def _told(store: Store, events: list[dict[str, Any]]) -> set[str]:
    """The ids of events that somebody reported before: of two reports of one relation the first stands."""
    async with store.snapshot() as snapshot:
        return {event.event_id for event in await snapshot.stored([event["eventId"] for event in events])}


async def _restated(store: Store, uses: list[tuple[str, str, float | None]]) -> list[dict[str, Any]]:
    """Corrections: what another file told as a part, not knowing that it is a batch, becomes a draw on it."""
    corrections: list[dict[str, Any]] = []
    async with store.snapshot() as snapshot:
        for user, batch, kg in uses:
            told = await snapshot.stored([_relation_id(user, batch)])
            handle = await snapshot.find(user)
            if not told or told[0].status is not EventStatus.PENDING or handle is None:
                continue
            history = await snapshot.history([handle], types=("PRODUCTION",))
            told_of_it = history.get(handle, [])
            made = next((event for event in told_of_it if event.status is EventStatus.ACCEPTED), None)
            if made is None or made.payload is None:
                continue
            for wrong in (told[0], made):
                corrections.append(
                    {
                        "eventId": f"catenax:correction:{wrong.event_id.removeprefix('catenax:')}",
                        "type": "VOIDING",
                        "occurredAt": utc_text(wrong.occurred_at),
                        "actor": wrong.actor,
                        "voids": wrong.event_id,
                        "reason": f"{batch} is a batch: it was drawn on, not built in",
                    }
                )
            _, payload = parse_event(made.payload)
            draw = {"key": batch} if kg is None else {"key": batch, "massKg": kg}
            payload["inputs"] = [*payload.get("inputs", []), draw]
            payload["eventId"] = f"{made.event_id}:{batch.removeprefix('urn:uuid:')[:8]}"
            corrections.append(payload)
    return corrections


def _relation_id(user: str, part: str) -> str:
    return f"catenax:part:{user.removeprefix('urn:uuid:')}:{part.removeprefix('urn:uuid:')}"
