"""Kept rows of flows: replaced by key, read in pages, one keeper at a time."""

from __future__ import annotations

from service.flow_rows import FlowKey, FlowKind, FlowRevision, FlowRow, FlowsKept
from service.ports import Store
from service.stores.contract.telling import made, tell, unit

BATTERY, LOT = FlowKind.BATTERY, FlowKind.LOT


def _rows(kind: FlowKind, *named: str, say: str = "1") -> tuple[FlowRow, ...]:
    return tuple(FlowRow(FlowKey(kind, key), f'["{key}",{say}]'.encode()) for key in named)


FIRST = FlowRevision(
    (), _rows(BATTERY, "P1", "P2", "电池") + _rows(LOT, "P1"), FlowsKept(), FlowsKept(3, "P1", "v", 0, 4)
)
SECOND = FlowRevision(
    (FlowKey(BATTERY, "P1"), FlowKey(BATTERY, "P2"), FlowKey(BATTERY, "NONE")),
    _rows(BATTERY, "P2", "P3", say="2"),
    FIRST.after,
    FlowsKept(4, "z", "v", 4, 4),
)
ANEW = FlowRevision((), _rows(LOT, "L"), SECOND.after, FlowsKept(fingerprint="w", until=4), anew=True)


async def _read(store: Store) -> dict[FlowKind, dict[str, bytes]]:
    """All that is kept, two rows at a time."""
    found: dict[FlowKind, dict[str, bytes]] = {kind: {} for kind in FlowKind}
    async with store.snapshot() as snapshot:
        for kind in FlowKind:
            after = ""
            while page := await snapshot.flow_page(kind, after, 2):
                assert not found[kind].keys() & dict(page).keys()
                found[kind] |= page
                after = page[-1][0]
    return found


async def check_rows_of_flows_are_kept_by_key(store: Store) -> None:
    for revision in (FIRST, SECOND):
        assert await store.keep_flows(revision)
        async with store.snapshot() as snapshot:
            assert await snapshot.flows_kept() == revision.after
    found = await _read(store)
    assert found[BATTERY] == {"P2": b'["P2",2]', "P3": b'["P3",2]', "电池": '["电池",1]'.encode()}
    assert found[LOT] == {"P1": b'["P1",1]'}
    assert await store.keep_flows(ANEW)
    assert await _read(store) == {kind: {"L": b'["L",1]'} if kind is LOT else {} for kind in FlowKind}


async def check_of_two_keepers_of_flows_one_goes_on(store: Store) -> None:
    assert await store.keep_flows(FIRST)
    assert not await store.keep_flows(FIRST)
    assert not await store.keep_flows(SECOND._replace(before=FlowsKept()))
    assert (await _read(store))[BATTERY].keys() == {"P1", "P2", "电池"}
    assert await store.keep_flows(SECOND)


async def check_rows_of_flows_outlast_a_rebuild(store: Store) -> None:
    await tell(store, made("make", 1, unit("P1"), unit("P2")))
    await store.keep_flows(FIRST)
    before = await _read(store)
    await store.rebuild()
    assert await _read(store) == before
    async with store.snapshot() as snapshot:
        assert await snapshot.flows_kept() == FIRST.after
