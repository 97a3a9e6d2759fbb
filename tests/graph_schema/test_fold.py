"""What each event does, and each problem with the event that it conflicts with (model sections 4, 5 and 7)."""

import random

import pytest

from graph_schema.graph import fold
from tests.graph_schema.telling import (
    codes,
    draw,
    event,
    folded,
    lot,
    made,
    moved,
    parsed,
    problems,
    registered,
    status,
    unit,
    voided,
)  # fmt: skip

PACKS = [made("p", 1, unit("P", "BATTERY"), unit("Q", "BATTERY"), unit("m"))]
LOT = event("l", "ENROLMENT", 1, items=[lot("L", 4, 1)])
GONE = [made("g", 1, unit("gone"), unit("Q", "BATTERY")), event("end", "DISPOSAL", 2, items=["gone"], method="LOSS")]

CONTESTED = [
    # what, the history before, the event, (code, key, conflicts with)
    ("produced twice", PACKS, made("e", 5, unit("m")), [("DUPLICATE_KEY", "m", "p")]),
    ("produced twice, inside", PACKS, made("e", 5, unit("N", parts=[unit("m")])), [("DUPLICATE_KEY", "m", "p")]),
    ("a lot yielded twice", [LOT], event("e", "REFINING", 5, inputs=[draw("L", 1)], outputs=[lot("L", 1)]), [("DUPLICATE_KEY", "L", "l")]),
    ("produced after its enrolment", [LOT], made("e", 5, lot("L", 1)), [("DUPLICATE_KEY", "L", "l")]),
    ("handed on after its end", GONE, event("e", "TRANSFER", 5, items=["gone"], to="B"), [("ALREADY_ENDED", "gone", "end")]),
    ("built in after its end", GONE, made("e", 5, unit("N", parts=["gone"])), [("ALREADY_ENDED", "gone", "end")]),
    ("installed after its end", GONE, moved("e", "INSTALLATION", 5, "gone", "Q"), [("ALREADY_ENDED", "gone", "end")]),
    ("a host after its end", GONE, moved("e", "INSTALLATION", 5, "Q", "gone"), [("ALREADY_ENDED", "gone", "end")]),
    ("inspected after its end", GONE, event("e", "INSPECTION", 5, item="gone"), [("ALREADY_ENDED", "gone", "end")]),
    ("retired after its end", GONE, event("e", "RETIREMENT", 5, item="gone"), [("ALREADY_ENDED", "gone", "end")]),
    ("dismantled after its end", GONE, event("e", "DISMANTLING", 5, item="gone"), [("ALREADY_ENDED", "gone", "end")]),
    ("recycled after its end", GONE, event("e", "RECYCLING", 5, inputs=[draw("gone")]), [("ALREADY_ENDED", "gone", "end")]),
    ("disposed of twice", GONE, event("e", "DISPOSAL", 5, items=["gone"], method="LOSS"), [("ALREADY_ENDED", "gone", "end")]),
    ("drawn on after its disposal", [LOT, event("end", "DISPOSAL", 2, items=["L"], method="LOSS")], made("e", 5, unit("c"), inputs=[draw("L")]), [("ALREADY_ENDED", "L", "end")]),
    ("in two hosts", [*PACKS, moved("in", "INSTALLATION", 2, "m", "P")], moved("e", "INSTALLATION", 5, "m", "Q"), [("ALREADY_INSTALLED", "m", "in")]),
    ("in one host twice", [*PACKS, moved("in", "INSTALLATION", 2, "m", "P")], moved("e", "INSTALLATION", 5, "m", "P"), [("ALREADY_INSTALLED", "m", "in")]),
    ("built into a second", [*PACKS, moved("in", "INSTALLATION", 2, "m", "P")], event("e", "REPURPOSING", 5, outputs=[unit("S", parts=["m"])]), [("ALREADY_INSTALLED", "m", "in")]),
    ("removed, never in", PACKS, moved("e", "REMOVAL", 5, "m", "P"), [("NOT_INSTALLED", "m", "p")]),
    ("removed from another", [*PACKS, moved("in", "INSTALLATION", 2, "m", "P")], moved("e", "REMOVAL", 5, "m", "Q"), [("NOT_INSTALLED", "m", "in")]),
    ("removed twice", [*PACKS, moved("in", "INSTALLATION", 2, "m", "P"), moved("out", "REMOVAL", 3, "m", "P")], moved("e", "REMOVAL", 5, "m", "P"), [("NOT_INSTALLED", "m", "out")]),
    ("taken apart, not in it", PACKS, event("e", "DISMANTLING", 5, item="P", parts=["m"]), [("NOT_INSTALLED", "m", "p")]),
    ("into itself", PACKS, moved("e", "INSTALLATION", 5, "P", "P"), [("CONTAINMENT_CYCLE", "P", "p")]),
    ("into its own part", [*PACKS, moved("in", "INSTALLATION", 2, "m", "P")], moved("e", "INSTALLATION", 5, "P", "m"), [("CONTAINMENT_CYCLE", "m", "in")]),
    ("overdrawn", [LOT, made("c", 2, unit("c"), inputs=[draw("L", 3)])], made("e", 5, unit("d"), inputs=[draw("L", 2)]), [("OVERDRAWN", "L", "c")]),
    ("overdrawn at once", [LOT], made("e", 5, unit("d"), inputs=[draw("L", 4.1)]), [("OVERDRAWN", "L", "l")]),
    ("a lot as a part", [*PACKS, LOT], moved("e", "INSTALLATION", 5, "L", "P"), [("WRONG_KIND", "L", "l")]),
    ("a lot as a host", [*PACKS, LOT], moved("e", "INSTALLATION", 5, "m", "L"), [("WRONG_KIND", "L", "l")]),
    ("a new lot with parts", [], made("e", 5, lot("K", parts=[unit("d")])), [("WRONG_KIND", "K", None)]),
    ("enrolled with a part that is known", PACKS, event("e", "ENROLMENT", 5, items=[unit("N", parts=[unit("m")])]), [("DUPLICATE_KEY", "m", "p")]),
    ("twice wrong", PACKS, event("e", "RECYCLING", 5, inputs=[draw("P")], outputs=[lot("m", 500)]), [("DUPLICATE_KEY", "m", "p")]),
    ("a new lot as a part", [], made("e", 5, unit("N", parts=[lot("K")])), [("WRONG_KIND", "K", None)]),
    ("a unit drawn on", PACKS, made("e", 5, unit("N"), inputs=[draw("m", 1)]), [("WRONG_KIND", "m", "p")]),
    ("a unit refined", PACKS, event("e", "REFINING", 5, inputs=[draw("m")], outputs=[lot("K")]), [("WRONG_KIND", "m", "p")]),
    ("a scrapped pack", PACKS, event("e", "SCRAPPING", 5, item="P"), [("WRONG_KIND", "P", "p")]),
    ("a lot taken apart", [LOT], event("e", "DISMANTLING", 5, item="L"), [("WRONG_KIND", "L", "l")]),
    ("a lot retired", [LOT], event("e", "RETIREMENT", 5, item="L"), [("WRONG_KIND", "L", "l")]),
    ("somebody else's event voided", PACKS, voided("e", 5, "p", "B"), [("NOT_ENTITLED", "p", "p")]),
    ("a later voiding voided", [*PACKS, voided("v", 9, "p")], voided("e", 5, "v"), [("NOT_ENTITLED", "v", "v")]),
    ("several at once", [*PACKS, *GONE[1:], LOT, made("g", 1, unit("gone"))], made("e", 5, unit("m"), unit("N", parts=["gone", "L"]), inputs=[draw("P")]), [("DUPLICATE_KEY", "m", "p"), ("ALREADY_ENDED", "gone", "end"), ("WRONG_KIND", "L", "l"), ("WRONG_KIND", "P", "p")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "told", "expected"), [row[1:] for row in CONTESTED], ids=[row[0] for row in CONTESTED]
)
def test_contested(before: list[dict], told: dict, expected: list) -> None:
    graph = folded(*before, told)
    assert status(graph, "e") == "CONTESTED"
    assert codes(graph, "e") == expected
    assert not graph.outcomes["e"].effects, "all or nothing"
    assert all(problem.message and problem.field for problem in problems(graph, "e"))


PENDING = [
    ("a part", moved("e", "INSTALLATION", 5, "x", "P"), ["x"]),
    ("both", moved("e", "REMOVAL", 5, "x", "y"), ["x", "y"]),
    ("parts of outputs", made("e", 5, unit("N", parts=[unit("O", parts=["x"]), {"key": "y"}])), ["x", "y"]),
    ("inputs", event("e", "REFINING", 5, inputs=[draw("x")], outputs=[lot("K")]), ["x"]),
    ("one of many items", event("e", "TRANSFER", 5, items=["P", "x"], to="B"), ["x"]),
    ("a part of an enrolled unit", event("e", "ENROLMENT", 5, items=[unit("N", parts=["x"])]), ["x"]),
    ("a named part", event("e", "DISMANTLING", 5, item="P", parts=["x"]), ["x"]),
    ("before its production", event("e", "INSPECTION", 0.5, item="P"), ["P"]),
]


@pytest.mark.parametrize(("told", "keys"), [row[1:] for row in PENDING], ids=[row[0] for row in PENDING])
def test_pending(told: dict, keys: list[str]) -> None:
    graph = folded(*PACKS, told)
    assert status(graph, "e") == "PENDING"
    assert codes(graph, "e") == [("UNKNOWN_ITEM", key, None) for key in keys], "all of them are listed"


def test_unknown_names_come_before_physical_checks() -> None:
    graph = folded(
        *PACKS, *GONE[1:], made("g", 1, unit("gone")), event("e", "TRANSFER", 5, items=["gone", "x"], to="B")
    )
    assert codes(graph, "e") == [("UNKNOWN_ITEM", "x", None)]


def test_what_stays_pending_makes_nothing_known() -> None:
    graph = folded(
        made("q", 2, unit("Q", parts=["ghost"])),
        event("t", "TRANSFER", 3, items=["Q"], to="B"),
        event("r", "RECEIPT", 4, "B", transfer="t"),
    )
    assert [status(graph, each) for each in "qtr"] == ["PENDING"] * 3
    assert codes(graph, "r") == [("UNKNOWN_EVENT", "t", None)]


def test_a_receipt_needs_an_accepted_transfer_before_it() -> None:
    told = [*PACKS, event("t", "TRANSFER", 3, items=["m"], to="B")]
    for hour, transfer, expected in ((4, "t", "ACCEPTED"), (2, "t", "PENDING"), (4, "p", "PENDING")):
        assert status(folded(*told, event("r", "RECEIPT", hour, "B", transfer=transfer)), "r") == expected


def edges(*told: dict) -> set[tuple]:
    """The edges of a graph: (kind, from, to, opened by, closed by) and (kind, from, to, kg)."""
    graph = folded(*told)
    assert {status(graph, each["eventId"]) for each in told} == {"ACCEPTED"}
    ids = {each.position: name for name, each in graph.events.items()} | {None: None}
    found: set[tuple] = set()
    for key in graph.timelines:
        life = graph.life(key)
        assert life.birth is not None
        found.add(("YIELDED", ids[life.birth.position], key))
        found |= {("PART_OF", stay.part, stay.host, ids[stay.opened], ids[stay.closed]) for stay in life.stays}
        found |= {("HELD_BY", key, held.organization, ids[held.opened], ids[held.closed]) for held in life.custody}
        found |= {("CONSUMED_IN", key, ids[used.event], used.mass_kg) for used in life.consumptions}
    return {edge for edge in found if edge[0] != "YIELDED" or edge[1] != "p"}


BUILT = made(
    "p", 1, unit("V", "VEHICLE", [unit("P", "BATTERY", [unit("m", massKg=2), unit("n", massKg=3)], massKg=9)], massKg=900)
)  # fmt: skip
INSIDE = {("PART_OF", "m", "P", "p", None), ("PART_OF", "n", "P", "p", None), ("PART_OF", "P", "V", "p", None)}


def test_production() -> None:
    assert edges(BUILT) == {*INSIDE, ("HELD_BY", "V", "A", "p", None)}, "nested new parts have no custody of their own"


def test_installation_and_removal() -> None:
    assert edges(
        made("p", 1, unit("P", "BATTERY"), unit("m")),
        moved("in", "INSTALLATION", 2, "m", "P", "B"),
        moved("out", "REMOVAL", 3, "m", "P", "C"),
    ) == {
        ("HELD_BY", "P", "A", "p", None),
        ("HELD_BY", "m", "A", "p", "in"),
        ("PART_OF", "m", "P", "in", "out"),
        ("HELD_BY", "m", "C", "out", None),
    }


def test_transfer_closes_and_opens_even_to_the_same() -> None:
    found = edges(made("p", 1, unit("m")), event("t", "TRANSFER", 2, "B", items=["m"], to="A"))
    assert found == {("HELD_BY", "m", "A", "p", "t"), ("HELD_BY", "m", "A", "t", None)}


def test_transfer_of_an_installed_unit_implies_its_removal() -> None:
    found = edges(BUILT, event("t", "TRANSFER", 2, "B", items=["m"], to="C"))
    assert ("PART_OF", "m", "P", "p", "t") in found
    assert [edge for edge in found if edge[:2] == ("HELD_BY", "m")] == [("HELD_BY", "m", "C", "t", None)]


def test_transfer_of_a_host_with_its_part_is_one_thing() -> None:
    found = edges(BUILT, event("t", "TRANSFER", 2, items=["m", "V"], to="C"))
    assert found == {*INSIDE, ("HELD_BY", "V", "A", "p", "t"), ("HELD_BY", "V", "C", "t", None)}


def test_dismantling_releases_all_or_those_named() -> None:
    out = moved("out", "REMOVAL", 2, "P", "V", "B")
    everything = edges(BUILT, out, event("d", "DISMANTLING", 3, "D", item="P"))
    assert everything >= {
        ("HELD_BY", "m", "D", "d", None),
        ("HELD_BY", "n", "D", "d", None),
        ("CONSUMED_IN", "P", "d", 4),
    }
    assert everything >= {("PART_OF", "m", "P", "p", "d"), ("HELD_BY", "P", "B", "out", "d")}
    some = edges(BUILT, out, event("d", "DISMANTLING", 3, "D", item="P", parts=["m"]))
    assert some >= {("HELD_BY", "m", "D", "d", None), ("CONSUMED_IN", "n", "d", 3), ("PART_OF", "n", "P", "p", "d")}
    assert ("CONSUMED_IN", "m", "d", 2) not in some


def test_dismantling_inside_a_host_implies_the_removal() -> None:
    found = edges(BUILT, event("d", "DISMANTLING", 3, "D", item="P"))
    assert ("PART_OF", "P", "V", "p", "d") in found
    assert not [edge for edge in found if edge[:2] == ("HELD_BY", "P")], "where an ending event did, nowhere"


def test_scrapping_releases_direct_parts_with_their_contents() -> None:
    found = edges(BUILT, event("s", "SCRAPPING", 2, "S", item="V"))
    assert found == {
        ("HELD_BY", "V", "A", "p", "s"),
        ("CONSUMED_IN", "V", "s", 891),
        ("PART_OF", "P", "V", "p", "s"),
        ("HELD_BY", "P", "S", "s", None),
        ("PART_OF", "m", "P", "p", None),
        ("PART_OF", "n", "P", "p", None),
    }


def test_recycling_ends_everything_inside() -> None:
    found = edges(BUILT, event("r", "RECYCLING", 2, "R", inputs=[draw("P")], outputs=[lot("L", 8)]))
    assert found >= {("CONSUMED_IN", "P", "r", 4), ("CONSUMED_IN", "m", "r", 2), ("CONSUMED_IN", "n", "r", 3)}
    assert found >= {("YIELDED", "r", "L"), ("HELD_BY", "L", "R", "r", None), ("PART_OF", "P", "V", "p", "r")}
    assert not [edge for edge in found if edge[:2] == ("HELD_BY", "P")]


def test_what_lies_inside_another_input_counts_once() -> None:
    together = event("r", "RECYCLING", 2, "R", inputs=[draw("m"), draw("P")], outputs=[lot("L", 9.4)])
    assert len([edge for edge in edges(BUILT, together) if edge[0] == "CONSUMED_IN"]) == 3
    too_much = {**together, "outputs": [lot("L", 9.5)]}
    assert status(folded(BUILT, too_much), "r") == "CONTESTED", "m weighs in once"


def test_disposal_of_a_unit_and_of_a_lot() -> None:
    found = edges(
        BUILT,
        event("l", "ENROLMENT", 1, items=[lot("L", 4)]),
        made("c", 2, unit("c"), inputs=[draw("L", 1.5)]),
        event("d", "DISPOSAL", 3, "D", items=["P", "L", "n"], method="LANDFILL"),
    )
    assert found >= {("CONSUMED_IN", key, "d", kg) for key, kg in (("P", 4), ("m", 2), ("n", 3), ("L", 2.5))}
    assert ("CONSUMED_IN", "L", "c", 1.5) in found
    assert ("HELD_BY", "L", "A", "l", "d") in found


def test_repurposing_takes_up_what_was_retired() -> None:
    told = [BUILT, event("ret", "RETIREMENT", 2, item="P"), event("d", "DISMANTLING", 3, item="P")]
    graph = folded(*told, event("s", "REPURPOSING", 4, outputs=[unit("S", "BATTERY", ["m"])]))
    marks = {key: [mark.op for mark in graph.life(key).marks] for key in ("P", "m", "n", "S")}
    assert marks == {"P": ["retired"], "m": ["retired", "taken_up"], "n": ["retired"], "S": []}
    assert graph.life("S").birth.second_life


def test_enrolment_skips_what_is_known() -> None:
    graph = folded(BUILT, event("e", "ENROLMENT", 5, "B", items=[unit("m", massKg=99), unit("x"), lot("L", 1)]))
    assert status(graph, "e") == "ACCEPTED"
    assert graph.life("m").birth.mass_kg == 2
    assert graph.life("x").birth is not None


def test_a_draw_may_take_all_that_is_left() -> None:
    told = [LOT, made("c", 2, unit("c"), inputs=[draw("L", 3.9)]), made("d", 3, unit("d"), inputs=[draw("L", 0.1)])]
    assert {status(folded(*told), each) for each in "cd"} == {"ACCEPTED"}, "0.1 + 3.9 within 1e-9 of the lot"
    assert status(folded(*told, made("e", 4, unit("e"), inputs=[draw("L", 1e-6)])), "e") == "CONTESTED"
    assert status(folded(*told, made("e", 4, unit("e"), inputs=[draw("L")])), "e") == "ACCEPTED", "one piece"


def test_an_unknown_remainder_cannot_be_overdrawn() -> None:
    piece = made("c", 2, unit("c"), inputs=[draw("L")])
    assert status(folded(LOT, piece, made("d", 3, unit("d"), inputs=[draw("L", 99)])), "d") == "ACCEPTED"
    unknown = event("l", "ENROLMENT", 1, items=[lot("L")])
    assert status(folded(unknown, made("d", 3, unit("d"), inputs=[draw("L", 99)])), "d") == "ACCEPTED"


def test_retiring_twice_and_inspecting_the_retired() -> None:
    told = [BUILT, *(event(f"r{n}", "RETIREMENT", n, item="P") for n in (2, 3)), event("i", "INSPECTION", 4, item="P")]
    assert {status(folded(*told), each["eventId"]) for each in told} == {"ACCEPTED"}


def test_registrations_and_receipts_touch_nothing() -> None:
    assert edges(registered("r", 1, "A", "MAKER")) == set()


def test_the_order_within_one_instant_is_by_type_then_step() -> None:
    told = [
        moved("z-in", "INSTALLATION", 1, "m", "Q"),
        moved("z-out", "REMOVAL", 1, "m", "P"),
        made("z-q", 1, unit("Q", "BATTERY")),
        made("a-pack", 1, unit("P", "BATTERY", ["m"]), step=1),
        made("z-m", 1, unit("m")),
    ]
    graph = folded(*told)
    assert {status(graph, each["eventId"]) for each in told} == {"ACCEPTED"}
    stays = [(stay.host, stay.closed is None) for stay in graph.life("m").stays]
    assert stays == [("P", False), ("Q", True)], "in and out at one instant is still a stay"


def test_arrival_does_not_matter() -> None:
    told = [BUILT, LOT, *GONE, moved("x", "REMOVAL", 3, "m", "P"), voided("v", 9, "l"), voided("w", 8, "v")]
    events = [parsed(each) for each in told]
    expected = fold(events)
    for seed in range(20):
        random.Random(seed).shuffle(events)
        assert fold(events).outcomes == expected.outcomes, seed
        assert fold(events).timelines == expected.timelines, seed
