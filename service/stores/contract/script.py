"""A history with everything in it that makes a fold hard, in the batches in which it arrives."""

from __future__ import annotations

from service.stores.contract.telling import Event, draw, event, lot, made, moved, registered, unit, voided

ORGANIZATIONS = ("A", "B", "C", "REG", "NEVER", "LATER", "WAITING")

BATCHES: tuple[tuple[str, list[Event]], ...] = (
    (
        "cells, modules, two packs and a vehicle",
        [
            registered("reg-a", 0, "A", "MAKER", name="A works", region="CN-44"),
            registered("reg-b", 0, "B", name="B repairs"),
            made("cells", 1, *(unit(f"c{n}", "CELL", massKg=1, composition={"Li": 0.1}) for n in range(4))),
            made("m1", 2, unit("m1", parts=["c0", {"key": "c1", "position": "2"}], massKg=3, composition={"Li": 0.25})),
            made("m2", 2, unit("m2", parts=["c2", "c3"], massKg=3)),
            made("p1", 3, unit("P1", "BATTERY", ["m1"], massKg=10, identifiers=[{"scheme": "DMC", "value": "SN-1"}])),
            made("p2", 3, unit("P2", "BATTERY", [unit("m3", massKg=2)], massKg=10, composition={"Li": 1})),
            made("v1", 4, unit("V", "VEHICLE", ["P1"], model="Wagon")),
        ],
    ),
    (
        "pending: a host, an item and a transfer that nobody knows yet",
        [
            moved("in-q", "INSTALLATION", 20, "m2", "Q"),
            event("sell-q", "TRANSFER", 21, items=["Q"], to="WAITING"),
            event("got-q", "RECEIPT", 22, "WAITING", transfer="sell-q"),
            event("got-t", "RECEIPT", 31, "B", transfer="t-m2"),
            voided("void-nothing", 90, "to-come"),
        ],
    ),
    (
        "they heal",
        [
            made("q", 5, unit("Q", "BATTERY", massKg=12)),
            event("t-m2", "TRANSFER", 30, items=["m2"], to="B"),
            event("to-come", "INSPECTION", 6, item="P1", measurements={"stateOfHealthPercent": 91}),
        ],
    ),
    (
        "contested: one part in two hosts, two productions of one key",
        [
            moved("in-p2", "INSTALLATION", 25, "m2", "P2", "C"),
            made("twin", 40, unit("m1", massKg=5), actor="C"),
            moved("out-p2", "REMOVAL", 50, "m2", "P2", "C"),
            event("enrol", "ENROLMENT", 41, "B", items=[unit("P1", "BATTERY"), unit("E", "COMPONENT", massKg=4)]),
        ],
    ),
    (
        "recycling, lots, draws",
        [
            event("out-v", "REMOVAL", 60, "B", part="P1", host="V", reason="END_OF_LIFE"),
            event("ret", "RETIREMENT", 61, "B", item="P1"),
            event("rec", "RECYCLING", 62, "B", inputs=[draw("P1")], outputs=[lot("L", 6, 0.2), lot("S", 1)]),
            event("ref", "REFINING", 63, "B", inputs=[draw("L", 2)], outputs=[lot("N", 1.5, 0.06)]),
            made("cell", 64, unit("c9", "CELL", massKg=1, composition={"Li": 0.05}), inputs=[draw("N", 1)]),
            event("too-much", "REFINING", 65, "B", inputs=[draw("L", 5)], outputs=[lot("X", 1)]),
            event("dump", "DISPOSAL", 66, "B", items=["S"], method="LANDFILL"),
            event("second", "REPURPOSING", 67, "B", outputs=[unit("SL", "BATTERY", ["m2"])]),
        ],
    ),
    (
        "late: a module was taken out before its pack was recycled, a draw came before the others",
        [
            moved("late-out", "REMOVAL", 61.5, "m1", "P1", "B"),
            event("late-draw", "REFINING", 62.5, "B", inputs=[draw("L", 3)], outputs=[lot("M", 2)]),
        ],
    ),
    (
        "voidings, some of them not entitled",
        [
            voided("void-in-q", 91, "in-q"),
            voided("void-rec", 92, "rec", "C"),
            voided("void-reg-b", 93, "reg-b", "B"),
            voided("void-p2", 94, "p2"),
        ],
    ),
    ("a voiding of a voiding", [voided("void-void", 95, "void-p2"), voided("early-void", 90.5, "void-void")]),
    (
        "the stranger was a regulator: its voiding counts from now on, and the recycling does not",
        [
            registered("reg-c", 99, "C", "REGULATOR", name="C authority", region="EU"),
            registered("reg-a2", 98, "A", name="A renamed"),
        ],
    ),
    (
        "the first production of m1 was wrong, the twin stands; and the pack ends in another way",
        [
            voided("void-m1", 96, "m1"),
            event("apart", "DISMANTLING", 70, "B", item="P1"),
            event("scrap", "SCRAPPING", 71, "LATER", item="V"),
        ],
    ),
)


def events_until(count: int) -> list[Event]:
    """All events of the first `count` batches."""
    return [told for _, batch in BATCHES[:count] for told in batch]
