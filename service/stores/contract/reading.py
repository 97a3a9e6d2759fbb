"""Reads of items: paging, finding, what was stated of them."""

from __future__ import annotations

import orjson

from graph_schema.order import event_id_of
from service.places import (
    NO_ITEMS,
    Found,
    FoundPlace,
)
from service.ports import (
    ItemFilter,
    ItemPlace,
    Snapshot,
    Store,
)
from service.stores.contract.lists import MANY
from service.stores.contract.telling import (
    Event,
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

KEYS = ["B-2", "a", "b-1", "b-10", "b-2", "z", "\u00e4", "\uff5a", "\U0001f50b"]
"""In the order of code points, which is not that of UTF-16 units."""


async def check_items_are_paged_by_key_both_ways(store: Store) -> None:
    kinds = ("CELL", "MODULE", "BATTERY")
    await tell(store, *[made(f"e{n}", 1, unit(key, kinds[n % 3])) for n, key in enumerate(reversed(KEYS))])
    await tell(store, moved("x", "INSTALLATION", 2, "a", "unknown"), event("y", "ENROLMENT", 1, items=[lot("lot")]))
    everything = sorted([*KEYS, "lot"])
    async with store.snapshot() as snapshot:
        for reverse in (False, True):
            expected = everything[::-1] if reverse else everything
            for size in (1, 3, 100):
                assert await _paged(snapshot, size, reverse) == expected, f"pages of {size}, reverse: {reverse}"
        assert await snapshot.item_page(ItemFilter(), ItemPlace("b-1"), 2) == [
            (await snapshot.find(key), key) for key in ("b-10", "b-2")
        ], "after a key, with its handle"
        between = await snapshot.item_page(ItemFilter(), ItemPlace("b-15"), 1, reverse=True)
        assert [key for _, key in between] == ["b-10"], "the key to go on from need not exist"
        assert await snapshot.item_count(ItemFilter()) == len(everything), "what is only named is not known"
        filters = {
            ItemFilter(kind="LOT"): ["lot"],
            ItemFilter(kind="VEHICLE"): [],
            ItemFilter(text="b-1"): ["b-1", "b-10"],
            ItemFilter(text="B-"): ["B-2", "b-1", "b-10", "b-2"],
            ItemFilter(text="%"): [],
            ItemFilter(text="\U0001f50b"): ["\U0001f50b"],
            ItemFilter(kind="BATTERY", text="b"): [
                key for n, key in enumerate(reversed(KEYS)) if n % 3 == 2 and "b" in key.lower()
            ],
        }
        for where, found in filters.items():
            page = await snapshot.item_page(where, None, MANY)
            assert [key for _, key in page] == sorted(found), f"{where}: {page}"
            assert await snapshot.item_count(where) == len(found), f"the count of {where}"
        last = await snapshot.item_page(ItemFilter(text="b-"), ItemPlace("b-1"), 1)
        assert [key for _, key in last] == ["b-10"], "after a key, with a filter and a limit"


async def check_text_is_found_in_any_case_of_any_script(store: Store) -> None:
    await tell(store, made("e", 1, unit("\u00c4PFEL-1"), unit("\u00e4pfel-2"), unit("plum")))
    async with store.snapshot() as snapshot:
        for text in ("\u00c4pfel", "\u00e4PFEL"):
            page = await snapshot.item_page(ItemFilter(text=text), None, MANY)
            assert [key for _, key in page] == ["\u00c4PFEL-1", "\u00e4pfel-2"], text


async def _paged(snapshot: Snapshot, size: int, reverse: bool) -> list[str]:
    keys: list[str] = []
    after = None
    while page := await snapshot.item_page(ItemFilter(), after, size, reverse):
        assert len(page) <= size
        keys += [key for _, key in page]
        after = ItemPlace(keys[-1])
    return keys


def _named(*values: str) -> list[Event]:
    return [{"scheme": "DMC", "value": value} for value in values]


async def check_find_by_key_and_identifier(store: Store) -> None:
    await tell(
        store,
        made("p", 2, unit("P", identifiers=_named("SN-1", "SN-2"))),
        made("q", 1, unit("SN-2"), unit("R", parts=[unit("r", identifiers=_named("inner"))])),
        event("rec", "RECYCLING", 5, inputs=[draw("R")], outputs=[lot("L", identifiers=_named("charge 7"))]),
    )
    await tell(store, made("s", 3, unit("S", identifiers=_named("late"))))
    async with store.snapshot() as snapshot:
        p, sn_2, r, lot_l, s = await handles(snapshot, ["P", "SN-2", "r", "L", "S"])
        assert await snapshot.find("SN-1") == p
        assert await snapshot.find("SN-2") == sn_2, "the key wins"
        assert await snapshot.find("inner") == r
        assert await snapshot.find("charge 7") == lot_l
        assert await snapshot.find("late") == s
        assert await snapshot.find("nothing") is None
    async with store.snapshot(3) as snapshot:
        assert await snapshot.find("S") is None, "unknown then"
        assert await snapshot.find("late") is None, "unknown then, by identifier"
        assert await snapshot.find("SN-1") is not None


async def check_an_identifier_goes_with_the_event_that_stated_it(store: Store) -> None:
    await tell(store, made("wrong", 1, unit("P", identifiers=_named("old"))))
    await tell(store, made("right", 2, unit("P", identifiers=_named("new"))))
    async with store.snapshot() as snapshot:
        (p,) = await handles(snapshot, ["P"])
        assert await snapshot.find("old") == p
        assert await snapshot.find("new") is None, "a contested event says nothing"
    await tell(store, voided("v", 9, "wrong"))
    async with store.snapshot() as snapshot:
        (p,) = await handles(snapshot, ["P"])
        assert await snapshot.find("new") == p, "the second production stands now"
        assert await snapshot.find("old") is None, "a voided event says nothing"
    await tell(store, voided("w", 9, "right"))
    async with store.snapshot() as snapshot:
        assert [await snapshot.find(name) for name in ("P", "old", "new")] == [None] * 3
    async with store.snapshot(2) as snapshot:
        assert await snapshot.find("old") is not None


async def check_a_shared_identifier_finds_the_first_in_the_total_order(store: Store) -> None:
    """The graph does not depend on arrival, and so which item is found does not either."""
    await tell(store, made("late", 5, unit("Z", identifiers=_named("same"))))
    await tell(store, made("early", 1, unit("M", identifiers=_named("same"))))
    await tell(
        store, made("both", 9, unit("B", parts=[unit("A", identifiers=_named("two"))], identifiers=_named("two")))
    )
    async with store.snapshot() as snapshot:
        assert [await snapshot.find("same")] == await handles(snapshot, ["M"])
        assert [await snapshot.find("two")] == await handles(snapshot, ["A"]), "of one event the first key"


async def check_an_enrolment_that_skips_a_known_item_says_nothing_of_it(store: Store) -> None:
    await tell(
        store,
        made("p", 1, unit("P", model="true")),
        event("e", "ENROLMENT", 2, items=[unit("P", model="false", parts=[unit("new", identifiers=_named("x"))])]),
    )
    assert await standing(store, "e") == ["ACCEPTED"]
    async with store.snapshot() as snapshot:
        assert await snapshot.find("new") is None, "the parts of what is skipped are skipped"
        assert await snapshot.find("x") is None, "by identifier, too"
        (row,) = await snapshot.items(await handles(snapshot, ["P"]))
        assert row.label == "true"


async def check_the_latest_knowledge_from_an_earlier_one(store: Store) -> None:
    await tell(store, made("p", 1, unit("P")))
    await tell(store, made("q", 1, unit("Q")), voided("v", 2, "p"))
    async with store.snapshot(1) as then:
        now = await then.latest()
        assert (then.sequence, now.sequence) == (1, 3)
        assert await then.find("P") is not None
        assert await now.find("P") is await then.find("Q") is None
        assert await now.find("Q") is not None
        (p,) = await handles(then, ["P"])
        told = (await now.history([p]))[p]
        found = [(event.event_id, event.status.value) for event in told]
        assert found == [("p", "VOIDED"), ("v", "ACCEPTED")], "the handles are the same"


async def check_details(store: Store) -> None:
    spec = {"massKg": 2, "chemistry": "NMC", "attributes": {"line": 7}, "composition": {"Li": 1}, "energyKwh": 0.5}
    inner = {"key": "m", "kind": "MODULE", "position": "3", **spec}
    await tell(store, made("p", 1, unit("P", "BATTERY", [inner], model="X1"), actor="MAKER"))
    await tell(store, event("rec", "RECYCLING", 2, "B", inputs=[draw("P")], outputs=[lot("L", 1, grade="A")]))
    async with store.snapshot() as snapshot:
        found = {details.key: details for details in await snapshot.details(await handles(snapshot, "PmL"))}
        assert [(found[key].kind, found[key].producer) for key in "PmL"] == [
            ("BATTERY", "MAKER"),
            ("MODULE", "MAKER"),
            ("LOT", "B"),
        ]
        assert [event_id_of(found[key].born) for key in "PmL"] == ["p", "p", "rec"]
        specs = {key: orjson.loads(found[key].spec) for key in "PmL"}
        assert specs["P"] == {"key": "P", "kind": "BATTERY", "model": "X1"}, "without parts"
        assert {name: value for name, value in specs["m"].items() if name != "position"} == {
            name: value for name, value in inner.items() if name != "position"
        }
        assert specs["L"] == lot("L", 1, grade="A")
        (l_handle,) = await handles(snapshot, "L")
    async with store.snapshot(1) as snapshot:
        assert await snapshot.details([l_handle]) == [], "not known then: left out"


async def check_search(store: Store) -> None:
    """What is called so, then what begins so, then what has it somewhere in any case; each once, and then by key."""
    await tell(
        store,
        registered("r1", 0, "ORG-7", name="Bay Metals", identifiers=_named("7")),
        made("p", 1, unit("x7"), unit("P-7", identifiers=_named("7", "SN-7a")), unit("7b"), actor="ORG-7"),
        made("q", 2, unit("7\U0001f50b"), unit("7\uff5a"), unit("bay"), unit("Sn-7"), actor="ORG-7"),
        registered("r2", 5, "ORG-7", name="Metals of the Bay"),
    )
    await tell(store, made("late", 3, unit("7late", identifiers=_named("7"))))
    seven = [
        (0, "7late"),
        (0, "ORG-7"),
        (0, "P-7"),
        (1, "7b"),
        (1, "7\uff5a"),
        (1, "7\U0001f50b"),
        (2, "Sn-7"),
        (2, "x7"),
    ]
    found = {
        ("7", None): seven,
        ("7", moment(1)): [seven[1], seven[2], seven[3], seven[7]],
        ("P-7", None): [(0, "P-7")],
        ("SN-", None): [(1, "P-7"), (2, "Sn-7")],
        ("Bay", None): [(2, "ORG-7"), (2, "bay")],
        ("Bay", moment(4)): [(1, "ORG-7"), (2, "bay")],
        ("metals of", None): [(2, "ORG-7")],
        ("nothing", None): [],
        ("\U0010ffff", None): [],
    }
    async with store.snapshot() as snapshot:
        for (text, as_of), expected in found.items():
            hits = await snapshot.search([text], None, MANY, as_of)
            assert [(hit.rank, hit.key) for hit in hits] == expected, text
            assert [hit.handle for hit in hits if hit.handle is not None] == await handles(
                snapshot, [hit.key for hit in hits if hit.key != "ORG-7"]
            ), "items by handle, organizations without"
        for limit in range(1, 9):
            await _check_pages_of_search(snapshot, ["7"], limit, seven)
            await _check_pages_of_search(snapshot, ["p-7", "P-7", "x7"], limit, [(0, "P-7"), (0, "x7")])
            await _check_pages_of_search(snapshot, ["SN-", "sn-7"], limit, [(1, "P-7"), (2, "Sn-7")])
        nothing = FoundPlace(1, "7aaa", organization=True)
        assert [hit.key for hit in await snapshot.search(["7"], nothing, 2)] == ["7b", "7\uff5a"], "no such thing"
        assert await snapshot.search(["7"], None, MANY, worst=NO_ITEMS) == [Found(0, "ORG-7")]
    async with store.snapshot(await store.sequence_at(None) - 1) as snapshot:
        assert (0, "7late") not in [(hit.rank, hit.key) for hit in await snapshot.search(["7"], None, MANY)], (
            "not known then"
        )


async def _check_pages_of_search(
    snapshot: Snapshot, texts: list[str], limit: int, expected: list[tuple[int, str]]
) -> None:
    found: list[tuple[int, str]] = []
    after = None
    while hits := await snapshot.search(texts, after, limit):
        assert len(hits) <= limit
        found += [(hit.rank, hit.key) for hit in hits]
        after = hits[-1].place
    assert found == expected, f"{texts}, {limit} at a time"
