"""Search finds by any name, the best first."""

import pytest

from seed.story import (
    CAR_MAKER,
    OUTLET,
    PACK_A,
    PACK_NEW,
    PACK_RECYCLED,
    PACK_VANISHED,
    VEHICLE_A,
    VEHICLE_C,
    VEHICLE_V,
)
from service.ports import Store
from tests.service.api.conftest import Ask
from tests.support import send

pytestmark = pytest.mark.usefixtures("told")

QUERY = """query ($text: String!, $first: Int, $asOf: DateTime) { search(text: $text, first: $first, asOf: $asOf) {
  __typename id ... on Item { key } ... on Organization { key name } } }"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PACK_A, [PACK_A]),
        ("LVTDEMA", [VEHICLE_A, VEHICLE_C, VEHICLE_V]),
        (" 15M0000002 ", [VEHICLE_C]),
        ("0V1PE01VOLT001", [PACK_A, PACK_RECYCLED, PACK_VANISHED, PACK_NEW]),
        ("Pudong Motors", [CAR_MAKER, OUTLET]),
        ("motors", [CAR_MAKER, OUTLET]),
        (f" {PACK_A[:8].lower()}  {PACK_A[8:].lower()} ", [PACK_A]),
        ("".join(chr(ord(letter) + 0xFEE0) for letter in PACK_A), [PACK_A]),
        ("nowhere", []),
    ],
)
def test_search(data: Ask, text: str, expected: list[str]) -> None:
    assert [one["key"] for one in data(QUERY, text=text)["search"]] == expected


def test_search_by_an_identifier_and_by_part_of_one(data: Ask, store: Store) -> None:
    send(store, [{
        "eventId": "made", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "m", "outputs": [
            {"key": "A-1", "kind": "CELL", "identifiers": [{"scheme": "DMC", "value": "SERIAL-77"}]},
            {"key": "SERIAL-7", "kind": "MODULE"},
        ]}])  # fmt: skip
    found = data(QUERY, text="SERIAL-7")["search"]
    assert [(one["__typename"], one["key"]) for one in found] == [("Module", "SERIAL-7"), ("Cell", "A-1")]
    assert [one["key"] for one in data(QUERY, text="serial")["search"]] == ["A-1", "SERIAL-7"]
    assert [one["key"] for one in data(QUERY, text="serial", first=1)["search"]] == ["A-1"]
    assert data(QUERY, text="serial", asOf="2025-12-31T00:00:00Z")["search"] == []


@pytest.mark.parametrize("spelled", [PACK_A.lower(), f"{PACK_A[:4]} {PACK_A[4:]}", f"\uff10{PACK_A[1:]}", "NOBODY"])
def test_an_item_is_found_as_it_is_spelled(data: Ask, spelled: str) -> None:
    found = data("query ($key: String!) { item(key: $key) { key } }", key=spelled)["item"]
    assert found == (None if spelled == "NOBODY" else {"key": PACK_A})


@pytest.mark.parametrize(
    ("text", "first", "message"),
    [(" ", 1, "text: it is empty"), ("x" * 257, 1, "text: 257 characters"), ("x", 101, "first: 101")],
)
def test_bad_searches(answer: Ask, text: str, first: int, message: str) -> None:
    (error,) = answer(QUERY, text=text, first=first)["errors"]
    assert message in error["message"]


PAGE = """query ($text: String!, $first: Int, $after: String) {
  searchConnection(text: $text, first: $first, after: $after) {
  totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  edges { cursor node { __typename ... on Item { key } ... on Organization { key } } } } }"""


def _pages(data: Ask, text: str, first: int) -> list[str]:
    """The keys that a search finds, page by page."""
    found: list[str] = []
    after = None
    while True:
        page = data(PAGE, text=text, first=first, after=after)["searchConnection"]
        found += [edge["node"]["key"] for edge in page["edges"]]
        cursors = [edge["cursor"] for edge in page["edges"]]
        info = page["pageInfo"]
        assert (info["startCursor"], info["endCursor"]) == (cursors[0], cursors[-1])
        assert info["hasPreviousPage"] is (after is not None)
        if not info["hasNextPage"]:
            assert page["totalCount"] == len(found)
            return found
        after = cursors[-1]


@pytest.mark.parametrize("text", ["0V1PE01VOLT001", "lvtd", "Pudong Motors", "L", "lot-"])
def test_a_search_goes_on_page_by_page(data: Ask, text: str) -> None:
    everything = _pages(data, text, 100)
    assert len(everything) == len(set(everything)) > 1
    assert [one["key"] for one in data(QUERY, text=text, first=100)["search"]] == everything
    for first in (1, 2, 3):
        assert _pages(data, text, first) == everything


def test_a_search_goes_on_while_others_write(data: Ask, store: Store) -> None:
    before = data(PAGE, text="0V1PE01VOLT001", first=2)["searchConnection"]
    send(store, [{"eventId": "new", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "m",
                  "outputs": [{"key": "0V1PE01VOLT001-0", "kind": "BATTERY"}]}])  # fmt: skip
    after = data(PAGE, text="0V1PE01VOLT001", first=2, after=before["pageInfo"]["endCursor"])["searchConnection"]
    keys = [edge["node"]["key"] for page in (before, after) for edge in page["edges"]]
    assert keys == [PACK_A, PACK_RECYCLED, PACK_VANISHED, PACK_NEW], "each once; what is new stands before them"


@pytest.mark.parametrize("after", ["x", "djE6Mw", "djE6OTppdGVtOks", "djE6MTpwYWNrOks"])
def test_cursors_of_no_search(answer: Ask, after: str) -> None:
    (error,) = answer(PAGE, text="x", after=after)["errors"]
    assert error["message"].startswith(f"after: '{after}' is no cursor")
