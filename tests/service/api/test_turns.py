"""Completing a long answer lets others have their turns."""

import asyncio
from typing import Any

import pytest

from seed.story import PACK_RECYCLED, story
from service.api import execution, turns
from service.api.context import Context
from service.api.schema import schema
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send

TRACE = '{ trace(key: "%s", direction: BACKWARD) { nodes { key %%s } } }' % PACK_RECYCLED


async def turns_of_others(query: str) -> tuple[int, Any]:
    """How often another task had its turn while a query was executed over the story, and the answer."""
    store = MemoryStore()
    await asyncio.to_thread(send, store, story())
    count = 0

    async def other() -> None:
        nonlocal count
        while True:
            await asyncio.sleep(0)
            count += 1

    task = asyncio.create_task(other())
    try:
        answer = await schema.execute(query, context_value=Context(store, Settings(store="memory:")))
    finally:
        task.cancel()
    assert not answer.errors, answer.errors
    return count, answer.data


@pytest.mark.parametrize(
    "query",
    [
        TRACE % "kind",
        TRACE % "node { id }",
        TRACE % "node { ... on Item { status producer { name } } }",
        "{ items(first: 100) { edges { node { key holder { name } } } } }",
    ],
)
def test_others_have_a_turn_for_every_piece(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    monkeypatch.setattr(execution, "ROWS", 2)
    monkeypatch.setattr(execution, "FEW", 0)
    _, expected = asyncio.run(turns_of_others(query))
    waits: list[int] = []
    wait = turns.Turns.wait

    async def with_none_left(self: turns.Turns) -> None:
        self._until = 0.0
        before = len(waits)
        waits.append(before)
        await wait(self)

    monkeypatch.setattr(turns.Turns, "wait", with_none_left)
    count, found = asyncio.run(turns_of_others(query))
    assert found == expected
    assert len(waits) > 5
    assert count >= len(waits), "each wait was a turn of another"


def test_those_who_wait_share_one_slice() -> None:
    async def work(name: str, done: list[str], own: turns.Turns) -> None:
        for _ in range(3):
            await own.wait()
            done.append(name)
            own._until = 0.0

    async def together() -> list[str]:
        done: list[str] = []
        own = turns.turns()
        assert turns.turns() is own
        await asyncio.gather(*(work(name, done, own) for name in "abc"))
        return done

    assert asyncio.run(together()) == list("abc" * 3)
