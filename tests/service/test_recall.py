"""Recall: every affected item once, where it is and who has it, as one asks of each item alone."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from graph_schema.answer import Direction, Role
from graph_schema.order import cut_after
from graph_schema.trace import TraceQuestion, trace
from graph_schema.windows import END
from seed.story import CATHODE, PACK_A, PACK_RECYCLED, module, story
from service.items import ends_of, holders_of, outermost_of, vehicles_of
from service.ports import Store
from service.stores.memory import MemoryStore
from service.tracing import Recall, recall
from tests.oracle.histories import random_history
from tests.support import RUNNER, send, wait


def recalled(store: Store, keys: Sequence[str], as_of: datetime | None = None, **more: Any) -> Recall:
    return RUNNER.run(recall(store, keys, as_of, **more))


async def one_by_one(store: Store, keys: Sequence[str], as_of: datetime | None) -> dict[str, Any]:
    """The same, from a trace of each suspect and a question for each item."""
    cut = END if as_of is None else cut_after(as_of)
    found: dict[str, Any] = {}
    async with store.snapshot() as snapshot:
        handles = set()
        for key in keys:
            answer = await trace(snapshot, TraceQuestion(key, Direction.FORWARD, as_of, weigh=False))
            nodes = [] if answer is None else answer.nodes
            handles |= {node.handle for node in nodes if node.role in (Role.ROOT, Role.SUBSTANCE)}
        for handle in list(handles):
            for host in await snapshot.hosts([handle]):
                if host[2] < cut and (host[3] is None or host[3] >= cut):
                    top = host[1]
                    while top is not None:
                        handles.add(top)
                        above = [row[1] for row in await snapshot.hosts([top]) if row[2] < cut]
                        above = [one for one in above if await _is_in(snapshot, top, one, cut)]
                        top = above[0] if above else None
        for row in await snapshot.items(handles):
            top = (await outermost_of(snapshot, [row.handle], cut))[row.handle]
            (top_row,) = await snapshot.items([top])
            above = await vehicles_of(snapshot, [row.handle], cut)
            vehicle = row if row.kind == "VEHICLE" else above.get(row.handle)
            found[row.key] = (
                None if top == row.handle else top_row.key,
                None if vehicle is None else vehicle.key,
                (await holders_of(snapshot, [row.handle], cut)).get(row.handle),
                row.handle in await ends_of(snapshot, [row.handle], cut),
            )
    return found


async def _is_in(snapshot: Any, part: Any, host: Any, cut: bytes) -> bool:
    rows = [row for row in await snapshot.hosts([part]) if row[1] == host and row[2] < cut]
    return any(row[3] is None or row[3] >= cut for row in rows)


def plain(found: Recall) -> dict[str, Any]:
    assert [one.node.key for one in found.items] == sorted({one.node.key for one in found.items}), "each once, by key"
    return {
        one.node.key: (
            one.outermost and one.outermost.key,
            one.vehicle and one.vehicle.key,
            one.holder and one.holder.key,
            one.ended,
        )
        for one in found.items
    }


@pytest.mark.parametrize("keys", [[module(3)], [CATHODE], [PACK_A, PACK_RECYCLED], [module(1), module(3), CATHODE]])
@pytest.mark.parametrize("day", ["2021-04-25", "2021-07-01", "2023-12-01", "2026-05-25", "2026-06-15", None])
def test_the_story(store: Store, keys: list[str], day: str | None) -> None:
    send(store, story())
    as_of = None if day is None else datetime.fromisoformat(f"{day}T00:00:00+00:00")
    assert plain(recalled(store, keys, as_of)) == wait(store, one_by_one(store, keys, as_of))


@pytest.mark.parametrize("seed", range(40))
def test_random_histories(seed: int) -> None:
    chance = random.Random(seed)
    events = random_history(chance, 40)
    store = MemoryStore()
    send(store, events)
    keys = sorted({key for event in events for key in _named(event)})
    moments = [None, datetime.fromisoformat(chance.choice(events)["occurredAt"])]
    for as_of in moments:
        suspects = chance.sample(keys, min(3, len(keys)))
        assert plain(recalled(store, suspects, as_of)) == wait(store, one_by_one(store, suspects, as_of))


@pytest.mark.parametrize("seed", range(40))
def test_what_a_bound_leaves_is_told_as_without_it(seed: int) -> None:
    chance = random.Random(seed)
    events = random_history(chance, 40)
    store = MemoryStore()
    send(store, events)
    keys = sorted({key for event in events for key in _named(event)})
    for as_of in (None, datetime.fromisoformat(chance.choice(events)["occurredAt"])):
        suspects = chance.sample(keys, min(3, len(keys)))
        whole = plain(recalled(store, suspects, as_of))
        for nodes_max in (1, 2, 3, 5, 8):
            bounded = plain(recalled(store, suspects, as_of, nodes_max=nodes_max))
            assert bounded.items() <= whole.items()


def test_a_bounded_recall_knows_where_its_items_are(store: Store) -> None:
    send(store, story())
    whole = plain(recalled(store, [CATHODE]))
    bounded = recalled(store, [CATHODE], nodes_max=20)
    assert bounded.truncated
    assert 1 < len(bounded.items) < len(whole)
    assert plain(bounded).items() <= whole.items()
    assert any(one.outermost and one.holder for one in bounded.items)


def _named(event: dict[str, Any]) -> list[str]:
    return [spec["key"] for spec in event.get("outputs", []) if isinstance(spec, dict)]


def test_suspects_and_bounds_are_told(store: Store) -> None:
    send(store, story())
    found = recalled(store, [module(3), "nobody's", module(4), module(3)])
    assert found.unknown == ["nobody's"]
    assert not found.truncated
    suspects = {one.node.key: one.suspects for one in found.items}
    assert suspects[module(3)] == (module(3),)
    assert suspects["LOT-BM-2026-06"] == (module(3), module(4))
    assert recalled(store, [CATHODE], nodes_max=5).truncated
    one = recalled(store, [module(3)])
    among_two = recalled(store, [module(3), module(4)], nodes_max=40)
    assert not one.truncated
    assert among_two.truncated, "the suspects share the limit"
