"""All that a snapshot answers, in keys and event ids instead of handles, so that stores can be compared."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import orjson

from graph_schema.answer import Direction, Trace
from graph_schema.order import Position, event_id_of
from graph_schema.status import statuses
from graph_schema.trace import TraceQuestion, trace
from service.comparing import decoded, same
from service.ports import EventFilter, ItemDetails, ItemFilter, Snapshot, StoredEvent
from service.stores.contract.lists import MANY, lists

TRACED = 3
"""Of so many items one is traced at each sequence, another at the next."""

Answers = dict[str, Any]


async def answers(snapshot: Snapshot, organizations: Collection[str]) -> Answers:
    """Every read of a snapshot, each under a name; `organizations` are those to ask about."""
    page = await snapshot.item_page(ItemFilter(), None, MANY)
    stored = await snapshot.event_page(EventFilter(), None, MANY)
    names = _Names(dict(page))
    found: Answers = {"sequence": snapshot.sequence, "items": [key for _, key in page]}
    found["events"] = [_event(event) for event in stored]
    items, events = [handle for handle, _ in page], [event.position for event in stored]
    await _read_items(snapshot, items, names, found)
    await _read_claims(snapshot, items, names, found)
    await _read_events(snapshot, events, names, found)
    for handle, key in page:
        found[f"find {key}"] = names.item(await snapshot.find(key))
        found[f"history of {key}"] = [_event(event) for event in (await snapshot.history([handle])).get(handle, [])]
        found[f"unsettled of {key}"] = [event_id_of(event) for event in await snapshot.unsettled([handle])]
    await _read_about(snapshot, page, stored, found)
    for _, key in page[snapshot.sequence % TRACED :: TRACED]:
        for claims in (False, True):
            answer = await trace(snapshot, TraceQuestion(key, Direction.BOTH, claims=claims))
            found[f"trace of {key}, claims {claims}"] = _trace(answer)
    for key in organizations:
        found[f"organization {key}"] = key in await snapshot.are_organizations([key, "nobody"])
        found[f"registrations of {key}"] = [_event(event) for event in await snapshot.registrations([key])]
    found["names of organizations"] = await snapshot.organizations(organizations)
    return found | await lists(snapshot, organizations)


async def _read_about(
    snapshot: Snapshot, page: list[tuple[Any, str]], stored: list[StoredEvent], found: Answers
) -> None:
    """What events name and touch; read from there, histories are the same."""
    event_ids = [event.event_id for event in stored]
    found["named"] = sorted(set(await snapshot.named([*event_ids, "no such event"])))
    found["touched"] = sorted(set(await snapshot.touched([*event_ids, "no such event"])))
    assert not set(found["named"]).intersection(found["touched"])
    histories = await snapshot.history([handle for handle, _ in page])
    told = {(event.event_id, key) for handle, key in page for event in histories.get(handle, ())}
    known = {key for _, key in page}
    assert {row for name in ("named", "touched") for row in found[name] if row[1] in known} == told


class _Names:
    def __init__(self, items: dict[Any, str]) -> None:
        self._items = items

    def item(self, handle: Any) -> str | None:
        return None if handle is None else self._items[handle]

    def event(self, position: Position | None) -> str | None:
        return None if position is None else event_id_of(position)

    def claimed(self, handle: Any, key: str) -> None:
        self._items.setdefault(handle, key)


def _event(event: StoredEvent) -> tuple[Any, ...]:
    payload = None if event.payload is None else orjson.loads(event.payload)
    what = (event.sequence, event.event_id, event.type, event.occurred_at, event.actor)
    return (*what, event.status.value, [tuple(problem) for problem in event.problems], payload)


def _spec(details: ItemDetails, names: _Names) -> tuple[Any, ...]:
    spec = orjson.loads(details.spec)
    return details.key, details.kind, spec, names.event(details.born), details.producer


def _any_order(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=repr)


async def _read_items(snapshot: Snapshot, items: list[Any], names: _Names, found: Answers) -> None:
    item, event = names.item, names.event
    rows = {row.handle: row for row in await snapshot.items(items)}
    state = await statuses(snapshot, rows)
    for handle, row in rows.items():
        what = (row.key, row.kind, event(row.born), row.mass_kg, decoded(row.composition), bool(row.second_life))
        body = (row.body_mass_kg, event(row.body_mass_at), decoded(row.body_composition))
        found[f"facts of {row.key}"] = (*what, *body, event(row.body_composition_at), row.label)
        found[f"status of {row.key}"] = state[handle].value
    found["details"] = _any_order([_spec(details, names) for details in await snapshot.details(items)])
    for name, stays in (("parts", await snapshot.parts(items)), ("hosts", await snapshot.hosts(items))):
        found[name] = _any_order(
            (item(row[0]), item(row[1]), event(row[2]), event(row[3]), row[4]) for row in map(tuple, stays)
        )
    found["custody"] = _any_order(
        (item(row[0]), row[1], event(row[2]), event(row[3])) for row in await snapshot.custody(items)
    )
    found["consumptions"] = _any_order(
        (item(row[0]), event(row[1]), row[2]) for row in await snapshot.consumptions(items)
    )
    found["births"] = _any_order((event(row[0]), item(row[1])) for row in await snapshot.births(items))
    found["marks"] = _any_order((item(row[0]), event(row[1]), row[2]) for row in await snapshot.marks(items))


async def _read_claims(snapshot: Snapshot, items: list[Any], names: _Names, found: Answers) -> None:
    claims = await snapshot.claims(items)
    for claim in claims:
        if claim.item_key is not None:
            names.claimed(claim.target, claim.item_key)
    wanted = set(items)
    found["claims"] = _any_order(
        {
            (
                names.event(claim.event),
                claim.kind,
                names.item(claim.source),
                claim.target if claim.kind == "HELD_BY" else names.item(claim.target),
                claim.mass_kg,
                names.event(claim.closed),
                claim.item_key,
                claim.item_kind,
            )
            for claim in claims
            if claim.source in wanted or (claim.target in wanted and claim.kind != "HELD_BY")
        }
    )


async def _read_events(snapshot: Snapshot, events: list[Any], names: _Names, found: Answers) -> None:
    item, event = names.item, names.event
    found["inputs"] = _any_order((item(row[0]), event(row[1]), row[2]) for row in await snapshot.inputs(events))
    found["outputs"] = _any_order((event(row[0]), item(row[1])) for row in await snapshot.outputs(events))
    for row in await snapshot.events(events):
        mixing = decoded(row.mixing)
        found[f"event {event(row.position)}"] = (row.actor, None if mixing is None else list(mixing))


def _trace(answer: Trace | None) -> Any:
    if answer is None:
        return None
    nodes = [tuple(node._replace(handle=None)) for node in answer.nodes]
    edges = [tuple(edge) for edge in answer.edges]
    rest = (answer.unsettled, answer.truncated, answer.frontier)
    return nodes, edges, [tuple(row) for row in answer.attribution], [tuple(row) for row in answer.balance], *rest


def difference(expected: Answers, actual: Answers) -> str:
    """The first answer that differs, in words; empty where none does."""
    for name in [*expected, *(name for name in actual if name not in expected)]:
        if name not in actual or name not in expected:
            return f"only one of the two answers {name!r}"
        if not same(expected[name], actual[name]):
            return f"{name}: expected {expected[name]!r}, found {actual[name]!r}"
    return ""
