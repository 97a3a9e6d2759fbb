"""Lists of items and events: filters, orders, and who is a party of what."""

from __future__ import annotations

from collections.abc import Mapping

from graph_schema.order import instant_us
from graph_schema.status import ItemStatus
from service.places import (
    OrganizationOrder,
    OrganizationPlace,
)
from service.ports import (
    EventFilter,
    ItemFilter,
    ItemOrder,
    ItemPlace,
    OrganizationFilter,
    Snapshot,
    Store,
)
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
    tell,
    unit,
    voided,
)


async def _keys(snapshot: Snapshot, where: ItemFilter) -> str:
    """The keys that a filter finds, in one text; they are counted as well."""
    keys = [key for _, key in await snapshot.item_page(where, None, MANY)]
    assert await snapshot.item_count(where) == len(keys), f"the count of {where}"
    return " ".join(keys)


async def _finds(store: Store, found: Mapping[ItemFilter, str]) -> None:
    """The filters find what is told of them."""
    async with store.snapshot() as snapshot:
        for where, keys in found.items():
            assert await _keys(snapshot, where) == keys, where


async def check_items_by_what_was_stated(store: Store) -> None:
    odd = 'N"1\\\u00e4\t\u2028'
    attributes = {"chemistry": "hidden", "x": ',"model":"hidden"'}
    await tell(
        store,
        made("a", 1, unit("A", "BATTERY", chemistry="LFP", model="X1", attributes=attributes)),
        made(
            "b", 2, unit("B", "CELL", chemistry="NMC622", model=odd, identifiers=[{"scheme": "DMC", "value": "SN-7"}])
        ),
    )
    await tell(
        store,
        event("l", "ENROLMENT", 3, items=[lot("L", grade="A")]),
        event("rec", "RECYCLING", 4, "R", inputs=[draw("A")], outputs=[{"key": "M", "material": "steel"}]),
        event("legacy", "ENROLMENT", 5, "R", items=[unit("E", "BATTERY", chemistry="LFP")]),
    )
    found = {
        ItemFilter(chemistry="LFP"): "A E",
        ItemFilter(chemistry="LF"): "",
        ItemFilter(chemistry="hidden"): "",
        ItemFilter(model="X1"): "A",
        ItemFilter(model="hidden"): "",
        ItemFilter(model=odd): "B",
        ItemFilter(material="black mass"): "L",
        ItemFilter(material="steel"): "M",
        ItemFilter(text="sn-7"): "B",
        ItemFilter(text="7", kind="BATTERY"): "",
        ItemFilter(kind="BATTERY", chemistry="LFP"): "A E",
        ItemFilter(producer="A"): "A B",
        ItemFilter(producer="R"): "M",
        ItemFilter(produced_from=moment(2)): "B M",
        ItemFilter(produced_to=moment(2)): "A B",
        ItemFilter(produced_from=moment(1.5), produced_to=moment(3)): "B",
        ItemFilter(as_of=moment(2)): "A B",
        ItemFilter(as_of=moment(1.99)): "A",
    }
    await _finds(store, found)
    async with store.snapshot(2) as snapshot:
        assert await _keys(snapshot, ItemFilter(chemistry="LFP")) == "A", "known then"


async def check_texts_with_a_nul(store: Store) -> None:
    """Whole, as any other text; a text that ends where that begins is another."""
    named = [{"scheme": "DMC", "value": "S\0n-7"}]
    odd = unit("A", "BATTERY", model="a\0b", chemistry="\0", identifiers=named)
    await tell(store, made("a", 1, odd, unit("B", model="a", identifiers=[{"scheme": "DMC", "value": "s"}])))
    found = {
        ItemFilter(model="a\0b"): "A",
        ItemFilter(model="a"): "B",
        ItemFilter(model="a\0c"): "",
        ItemFilter(chemistry="\0"): "A",
        ItemFilter(chemistry=""): "",
        ItemFilter(text="N-7"): "A",
        ItemFilter(text="s\0N"): "A",
        ItemFilter(text="s\0x"): "",
        ItemFilter(text="s"): "A B",
    }
    await _finds(store, found)


async def check_what_another_event_stated_is_known_no_more(store: Store) -> None:
    await tell(store, made("wrong", 1, unit("A", "BATTERY", chemistry="LFP", model="X1"), actor="W"))
    await tell(store, voided("v", 2, "wrong", "W"), made("right", 3, unit("A", "CELL", chemistry="NMC"), actor="R"))
    old = (ItemFilter(chemistry="LFP"), ItemFilter(model="X1"), ItemFilter(producer="W"), ItemFilter(party="W"))
    new = (ItemFilter(chemistry="NMC"), ItemFilter(kind="CELL"), ItemFilter(producer="R"), ItemFilter(party="R"))
    for sequence, stands, does_not in ((1, old, new), (3, new, old)):
        async with store.snapshot(sequence) as snapshot:
            assert [await _keys(snapshot, where) for where in stands] == ["A"] * 4, sequence
            assert [await _keys(snapshot, where) for where in does_not] == [""] * 4, sequence


async def check_items_by_what_they_are_at_a_moment(store: Store) -> None:
    await tell(
        store,
        registered("reg-b", 0, "B", region="CN-44"),
        registered("moves", 6, "B", region="CN-31"),
        made("p", 1, unit("P", "BATTERY", [unit("m", parts=[unit("c", "CELL")])]), actor="MAKER"),
        event("sell", "TRANSFER", 2, "MAKER", items=["P"], to="B"),
        moved("out", "REMOVAL", 3, "m", "P", "SHOP"),
        event("ret", "RETIREMENT", 4, "B", item="P"),
        event("again", "REPURPOSING", 5, "SHOP", outputs=[unit("S", "BATTERY", ["m"])]),
        event("rec", "RECYCLING", 7, "R", inputs=[draw("P")], outputs=[lot("L")]),
    )
    status = ItemStatus
    found = {
        ItemFilter(holder="MAKER", as_of=moment(1)): "P c m",
        ItemFilter(holder="B", as_of=moment(2)): "P c m",
        ItemFilter(holder="MAKER", as_of=moment(2)): "",
        ItemFilter(custodian="B", as_of=moment(2)): "P",
        ItemFilter(holder="B", as_of=moment(3)): "P",
        ItemFilter(holder="SHOP", as_of=moment(3)): "c m",
        ItemFilter(custodian="SHOP", as_of=moment(3)): "m",
        ItemFilter(custodian="SHOP"): "S",
        ItemFilter(holder="SHOP", kind="CELL"): "c",
        ItemFilter(holder="B"): "",
        ItemFilter(holder="NOBODY"): "",
        ItemFilter(region="CN-44", as_of=moment(2)): "P c m",
        ItemFilter(region="CN-44", as_of=moment(6)): "",
        ItemFilter(region="CN-31", as_of=moment(6)): "P",
        ItemFilter(region="CN-31", holder="SHOP", as_of=moment(6)): "",
        ItemFilter(status=status.INSTALLED, as_of=moment(1)): "c m",
        ItemFilter(status=status.AVAILABLE, as_of=moment(1)): "P",
        ItemFilter(status=status.RETIRED, as_of=moment(4)): "P",
        ItemFilter(status=status.IN_SECOND_LIFE): "S c m",
        ItemFilter(status=status.ENDED): "P",
        ItemFilter(status=status.ENDED, as_of=moment(6.99)): "",
        ItemFilter(status=status.AVAILABLE): "L",
    }
    await _finds(store, found)


async def check_a_repurposing_takes_up_what_was_retired_at_that_instant(store: Store) -> None:
    """In the total order it comes after a retirement, which the time alone does not say."""
    await tell(
        store,
        made("m", 1, unit("m"), unit("n")),
        event("ret", "RETIREMENT", 2, item="m"),
        event("again", "REPURPOSING", 2, outputs=[unit("S", "BATTERY", ["m"])]),
        event("ret-n", "RETIREMENT", 2, item="n"),
    )
    async with store.snapshot() as snapshot:
        assert await _keys(snapshot, ItemFilter(status=ItemStatus.IN_SECOND_LIFE)) == "S m"
        assert await _keys(snapshot, ItemFilter(status=ItemStatus.RETIRED)) == "n"


async def check_parties_of_items(store: Store) -> None:
    """Who made it or ever held it, itself or as a part; to a hair, for events of one instant have an order, too."""
    await tell(
        store,
        made("cells", 1, unit("c", "CELL"), unit("d", "CELL"), actor="CELLS"),
        event("to-maker", "TRANSFER", 2, "CELLS", items=["c", "d"], to="MAKER"),
        made("p", 3, unit("P", "BATTERY", [unit("m", parts=["c"])]), unit("n"), actor="MAKER"),
        made("v", 4, unit("V", "VEHICLE", ["P"]), actor="CARS"),
    )
    await tell(
        store,
        event("sell", "TRANSFER", 5, "CARS", items=["V"], to="FLEET"),
        moved("out", "REMOVAL", 5, "m", "P", "SHOP"),
        moved("in", "INSTALLATION", 5, "n", "P", "SHOP"),
        event("resell", "TRANSFER", 6, "FLEET", items=["V"], to="TAXI"),
    )
    parties = {
        "CELLS": "c d",
        "MAKER": "P c d m n",
        "CARS": "P V c m",
        "FLEET": "P V c m n",
        "SHOP": "c m",
        "TAXI": "P V n",
        "NOBODY": "",
    }
    async with store.snapshot() as snapshot:
        every = await handles(snapshot, "PVcdmn")
        for party, keys in parties.items():
            assert await _keys(snapshot, ItemFilter(party=party)) == keys, party
            assert await _keys(snapshot, ItemFilter(party=party, as_of=moment(6))) == keys, "whatever the moment"
            theirs = await handles(snapshot, keys.split())
            assert await snapshot.concerned(every, party) == set(theirs), party
            assert await snapshot.concerned(every[:2], party) == set(theirs) & set(every[:2]), party
        assert await snapshot.concerned([], "MAKER") == set()
        assert await _keys(snapshot, ItemFilter(party="FLEET", kind="CELL")) == "c"
        assert await _keys(snapshot, ItemFilter(party="CELLS", holder="TAXI")) == ""
        assert await _keys(snapshot, ItemFilter(party="MAKER", holder="TAXI")) == "P n"
    async with store.snapshot(4) as snapshot:
        assert await _keys(snapshot, ItemFilter(party="CARS")) == "P V c m"
        assert await _keys(snapshot, ItemFilter(party="FLEET")) == "", "not known yet"


async def check_a_late_removal_takes_a_party_away(store: Store) -> None:
    """Whoever got the pack never held the module that had been taken out before, as is known from now on."""
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY", [unit("m")]), actor="MAKER"),
        event("sell", "TRANSFER", 5, "MAKER", items=["P"], to="B"),
        event("look", "INSPECTION", 6, "SHOP", item="m"),
    )
    await tell(store, moved("out", "REMOVAL", 4, "m", "P", "SHOP"))
    await tell(store, voided("oops", 9, "out", "SHOP"))
    for sequence, keys, events in ((3, "P m", "p sell look"), (4, "P", "p sell out"), (5, "P m", "p sell look out")):
        async with store.snapshot(sequence) as snapshot:
            assert await _keys(snapshot, ItemFilter(party="B")) == keys, sequence
            found = await snapshot.event_page(EventFilter(party="B"), None, MANY)
            assert [one.event_id for one in found] == events.split(), sequence


STAYS = 60
"""How often each of three parts was in the same host: there are so many to the third power ways up."""


async def check_parties_of_what_was_often_in_the_same_hosts(store: Store) -> None:
    """Each way up is narrowed hop by hop: what was held before the last part came in is no part's."""
    await tell(
        store, made("m", 0, unit("CELL", "CELL"), unit("MODULE"), unit("PACK", "BATTERY"), unit("CAR", "VEHICLE"))
    )
    await tell(store, event("early", "TRANSFER", 1, items=["CAR"], to="EARLY"))
    await tell(store, event("back", "TRANSFER", 2, "EARLY", items=["CAR"], to="A"))
    hour, events = 3.0, []
    for part, host in (("PACK", "CAR"), ("MODULE", "PACK"), ("CELL", "MODULE")):
        for stay in range(STAYS):
            hour += 1
            events.append(moved(f"in {part} {stay}", "INSTALLATION", hour, part, host))
            if stay < STAYS - 1:
                events.append(moved(f"out {part} {stay}", "REMOVAL", hour + 0.5, part, host))
    await tell(store, *events)
    await tell(store, event("sold", "TRANSFER", hour + 1, "A", items=["CAR"], to="B"))
    expected = {"A": "CAR CELL MODULE PACK", "B": "CAR CELL MODULE PACK", "EARLY": "CAR", "NOBODY": ""}
    async with store.snapshot() as snapshot:
        items = await handles(snapshot, ["CAR", "CELL", "MODULE", "PACK"])
        for party, keys in expected.items():
            assert await _keys(snapshot, ItemFilter(party=party)) == keys, party
            assert len(await snapshot.concerned(items, party)) == len(keys.split()), party


async def check_events_of_a_party(store: Store) -> None:
    """Those it reported, and those that name what is or was its own; not those that merely did something to it."""
    await tell(
        store,
        registered("reg", 0, "A"),
        made("c", 1, unit("c", "CELL")),
        made("p", 2, unit("P", "BATTERY"), unit("Q", "BATTERY"), actor="MAKER"),
        event("give", "TRANSFER", 3, "A", items=["c"], to="MAKER"),
        moved("in", "INSTALLATION", 4, "c", "P", "MAKER"),
        event("rec", "RECYCLING", 5, "R", inputs=[draw("P"), draw("Q")], outputs=[lot("L")]),
        event("late", "INSPECTION", 6, "R", item="c"),
        event("ghost", "INSPECTION", 7, "R", item="nobody's"),
    )
    parties = {
        "A": "reg c give in late",
        "MAKER": "c p give in rec late",
        "R": "rec late ghost",
        "NOBODY": "",
    }
    async with store.snapshot() as snapshot:
        for party, ids in parties.items():
            found = await snapshot.event_page(EventFilter(party=party), None, MANY)
            assert [one.event_id for one in found] == ids.split(), party
            assert await snapshot.event_count(EventFilter(party=party)) == len(found)
        for where, ids in {
            EventFilter(party="A", actor="R"): "late",
            EventFilter(("PRODUCTION", "TRANSFER"), party="MAKER"): "c p give",
            EventFilter(party="MAKER", item="P"): "p in rec",
            EventFilter(party="MAKER", occurred_from=moment(3), occurred_to=moment(4)): "give in",
        }.items():
            found = await snapshot.event_page(where, None, MANY)
            assert [one.event_id for one in found] == ids.split(), where
        page = await snapshot.event_page(EventFilter(party="MAKER"), 3, 2)
        assert [one.event_id for one in page] == ["give", "in"], "after a sequence number, and a limit"


async def check_all_that_is_about_an_organization(store: Store) -> None:
    """What concerns it, every registration, and what else is in the history of what is or was its own."""
    await tell(
        store,
        registered("reg", 0, "SOMEBODY"),
        made("p", 1, unit("P", "BATTERY"), actor="MAKER"),
        made("q", 1, unit("Q", "BATTERY"), actor="OTHER"),
        event("sell-p", "TRANSFER", 2, "MAKER", items=["P"], to="SHOP"),
        event("sell-q", "TRANSFER", 2, "OTHER", items=["Q"], to="SHOP"),
        event("got-p", "RECEIPT", 3, "SHOP", transfer="sell-p"),
        event("got-q", "RECEIPT", 3, "SHOP", transfer="sell-q"),
        event("wrong", "INSPECTION", 4, "SHOP", item="P"),
        voided("void", 5, "wrong", "SHOP"),
        voided("void-void", 6, "void", "SHOP"),
        event("got-nothing", "RECEIPT", 3, "SHOP", transfer="nobody's"),
    )
    await tell(store, event("pays", "RECEIPT", 7, "MAKER", transfer="sell-q"))
    abouts = {
        "MAKER": "reg p sell-p got-p wrong void void-void pays",
        "OTHER": "reg q sell-q got-q pays",
        "NOBODY": "reg",
    }
    async with store.snapshot() as snapshot:
        for organization, ids in abouts.items():
            where = EventFilter(about=organization)
            found = await snapshot.event_page(where, None, MANY)
            assert [one.event_id for one in found] == ids.split(), organization
            assert await snapshot.event_count(where) == len(found), organization
            found = await snapshot.event_page(where, found[-1].sequence, 2, reverse=True)
            assert [one.event_id for one in found] == ids.split()[-3:-1][::-1], organization
        found = await snapshot.event_page(EventFilter(about="MAKER", party="SHOP"), None, MANY)
        assert [one.event_id for one in found] == "p sell-p got-p wrong void void-void".split()


async def check_items_in_the_order_of_their_time(store: Store) -> None:
    """Of one instant by key, in the order of code points; what was enrolled by the time of that."""
    keys = ["\uff5a", "\U0001f50b", "b", "a"]
    await tell(
        store,
        made("last", 3, unit("0"), unit("9")),
        *(made(f"e{number}", 2, unit(key)) for number, key in enumerate(keys)),
        event("first", "ENROLMENT", 1, items=[unit("z"), unit("y")]),
    )
    expected = ["y", "z", *sorted(keys), "0", "9"]
    async with store.snapshot() as snapshot:
        for reverse in (False, True):
            order = expected[::-1] if reverse else expected
            for start, key in enumerate(order):
                hour = {"y": 1, "z": 1, "0": 3, "9": 3}.get(key, 2)
                place = ItemPlace(key, instant_us(moment(hour)))
                page = await snapshot.item_page(ItemFilter(), place, 3, reverse, ItemOrder.PRODUCED_AT)
                assert [found for _, found in page] == order[start + 1 : start + 4], f"after {key}, reverse {reverse}"
            page = await snapshot.item_page(ItemFilter(), None, 3, reverse, ItemOrder.PRODUCED_AT)
            assert [found for _, found in page] == order[:3]
        between = ItemPlace("m", instant_us(moment(2)))
        page = await snapshot.item_page(ItemFilter(producer="A"), between, 2, False, ItemOrder.PRODUCED_AT)
        assert [found for _, found in page] == ["\uff5a", "\U0001f50b"], "what was there need not be there any more"


async def check_organizations(store: Store) -> None:
    """Whoever registered, acted or held something, in the order of keys by code point."""
    keys = ["\U0001f50b", "\uff5a", "b"]
    await tell(
        store,
        registered("r1", 0, "b", "RECYCLER", name="B\u00e4r Metals", region="CN-44"),
        registered("r2", 0, keys[0], "MAKER", "OUTLET", identifiers=[{"scheme": "BPN", "value": "BPNL-7"}]),
    )
    await tell(
        store,
        made("p", 1, unit("P"), actor=keys[1]),
        event("sell", "TRANSFER", 2, keys[1], items=["P"], to="HOLDS"),
        event("lost", "TRANSFER", 2, "ACTS", items=["nothing"], to="NEVER"),
        registered("r3", 5, "b", "RECYCLER", "MAKER", region="CN-31"),
    )
    found = {
        OrganizationFilter(): ["ACTS", "HOLDS", "b", "\uff5a", "\U0001f50b"],
        OrganizationFilter(role="MAKER"): ["b", "\U0001f50b"],
        OrganizationFilter(role="MAKER", as_of=moment(4)): ["\U0001f50b"],
        OrganizationFilter(region="CN-44"): [],
        OrganizationFilter(region="CN-44", as_of=moment(4)): ["b"],
        OrganizationFilter(text="b\u00c4R"): ["b"],
        OrganizationFilter(text="bpnl"): ["\U0001f50b"],
        OrganizationFilter(text="hold"): ["HOLDS"],
        OrganizationFilter(role="MAKER", text="b"): ["b", "\U0001f50b"],
    }
    async with store.snapshot() as snapshot:
        for where, expected in found.items():
            assert await snapshot.organization_page(where, None, MANY) == expected, where
            assert await snapshot.organization_count(where) == len(expected), where
        assert await snapshot.organization_page(OrganizationFilter(), OrganizationPlace("HOLDS"), 2) == ["b", "\uff5a"]
        makers = OrganizationFilter(role="MAKER")
        assert await snapshot.organization_page(makers, OrganizationPlace("b"), 1) == ["\U0001f50b"]
        named = await snapshot.organization_page(OrganizationFilter(), None, MANY, order=OrganizationOrder.NAME)
        assert named == ["b", "ACTS", "HOLDS", "\uff5a", "\U0001f50b"], "those without a name last"
        (row,) = await snapshot.items(await handles(snapshot, "P"))
        fields = await snapshot.registered(["b", "ACTS"], row.born)
        assert fields == {"b": {"key": "b", "roles": ["RECYCLER"], "name": "B\u00e4r Metals", "region": "CN-44"}}
    async with store.snapshot(2) as snapshot:
        assert await snapshot.organization_page(OrganizationFilter(), None, MANY) == ["b", "\U0001f50b"], "known then"
