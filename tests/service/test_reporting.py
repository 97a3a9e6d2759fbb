"""Reports over a small nation whose numbers can be worked out by hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from graph_schema.flows.amounts import Amount, Scope, Sum
from graph_schema.flows.batteries import Fate
from graph_schema.flows.transformations import is_intermediate, is_residue
from service.access.viewer import EVERYBODY, PUBLIC, Role, Viewer
from service.ports import Store
from service.reporting import REPORTS, NotAllowed, Question, Reports
from service.stores.memory import MemoryStore
from tests.support import RUNNER, send

EVENTS: list[dict[str, Any]] = []


def tell(kind: str, at: str, actor: str, **fields: Any) -> None:
    EVENTS.append(
        {"eventId": f"r{len(EVENTS)}", "type": kind, "occurredAt": f"{at}T00:00:00Z", "actor": actor, **fields}
    )


def pack(key: str, **more: Any) -> dict[str, Any]:
    known = {"massKg": 400.0, "composition": {"Li": 5.0, "Ni": 25.0}, "model": "X1", "chemistry": "NMC622"}
    return {"key": key, "kind": "BATTERY"} | known | more


PARTIES = {
    "MAKER": ("BATTERY_MAKER", "CN-35"),
    "CARS": ("VEHICLE_MAKER", "CN-31"),
    "OWNER": ("VEHICLE_OWNER", "CN-44"),
    "OUTLET": ("OUTLET", "CN-44"),
    "RECYCLER": ("UTILIZER", "CN-43"),
    "REFINER": ("UTILIZER", "CN-36"),
}
for party, (role, region) in PARTIES.items():
    organization = {"key": party, "roles": [role], "region": region}
    tell("REGISTRATION", "2020-01-01", party, organization=organization)
for number in range(1, 6):
    tell("PRODUCTION", "2020-01-11", "MAKER", outputs=[pack(f"P{number}")])
    tell("TRANSFER", "2020-01-21", "MAKER", items=[f"P{number}"], to="CARS")
    vehicle = {"key": f"V{number}", "kind": "VEHICLE", "parts": [f"P{number}"]}
    tell("PRODUCTION", "2020-02-01", "CARS", outputs=[vehicle])
    tell("TRANSFER", "2020-02-10", "CARS", items=[f"V{number}"], to="OWNER")
# P6 has no known content; P7 was enrolled: nobody knows when it came on the market.
tell("PRODUCTION", "2020-01-11", "MAKER", outputs=[pack("P6", massKg=None, composition=None)])
tell("ENROLMENT", "2020-06-01", "OWNER", items=[pack("P7")])
# P1 and P2 are recycled, P3 is exported, P4 goes to somebody whom nobody registered, P5 stays in use.
for number in range(1, 5):
    tell("REMOVAL", "2024-02-10", "OUTLET", part=f"P{number}", host=f"V{number}")
    tell("RETIREMENT", "2024-02-11", "OUTLET", item=f"P{number}")
tell("TRANSFER", "2024-02-12", "OUTLET", items=["P1", "P2"], to="RECYCLER")
tell("DISPOSAL", "2024-03-01", "OUTLET", items=["P3"], method="EXPORT")
tell("TRANSFER", "2024-03-01", "OUTLET", items=["P4"], to="BACKYARD")
black = {"key": "BM", "material": "black mass", "massKg": 360.0, "composition": {"Li": 9.0, "Ni": 49.0}}
tell("RECYCLING", "2024-03-11", "RECYCLER", inputs=[{"key": "P1"}, {"key": "P2"}], outputs=[black])
tell("TRANSFER", "2024-03-12", "RECYCLER", items=["BM"], to="REFINER")
salt = {"key": "SALT", "material": "nickel sulphate", "massKg": 120.0, "composition": {"Li": 4.0, "Ni": 24.0}}
tell("REFINING", "2025-01-05", "REFINER", inputs=[{"key": "BM", "massKg": 180.0}], outputs=[salt])
tell(
    "PRODUCTION", "2025-02-01", "MAKER",
    outputs=[pack("N1", composition={"Li": 5.0, "Ni": 24.0})], inputs=[{"key": "SALT", "massKg": 60.0}],
)  # fmt: skip

YEAR = Scope(since=datetime(2024, 1, 1, tzinfo=UTC), until=datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC))


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    store = MemoryStore()
    assert {one.status.value for one in send(store, EVENTS)} == {"ACCEPTED"}
    return store


def ask(store: Store, what: str, scope: Scope = Scope(), **more: Any) -> Any:
    return RUNNER.run(getattr(Reports(store, Question(scope, **more)), what)())


def test_recovery_over_both_plants(store: MemoryStore) -> None:
    found = ask(store, "recovery")
    flows = {flow.element: flow for flow in found.flows}
    # Two packs of 25 kg Ni went in; 1 kg was lost at the recycler; half of 49 kg was refined to 24 kg.
    assert tuple(flows["Ni"])[1:] == pytest.approx((50.0, 24.0, 24.5, 0.0, 1.5, 0.0, 0))
    assert tuple(flows["Li"])[1:] == pytest.approx((10.0, 4.0, 4.5, 0.0, 1.5, 0.0, 0))
    assert flows["Ni"].rate == pytest.approx(0.48)
    assert tuple(found.black_mass) == (800.0, 360.0, 1, 0)
    assert found.black_mass.yield_ == pytest.approx(0.45)


def test_black_mass_counts_once_and_a_refiners_own_chain_begins_at_what_it_bought(store: MemoryStore) -> None:
    refiner = {flow.element: flow for flow in ask(store, "recovery", Scope(organization="REFINER")).flows}
    assert tuple(refiner["Ni"])[1:] == pytest.approx((24.5, 24.0, 0.0, 0.0, 0.5, 0.0, 0))
    recycler = {flow.element: flow for flow in ask(store, "recovery", Scope(organization="RECYCLER")).flows}
    assert recycler["Ni"].recovered_kg == pytest.approx(24.0), "what the next plant made of it counts"
    later = Scope(since=datetime(2025, 1, 1, tzinfo=UTC))
    assert all(flow.input_kg == 0 and flow.rate is None for flow in ask(store, "recovery", later).flows)


def test_recovery_of_a_chemistry_and_of_a_region(store: MemoryStore) -> None:
    assert {flow.input_kg for flow in ask(store, "recovery", Scope(chemistry="LFP")).flows} == {0.0}
    ternary = {flow.element: flow for flow in ask(store, "recovery", Scope(chemistry="NMC622")).flows}
    assert tuple(ternary["Ni"])[1:] == pytest.approx((50.0, 24.0, 24.5, 0.0, 1.5, 0.0, 0))
    hunan = {flow.element: flow for flow in ask(store, "recovery", Scope(region="CN-43")).flows}
    assert hunan["Ni"].input_kg == pytest.approx(50.0)


def test_the_market(store: MemoryStore) -> None:
    by_maker = {line.producer: line for line in ask(store, "market", YEAR)}
    made = by_maker["MAKER"]
    assert (made.marketed, made.in_use, made.undated, made.retired, made.recovered) == (0, 1, 0, 4, 2)
    assert (made.retired_mass.kg, made.recovered_mass.kg) == (1600.0, 800.0)
    enrolled = by_maker[None]
    assert (enrolled.marketed, enrolled.in_use, enrolled.undated) == (0, 1, 1), "nobody knows when it came"
    early = Scope(region="CN-44", until=datetime(2020, 12, 31, tzinfo=UTC))
    assert next(line.marketed for line in ask(store, "market", early) if line.producer == "MAKER") == 5


def test_fates_close_to_the_mass_of_what_was_retired(store: MemoryStore) -> None:
    lines = {line.fate: line for line in ask(store, "fates", YEAR)}
    counts = {fate: line.batteries for fate, line in lines.items() if line.batteries}
    assert counts == {Fate.RECYCLED: 2, Fate.EXPORTED: 1, Fate.UNKNOWN: 1}
    assert lines[Fate.RECYCLED].share == 0.5
    assert sum(line.mass.known_kg for line in lines.values()) == pytest.approx(1600.0)
    nickel = {line.fate: line.mass.kg for line in ask(store, "fates", YEAR, element="Ni")}
    assert nickel[Fate.EXPORTED] == 25.0
    before = {line.fate: line for line in ask(store, "fates", YEAR, as_of=datetime(2024, 2, 20, tzinfo=UTC))}
    assert before[Fate.IN_STOCK].batteries == 4


@pytest.mark.parametrize(("onto", "fate"), [("PALLET", Fate.IN_STOCK), ("BIKE", Fate.REUSED), ("BOX", Fate.REUSED)])
def test_what_a_retired_battery_is_packed_on_is_no_use_of_it(onto: str, fate: Fate) -> None:
    """A box in a vehicle is one; a component that is in nothing carries it."""
    parties = len(EVENTS)
    box, pallet = {"key": "BOX", "kind": "COMPONENT"}, {"key": "PALLET", "kind": "COMPONENT"}
    tell("PRODUCTION", "2020-01-02", "CARS", outputs=[{"key": "BIKE", "kind": "VEHICLE", "parts": [box]}])
    tell("ENROLMENT", "2020-01-02", "OUTLET", items=[pallet])
    tell("PRODUCTION", "2020-01-11", "MAKER", outputs=[pack("P")])
    tell("TRANSFER", "2020-01-12", "MAKER", items=["P"], to="OUTLET")
    tell("TRANSFER", "2020-01-12", "CARS", items=["BIKE"], to="OUTLET")
    tell("RETIREMENT", "2024-02-11", "OUTLET", item="P")
    tell("INSTALLATION", "2024-02-12", "OUTLET", part="P", host=onto)
    events = EVENTS[: len(PARTIES)] + EVENTS[parties:]
    del EVENTS[parties:]
    store = MemoryStore()
    assert {one.status.value for one in send(store, events)} == {"ACCEPTED"}
    assert {line.fate for line in ask(store, "fates", YEAR) if line.batteries} == {fate}


@pytest.mark.parametrize(
    "name", ["black mass", "Black Mass (NMC)", "NMC black-mass", "黑粉", "三元黑粉", "Schwarzmasse"]
)
def test_black_mass_is_known_however_it_is_written(name: str) -> None:
    assert is_intermediate(name)
    assert not is_intermediate("nickel sulphate")
    assert not is_intermediate(None)


@pytest.mark.parametrize("name", ["slag", "Smelter Slags", "leach_residue", "ash", "flue-dust", "炉渣", "浸出渣"])
def test_what_is_left_over_is_no_product(name: str) -> None:
    assert is_residue(name)


@pytest.mark.parametrize("name", [None, "nickel sulphate", "industrial copper", "flash powder", "black mass residue"])
def test_what_only_sounds_like_it_is_one(name: str | None) -> None:
    assert not is_residue(name)


def test_what_lies_in_slag_is_lost_until_a_plant_draws_on_it() -> None:
    def lot(key: str, material: str, lithium_kg: float) -> dict[str, Any]:
        return {"key": key, "material": material, "massKg": 100.0, "composition": {"Li": lithium_kg}}

    def event(at: str, kind: str, **fields: Any) -> dict[str, Any]:
        return {"eventId": kind + at, "type": kind, "occurredAt": f"{at}T00:00:00Z", "actor": "RECYCLER", **fields}

    smelted = [
        event("2024-01-01", "PRODUCTION", outputs=[pack("P", composition={"Li": 10.0})]),
        event(
            "2024-02-01", "RECYCLING", inputs=[{"key": "P"}], outputs=[lot("ALLOY", "alloy", 1), lot("S", "slag", 8)]
        ),
    ]
    store = MemoryStore()
    send(store, smelted)

    def lithium() -> tuple[float, ...]:
        (flow,) = (one for one in ask(store, "recovery").flows if one.element == "Li")
        return flow.input_kg, flow.recovered_kg, flow.in_process_kg, flow.lost_kg

    assert lithium() == pytest.approx((10.0, 1.0, 0.0, 9.0))
    refined = event("2024-03-01", "REFINING", inputs=[{"key": "S", "massKg": 50}], outputs=[lot("SALT", "salt", 3)])
    send(store, [refined])
    assert lithium() == pytest.approx((10.0, 4.0, 0.0, 6.0))


def test_each_chemistry_is_followed_alone_and_what_nobody_states_is_a_line_of_its_own() -> None:
    """An LFP, a ternary and an unnamed pack are recycled together; a second LFP pack has unknown content."""
    units = [
        pack("LFP", chemistry="LFP", composition={"Li": 4.0, "Ni": 0.0}),
        pack("NMC", composition={"Li": 4.0, "Ni": 30.0}),
        pack("ANY", chemistry=None, composition={"Li": 2.0, "Ni": 10.0}),
        pack("DARK", chemistry="LFP", composition=None),
    ]  # fmt: skip

    def event(at: str, kind: str, **fields: Any) -> dict[str, Any]:
        return {"eventId": kind + at, "type": kind, "occurredAt": f"{at}T00:00:00Z", "actor": "RECYCLER", **fields}

    salt = {"key": "SALT", "material": "salt", "massKg": 50.0, "composition": {"Li": 9.0, "Ni": 36.0}}
    together = [{"key": "LFP"}, {"key": "NMC"}, {"key": "ANY"}]
    store = MemoryStore()
    send(store, [
        event("2024-01-01", "PRODUCTION", outputs=units),
        event("2024-02-01", "RECYCLING", inputs=together, outputs=[salt]),
    ])  # fmt: skip

    def rates() -> dict[tuple[str | None, str], float | None]:
        lines = ask(store, "chemistries")
        return {(line.chemistry, flow.element): flow.rate for line in lines for flow in line.flows if flow.element}

    shares = {("LFP", "Li"): 0.9, ("NMC622", "Li"): 0.9, ("NMC622", "Ni"): 0.9, (None, "Li"): 0.9, (None, "Ni"): 0.9}
    assert rates() == pytest.approx(shares)
    bought = {
        "key": "BM",
        "kind": "LOT",
        "material": "black mass",
        "massKg": 10.0,
        "composition": {"Li": 1.0, "Ni": 4.0},
    }
    send(store, [
        event("2024-03-01", "RECYCLING", inputs=[{"key": "DARK"}], outputs=[{"key": "D", "material": "salt"}]),
        event("2024-03-02", "ENROLMENT", items=[bought]),
        event("2024-03-03", "REFINING", inputs=[{"key": "BM", "massKg": 10}], outputs=[salt | {"key": "S2", "massKg": 5,
              "composition": {"Li": 1.0, "Ni": 4.0}}]),
    ])  # fmt: skip
    told = rates()
    assert told["LFP", "Li"] is None, "nobody knows how much of it went in"
    assert told["NMC622", "Ni"] == pytest.approx(0.9)
    assert told[None, "Ni"] == pytest.approx((9 + 4) / (10 + 4)), "bought black mass is of nobody knows what"
    flows = {flow.element: flow for flow in ask(store, "recovery").flows}
    lines = [flow for line in ask(store, "chemistries") for flow in line.flows if flow.element == "Ni"]
    assert sum(flow.input_kg for flow in lines) == pytest.approx(flows["Ni"].input_kg)
    assert sum(flow.recovered_kg for flow in lines) == pytest.approx(flows["Ni"].recovered_kg)


@pytest.fixture
def strangers() -> MemoryStore:
    """REFINER draws on a lot of LFP and unnamed packs of which nobody states what is in it. Elsewhere OTHER recycles a
    pack of another chemistry and makes a lot of unknown content of it; zinc is only there."""

    def event(number: int, kind: str, actor: str, **fields: Any) -> dict[str, Any]:
        return {"eventId": f"{kind}{number}", "type": kind, "occurredAt": f"2024-01-{number:02}T00:00:00Z",
                "actor": actor, **fields}  # fmt: skip

    sodium = pack("ODD", chemistry="NA-ION", composition={"Zn": 3.0})
    units = [pack("LFP", chemistry="LFP", composition={"Li": 4.0}), pack("ANY", chemistry=None, composition=None)]
    odd = {"key": "OX", "material": "salt", "massKg": 5.0, "composition": {"Zn": 1.0}}
    black = {"key": "B", "material": "black mass", "massKg": 80.0}
    salt = {"key": "S", "material": "salt", "massKg": 9.0, "composition": {"Li": 1.0}}
    store = MemoryStore()
    done = send(store, [
        event(1, "PRODUCTION", "MAKER", outputs=[*units, sodium]),
        event(2, "RECYCLING", "OTHER", inputs=[{"key": "ODD"}], outputs=[{"key": "OM", "material": "black mass"}]),
        event(3, "REFINING", "OTHER", inputs=[{"key": "OM"}], outputs=[odd]),
        event(4, "RECYCLING", "RECYCLER", inputs=[{"key": "LFP"}, {"key": "ANY"}], outputs=[black]),
        event(5, "REFINING", "REFINER", inputs=[{"key": "B", "massKg": 40.0}], outputs=[salt]),
    ])  # fmt: skip
    assert {one.status.value for one in done} == {"ACCEPTED"}
    return store


@pytest.mark.parametrize("afresh", [False, True])
def test_a_chemistry_enters_only_with_what_it_can_be_in(strangers: MemoryStore, afresh: bool) -> None:
    def told(organization: str | None) -> dict[str | None, dict[str, tuple[float, int]]]:
        reports = Reports(strangers, Question(Scope(organization=organization)), afresh=afresh)
        lines = RUNNER.run(reports.chemistries())
        return {
            line.chemistry: {flow.element: (flow.input_kg, flow.unknown_inputs) for flow in line.flows}
            for line in lines
        }

    assert set(told("REFINER")) == {"LFP", None}
    assert {one["Li"] for one in told("REFINER").values()} == {(0.0, 1)}
    assert set(told("OTHER")) == {"NA-ION"}
    everything = told(None)
    assert set(everything) == {"LFP", "NA-ION", None}
    assert everything["NA-ION"]["Zn"] == (3.0, 1), "the draw on OM, of which nobody knows what is in it"
    assert everything["LFP"]["Li"] == (4.0, 1), "that on B, and not that on OM"


def test_what_comes_of_what_is_no_waste_is_none_however_little_is_known_of_it() -> None:
    """Ore of unknown content is refined to something of unknown content, which goes into a plant beside a battery."""

    def event(number: int, kind: str, **fields: Any) -> dict[str, Any]:
        return {"eventId": f"{kind}{number}", "type": kind, "occurredAt": f"2024-01-{number:02}T00:00:00Z",
                "actor": "REFINER", **fields}  # fmt: skip

    store = MemoryStore()
    done = send(store, [
        event(1, "ENROLMENT", items=[{"key": "ORE", "kind": "LOT", "material": "ore", "massKg": 10.0}]),
        event(2, "REFINING", inputs=[{"key": "ORE", "massKg": 10.0}],
              outputs=[{"key": "ACID", "material": "acid", "massKg": 5.0}]),
        event(3, "REFINING", inputs=[{"key": "ACID", "massKg": 5.0}],
              outputs=[{"key": "SALT", "material": "salt", "massKg": 5.0, "composition": {"Ni": 1.0}}]),
    ])  # fmt: skip
    assert {one.status.value for one in done} == {"ACCEPTED"}
    assert {(flow.input_kg, flow.unknown_inputs) for flow in ask(store, "recovery").flows} == {(0.0, 0)}


def test_who_is_registered_only_later_was_it_all_along() -> None:
    """The plant and the outlet acted and held before anybody registered them."""
    store = MemoryStore()

    def event(number: int, at: str, kind: str, actor: str, **fields: Any) -> dict[str, Any]:
        return {"eventId": f"l{number}", "type": kind, "occurredAt": f"{at}T00:00:00Z", "actor": actor, **fields}

    def registered(number: int, at: str, key: str, role: str, region: str) -> dict[str, Any]:
        return event(number, at, "REGISTRATION", key, organization={"key": key, "roles": [role], "region": region})

    salt = {"key": "SALT", "material": "salt", "massKg": 50.0, "composition": {"Ni": 20.0}}
    history = [
        event(1, "2024-01-01", "PRODUCTION", "M", outputs=[pack("A"), pack("B")]),
        event(2, "2024-01-02", "TRANSFER", "M", items=["A", "B"], to="O"),
        event(3, "2024-02-01", "RETIREMENT", "O", item="A"), event(4, "2024-02-02", "RECYCLING", "R",
              inputs=[{"key": "A"}], outputs=[salt]),
    ]  # fmt: skip
    send(store, history)
    assert sum(line.marketed for line in ask(store, "market")) == 2, "nobody knows who it is: somebody on the market"
    assert ask(store, "recovery", Scope(region="CN-43")).flows[0].input_kg == 0
    late = [registered(5, "2025-01-01", "O", "OUTLET", "CN-44"), registered(6, "2025-01-01", "R", "UTILIZER", "CN-43")]
    send(store, [*late, registered(7, "2026-01-01", "R", "UTILIZER", "CN-31")])
    assert sum(line.marketed for line in ask(store, "market")) == 0
    assert ask(store, "recovery", Scope(region="CN-43")).flows[0].input_kg == 400
    assert ask(store, "recovery", Scope(region="CN-31")).flows[0].input_kg == 0
    years = {line.region: line.retired for line in ask(store, "yearly")}
    assert years["CN-44"] == 1


def test_stages(store: MemoryStore) -> None:
    lines = {line.stage: line for line in ask(store, "stages")}
    assert (lines["BEFORE_MARKET"].left, lines["BEFORE_MARKET"].mean_days) == (5, 30.0)
    assert lines["BEFORE_MARKET"].open == 2, "P6 and N1 are with their maker"
    assert (lines["IN_USE"].left, lines["IN_USE"].open) == (4, 1)
    assert lines["IN_USE"].median_days == (datetime(2024, 2, 11) - datetime(2020, 2, 10)).days
    assert (lines["RETIRED"].left, lines["RETIRED"].longest_days, lines["RETIRED"].open) == (3, 29.0, 1)


def test_years(store: MemoryStore) -> None:
    lines = ask(store, "yearly")
    assert [(line.year, line.region, line.retired) for line in lines] == [(2024, "CN-43", 0), (2024, "CN-44", 4)]
    hunan, guangdong = lines
    assert (guangdong.retired_mass.kg, hunan.recycled_mass.kg, hunan.utilized_mass.kg) == (1600.0, 800.0, 800.0)
    assert ask(store, "yearly", Scope(chemistry="LFP")) == [], "nobody retired or utilized any"


def test_recycled_content_is_what_lots_prove(store: MemoryStore) -> None:
    lines = {(line.model, line.element): line for line in ask(store, "content", Scope(since=YEAR.until))}
    nickel = lines["X1", "Ni"]
    # 60 of 120 kg of a salt with 24 kg Ni: 12 kg of the 24 kg in the new pack.
    assert (nickel.batteries, nickel.content_kg, nickel.unknown) == (1, 24.0, 0)
    assert nickel.recycled_kg == pytest.approx(12.0)
    everything = {line.element: line for line in ask(store, "content")}
    assert everything["Ni"].batteries == 6
    assert everything["Ni"].unknown == 1, "of P6 nothing is known"


def test_what_is_unknown_is_no_zero() -> None:
    assert Amount().kg == 0.0
    total = Sum()
    total.add(None)
    assert total.amount.kg is None
    total.add(2.0)
    assert total.amount == Amount(2.0, 1, 1)


def test_who_may_ask(store: MemoryStore) -> None:
    refiner = Viewer(Role.PARTICIPANT, "REFINER", "r")
    Reports(store, Question(Scope(organization="REFINER")), refiner)
    Reports(store, Question(), EVERYBODY)
    for viewer, scope in [(refiner, Scope()), (refiner, Scope("RECYCLER")), (PUBLIC, Scope("REFINER"))]:
        with pytest.raises(NotAllowed):
            Reports(store, Question(scope), viewer)


def test_every_store_reports_alike(make_store: Callable[[], Store], store: MemoryStore) -> None:
    other = make_store()
    send(other, EVENTS)
    for what in REPORTS:
        assert repr(ask(other, what, YEAR)) == repr(ask(store, what, YEAR)), what
        assert repr(ask(other, what)) == repr(ask(store, what)), what
