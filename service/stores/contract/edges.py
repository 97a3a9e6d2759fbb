"""Reads of the graph: edges, facts, what is unsettled, claims, statuses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from graph_schema.order import cut_after, event_id_of
from graph_schema.status import statuses
from graph_schema.windows import END
from service.ports import ItemFilter, Snapshot, Store
from service.stores.contract.lists import MANY
from service.stores.contract.telling import (
    draw,
    event,
    handles,
    lot,
    made,
    moment,
    moved,
    registered,
    standing,
    tell,
    unit,
    voided,
)


class _Rows:
    """The rows of a reader in keys and event ids."""

    def __init__(self, snapshot: Snapshot, keys: Iterable[str]) -> None:
        self.snapshot = snapshot
        self.keys = list(keys)

    async def names(self) -> dict[Any, str]:
        return dict(zip(await handles(self.snapshot, self.keys), self.keys, strict=True))

    async def told(
        self, rows: Iterable[tuple[Any, ...]], items: tuple[int, ...], events: tuple[int, ...]
    ) -> set[tuple[Any, ...]]:
        """Rows with keys and event ids for the handles, which stand at the places `items` and `events`."""
        names, found = await self.names(), []
        for row in rows:
            cells = [
                names[cell] if at in items else (cell if at not in events or cell is None else event_id_of(cell))
                for at, cell in enumerate(row)
            ]
            found.append(tuple(cells))
        assert len(found) == len(set(found)), f"a row stands there twice: {found}"
        return set(found)


async def check_rows_of_edges(store: Store) -> None:
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY", [{"key": "m", "kind": "MODULE", "position": "3", "massKg": 2}], massKg=9)),
        made("q", 1, unit("Q", "BATTERY")),
        moved("out", "REMOVAL", 2, "m", "P", "B"),
        moved("in", "INSTALLATION", 3, "m", "Q"),
        event("rec", "RECYCLING", 4, "D", inputs=[draw("P")], outputs=[lot("L", 6), lot("K")]),
        event("ref", "REFINING", 5, "D", inputs=[draw("L", 2), draw("K")], outputs=[lot("N", 1.5)]),
        event("dump", "DISPOSAL", 6, "D", items=["L"], method="LANDFILL"),
    )
    async with store.snapshot() as snapshot:
        rows = _Rows(snapshot, "PQmLKN")
        items = list(await rows.names())
        stays = {("m", "P", "p", "out", "3"), ("m", "Q", "in", None, None)}
        assert await rows.told(await snapshot.parts(items), (0, 1), (2, 3)) == stays
        assert await rows.told(await snapshot.hosts(items), (0, 1), (2, 3)) == stays
        p, q, m, lot_l = await handles(snapshot, "PQmL")
        assert await rows.told(await snapshot.parts([p]), (0, 1), (2, 3)) == {("m", "P", "p", "out", "3")}
        assert await snapshot.hosts([p, q]) == [], "only where the item is the part"
        assert await snapshot.parts([m]) == []
        assert await rows.told(await snapshot.custody([p, m, lot_l]), (0,), (2, 3)) == {
            ("P", "A", "p", "rec"),
            ("m", "B", "out", "in"),
            ("L", "D", "rec", "dump"),
        }
        consumptions = {("P", "rec", 7), ("L", "ref", 2), ("K", "ref", None), ("L", "dump", 4)}
        assert await rows.told(await snapshot.consumptions(items), (0,), (1,)) == consumptions
        yields = {("p", "P"), ("p", "m"), ("q", "Q"), ("rec", "L"), ("rec", "K"), ("ref", "N")}
        births = await snapshot.births(items)
        assert await rows.told(births, (1,), (0,)) == yields
        events = {row[0] for row in births} | {row[1] for row in await snapshot.consumptions(items)}
        assert await rows.told(await snapshot.inputs(events), (0,), (1,)) == consumptions
        assert await rows.told(await snapshot.outputs(events), (1,), (0,)) == yields
        assert await rows.told(await snapshot.marks(items), (0,), (1,)) == {
            ("P", "rec", "ended"),
            ("L", "dump", "ended"),
        }
        mixing = {event_id_of(row.position): (row.actor, row.mixing) for row in await snapshot.events(events)}
        assert {name for name, (_, mixed) in mixing.items() if mixed is not None} == {"rec", "ref"}
        assert {actor for actor, _ in mixing.values()} == {"A", "D"}


async def check_empty_and_repeated_texts_are_kept_as_the_fold_has_them(store: Store) -> None:
    twice = [{"scheme": "serial", "value": "s-1"}] * 2
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY", [{"key": "m", "kind": "MODULE", "position": ""}], identifiers=twice)),
    )
    async with store.snapshot() as snapshot:
        assert [row[-1] for row in await snapshot.parts(await handles(snapshot, ["P"]))] == [""]
        assert await snapshot.find("s-1") == await snapshot.find("P")
    assert await store.verify() == []


async def check_facts_of_items(store: Store) -> None:
    await tell(
        store,
        made("m", 1, unit("m"), unit("n", massKg=2, model="N1"), unit("lone", massKg=3, composition={"Li": 1})),
        made("p", 2, unit("P", "BATTERY", ["m", "n"], massKg=10)),
        event("l", "ENROLMENT", 1, items=[lot("L", 4, 0.5)]),
    )
    await tell(store, event("s", "REPURPOSING", 3, outputs=[unit("S", "BATTERY", ["lone"])]))
    async with store.snapshot() as snapshot:
        found = {row.key: row for row in await snapshot.items(await handles(snapshot, [*"mnPLS", "lone"]))}
        assert {key: event_id_of(row.born) for key, row in found.items()} == {
            "m": "m", "n": "m", "lone": "m", "P": "p", "L": "l", "S": "s",
        }  # fmt: skip
        assert [found[key].mass_kg for key in "mnPL"] == [None, 2, 10, 4], "as stated: gross for units"
        assert [found[key].body_mass_kg for key in "mnP"] == [8, 2, 0], "own bodies"
        assert event_id_of(found["m"].body_mass_at or b"") == "p", "settled when it was built in"
        assert found["n"].body_mass_at is None, "settled at its birth"
        assert [_content(found[key].composition) for key in ("lone", "L", "m")] == [{"Li": 1}, {"Li": 0.5}, None]
        assert _content(found["lone"].body_composition) == {"Li": 1}
        assert [bool(found[key].second_life) for key in ("S", "lone", "P")] == [True, False, False]
        assert [found[key].label for key in "nLP"] == ["N1", "black mass", None]


def _content(content: Any) -> Any:
    return orjson.loads(content) if isinstance(content, str | bytes) else content


async def _unsettled(snapshot: Snapshot, items: list[Any]) -> list[str]:
    return [event_id_of(event) for event in await snapshot.unsettled(items)]


async def check_unsettled_in_the_total_order(store: Store) -> None:
    await tell(
        store,
        made("m", 1, unit("m"), unit("n")),
        event("late", "DISMANTLING", 9, item="m", parts=["ghost"]),
        moved("twice", "INSTALLATION", 5, "m", "m"),
        event("fine", "INSPECTION", 3, item="m"),
        event("early", "TRANSFER", 2, items=["m", "ghost"], to="B"),
    )
    await tell(store, voided("v", 20, "twice"))
    async with store.snapshot() as snapshot:
        m, n = await handles(snapshot, "mn")
        assert await _unsettled(snapshot, [m]) == ["early", "late"]
        assert await _unsettled(snapshot, [n]) == []
        assert await _unsettled(snapshot, [n, m]) == ["early", "late"], "each event once"
    async with store.snapshot(5) as snapshot:
        assert await _unsettled(snapshot, [m]) == ["early", "twice", "late"]


async def _claims(store: Store, key: str, sequence: int | None = None) -> set[tuple[Any, ...]]:
    """What is claimed of an item, as (event, kind, source, target, kg, closed)."""
    async with store.snapshot(sequence) as snapshot:
        (wanted,) = await handles(snapshot, [key])
        rows = await snapshot.claims([wanted])
        names = dict(await snapshot.item_page(ItemFilter(), None, MANY))
        names.update({row.target: row.item_key for row in rows if row.item_key is not None})
        return {
            (
                event_id_of(row.event),
                row.kind,
                None if row.source is None else names[row.source],
                row.target if row.kind == "HELD_BY" or row.target is None else names[row.target],
                row.mass_kg,
                None if row.closed is None else event_id_of(row.closed),
            )
            for row in rows
            if wanted in (row.source, row.target)
        }


async def check_claims_last_until_the_next_removal_or_end(store: Store) -> None:
    """A claimed stay lasts up to the next removal of that pair, contested or not, or the end of one of them (8.5)."""
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY"), unit("Q", "BATTERY"), unit("m")),
        moved("in", "INSTALLATION", 2, "m", "P"),
        moved("claim", "INSTALLATION", 3, "m", "Q", "B"),
    )
    stay = ("claim", "PART_OF", "m", "Q", None)

    async def stays(key: str, sequence: int | None = None) -> set[tuple[Any, ...]]:
        return {claim for claim in await _claims(store, key, sequence) if claim[1] == "PART_OF"}

    assert await stays("m") == {(*stay, None)}
    assert await stays("Q") == {(*stay, None)}
    assert await stays("P") == set()
    await tell(store, event("end", "DISPOSAL", 9, items=["Q"], method="LOSS"))
    assert await stays("m") == {(*stay, "end")}, "the end of the host"
    await tell(store, moved("other", "REMOVAL", 5, "m", "P"), moved("before", "REMOVAL", 2.5, "m", "Q", "B"))
    assert await stays("m") == {(*stay, "end")}, "not a removal from another host, nor one before"
    await tell(store, moved("out", "REMOVAL", 7, "m", "Q", "B"), moved("later", "REMOVAL", 8, "m", "Q", "B"))
    assert await standing(store, "out") == ["CONTESTED"]
    assert await stays("m") == {(*stay, "out")}, "the next removal of the pair, though it is contested"
    await tell(store, voided("v", 20, "out", "B"))
    assert await stays("m") == {(*stay, "later")}, "a voided removal ends nothing"
    assert await stays("m", 3) == {(*stay, None)}, "as it was known then"
    assert await stays("m", 4) == {(*stay, "end")}
    await tell(store, voided("w", 20, "in"))
    assert await stays("m") == set(), "it healed: no claim any more"


async def check_claims_of_every_kind(store: Store) -> None:
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY", [unit("m", massKg=2)], massKg=9), unit("x", massKg=1)),
        event("l", "ENROLMENT", 1, items=[lot("L", 4)]),
        event("end", "DISPOSAL", 2, items=["x"], method="LOSS"),
        event("rec", "RECYCLING", 3, inputs=[draw("x"), draw("P"), draw("L", 1)], outputs=[lot("K", 1)]),
        event("sell", "TRANSFER", 4, items=["x", "P"], to="B"),
        made("twin", 5, unit("x", massKg=5, parts=[unit("y")]), inputs=[draw("L", 2)]),
        event("apart", "DISMANTLING", 6, item="x"),
        moved("out", "REMOVAL", 6.5, "m", "x", "B"),
        made("q", 1, unit("Q", "BATTERY", [unit("n")])),
        event("scrap", "SCRAPPING", 8, "B", item="Q"),
        event("again", "ENROLMENT", 7, "B", items=[unit("P", "BATTERY"), unit("N", parts=["m"])]),
    )
    assert await _claims(store, "P") == {
        ("rec", "CONSUMED_IN", "P", None, 7, None),
        ("sell", "HELD_BY", "P", "B", None, None),
    }, "nothing of what an enrolment skips"
    assert await _claims(store, "m") == {
        ("rec", "CONSUMED_IN", "m", None, 2, None),
        ("out", "HELD_BY", "m", "B", None, None),
        ("again", "PART_OF", "m", "N", None, None),
    }
    assert await _claims(store, "L") == {
        ("rec", "CONSUMED_IN", "L", None, 1, None),
        ("twin", "CONSUMED_IN", "L", None, 2, None),
    }
    assert await _claims(store, "n") == {("scrap", "HELD_BY", "n", "B", None, None)}, (
        "though the event only looked at it"
    )
    x = await _claims(store, "x")
    assert ("twin", "YIELDED", None, "x", 5, None) in x
    assert ("twin", "PART_OF", "y", "x", None, None) in x
    assert ("twin", "HELD_BY", "x", "A", None, None) in x
    assert ("apart", "CONSUMED_IN", "x", None, 1, None) in x
    async with store.snapshot() as snapshot:
        yields = [row for row in await snapshot.claims(await handles(snapshot, ["x"])) if row.kind == "YIELDED"]
        assert ("x", "MODULE") in {(row.item_key, row.item_kind) for row in yields}, "what would have come into being"


async def _statuses(store: Store, keys: str, as_of: datetime | None = None, sequence: int | None = None) -> str:
    async with store.snapshot(sequence) as snapshot:
        rows = {row.handle: row for row in await snapshot.items(await handles(snapshot, keys))}
        found = await statuses(snapshot, rows, END if as_of is None else cut_after(as_of))
        names = {rows[handle].key: status.value for handle, status in found.items()}
    return " ".join(names[key] for key in keys)


async def check_statuses_of_items(store: Store) -> None:
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY", [unit("m", parts=[unit("c", "CELL")])]), unit("s")),
        made("v", 2, unit("V", "VEHICLE", ["P"])),
        event("ret", "RETIREMENT", 3, item="P"),
        event("apart", "DISMANTLING", 4, "B", item="P"),
        event("second", "REPURPOSING", 5, "B", outputs=[unit("S", "BATTERY", ["m"])]),
        moved("in", "INSTALLATION", 6, "s", "S", "B"),
        moved("out", "REMOVAL", 7, "m", "S", "B"),
        event("again", "RETIREMENT", 8, "B", item="m"),
        event("rec", "RECYCLING", 9, "B", inputs=[draw("m")], outputs=[lot("L", 1)]),
    )
    await tell(store, registered("r", 0, "A"), voided("late", 99, "ret"))
    story = {
        1: "INSTALLED INSTALLED AVAILABLE",
        2: "INSTALLED INSTALLED AVAILABLE",
        3: "RETIRED RETIRED AVAILABLE",
        4: "RETIRED RETIRED AVAILABLE",
        5: "IN_SECOND_LIFE IN_SECOND_LIFE AVAILABLE",
        6: "IN_SECOND_LIFE IN_SECOND_LIFE IN_SECOND_LIFE",
        7: "AVAILABLE INSTALLED IN_SECOND_LIFE",
        8: "RETIRED RETIRED IN_SECOND_LIFE",
        9: "ENDED ENDED IN_SECOND_LIFE",
    }
    for hour, expected in story.items():
        assert await _statuses(store, "mcs", moment(hour), sequence=9) == expected, f"m, c, s as of {hour} h"
    assert await _statuses(store, "PV", moment(1), sequence=9) == "AVAILABLE AVAILABLE"
    assert await _statuses(store, "PV", moment(2), sequence=9) == "INSTALLED AVAILABLE"
    assert await _statuses(store, "PVSL", sequence=9) == "ENDED AVAILABLE IN_SECOND_LIFE AVAILABLE"
    assert await _statuses(store, "mc", moment(3)) == "INSTALLED INSTALLED", "the retirement was voided since"
    assert await _statuses(store, "mc", moment(3), sequence=9) == "RETIRED RETIRED", "but known then"
