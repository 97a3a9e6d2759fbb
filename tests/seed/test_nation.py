"""The synthetic nation: one seed is one history, nobody breaks a rule, and what goes wrong is in the ledger."""

import hashlib
from collections import Counter
from datetime import date, datetime, timedelta

import orjson
import pytest

from graph_schema.flows.transformations import is_intermediate
from graph_schema.graph import Graph
from graph_schema.identifiers import gbt34014, uscc, vin
from seed.nation import KINDS, Nation, generate
from seed.nation.clock import Event
from seed.nation.tables import MODELS, health_quantiles
from service.regions import PROVINCE_CODES
from tests.support import folded

EVENTS = list(generate(1500))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return folded(EVENTS)


def day(moment: str) -> date:
    return date.fromisoformat(moment[:10])


def test_one_seed_is_the_same_bytes_everywhere() -> None:
    lines = b"\n".join(map(orjson.dumps, generate(40, 7)))
    assert hashlib.sha256(lines).hexdigest() == "fde3573ddfb320aa0d16467cc6a56a4df6a0ed743696eb0caf47586f22deacfc"
    assert b"\n".join(map(orjson.dumps, generate(40, 8))) != lines


def test_nations_of_several_seeds_are_one_in_a_store() -> None:
    """Of the same size, so that they count alike: nothing but organizations has one name in both."""
    nations = [list(generate(150, seed)) for seed in (1, 2, 1 + 33**2 - 1, 12_345_678_901_234_567_890)]
    outcomes = folded([event for nation in nations for event in nation]).outcomes
    assert len(outcomes) == sum(map(len, nations))
    assert {outcome.status for outcome in outcomes.values()} == {"ACCEPTED"}


def test_codes_are_sound_whatever_the_seed_is() -> None:
    for event in generate(40, 12_345_678_901_234_567_890):
        for spec in event.get("outputs", ()) if event["type"] == "PRODUCTION" else ():
            if spec["kind"] == "VEHICLE":
                assert not vin.explain(spec["key"]).faults
                assert spec["key"].startswith("LSYN")
            elif spec["kind"] == "BATTERY":
                assert gbt34014.parse(spec["key"]).traceability == "SYNTHET"


def test_it_is_in_the_order_of_reports_and_some_reports_come_after_later_events() -> None:
    recorded = [event["recordedAt"] for event in EVENTS]
    assert recorded == sorted(recorded)
    assert all(event["occurredAt"] <= event["recordedAt"] for event in EVENTS)
    occurred = [event["occurredAt"] for event in EVENTS]
    assert occurred != sorted(occurred)


def test_every_event_is_accepted(graph: Graph) -> None:
    assert {outcome.status for outcome in graph.outcomes.values()} == {"ACCEPTED"}
    types = Counter(event.type for event in graph.events.values())
    assert min(types[kind] for kind in ("RECYCLING", "REFINING", "REPURPOSING", "SCRAPPING", "INSTALLATION")) >= 1


def test_cells_are_accepted_too() -> None:
    events = list(Nation(150, cells=True).events())
    assert {outcome.status for outcome in folded(events).outcomes.values()} == {"ACCEPTED"}
    assert b'"CELL"' in orjson.dumps(events)


def test_as_many_packs_are_built_as_were_asked_for() -> None:
    built = [spec for event in EVENTS if event["type"] == "PRODUCTION" for spec in event["outputs"]]
    assert sum(spec["kind"] == "BATTERY" for spec in built) == 1500


def test_everything_is_reported_in_time_and_received_in_time() -> None:
    sent = {event["eventId"]: event for event in EVENTS if event["type"] == "TRANSFER"}
    received = {event["transfer"]: event for event in EVENTS if event["type"] == "RECEIPT"}
    assert all(day(event["recordedAt"]) - day(event["occurredAt"]) <= timedelta(12) for event in EVENTS)
    utilized = [name for name, event in sent.items() if event["reason"] == "UTILIZATION"]
    assert utilized
    assert all(day(received[one]["occurredAt"]) - day(sent[one]["occurredAt"]) <= timedelta(5) for one in utilized)


def test_black_mass_is_told_as_reports_know_it() -> None:
    shredded = [event for event in EVENTS if event["type"] == "RECYCLING"]
    assert shredded
    assert all(is_intermediate(event["outputs"][0]["material"]) for event in shredded)


def test_who_acts_is_registered_and_may_do_it() -> None:
    organizations = {event["actor"]: event["organization"] for event in EVENTS if event["type"] == "REGISTRATION"}
    assert all(uscc.fits(key) and not uscc.explain(key).faults for key in organizations)
    assert {one["region"] for one in organizations.values()} <= set(PROVINCE_CODES)
    assert all(one["name"].startswith("Synthetic ") for one in organizations.values())
    scope = {
        "DISMANTLING": "DISMANTLING",
        "REPURPOSING": "REPURPOSING",
        "RECYCLING": "RECYCLING",
        "REFINING": "REFINING",
    }
    for event in EVENTS:
        actor = organizations[event["actor"]]
        held = {one["scope"] for one in actor.get("authorizations", ())}
        assert scope.get(event["type"]) in {None, *held}, event
        if event.get("reason") == "UTILIZATION":
            assert organizations[event["to"]]["roles"] == ["UTILIZER"]


def carried(events: list[Event], carriers: set[str]) -> list[tuple[Event, timedelta | None]]:
    """Each hand-over of a retired pack to a carrier, and how long until that hands it on (None: never)."""
    found = []
    for event in events:
        if event["type"] == "TRANSFER" and event["to"] in carriers:
            on = [
                day(one["occurredAt"]) - day(event["occurredAt"])
                for one in events
                if one["type"] == "TRANSFER" and one["items"] == event["items"] and one["actor"] == event["to"]
            ]
            found.append((event, min((days for days in on if days >= timedelta(0)), default=None)))
    return found


def carriers_of(events: list[Event]) -> set[str]:
    told = [event["organization"] for event in events if event["type"] == "REGISTRATION"]
    return {one["key"] for one in told if one["roles"] == ["CARRIER"]}


def test_carriers_bring_some_of_the_retired_packs_at_once() -> None:
    carriers = carriers_of(EVENTS)
    assert len(carriers) == 4
    brought = carried(EVENTS, carriers)
    handed = [event for event in EVENTS if event.get("reason") in ("UTILIZATION", "COLLECTION")]
    assert 0.3 < len(brought) / len(handed) < 0.5
    assert all(days is not None and days <= timedelta(5) for _, days in brought)
    retired = {event["item"] for event in EVENTS if event["type"] == "RETIREMENT"}
    assert all(set(event["items"]) <= retired for event, _ in brought)
    assert {event["type"] for event in EVENTS if event["actor"] in carriers} == {"REGISTRATION", "TRANSFER", "RECEIPT"}


def test_who_may_not_have_a_retired_pack_is_a_trader_or_a_carrier_that_keeps_it() -> None:
    nation = Nation(6000, trouble={"UNAUTHORIZED_RECIPIENT": 0.5})
    events = list(nation.events())
    planted = {one.events[0] for one in nation.planted}
    kept = [event["eventId"] for event, days in carried(events, carriers_of(events)) if not days or days.days > 30]
    assert 0 < len(kept) < len(planted)
    assert planted.issuperset(kept)


def test_retired_batteries_do_not_lie_about_for_a_year() -> None:
    """Each pack that is retired is passed on, dismantled or recycled within a year, and so is what came of it."""
    last: dict[str, str] = {}
    gone: set[str] = set()
    for event in sorted(EVENTS, key=lambda one: one["occurredAt"]):
        if event["type"] == "RETIREMENT":
            last[event["item"]] = event["occurredAt"]
        for key in [*event.get("items", ()), *(draw["key"] for draw in event.get("inputs", ()))]:
            if key in last:
                assert day(event["occurredAt"]) - day(last[key]) < timedelta(200), event
                last[key] = event["occurredAt"]
        if event["type"] == "RECYCLING":
            gone.update(draw["key"] for draw in event["inputs"])
        elif event["type"] == "DISMANTLING":
            gone.add(event["item"])
    assert len(last) > 50
    assert all(day(moment) > date(2026, 9, 30) - timedelta(200) for key, moment in last.items() if key not in gone)


def test_codes_are_sound_and_fit_what_is_recorded() -> None:
    units = [(event, spec) for event in EVENTS if event["type"] == "PRODUCTION" for spec in event["outputs"]]
    for event, spec in units:
        if spec["kind"] == "VEHICLE":
            assert not vin.explain(spec["key"]).faults
        elif spec["kind"] in ("BATTERY", "MODULE"):
            code = gbt34014.parse(spec["key"])
            assert code.made == day(event["occurredAt"])
            assert (code.product, code.battery_type) == (
                spec["kind"][0].replace("B", "P"),
                "B" if spec["chemistry"] == "LFP" else "E",
            )
    reused = [event for event in EVENTS if event["type"] == "REPURPOSING"]
    assert reused
    for event in reused:
        (unit,) = event["outputs"]
        assert gbt34014.parse(unit["key"]).reused_as == "P"
        assert gbt34014.parse(unit["attributes"]["originalCode"]).reused_as is None


def test_salts_end_in_new_cathode_material_and_no_lot_is_overdrawn() -> None:
    held: dict[str, float] = {}
    reused = 0
    for event in sorted(EVENTS, key=lambda one: one["occurredAt"]):
        for draw in event.get("inputs", ()):
            if "massKg" in draw:
                held[draw["key"]] -= draw["massKg"]
                reused += event["type"] == "PRODUCTION" and draw["key"].startswith(("SYN-LI2CO3", "SYN-NISO4"))
        for spec in event.get("outputs", ()):
            if "material" in spec:
                held[spec["key"]] = spec["massKg"]
    assert reused > 20
    assert min(held.values()) > -1e-6


def test_recovery_is_above_the_white_list_conditions() -> None:
    compositions = {
        spec["key"]: spec["composition"]
        for event in EVENTS
        for spec in event.get("outputs", ())
        if "composition" in spec
    }
    for event in EVENTS:
        if event["type"] == "REFINING":
            (black,) = (compositions[draw["key"]] for draw in event["inputs"])
            out = Counter[str]()
            for salt in event["outputs"]:
                out.update(salt["composition"])
            floor = {"Li": 0.9, "Ni": 0.98, "Co": 0.98, "Mn": 0.98}
            assert all(out[element] >= share * black[element] for element, share in floor.items() if element in black)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_is_no_lighter_than_what_is_in_it(model) -> None:  # type: ignore[no-untyped-def]
    assert model.module_kg * model.modules <= model.mass_kg
    assert model.cell_kg * model.cells <= model.module_kg
    assert sum(model.content.values()) < model.mass_kg
    assert all(kg * model.modules <= model.content[element] + 1e-9 for element, kg in model.module_content.items())


def test_state_of_health_is_as_it_was_measured() -> None:
    assert health_quantiles("LFP")[10] == pytest.approx(0.847, abs=0.001)
    assert len(health_quantiles("NMC")) == 21
    seen = [event["measurements"]["stateOfHealthPercent"] for event in EVENTS if event["type"] == "INSPECTION"]
    assert min(seen) >= 61
    assert max(seen) <= 100


def test_every_kind_of_trouble_can_be_planted_and_the_ledger_names_what_there_is() -> None:
    nation = Nation(2500, 6, trouble=dict.fromkeys(KINDS, 0.15) | {"RECOVERY_BELOW_THRESHOLD": 0.9})
    events = list(nation.events())
    ids = {event["eventId"]: event for event in events}
    assert {planted.code for planted in nation.planted} == set(KINDS)
    for planted in nation.planted:
        assert planted.events
        assert all(one in ids for one in planted.events), planted
    conflicts = {planted.events[0] for planted in nation.planted if planted.code == "CONFLICTING_CLAIMS"}
    outcomes = folded(events).outcomes
    assert {name for name, outcome in outcomes.items() if outcome.status != "ACCEPTED"} == conflicts


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_planted_alone(kind: str) -> None:
    nation = Nation(600, trouble={kind: 1.0})
    list(nation.events())
    assert {planted.code for planted in nation.planted} <= {kind}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"batteries": 0}, "0 batteries"),
        ({"batteries": 1, "until": date(2017, 1, 1)}, "2017-01-01 is no last day"),
        ({"batteries": 1, "trouble": {"GHOST": 1}}, "GHOST is no kind of trouble; there are CUSTODY_GAP"),
        ({"batteries": 1, "trouble": {"CUSTODY_GAP": 2}}, "CUSTODY_GAP=2: a rate is from 0 to 1"),
    ],
)
def test_what_is_no_history_is_said(arguments, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=told):
        Nation(**arguments)


def test_it_ends_on_its_last_day() -> None:
    events = list(Nation(30, until=date(2021, 3, 14)).events())
    assert max(day(event["occurredAt"]) for event in events) <= date(2021, 3, 14)
    assert datetime.fromisoformat(events[-1]["recordedAt"]).date() <= date(2021, 3, 26)
