"""JSON is read without loss: what fits 64 bits is told on, and what does not is found with its place."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.canonical import parse_event
from graph_schema.errors import MalformedEvent
from graph_schema.plain_json import HIGHEST, LOWEST, beyond_64_bits, read_json

VALUES = st.recursive(
    st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_was_written_is_what_is_read(value: object) -> None:
    text = json.dumps(value)
    assert read_json(text) == read_json(text.encode()) == json.loads(text)
    if beyond_64_bits(value) is None:
        assert orjson.loads(orjson.dumps(value)) == value


@pytest.mark.parametrize("number", [HIGHEST, LOWEST, 2**53 + 1])
def test_what_fits_is_kept(number: int) -> None:
    assert read_json(f'{{"a": [{number}]}}') == {"a": [number]}
    assert beyond_64_bits({"a": [number]}) is None


@pytest.mark.parametrize("number", [HIGHEST + 1, LOWEST - 1, 10**300])
def test_what_does_not_is_found_with_its_place(number: int) -> None:
    assert beyond_64_bits(read_json(f'{{"a": [1, {{"b": {number}}}]}}')) == ("a.1.b", number)


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
