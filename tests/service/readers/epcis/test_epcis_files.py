"""The real files, and what a reader finds when asking for their items: judged by hand."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from rich.console import Console

from service.cli import main
from service.ingesting import recognise
from service.readers.reading import Source
from service.writers.tree import render
from tests.service.readers.epcis.epcis_support import AMPERIA, WEEE, Told, World, counts

BATTERY = "https://id.gs1.org/01/09521234002000/21/STAX10-2026-000001"
BMS = "https://id.gs1.org/8004/95212340BMS26001"
SHIPMENT = "https://id.gs1.org/00/095212340000000174"
AMPERIA_PARTY, DEALER, SITE = "9521234000105", "9521234000211", "9521234000204"

DEVICE = "https://id.gs1.org/01/09506000134352/21/ABC123456"
METALS = {f"urn:epc:class:lgtin:6000001.recycled-{name}.batch-2032-03": kg for name, kg in [
    ("aluminum", 0.078), ("copper", 0.025), ("precious", 0.000145), ("plastics", 0.045)]}  # fmt: skip
COLLECTION, SORTING, RECYCLER = "6000001000010", "6000001000027", "6000001000034"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.fixture
def amperia() -> World:
    world = World()
    report = world.read(AMPERIA)
    assert counts(report) == {"ACCEPTED": 12}
    return world


@pytest.fixture
def weee() -> World:
    world = World()
    report = world.read(WEEE)
    assert counts(report) == {"ACCEPTED": 5}
    return world


@pytest.mark.parametrize("path", [AMPERIA, WEEE], ids=lambda path: path.stem)
def test_a_file_is_recognised_whole_and_read_twice_the_same(path) -> None:  # type: ignore[no-untyped-def]
    with path.open("rb") as file:
        assert recognise(Source(path.name, file)).name == "epcis"
    assert Told(path.read_bytes()).events == Told(path.read_bytes()).events
    world = World()
    first, again = world.read(path), world.read(path)
    assert counts(again) == {"DUPLICATE": first.counts.total()}


def test_the_nine_events_of_the_battery_keep_their_ids() -> None:
    told = Told(AMPERIA.read_bytes())
    ids = [f"urn:uuid:a30e8400-0000-4a00-9c00-b0260000000{number}" for number in range(1, 10)]
    main_events = {event["eventId"]: event["type"] for event in told.events if event["eventId"] in ids}
    assert main_events == dict(
        zip(
            ids,
            [
                "PRODUCTION",  # cells and a battery management system go in, a pack comes out
                "INSPECTION",  # the association says again that the system is in the pack
                "INSPECTION",  # commissioning the pack that was made the day before: a test of the new pack
                "INSTALLATION",  # packed into the shipment
                "TRANSFER",  # shipped
                "TRANSFER",  # installed at its site, from one party to another
                "INSPECTION",
                "INSPECTION",
                "INSPECTION",
            ],
            strict=True,
        )
    )
    others = [event["type"] for event in told.events if event["eventId"] not in ids]
    assert others == ["ENROLMENT", "ENROLMENT", "INSPECTION"], "the system, the shipment; a reading while installing"


def test_what_the_file_does_not_say_is_reported() -> None:
    told = Told(AMPERIA.read_bytes())
    assert told.left_out == {"quantity": 1}, "16 cells of a product, and no serial numbers"
    assert told.assumed == {"actor": 4, "COMPONENT": 1}, "the plant's owner, by who ships from there; what a BMS is"
    pack = told.one("PRODUCTION")["outputs"][0]
    assert pack["kind"] == "BATTERY", "it falls under the battery regulation, and is measured as one"
    assert "massKg" not in pack
    assert pack["attributes"] == {
        "gs1:hasBatchLotNumber": "LOT-2026-AMP01",
        "gs1:productionDate": "2026-01-22",
        "madeOf": [{"epcClass": "https://id.gs1.org/01/09521234007005", "quantity": 16, "uom": "EA"}],
    }


def test_where_the_battery_went(amperia: World) -> None:
    trace = amperia.trace(BATTERY)
    assert {(node.kind, node.key) for node in trace.nodes if node.kind != "ORGANIZATION"} == {
        ("BATTERY", BATTERY),
        ("COMPONENT", BMS),
        ("COMPONENT", SHIPMENT),
    }
    inside = {(edge.source, edge.target): (edge.from_, edge.to) for edge in trace.edges if edge.kind == "PART_OF"}
    assert inside == {
        (BMS, BATTERY): (moment("2026-01-22T09:15:00+00:00"), None),
        (BATTERY, SHIPMENT): (moment("2026-02-01T07:30:00+00:00"), moment("2026-02-10T10:20:00+00:00")),
    }
    held = [(edge.target, edge.from_.date().isoformat(), edge.to and edge.to.date().isoformat()) for edge in trace.edges
            if edge.kind == "HELD_BY" and edge.source == BATTERY]  # fmt: skip
    assert held == [(AMPERIA_PARTY, "2026-01-22", "2026-02-01"), (SITE, "2026-02-10", None)]
    travelled = [edge.target for edge in trace.edges if edge.kind == "HELD_BY" and edge.source == SHIPMENT]
    assert travelled == [AMPERIA_PARTY, DEALER], "shipped in its packaging, which the dealer still has"
    assert trace.unsettled == []
    assert amperia.holder(BATTERY) == SITE


def test_where_the_battery_came_from(amperia: World) -> None:
    trace = amperia.trace(BATTERY, "BACKWARD")
    assert {edge.source for edge in trace.edges if edge.kind == "YIELDED"} == {
        "urn:uuid:a30e8400-0000-4a00-9c00-b02600000001",
        "urn:uuid:a30e8400-0000-4a00-9c00-b02600000001:enrolment",
    }
    assert {node.key for node in trace.nodes if node.role == "SUBSTANCE"} == {BMS}


def test_the_state_of_health_of_the_battery_is_a_number() -> None:
    told = Told(AMPERIA.read_bytes())
    health = [
        event["measurements"].get("stateOfHealthPercent") for event in told.of("INSPECTION") if "measurements" in event
    ]
    assert health == [100, None, None, 97.5, None]
    last = told.of("INSPECTION")[-2]["measurements"]
    assert last["cycleCount"] == 640
    assert last["sensorElementList"][0]["sensorReport"][0]["sDev"] == 0.12, "nothing of a reading is lost"


def test_where_the_device_went(weee: World) -> None:
    trace = weee.trace(DEVICE)
    lots = {node.key: node for node in trace.nodes if node.kind == "LOT"}
    assert lots.keys() == METALS.keys()
    assert lots["urn:epc:class:lgtin:6000001.recycled-copper.batch-2032-03"].label == "recycled-copper"
    (consumed,) = [edge for edge in trace.edges if edge.kind == "CONSUMED_IN"]
    yielded = {edge.target: edge.mass_kg for edge in trace.edges if edge.kind == "YIELDED"}
    assert yielded == pytest.approx(METALS), "grams are kilograms"
    assert consumed.source == DEVICE
    assert consumed.from_ == moment("2032-03-14T10:00:00+00:00")
    holders = {edge.source: edge.target for edge in trace.edges if edge.kind == "HELD_BY"}
    assert holders == {DEVICE: COLLECTION} | dict.fromkeys(METALS, RECYCLER)
    names = {node.key: node.label for node in trace.nodes if node.kind == "ORGANIZATION"}
    assert names[RECYCLER] == "EcoRecycle GmbH - Berlin", "the facility that the event names, which is also its place"
    assert {(row.key, row.share) for row in trace.attribution} == {(key, 1.0) for key in METALS}
    assert trace.balance == [], "nobody weighed the device"


def test_where_recycled_copper_came_from(weee: World) -> None:
    trace = weee.trace("urn:epc:class:lgtin:6000001.recycled-copper.batch-2032-03", "BACKWARD")
    assert {node.key for node in trace.nodes if node.role == "SUBSTANCE"} == {DEVICE}


def test_what_was_said_of_the_device_is_kept() -> None:
    told = Told(WEEE.read_bytes())
    arrived, sorted_out = told.of("INSPECTION")
    assert (arrived["actor"], sorted_out["actor"]) == (COLLECTION, SORTING)
    assert arrived["note"].startswith("arriving, returned [epcis ")
    assert "bizLocation" in arrived["attributes"]
    assert "ConsumerDropOffAtRetailer" in str(arrived["attributes"])
    assert arrived["place"] == {"site": "urn:epc:id:sgln:6000001.00001.collection-point"}
    recycling = told.one("RECYCLING")
    weighed = str(recycling["attributes"])
    assert "'euelec:totalInputMassGrams': 185" in weighed, "an extension weighs it; the model is not told"
    assert recycling["occurredAt"] == "2032-03-14T11:00:00+01:00"
    assert told.assumed == {"actor": 2, "COMPONENT": 1}
    assert told.left_out == {}


@pytest.mark.parametrize(
    ("path", "key", "lines"),
    [
        (
            AMPERIA,
            BATTERY,
            ["battery " + BATTERY, "component " + BMS, "logistic unit", "host 2026-02-01 to 2026-02-10"],
        ),
        (WEEE, DEVICE, ["component " + DEVICE, "recycling 2032-03-14", "recycled-aluminum", "0.078 kg", "EcoRecycle"]),
    ],
    ids=["amperia", "weee"],
)
def test_the_tree_that_a_person_reads(tmp_path, path, key: str, lines: list[str]) -> None:  # type: ignore[no-untyped-def]
    store = f"sqlite:{tmp_path / 'store.db'}"
    loaded = CliRunner().invoke(main, ["ingest", "--store", store, str(path)])
    assert loaded.exit_code == 0
    assert "assumed: actor (no party is named" in loaded.output
    shown = CliRunner().invoke(main, ["trace", "--store", store, key, "--direction", "forward"]).output
    for line in lines:
        assert line in shown


def test_the_tree_is_the_same_in_memory(weee: World) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render(weee.trace(DEVICE)))
    assert "recycled-precious  available  0.000145 kg" in console.export_text()
