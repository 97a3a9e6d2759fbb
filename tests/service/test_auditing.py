"""Findings on stores: what was judged by hand, in bulk, as of a moment, with rule sets of others."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from graph_schema.order import cut_after
from graph_schema.rules import RULE_SETS, Finding
from graph_schema.windows import END
from seed.nation import generate
from seed.story import BLACK_MASS, PACK_VANISHED, VEHICLE_A, module, story
from service.auditing import Findings, findings_of, histories
from service.ingesting import Ingest
from service.keeping import Keeper
from service.ports import ItemFilter, Store
from service.rule_sets import UnknownRuleSet, rule_sets
from service.stores.contract.telling import event, lot, made, moment, moved, registered, unit
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from service.stores.sqlite.snapshot import SqliteSnapshot
from tests.service.test_keeping import kept
from tests.support import DATA, send, wait

ROOT = DATA.parents[1]
JUDGED = json.loads((DATA / "rules" / "judged.json").read_text())


def audited(store: Store, as_of: float | None = None, limit: int = 10_000) -> Findings:
    async def ask() -> Findings:
        async with store.snapshot() as snapshot:
            page = await snapshot.item_page(ItemFilter(), None, limit)
            return await findings_of(
                snapshot, [handle for handle, _ in page], END if as_of is None else cut_after(moment(as_of))
            )

    return wait(store, ask())


def found(store: Store, as_of: float | None = None) -> list[Finding]:
    answer = audited(store, as_of)
    assert answer.failures == []
    return [one for each in answer.of.values() for one in each]


def test_the_story_says_what_went_wrong_in_it(store: Store) -> None:
    send(store, story())
    assert sorted((one.code, one.subject, one.evidence[0]) for one in found(store)) == [
        # The taxi firm hands over what the workshop has had since it took it out, to a trader whom nobody registered,
        # who never confirms it, and nothing is heard of it for a year. That was before Order No. 73.
        ("CONFLICTING_CLAIMS", module(3), "story-56-transfer"),  # It was recycled two weeks before.
        ("CUSTODY_GAP", PACK_VANISHED, "story-54-transfer"),
        ("STALE_CUSTODY", PACK_VANISHED, "story-54-transfer"),
        ("UNCONFIRMED_TRANSFER", PACK_VANISHED, "story-54-transfer"),
        ("UNREGISTERED_ORGANIZATION", PACK_VANISHED, "story-54-transfer"),
    ]


def test_the_nation_has_only_packs_of_which_nothing_was_heard_yet() -> None:
    """Without a moment to ask for, a finding that time will bring if nothing happens counts, too."""
    store = MemoryStore()
    send(store, list(generate(120)))
    assert {one.code for one in found(store)} == {"STALE_CUSTODY"}


@pytest.mark.parametrize("name", JUDGED)
def test_files_of_others_raise_what_was_judged_right(name: str) -> None:
    store = MemoryStore()
    asyncio.run(Ingest(store).run([str(ROOT / name)], sys.stdin.buffer))
    assert dict(Counter(one.code for one in found(store))) == {code: count for code, (count, _) in JUDGED[name].items()}


def test_200_items_cost_as_many_questions_as_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path / "log.db")
    send(store, list(generate(40)))
    asked: list[str] = []
    rows = SqliteSnapshot.rows
    monkeypatch.setattr(
        SqliteSnapshot, "rows", lambda self, sql, *a, **k: asked.append(sql) or rows(self, sql, *a, **k)
    )
    counts = []
    for limit in (2, 200):
        asked.clear()
        assert len(audited(store, limit=limit).of) == limit
        counts.append(len(asked))
    # Two more for the hosts of the deepest that is among them.
    assert counts[1] <= counts[0] + 2


def test_what_is_asked_as_of_a_moment_does_not_know_what_comes(store: Store) -> None:
    send(store, [
        registered("r", 0, "A", "BATTERY_MAKER"), registered("s", 0, "B", "OUTLET"),
        made("m", 1, unit("P", "BATTERY")), event("out", "RETIREMENT", 2, item="P"),
        event("t", "TRANSFER", 3, items=["P"], to="B"), event("c", "RECEIPT", 5, "B", transfer="t"),
        event("end", "RECYCLING", 9, "B", inputs=[{"key": "P"}]),
    ])  # fmt: skip
    assert found(store) == []
    assert [one.code for one in found(store, 4)] == ["UNCONFIRMED_TRANSFER", "STALE_CUSTODY"]
    assert [one.code for one in found(store, 6)] == ["STALE_CUSTODY"]
    assert audited(store, 0).of == {}


def test_parts_are_held_by_who_holds_the_outermost(store: Store) -> None:
    send(store, [
        *(registered(f"r{key}", 0, key, "REPAIRER") for key in "ABC"),
        made("m", 1, unit("CAR", "VEHICLE", [unit("P", "BATTERY", [unit("m1")])])),
        event("t", "TRANSFER", 2, items=["CAR"], to="B"), moved("o", "REMOVAL", 3, "m1", "P", "C"),
        moved("i", "INSTALLATION", 4, "m1", "P", "C"),
    ])  # fmt: skip
    assert found(store) == [], "a workshop takes a part out of a customer's car and puts it back"

    async def look() -> str | None:
        async with store.snapshot() as snapshot:
            (handle,) = (await snapshot.keyed(["m1"])).values()
            span = (await histories(snapshot, [handle]))[handle].custody_before(cut_after(moment(2)))
            return None if span is None else span.organization

    assert wait(store, look()) == "B"


def test_a_conflict_heals_when_the_other_is_voided(store: Store) -> None:
    send(store, [
        registered("r", 0, "A"), made("m", 1, unit("P", "BATTERY")),
        event("d", "DISPOSAL", 2, items=["P"], method="INCINERATION"), event("i", "INSPECTION", 3, item="P"),
    ])  # fmt: skip
    (conflict,) = found(store)
    assert (conflict.code, conflict.evidence) == ("CONFLICTING_CLAIMS", ("i", "d"))
    send(store, [event("v", "VOIDING", 4, voids="d")])
    assert found(store) == []


def test_rule_sets_of_others_are_loaded_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "rule_set"))
    sets = rule_sets(["heavy_packs:HEAVY_PACKS"])
    assert [one.name for one in sets] == [*(one.name for one in RULE_SETS), "workshop"]
    store = MemoryStore()
    send(store, [registered("r", 0, "A"), made("m", 1, unit("M", massKg=30), unit("N", massKg=20))])

    async def ask() -> Findings:
        async with store.snapshot() as snapshot:
            return await findings_of(snapshot, ["M", "N"], sets=sets)

    assert [one.sentence for one in wait(store, ask()).of["M"]] == ["M weighs 30 kg; one person lifts 25 kg"]
    assert wait(store, ask()).of["N"] == []


@pytest.mark.parametrize("name", ["nothing", "no_such_module:X", "json:NOTHING", "json:dumps", ":", "a b:c"])
def test_an_unknown_rule_set_is_named(name: str) -> None:
    with pytest.raises(UnknownRuleSet, match=r"rule ?set|RuleSet"):
        rule_sets([name])


def test_what_a_lot_holds_more_than_went_in(store: Store) -> None:
    send(store, story())
    assert BLACK_MASS not in [one.subject for one in found(store)]
    assert VEHICLE_A not in [one.subject for one in found(store)]
    lot = {"key": "L", "material": "black mass", "massKg": 1, "composition": {"Li": 0.104}}
    send(store, [
        registered("r", 0, "A"), made("m", 1, unit("P", "BATTERY", massKg=2, composition={"Li": 0.1})),
        event("x", "RECYCLING", 2, inputs=[{"key": "P"}], outputs=[lot]),
    ])  # fmt: skip
    (excess,) = [one for one in found(store) if one.subject == "L"]
    assert excess.sentence == "more came out of what L is from than went in: 0.104 kg of Li out, 0.1 kg in"


def test_a_production_need_not_state_its_primary_material(store: Store) -> None:
    salt = lot("SALT", material="lithium carbonate", massKg=1, composition={"Li": 0.1})
    cathode = lot("CATHODE", material="cathode", massKg=9, composition={"Li": 0.6})
    send(store, [
        registered("r", 0, "A"), made("m", 1, salt),
        made("n", 2, cathode, inputs=[{"key": "SALT", "massKg": 1}]),
    ])  # fmt: skip
    assert [one.code for one in found(store)] == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("DISPOSAL", {"items": ["m1"], "method": "LANDFILL"}), ("RECYCLING", {"inputs": [{"key": "m1"}]}),
     ("TRANSFER", {"items": ["m1"], "to": "D"})],
)  # fmt: skip
def test_what_a_stranger_does_with_a_part_is_a_missing_removal_that_names_both(
    store: Store, kind: str, fields: dict[str, object]
) -> None:
    send(store, [
        *(registered(f"r{key}", 0, key, "OUTLET") for key in "ABCD"),
        made("m", 1, unit("P", "BATTERY", [unit("m1")])), event("t", "TRANSFER", 2, items=["P"], to="B"),
        event("x", kind, 3, "C", **fields),
    ])  # fmt: skip
    gap = [one for one in found(store) if one.code in ("CUSTODY_GAP", "MISSING_REMOVAL")]
    assert [(one.code, one.subject, one.evidence, one.parties) for one in gap] == [
        ("MISSING_REMOVAL", "m1", ("x", "m"), ("C", "B"))
    ]
    assert "which was inside P and held by B: nobody reported that it was taken out" in gap[0].sentence


def test_what_a_stranger_disposes_of_by_itself_is_a_custody_gap(store: Store) -> None:
    send(store, [
        *(registered(f"r{key}", 0, key, "OUTLET") for key in "ABC"),
        made("m", 1, unit("P", "BATTERY", [unit("m1")])), event("t", "TRANSFER", 2, items=["P"], to="B"),
        event("x", "DISPOSAL", 3, "C", items=["P"], method="LANDFILL"),
    ])  # fmt: skip
    gap = [one for one in found(store) if one.code in ("CUSTODY_GAP", "MISSING_REMOVAL")]
    assert [(one.code, one.subject, one.parties) for one in gap] == [("CUSTODY_GAP", "P", ("C", "B"))]


@pytest.mark.parametrize("kind", ["TRANSFER", "RECYCLING"])
@pytest.mark.parametrize(("actor", "told"), [("B", []), ("C", [("CUSTODY_GAP", "P", ("C", "B"))])])
def test_to_unpack_is_no_missing_removal_but_to_take_what_another_holds_is_a_gap(
    store: Store, kind: str, actor: str, told: list[tuple[str, str, tuple[str, str]]]
) -> None:
    box, pallet = "urn:epc:id:grai:0614141.12345.400", "https://id.gs1.org/00/106141412345678908"
    fields = {
        "TRANSFER": {"items": ["P"], "to": "A"},
        "RECYCLING": {"inputs": [{"key": "P"}], "outputs": [lot("L", 1)]},
    }
    send(store, [
        *(registered(f"r{key}", 0, key, "OUTLET") for key in "ABC"),
        made("m", 1, unit(pallet, "COMPONENT", [unit(box, "COMPONENT", [unit("P", "BATTERY")])])),
        event("t", "TRANSFER", 2, items=[pallet], to="B"), event("x", kind, 3, actor, **fields[kind]),
    ])  # fmt: skip
    gap = [one for one in found(store) if one.code in ("CUSTODY_GAP", "MISSING_REMOVAL")]
    assert [(one.code, one.subject, one.parties) for one in gap] == told


def test_who_received_only_a_part_is_no_receiver_of_the_host(store: Store) -> None:
    send(store, [
        registered("r", 0, "A"), made("m", 1, unit("P", "BATTERY", [unit("m1")])),
        event("t", "TRANSFER", 2, items=["m1"], to="NOBODY"),
    ])  # fmt: skip
    strangers = [one for one in found(store) if one.code == "UNREGISTERED_ORGANIZATION"]
    assert [(one.subject, one.evidence) for one in strangers] == [("m1", ("t",))]


def test_a_missing_removal_shows_what_put_the_part_in_and_one_name_the_births_of_all_that_bear_it(store: Store) -> None:
    named = {"identifiers": [{"scheme": "SN", "value": "7"}]}
    send(store, [
        registered("r", 0, "A"), made("m", 1, unit("P", "BATTERY"), unit("m1", **named)),
        made("n", 2, unit("m2", **named)), moved("i", "INSTALLATION", 3, "m1", "P"),
        event("t", "TRANSFER", 4, items=["m1"], to="A"),
    ])  # fmt: skip
    assert sorted((one.code, one.subject, one.evidence) for one in found(store)) == [
        ("MISSING_REMOVAL", "m1", ("t", "i")),
        ("SHARED_IDENTIFIER", "m1", ("m", "n")),
        ("SHARED_IDENTIFIER", "m2", ("n", "m")),
    ]


def shared(store: Store, *specs: tuple[str, dict[str, object]]) -> set[str]:
    """The keys of those of units, each made by somebody of that name, that share a name with another."""
    send(store, [
        event(f"made-{spec['key']}", "PRODUCTION", at, actor=actor, outputs=[spec])
        for at, (actor, spec) in enumerate(specs)
    ])  # fmt: skip
    return {one.subject for one in found(store) if one.code == "SHARED_IDENTIFIER"}


def called(key: str, scheme: str, value: str, kind: str = "MODULE") -> dict[str, object]:
    return {"key": key, "kind": kind, "identifiers": [{"scheme": scheme, "value": value}]}


def test_a_number_is_a_name_only_in_its_scheme(store: Store) -> None:
    specs = [("A", called("m1", "SN", "7")), ("A", called("m2", "JIS", "7")), ("A", called("m3", "part number", "7"))]
    assert shared(store, *specs, ("A", called("m4", "part number", "7"))) == set()


def test_a_code_is_the_same_in_any_scheme_as_a_key_and_in_small_letters(store: Store) -> None:
    code = "04QMB76836300JBC40000903"
    specs = [("A", unit(code)), ("B", called("m1", "label", code)), ("C", called("m2", "GB/T 34014", code.lower()))]
    assert shared(store, *specs, ("D", called("m3", "SN", "8"))) == {code, "m1", "m2"}


def test_serial_numbers_are_each_makers_own(store: Store) -> None:
    specs = [("A", called("m1", "SN", "7")), ("B", called("m2", "SN", "7")), ("A", called("c", "SN", "7", "CELL"))]
    assert shared(store, *specs) == set()
    again = {"key": "m3", "kind": "MODULE", "identifiers": [{"scheme": "SN", "value": "7"}]}
    send(store, [event("legacy", "ENROLMENT", 9, actor="C", items=[again])])
    named = {one.subject for one in found(store) if one.code == "SHARED_IDENTIFIER"}
    assert named == {"m1", "m2", "m3"}, "who enrols a module need not have made it"


def weighed(store: Store) -> list[str]:
    return [one.sentence for one in found(store) if one.code == "CONTENT_MISMATCH"]


def test_parts_weigh_what_was_in_them_when_they_went_in(store: Store) -> None:
    """A pack of 100 kg lost a module of 40 kg before it went into a second-life unit of 80 kg."""
    send(store, [
        made("p", 1, unit("P", "BATTERY", [unit("m1", massKg=40), unit("m2", massKg=40)], massKg=100)),
        moved("out", "REMOVAL", 2, "m1", "P"),
        event("u", "REPURPOSING", 3, outputs=[unit("U", "BATTERY", ["P"], massKg=80)]),
        event("v", "REPURPOSING", 4, outputs=[unit("V", "BATTERY", ["m1"], massKg=30)]),
    ])  # fmt: skip
    assert weighed(store) == ["V is said to weigh 30 kg, but its parts 40 kg"]


def test_a_heavier_module_swapped_in_makes_a_part_heavier(store: Store) -> None:
    send(store, [
        made("p", 1, unit("P", "BATTERY", [unit("m1", massKg=40, parts=[unit("c", "CELL", massKg=5)])], massKg=100)),
        made("n", 2, unit("m2", massKg=70)), moved("out", "REMOVAL", 3, "m1", "P"),
        moved("in", "INSTALLATION", 4, "m2", "P"),
        event("u", "REPURPOSING", 5, outputs=[unit("U", "BATTERY", ["P"], massKg=110)]),
    ])  # fmt: skip
    assert weighed(store) == ["U is said to weigh 110 kg, but its parts 130 kg"]


def test_a_car_of_what_was_taken_apart_before_weighs_enough(store: Store) -> None:
    send(store, [
        made("p", 1, unit("P", "BATTERY", [unit("m1", massKg=80)], massKg=100)), moved("out", "REMOVAL", 2, "m1", "P"),
        made("c", 3, unit("CAR", "VEHICLE", ["P"], massKg=50)),
    ])  # fmt: skip
    assert weighed(store) == []


def test_what_is_inside_a_part_is_followed_when_it_is_told_late() -> None:
    store = MemoryStore()
    send(store, [
        made("p", 1, unit("P", "BATTERY", [unit("m1", massKg=40)], massKg=100)),
        event("u", "REPURPOSING", 3, outputs=[unit("U", "BATTERY", ["P"], massKg=80)]),
    ])  # fmt: skip

    def subjects() -> list[str]:
        wait(store, Keeper(store).run())
        return [key for code, key in kept(store) if code == "CONTENT_MISMATCH"]

    assert subjects() == ["U"]
    send(store, [moved("out", "REMOVAL", 2, "m1", "P")])
    assert subjects() == [], "the module had been taken out"
    send(store, [event("void", "VOIDING", 4, voids="out", reason="mistake")])
    assert subjects() == ["U"], "and had not"


def test_a_second_life_unit_may_bear_the_code_of_what_it_was_made_of(store: Store) -> None:
    """Three units of the modules of one pack, each with the pack's code beside its own."""
    code = "04QPE76836300JE110000001"
    send(
        store, [made("p", 1, unit(code, "BATTERY", [unit("m1"), unit("m2")])), event("d", "DISMANTLING", 2, item=code)]
    )
    for number, scheme in enumerate(("GB/T 34014", "originalCode", "originalCode")):
        names = [{"scheme": scheme, "value": code}]
        output = unit(
            f"u{number}", "BATTERY", ["m1"] if not number else ["m2"] if number == 1 else [], identifiers=names
        )
        send(store, [event(f"u{number}", "REPURPOSING", 3 + number, outputs=[output])])
    assert [one.subject for one in found(store) if one.code == "SHARED_IDENTIFIER"] == []


@pytest.mark.parametrize(
    ("chemistry", "composition", "told"),
    [
        ("LFP", {"Ni": 5}, 0), ("LFP", {"Ni": 12}, 1), ("LFP", {"Co": 1}, 1), ("LFP+NMC", {"Ni": 40, "Co": 7}, 0),
        ("LiFePO4", {"Ni": 12}, 1), ("磷酸铁锂", {"Ni": 12}, 1), ("C-LFP", {"Ni": 5}, 0), ("LMFP", {"Ni": 12}, 0),
    ],
)  # fmt: skip
def test_nickel_of_cans_and_mixed_chemistries_are_no_mismatch(
    store: Store, chemistry: str, composition: dict[str, float], told: int
) -> None:
    send(store, [made("p", 1, unit("P", "BATTERY", chemistry=chemistry, composition=composition, massKg=500))])
    assert len(weighed(store)) == told


@pytest.mark.parametrize(
    ("chemistry", "told"), [("LFP+NMC", 0), ("三元", 0), ("LMFP", 0), ("LFP", 1), ("LiFePO4", 1), ("磷酸铁锂", 1)]
)
def test_a_code_of_a_ternary_battery_contradicts_another_chemistry_but_no_mixture(chemistry: str, told: int) -> None:
    store = MemoryStore()
    code = "04QPE76836300JE110000001"
    send(store, [event("p", "PRODUCTION", 1, outputs=[unit(code, "BATTERY", chemistry=chemistry)])])
    said = [one for one in found(store) if one.code == "CODE_MALFORMED" and "chemistry" in one.sentence]
    assert [f"is recorded as {chemistry}" in one.sentence for one in said] == [True] * told
