"""JSON is read without loss: what fits 64 bits is told on, and what does not is found with its place."""

import json
from math import inf, nan

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.canonical import parse_event
from graph_schema.errors import MalformedEvent
from graph_schema.plain_json import HIGHEST, LOWEST, read_json, said_of, unkept

VALUES = st.recursive(
    st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_was_written_is_what_is_read(value: object) -> None:
    text = json.dumps(value)
    assert read_json(text) == read_json(text.encode()) == json.loads(text)
    if unkept(value) is None:
        assert orjson.loads(orjson.dumps(value)) == value


@pytest.mark.parametrize("number", [HIGHEST, LOWEST, 2**53 + 1])
def test_what_fits_is_kept(number: int) -> None:
    assert read_json(f'{{"a": [{number}]}}') == {"a": [number]}
    assert unkept({"a": [number]}) is None


@pytest.mark.parametrize("number", [HIGHEST + 1, LOWEST - 1, 10**300])
def test_what_does_not_is_found_with_its_place(number: int) -> None:
    assert unkept(read_json(f'{{"a": [1, {{"b": {number}}}]}}')) == ("a.1.b", number)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (inf, "inf is what a number beyond 1.8e+308 is read as"),
        (-inf, "-inf is what a number beyond 1.8e+308 is read as"),
        (nan, "nan is what a whole number of more than 4,300 digits is read as, or no number"),
        (10**4300, "what has more than 4,300 digits is a whole number beyond 64 bits"),
    ],
    ids=["infinite", "negative", "none", "long"],
)
def test_what_would_be_kept_as_null_is_refused_with_its_place(number: float, said: str) -> None:
    """Texts of JSON have no such numbers; an object may have them, with a null beside and without."""
    found = unkept({"a": [1.5, None, {"b": number}]})
    assert found is not None
    assert (found[0], found[1] is number) == ("a.2.b", True)
    assert said_of(number).startswith(said)
    for attributes in ({"b": number}, {"a": None, "b": number}):
        event = {"eventId": "e", "type": "INSPECTION", "actor": "A", "occurredAt": "2026-08-01T00:00:00Z", "item": "P"}
        assert parse_event({**event, "attributes": {"a": None, "b": 1.7e308}})
        with pytest.raises(MalformedEvent) as refused:
            parse_event({**event, "attributes": attributes})
        assert refused.value.faults == (("attributes.b", said_of(number)),)
        assert refused.value.event_id == "e"


def test_an_object_within_itself_is_refused() -> None:
    event: dict[str, object] = {"eventId": "e"}
    event["attributes"] = event
    with pytest.raises(MalformedEvent, match="nested too deeply"):
        parse_event(event)


@pytest.mark.parametrize("text", ["{", '{"a": 1e400}', '{"a": NaN, "b": 12345678901234567890123}', "\ufeff1"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        read_json(text)


def test_digits_within_a_text_are_no_number() -> None:
    assert read_json('{"a": "12345678901234567890123", "b": 0.12345678901234567890123}') == {
        "a": "12345678901234567890123", "b": 0.12345678901234567890123,
    }  # fmt: skip


def test_nothing_is_so_deep_that_it_breaks_the_reader() -> None:
    deep = '{"eventId": "e", "attributes": ' + '{"a": ' * 500 + str(HIGHEST + 1) + "}" * 500 + "}"
    with pytest.raises(MalformedEvent):
        parse_event(deep)
