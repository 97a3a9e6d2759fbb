"""What a viewer is told of events that are not recorded.

Whoever records an event leaves it in the log, under its name. One that is only tried leaves nothing, so what comes of
it must not depend on what is withheld: it is judged as if that were not there. For this the names of withheld things
are exchanged, before the judgement, for names that nothing has, and back in the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from secrets import token_hex
from typing import Any

import orjson

from graph_schema.events import AnyEvent
from graph_schema.outcome import Problem
from graph_schema.specs import new_items
from service.access.guard import Guarded
from service.access.public import PUBLIC_KIND
from service.ports import NewEvent, Snapshot
from service.recording import RecordedEvent, read_event

NAMING = frozenset(["key", "part", "host", "item", "items", "parts", "transfer", "voids"])
"""The fields of events that name items or events."""


async def masked(
    whole: Snapshot, guard: Guarded, events: Sequence[NewEvent | RecordedEvent]
) -> tuple[list[NewEvent | RecordedEvent], dict[str, str]]:
    """The events without the names of what is withheld, and what these names stand for. One that is in the log stays as
    it is: only its own sender can have sent it."""
    new = [event for event in events if isinstance(event, NewEvent)]
    stored = {event.event_id: event.digest for event in await whole.stored([one.event.event_id for one in new])}
    fresh = [one for one in new if stored.get(one.event.event_id) != one.digest]
    hidden = await _withheld(whole, guard, [one.event for one in fresh])
    names = {name: f"withheld-{token_hex(16)}" for name in hidden}
    exchanged = {id(one): read_event(_renamed(orjson.loads(one.payload), names, "")) for one in fresh} if names else {}
    return [exchanged.get(id(event), event) for event in events], {stand_in: name for name, stand_in in names.items()}


def unmasked(result: RecordedEvent, names: dict[str, str]) -> RecordedEvent:
    """What became of an event, in the names that it was sent with."""
    return result._replace(problems=tuple(_told(problem, names) for problem in result.problems))


async def _withheld(whole: Snapshot, guard: Guarded, events: Iterable[AnyEvent]) -> set[str]:
    """What the events name and the viewer does not see. A battery is not among it where they only say that it is new:
    everybody may know that it is there."""
    named: set[str] = set()
    used: set[str] = set()
    targets: set[str] = set()
    for event in events:
        born = {one.key for one in new_items(getattr(event, "outputs", None) or _specs(event))}
        named.update(event.named_keys())
        used.update(key for key in event.named_keys() if key not in born)
        if event.refers_to is not None:
            targets.add(event.refers_to)
    there = await whole.keyed(named)
    seen = await guard.keyed(named)
    kinds = {row.key: row.kind for row in await whole.items(list(there.values()))}
    items = {key for key in there.keys() - seen.keys() if key in used or kinds[key] != PUBLIC_KIND}
    shown = {event.event_id for event in await guard.stored(targets)}
    return items | {event.event_id for event in await whole.stored(targets)} - shown


def _specs(event: AnyEvent) -> list[Any]:
    return event.items if event.type == "ENROLMENT" else []


def _renamed(value: Any, names: dict[str, str], field: str) -> Any:
    if isinstance(value, str):
        return names.get(value, value) if field in NAMING else value
    if isinstance(value, list):
        return [_renamed(one, names, field) for one in value]
    if isinstance(value, dict):
        return {name: _renamed(one, names, name) for name, one in value.items()}
    return value


def _told(problem: Problem, names: dict[str, str]) -> Problem:
    message = problem.message
    for stand_in, name in names.items():
        message = message.replace(stand_in, name)
    key, other = problem.key, problem.conflicts_with
    return problem._replace(
        message=message,
        key=None if key is None else names.get(key, key),
        conflicts_with=None if other is None else names.get(other, other),
    )
