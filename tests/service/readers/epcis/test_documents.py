"""Containers, and what is misshapen in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ingesting import recognise
from tests.service.readers.epcis.epcis_support import (
    AMPERIA,
    LOT,
    PACK,
    PACK_2,
    WEEE,
    Told,
    World,
    amount,
    counts,
    document,
    event,
    made,
    seen,
    source,
)

QUERY = {"type": "EPCISQueryDocument", "epcisBody": {"queryResults": {"resultsBody": {"eventList": [made(1, PACK)]}}}}


@pytest.mark.parametrize(
    "container",
    [
        json.loads(document(made(1, PACK))),
        QUERY,
        {"type": "EPCISDocument", "epcisBody": {"event": made(1, PACK)}},
        {"@context": [], **made(1, PACK)},
        [made(1, PACK)],
        {**made(1, PACK), "type": None, "isA": "ObjectEvent"},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_containers(container: object, indent: int | None) -> None:
    data = json.dumps(container, indent=indent).encode()
    if isinstance(container, list) or "isA" not in container:
        assert recognise(source(data)).name == "epcis"
    assert Told(data).types == (["PRODUCTION"] if not (isinstance(container, dict) and "isA" in container) else [])


def test_our_own_events_are_not_taken_for_theirs() -> None:
    told = Told(document(made(1, PACK)))
    lines = b"\n".join(json.dumps(one).encode() for one in told.events)
    assert recognise(source(lines)).name == "jsonl"


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        (b'{"epcisBody": ', "", "is not JSON"),
        (b'"epcisBody"', "", "is neither an EPCIS document nor an event"),
        (b'{"type": "EPCISDocument"}', "epcisBody", "is missing"),
        (b'{"epcisBody": {}}', "epcisBody", "holds no eventList"),
        (document("event"), "", "is not an object"),  # type: ignore[arg-type]
        (document({"type": "QuantityEvent"}), "type", "'QuantityEvent' is no event type of EPCIS 2.0"),
        (document({**made(1, PACK), "eventTime": "yesterday"}), "eventTime", "'yesterday' is no time with an offset"),
        (document({**made(1, PACK), "action": "CREATE"}), "action", "'CREATE' is none of ADD, OBSERVE, DELETE"),
        (document({**made(1, PACK), "epcList": PACK}), "epcList", "is not a list"),
        (document({**made(1), "epcList": [PACK, "two words"]}), "epcList.1", "'two words' is not 1 to 128"),
        (document({**made(1), "epcList": [PACK, 7]}), "epcList.1", "is not a text"),
        (document(made(1, PACK, quantityList=["x"])), "quantityList.0", "is not an object"),
        (
            document(made(1, PACK, quantityList=[amount(LOT, -5, "KGM")])),
            "quantityList.0.quantity",
            "-5 KGM is not above zero",
        ),
        (document(made(1, PACK, ilmd=[1])), "ilmd", "is not an object"),
        (document(made(1, PACK), epcisHeader=[]), "epcisHeader", "is not an object"),
    ],
)
def test_what_is_misshapen_is_reported_with_its_field(data: bytes, field: str, reason: str) -> None:
    told = Told(data)
    found = [(at, why) for at, why in told.malformed if at == field]
    assert found
    assert reason in found[0][1]


def test_what_is_misshapen_stops_nothing_else() -> None:
    world = World()
    report = world.read(document(made(1, PACK), {"type": "ObjectEvent"}, seen(2, PACK)))
    assert counts(report) == {"ACCEPTED": 2, "REJECTED": 1}
    assert report.rejections[0].where == "standard input: event 1"


def test_a_time_without_an_offset_is_at_the_stated_one() -> None:
    told = Told(document({**made(1, PACK), "eventTime": "2026-04-01T08:00:00"}))
    assert told.events[0]["occurredAt"] == "2026-04-01T08:00:00+08:00"
    bare = {**made(1, PACK), "eventTime": "2026-04-01T08:00:00.5+02:00", "eventTimeZoneOffset": None}
    assert Told(document(bare)).events[0]["occurredAt"] == "2026-04-01T08:00:00.500000+02:00"


def test_nothing_that_an_event_says_is_lost() -> None:
    """Every text and number of the real files is in the events that they become."""
    for path in (AMPERIA, WEEE):
        told = Told(path.read_bytes())
        for one, group in zip(told.document.events, told.groups, strict=True):
            said = json.dumps(group) + " ".join(str(json.loads(json.dumps(event))) for event in group)
            said = said.replace('\\"', '"')
            for leaf in _leaves({name: value for name, value in one.body.items() if name not in _TOLD_OTHERWISE}):
                assert json.dumps(leaf).strip('"') in said, leaf


_TOLD_OTHERWISE = ("type", "eventTime", "action", "bizStep", "disposition", "outputQuantityList")


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    return [leaf for inner in value for leaf in _leaves(inner)] if isinstance(value, list) else [value]


_VALUES = [None, True, -5, 0, 5, PACK, LOT, "", "KGM", "ADD", "2026-04-01T00:00:00Z"]
_NAMES = ["id", "type", "epcClass", "quantity", "uom"]
SCRAPS = st.recursive(
    st.sampled_from(_VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner),
    max_leaves=6,
)
FIELDS = [
    "epcList", "quantityList", "parentID", "childEPCs", "childQuantityList", "inputEPCList", "outputEPCList", "ilmd",
    "inputQuantityList", "outputQuantityList", "readPoint", "bizLocation", "sourceList", "destinationList", "bizStep",
    "sensorElementList", "bizTransactionList", "errorDeclaration", "eventID", "disposition", "transformationID",
    "gs1:masterDataAvailableFor",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Object", "Aggregation", "Association", "Transformation", "Transaction"]),
            st.sampled_from(["ADD", "OBSERVE", "DELETE"]),
            st.dictionaries(st.sampled_from(FIELDS), SCRAPS, max_size=5),
        ),
        max_size=4,
    )
)
def test_no_document_is_too_strange_to_be_read(parts: list[tuple[str, str, dict]]) -> None:
    """Whatever is where, an event is told that the log takes, or a report says why not."""
    events = [event(kind, 1 + day, **{"action": action, **fields}) for day, (kind, action, fields) in enumerate(parts)]
    world = World()
    told, first = Told(document(*events)), world.read(document(*events))
    assert first.rejected == len(told.malformed)
    again = world.read(document(*events))
    assert {status.value for status in again.counts} <= {"DUPLICATE", "REJECTED"}, "the same events each time"


def test_a_whole_number_beyond_64_bits_is_named_with_its_place_and_the_rest_is_told() -> None:
    big = made(2, PACK_2, **{"example:counter": [1, 2**64]})
    told = Told(document(made(1, PACK, **{"example:counter": 2**64 - 1}), big))
    assert [spec["key"] for spec in told.one("PRODUCTION")["outputs"]] == [PACK]
    assert told.one("PRODUCTION")["attributes"]["example:counter"] == 2**64 - 1
    ((field, reason),) = told.malformed
    assert field == "example:counter.1"
    assert reason.startswith("18446744073709551616 is a whole number beyond 64 bits")
