"""Malformed events are answered with the field and the reason; what is fine passes."""

from typing import Any

import orjson
import pytest

from graph_schema.canonical import canonical, parse_event
from graph_schema.errors import MalformedEvent
from graph_schema.events import EVENT_CLASSES, json_schema
from graph_schema.order import TYPE_ORDER
from tests.graph_schema.telling import draw, event, lot, made, moved, parsed, registered, unit

FINE = made("e", 1, unit("c", "CELL"))


def outputs(**fields: Any) -> dict:
    return made("e", 1, unit("c", "CELL", **fields))


MALFORMED: list[tuple[str, Any, str, str]] = [
    # what is wrong, the event, the field, words of the reason
    ("no JSON", b'{"eventId": ', "", "is not JSON"),
    ("no UTF-8", b'{"note": "\xff"}', "", "is not JSON"),
    ("half a surrogate pair", rb'{"note": "\ud800"}', "", "is not JSON"),
    ("nothing", b"", "", "is not JSON"),
    ("a list", b"[]", "", "is not a JSON object"),
    ("null", b"null", "", "is not a JSON object"),
    ("brackets without end", b'{"a":' * 2000, "", "is not JSON"),
    ("no type", {"eventId": "e"}, "type", "no `type`"),
    ("an unknown type", {**FINE, "type": "MAGIC"}, "type", "no known event type"),
    ("a type that is a list", {**FINE, "type": []}, "type", "no known event type"),
    ("no event id", {name: FINE[name] for name in FINE if name != "eventId"}, "eventId", "is missing"),
    ("an empty event id", {**FINE, "eventId": ""}, "eventId", "1 to 128 printable"),
    ("an event id of 129 characters", {**FINE, "eventId": "x" * 129}, "eventId", "1 to 128 printable"),
    ("a line break in an event id", {**FINE, "eventId": "e\n"}, "eventId", "1 to 128 printable"),
    ("an event id that is a number", {**FINE, "eventId": 7}, "eventId", "is no text"),
    ("no actor", {name: FINE[name] for name in FINE if name != "actor"}, "actor", "is missing"),
    ("a null actor", {**FINE, "actor": None}, "actor", "missing"),
    ("a space in a key", {**FINE, "actor": "A B"}, "actor", "without spaces"),
    ("a no-break space in a key", {**FINE, "actor": "A\u00a0B"}, "actor", "without spaces"),
    ("an invisible character in a key", outputs() | {"actor": "A\u200b"}, "actor", "without spaces"),
    ("a time without offset", {**FINE, "occurredAt": "2024-03-01T12:00:00"}, "occurredAt", "with an offset"),
    ("a date", {**FINE, "occurredAt": "2024-03-01"}, "occurredAt", "RFC 3339"),
    ("a time as a number", {**FINE, "occurredAt": 1709294400}, "occurredAt", "RFC 3339"),
    ("a day that is none", {**FINE, "occurredAt": "2024-02-30T12:00:00Z"}, "occurredAt", "day"),
    ("an hour that is none", {**FINE, "occurredAt": "2024-02-20T25:00:00Z"}, "occurredAt", "hour"),
    ("before the year 1 in UTC", {**FINE, "occurredAt": "0001-01-01T00:00:00+14:00"}, "occurredAt", ""),
    ("after the year 9999 in UTC", {**FINE, "occurredAt": "9999-12-31T23:59:59-01:00"}, "occurredAt", ""),
    ("a negative mass", outputs(massKg=-1), "outputs.0.massKg", "is not above 0"),
    ("a mass of zero", outputs(massKg=0), "outputs.0.massKg", "is not above 0"),
    ("a mass as text", outputs(massKg="2"), "outputs.0.massKg", "number"),
    ("a mass that is true", outputs(massKg=True), "outputs.0.massKg", "true is no number"),
    ("an infinite mass", outputs(massKg=float("inf")), "outputs.0.massKg", "finite"),
    ("a draw of nothing", made("e", 1, unit("c"), inputs=[draw("L", 0.0)]), "inputs.0.massKg", "is not above 0"),
    ("a negative content", outputs(composition={"Li": -1}), "outputs.0.composition.Li", "-1 is below 0"),
    ("an element that is none", outputs(composition={"Xx": 1}), "outputs.0.composition", "'Xx'"),
    ("a kind that is none", made("e", 1, unit("c", "ENGINE")), "outputs.0.kind", "'CELL'"),
    ("an unknown field", {**FINE, "colour": "red"}, "colour", "no field of this event type"),
    ("an unknown field further in", outputs(colour="red"), "outputs.0.colour", "no field"),
    ("no outputs", made("e", 1), "outputs", "one at least"),
    ("a step with a fraction", {**FINE, "step": 1.5}, "step", "no whole number"),
    ("a mass of a part", outputs(parts=[unit("x", massKg=-1)]), "outputs.0.parts.0.massKg", "is not above 0"),
    ("a part that is a number", outputs(parts=[7]), "outputs.0.parts.0", "7 is no JSON object"),
    ("a latitude of 91", {**FINE, "place": {"latitude": 91}}, "place.latitude", "91 is above 90"),
    ("a draw in a repurposing", event("e", "REPURPOSING", 1, outputs=[unit("c")], inputs=[draw("L")]), "inputs", "must be empty"),
    ("a part of a lot", event("e", "REFINING", 1, inputs=[draw("L")], outputs=[lot("M", parts=["x"])]), "outputs.0.parts", "no field"),
    ("no inputs", event("e", "RECYCLING", 1, inputs=[], outputs=[lot("L")]), "inputs", "one at least"),
    ("no items", event("e", "TRANSFER", 1, items=[], to="B"), "items", "one at least"),
    ("no receiver", event("e", "TRANSFER", 1, items=["x"]), "to", "is missing"),
    ("an unknown method", event("e", "DISPOSAL", 1, items=["x"], method="MAGIC"), "method", "'LANDFILL'"),
    ("a key twice among items", event("e", "TRANSFER", 1, items=["x", "y", "x"], to="B"), "", "items: the key x"),
    ("a key twice among outputs", made("e", 1, unit("c"), unit("c")), "", "outputs: the key c"),
    ("a key twice, once further in", made("e", 1, unit("c", parts=[unit("d", parts=["c"])])), "", "outputs: the key c"),
    ("a part twice", made("e", 1, unit("c", parts=["x"]), unit("d", parts=["x"])), "", "outputs: the key x"),
    ("an input twice", made("e", 1, unit("c"), inputs=[draw("L"), draw("L", 1)]), "", "inputs: the key L"),
    ("a part named twice", event("e", "DISMANTLING", 1, item="P", parts=["x", {"key": "x"}]), "", "parts: the key x"),
    ("an item twice", event("e", "ENROLMENT", 1, items=[unit("c"), lot("c")]), "", "items: the key c"),
    ("a composition that is a list", outputs(composition=["Li"]), "outputs.0.composition", "no JSON object"),
    ("an organization without a key", event("e", "REGISTRATION", 1, organization={}), "organization.key", "is missing"),
    ("an authorization without offset", registered("e", 1, "A", authorizations=[{"scope": "X", "validTo": "2024-01-01T00:00:00"}]), "organization.authorizations.0.validTo", "offset"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "field", "reason"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_malformed(told: Any, field: str, reason: str) -> None:
    with pytest.raises(MalformedEvent) as caught:
        parse_event(told)
    assert caught.value.field == field
    assert reason in caught.value.reason
    assert len(caught.value.reason) < 400
    assert "\n" not in caught.value.reason


def test_the_event_id_is_told_where_it_can_be_read() -> None:
    with pytest.raises(MalformedEvent) as caught:
        parse_event({"eventId": "e-7", "type": "RETIREMENT"})
    assert caught.value.event_id == "e-7"
    assert [fault.field for fault in caught.value.faults] == ["occurredAt", "actor", "item"]
    assert str(caught.value) == "occurredAt: is missing; actor: is missing; item: is missing"


@pytest.mark.parametrize(
    "told",
    [
        outputs(parts=["x", {"key": "y", "position": "2"}, unit("z", "CELL", ["w"])]),
        outputs(massKg=2, composition={}, attributes={"a": [1, None, {"b": True}]}),
        {**FINE, "occurredAt": "2024-03-01t12:00:00.5z"},
        {**FINE, "occurredAt": "2024-03-01 12:00:00-00:00"},
        {**FINE, "eventId": "an event id may hold spaces", "note": "two\nlines", "place": {"site": "hall 3"}},
        {**FINE, "step": -3},
        {**FINE, "actor": "urn:epc:id:sgtin:4012345.011111.987%20x/1?a=b#c"},
        {**FINE, "actor": "\u7535\u6c60\U0001f50b"},
        event("e", "DISMANTLING", 1, item="P"),
        event("e", "DISMANTLING", 1, item="P", parts=[]),
        event("e", "RECYCLING", 1, inputs=[draw("P")]),
        event("e", "REFINING", 1, inputs=[draw("L")], outputs=[{"key": "M"}, {"key": "N", "kind": "LOT"}]),
        event("e", "INSPECTION", 1, item="P"),
        moved("e", "INSTALLATION", 1, "x", "x"),
    ],
)  # fmt: skip
def test_fine(told: dict) -> None:
    assert parsed(told).event_id == told["eventId"]


def read_or_refused(text: bytes) -> str:
    """Read an event and write it again; or the reason why it is malformed."""
    try:
        read, payload = parse_event(text)
    except MalformedEvent as error:
        return str(error)
    assert canonical(payload, read)
    assert orjson.dumps(payload)
    return ""


@pytest.mark.parametrize("depth", [100, 240, 253, 900])
def test_deep_nesting_is_read_or_malformed_but_no_crash(depth: int) -> None:
    nest = b'"c","attributes":' + b'{"a":' * depth + b"1" + b"}" * depth
    reason = read_or_refused(orjson.dumps(outputs()).replace(b'"c"', nest))
    assert len(reason) < 500, "the field is not the whole nest"


@pytest.mark.parametrize("depth", [50, 140, 400])
def test_deep_parts_are_read_or_malformed_but_no_crash(depth: int) -> None:
    opening = b"".join(b'{"key":"k%d","kind":"CELL","parts":[' % n for n in range(depth))
    reason = read_or_refused(orjson.dumps(FINE).replace(b'{"key":"c","kind":"CELL"}', opening + b"]}" * depth))
    assert len(reason) < 500, "the field is not the whole nest"


def test_every_type_of_the_contract_has_a_class_and_a_schema() -> None:
    names = {cls.model_fields["type"].annotation.__args__[0] for cls in EVENT_CLASSES}
    assert names == set(TYPE_ORDER)
    schema = json_schema()
    assert set(schema["discriminator"]["mapping"]) == set(TYPE_ORDER)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_named_keys() -> None:
    built = parsed(made("e", 1, unit("P", "BATTERY", ["x", unit("y", parts=[{"key": "z"}])]), inputs=[draw("L", 1)]))
    assert built.named_keys() == ["P", "x", "y", "z", "L"]
    assert parsed(event("e", "DISMANTLING", 1, item="P", parts=["x", {"key": "y"}])).named_keys() == ["P", "x", "y"]
    assert parsed(event("e", "RECEIPT", 1, transfer="t")).named_keys() == []
