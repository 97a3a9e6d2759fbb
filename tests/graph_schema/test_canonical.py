"""Canonical payloads: equal as parsed JSON is equal in bytes. The chain hash, by a vector made with another tool."""

import hashlib

import orjson
import pytest

from graph_schema.canonical import GENESIS, canonical, chain_hash, digest, parse_event, utc_text
from tests.graph_schema.telling import made, moment, registered, unit


def canon(told: dict | bytes) -> bytes:
    event, payload = parse_event(told)
    return canonical(payload, event)


MADE = made("e", 1, unit("m", massKg=2, composition={"Li": 0.5, "Ni": 3}, attributes={"line": 7}))
TEXT = orjson.dumps(MADE)
REGISTERED = registered("r", 1, "A", authorizations=[{"scope": "X", "validFrom": "2024-01-01T00:00:00Z"}])


@pytest.mark.parametrize(
    "same",
    [
        dict(reversed(MADE.items())),
        {**MADE, "occurredAt": "2024-03-01T09:00:00+08:00"},
        {**MADE, "occurredAt": "2024-03-01T01:00:00.000000Z"},
        {**MADE, "note": None},
        TEXT.replace(b'"massKg":2', b'"massKg":2.0'),
        TEXT.replace(b'"massKg":2', b'"massKg":20e-1'),
        TEXT.replace(b'"Ni":3', b'"Ni":3.0'),
        TEXT.replace(b'"line":7', b'"line":7.0,"shift":null'),
        TEXT.replace(b'"MODULE"', rb'"\u004dODULE"'),
        TEXT.replace(b",", b" ,\n"),
    ],
)  # fmt: skip
def test_equal(same: dict | bytes) -> None:
    assert canon(same) == canon(TEXT)


@pytest.mark.parametrize(
    "other",
    [
        {**MADE, "occurredAt": "2024-03-01T01:00:00.000001Z"},
        {**MADE, "note": ""},
        {**MADE, "step": 0},
        TEXT.replace(b'"line":7', b'"line":"7"'),
        TEXT.replace(b'"line":7', b'"line":[7]'),
        TEXT.replace(b'"line":7', b'"line":true'),
        TEXT.replace(b'"massKg":2', b'"massKg":2.0000000000000004'),
    ],
)
def test_other(other: dict | bytes) -> None:
    assert canon(other) != canon(TEXT)


def test_a_zero_has_no_sign_and_one_is_not_true() -> None:
    zero = TEXT.replace(b'"line":7', b'"line":0')
    assert canon(TEXT.replace(b'"line":7', b'"line":-0.0')) == canon(zero)
    one = TEXT.replace(b'"line":7', b'"line":1')
    assert canon(TEXT.replace(b'"line":7', b'"line":true')) != canon(one)


@pytest.mark.parametrize("number", [2**53, 10**18])
def test_big_numbers_are_equal_in_both_spellings(number: int) -> None:
    whole, real = (TEXT.replace(b'"line":7', b'"line":' + text) for text in (b"%d" % number, b"%d.0" % number))
    assert orjson.loads(whole) == orjson.loads(real)
    assert canon(whole) == canon(real)


def test_times_within_a_registration_are_instants() -> None:
    china = registered("r", 1, "A", authorizations=[{"scope": "X", "validFrom": "2024-01-01T08:00:00+08:00"}])
    assert canon(china) == canon(REGISTERED)
    later = registered("r", 1, "A", authorizations=[{"scope": "X", "validFrom": "2024-01-01T00:00:01Z"}])
    assert canon(later) != canon(REGISTERED)
    assert canon(registered("r", 1, "A", authorizations=None)) == canon(registered("r", 1, "A"))


def test_the_canonical_form_in_full() -> None:
    assert canon({**MADE, "note": "\u7535"}).decode() == (
        '{"actor":"A","eventId":"e","note":"\u7535","occurredAt":"2024-03-01T01:00:00Z","outputs":[{"attributes":{"line":7},'
        '"composition":{"Li":0.5,"Ni":3},"key":"m","kind":"MODULE","massKg":2}],"type":"PRODUCTION"}'
    )


def test_utc_text() -> None:
    assert utc_text(moment(1)) == "2024-03-01T01:00:00Z"
    assert utc_text(moment(1).replace(microsecond=500_000)) == "2024-03-01T01:00:00.5Z"
    assert utc_text(moment(1).replace(microsecond=10)) == "2024-03-01T01:00:00.00001Z"


def test_the_payload_is_not_changed() -> None:
    told = orjson.loads(orjson.dumps({**REGISTERED, "note": None}))
    before = orjson.dumps(told)
    canon(told)
    assert orjson.dumps(told) == before


def test_chain_hash_vector() -> None:
    """printf '%064x%016x%016x%s' 0 1 1709251200000000 $(printf x | sha256sum | cut -c-64) | xxd -r -p | sha256sum"""
    payload = digest(b"x")
    assert payload.hex() == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    first = chain_hash(GENESIS, 1, 1_709_251_200_000_000, payload)
    assert first.hex() == "e3f8f3c1827ccc64405faeb442f042e721fccfd9b222e01768f648fee6298a6f"
    assert chain_hash(first, 2, 1_709_251_200_000_000, payload) != first
    assert (
        chain_hash(GENESIS, 1, -1, payload)
        == hashlib.sha256(bytes(32) + (1).to_bytes(8, "big") + b"\xff" * 8 + payload).digest()
    ), "a moment before 1970 is a negative number"
