"""The typed mutations, and trying events without recording them."""

from typing import Any

import pytest

from graph_schema.events import EVENT_CLASSES
from graph_schema.order import TYPE_ORDER
from service.api.schema import schema
from tests.service.api.conftest import Ask

OUTCOME = "eventId status problems { code field } event { type sequence }"


def recorded(data: Ask, name: str, kind: str, **event: Any) -> dict[str, Any]:
    """What a typed mutation answers."""
    query = f"mutation ($event: {kind}!) {{ {name}(event: $event) {{ {OUTCOME} }} }}"
    return data(query, event=event)[name]  # type: ignore[no-any-return]


def at(day: int) -> str:
    return f"2026-01-{day:02d}T08:00:00+08:00"


def test_there_is_one_for_every_event_type() -> None:
    fields = schema.get_type_by_name("Mutation").fields  # type: ignore[union-attr]
    names = {field.python_name for field in fields}
    assert names == {"record_events", "validate_events"} | {f"record_{cls.__name__.lower()}" for cls in EVENT_CLASSES}


def test_a_life_is_told_by_typed_mutations(data: Ask) -> None:
    pack = {
        "key": "PACK",
        "kind": "BATTERY",
        "massKg": 400,
        "composition": [{"element": "Li", "massKg": 8}],
        "identifiers": [{"scheme": "serial", "value": "SN-1"}],
        "parts": [{"key": "NEW", "kind": "MODULE", "position": "3"}, {"key": "OLD", "position": "4"}],
    }
    told = [
        recorded(data, "recordRegistration", "RegistrationInput", eventId="r", occurredAt=at(1), actor="MIN",
                 organization={"key": "MAKER", "name": "The maker", "roles": ["BATTERY_MAKER"],
                               "authorizations": [{"scope": "RECYCLING", "validFrom": at(1)}]}),
        recorded(data, "recordEnrolment", "EnrolmentInput", eventId="e", occurredAt=at(1), actor="MAKER",
                 items=[{"key": "OLD", "kind": "MODULE"}]),
        recorded(data, "recordProduction", "ProductionInput", eventId="p", occurredAt=at(2), actor="MAKER",
                 outputs=[pack]),
        recorded(data, "recordInspection", "InspectionInput", eventId="i", occurredAt=at(3), actor="MAKER",
                 item="PACK", measurements={"stateOfHealthPercent": 99.5}, place={"region": "CN-35"}),
        recorded(data, "recordTransfer", "TransferInput", eventId="t", occurredAt=at(4), actor="MAKER",
                 items=["PACK"], to="RECYCLER"),
        recorded(data, "recordRecycling", "RecyclingInput", eventId="x", occurredAt=at(5), actor="RECYCLER",
                 inputs=[{"key": "PACK"}], outputs=[{"key": "LOT", "material": "black mass", "massKg": 200}]),
    ]  # fmt: skip
    assert [(one["eventId"], one["status"]) for one in told] == [(one, "ACCEPTED") for one in "repitx"]
    assert [one["event"]["sequence"] for one in told] == [1, 2, 3, 4, 5, 6]
    found = data(
        '{ battery(key: "SN-1") { key massKg composition { element massKg } stateOfHealth parts { key }'
        ' history { edges { node { payload } } } } organization(key: "MAKER") { name authorizations { scope } } }'
    )
    assert found["battery"]["key"] == "PACK"
    assert found["battery"]["composition"] == [{"element": "Li", "massKg": 8.0}]
    assert found["battery"]["stateOfHealth"] == 99.5
    assert found["organization"] == {"name": "The maker", "authorizations": [{"scope": "RECYCLING"}]}
    payload = found["battery"]["history"]["edges"][0]["node"]["payload"]
    assert payload["outputs"][0]["parts"][1] == {"key": "OLD", "position": "4"}, "what is null is not stated"


def test_what_cannot_be_is_data(data: Ask) -> None:
    transfer = {"eventId": "t", "occurredAt": at(4), "actor": "A", "items": ["NOBODY KNOWS"], "to": "B"}
    malformed = recorded(data, "recordTransfer", "TransferInput", **transfer)
    assert (malformed["status"], malformed["event"]) == ("REJECTED", None)
    assert malformed["problems"] == [{"code": "MALFORMED", "field": "items.0"}]
    pending = recorded(data, "recordTransfer", "TransferInput", **transfer | {"items": ["UNKNOWN"]})
    assert pending["status"] == "PENDING"
    assert (
        recorded(data, "recordTransfer", "TransferInput", **transfer | {"items": ["UNKNOWN"]})["status"] == "DUPLICATE"
    )


def test_an_element_that_stands_twice_in_a_composition_is_not_lost(data: Ask) -> None:
    twice = [{"element": "Li", "massKg": 1}, {"element": "Ni", "massKg": 3}, {"element": "Li", "massKg": 2}]
    made = {"eventId": "p", "occurredAt": at(1), "actor": "A"}
    module = {"key": "M", "kind": "MODULE", "composition": twice}
    query = "mutation ($event: ProductionInput!) { recordProduction(event: $event) { eventId status problems"
    query += " { code message field } event { eventId } } }"
    outputs = [{"key": "P", "kind": "BATTERY", "composition": [], "parts": [module]}]
    assert data(query, event=made | {"outputs": outputs})["recordProduction"] == {
        "eventId": "p", "status": "REJECTED", "event": None,
        "problems": [{
            "code": "MALFORMED", "field": "outputs.0.parts.0.composition",
            "message": "the element Li stands there twice",
        }],
    }  # fmt: skip
    module["composition"] = twice[:2]
    assert recorded(data, "recordProduction", "ProductionInput", **made, outputs=outputs)["status"] == "ACCEPTED"
    found = data('{ pack: item(key: "P") { composition { element } } part: item(key: "M") { composition { massKg } } }')
    assert found == {"pack": {"composition": []}, "part": {"composition": [{"massKg": 1.0}, {"massKg": 3.0}]}}


def test_every_mistake_in_an_event_is_a_problem(data: Ask) -> None:
    query = "mutation ($events: [EventInput!]!) { validateEvents(events: $events) { results { eventId problems"
    query += " { message field } } } }"
    made = {"eventId": "p", "type": "PRODUCTION", "occurredAt": "2026-01-01", "colour": "red"}
    outputs = [{"key": "M", "kind": "ENGINE", "massKg": -1, "composition": {"Xx": 1, "Li": "2"}}]
    wrong = [made | {"outputs": outputs}, 5, {"type": "FOO"}, made | {f"x{n}": n for n in range(20)}]
    results = data(query, events=wrong)["validateEvents"]["results"]
    assert [[(one["field"], one["message"]) for one in result["problems"]] for result in results[:3]] == [
        [
            ("occurredAt", "'2026-01-01' is not an RFC 3339 time with an offset, such as 2026-04-01T08:30:00+08:00 or"
             " 2026-04-01T00:30:00Z"),
            ("actor", "is missing"),
            ("outputs.0.kind", "'ENGINE' is none of 'CELL', 'MODULE', 'BATTERY', 'COMPONENT', 'VEHICLE' or 'LOT'"),
            ("outputs.0.massKg", "-1 is not above 0"),
            ("outputs.0.composition", "'Xx' is not the symbol of a chemical element (such as Li)"),
            ("outputs.0.composition.Li", "'2' is no number"),
            ("colour", "is no field of this event type (free data goes into `attributes`, of the event or an item)"),
        ],
        [(None, "5 is not a JSON object")],
        [("type", f"'FOO' is no known event type; there are {', '.join(TYPE_ORDER)}")],
    ]  # fmt: skip
    assert [result["eventId"] for result in results] == ["p", None, None, "p"]
    assert len(results[3]["problems"]) == 11
    assert results[3]["problems"][10] == {"field": None, "message": "14 more faults of this event are not told"}


def test_trying_stores_nothing(data: Ask) -> None:
    made = {"eventId": "p", "type": "PRODUCTION", "occurredAt": at(1), "actor": "A"}
    events = [
        {**made, "outputs": [{"key": "PACK", "kind": "BATTERY"}]},
        {"eventId": "i", "type": "INSTALLATION", "occurredAt": at(2), "actor": "A", "part": "PACK", "host": "CAR"},
        {"eventId": "q"},
    ]
    query = (
        "mutation ($events: [EventInput!]!) { validateEvents(events: $events) {"
        " results { eventId status event { eventId } } counts { status count } } }"
    )
    for _ in range(2):
        tried = data(query, events=events)["validateEvents"]
        assert [(one["status"], one["event"]) for one in tried["results"]] == [
            ("ACCEPTED", None),
            ("PENDING", None),
            ("REJECTED", None),
        ]
    assert data("{ events { totalCount } items { totalCount } }") == {
        "events": {"totalCount": 0},
        "items": {"totalCount": 0},
    }


def test_a_whole_number_beyond_64_bits_is_refused_with_its_place(data: Ask) -> None:
    """In a variable and in the document; what fits comes back as it was."""
    event = {"eventId": "i", "type": "INSPECTION", "occurredAt": at(1), "actor": "A", "item": "P"}
    big = {"attributes": {"counters": [1, 2**64]}}
    many = "mutation ($event: EventInput!) { recordEvents(events: [$event]) { results { status problems { field } } } }"
    refused = {"status": "REJECTED", "problems": [{"field": "attributes.counters.1"}]}
    assert data(many, event=event | big)["recordEvents"]["results"] == [refused]
    typed = f'recordInspection(event: {{ eventId: "i", occurredAt: "{at(1)}", actor: "A", item: "P", attributes: '
    asked = f"mutation {{ {typed} {{ counters: [1, {2**64}] }} }}) {{ status problems {{ field }} }} }}"
    assert data(asked)["recordInspection"] == refused
    fits = event | {"attributes": {"counter": 2**64 - 1}}
    told = "mutation ($event: EventInput!) { recordEvents(events: [$event]) { results { event { payload } } } }"
    (result,) = data(told, event=fits)["recordEvents"]["results"]
    assert result["event"]["payload"]["attributes"] == {"counter": 2**64 - 1}


@pytest.mark.parametrize("number", ["1e400", "-1e999", "9" * 4301], ids=["large", "low", "long"])
def test_a_number_that_would_be_kept_as_null_is_refused_with_its_place(data: Ask, number: str) -> None:
    """In the document, in an event as JSON and as its typed input."""
    free = f"attributes: {{ counters: [1, {number}] }}"
    event = f'eventId: "i", occurredAt: "{at(1)}", actor: "A", item: "P", {free}'
    refused = {"status": "REJECTED", "problems": [{"field": "attributes.counters.1"}]}
    typed = f"mutation {{ recordInspection(event: {{ {event} }}) {{ status problems {{ field }} }} }}"
    assert data(typed)["recordInspection"] == refused
    asked = f'events: [{{ type: "INSPECTION", {event} }}]) {{ results {{ status problems {{ field }} }} }}'
    for mutation in ("recordEvents", "validateEvents"):
        assert data(f"mutation {{ {mutation}({asked} }}")[mutation]["results"] == [refused]
    assert data("{ events { totalCount } }") == {"events": {"totalCount": 0}}
