"""The log from its end, and in pages of both directions."""

import pytest

from service.ports import Store
from tests.service.api.conftest import Ask
from tests.support import send

NEWEST = "{ direction: DESC }"
PAGE = "{ edges { cursor node { eventId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount }"


@pytest.fixture(autouse=True)
def seven(store: Store) -> None:
    send(
        store,
        [
            {"eventId": f"e{number}", "type": "INSPECTION", "occurredAt": f"2026-01-0{9 - number}T00:00:00Z",
             "actor": "AB"[number % 2], "item": "x"}
            for number in range(7)
        ],
    )  # fmt: skip


def ids(found: dict) -> str:
    return " ".join(edge["node"]["eventId"][1:] for edge in found["edges"])


def test_the_newest_first(data: Ask) -> None:
    found = data(f"{{ events(orderBy: {NEWEST}, first: 3) {PAGE} }}")["events"]
    assert ids(found) == "6 5 4"
    assert found["totalCount"] == 7
    place = found["pageInfo"]
    assert (place["hasNextPage"], place["hasPreviousPage"]) == (True, False)
    found = data(f'{{ events(orderBy: {NEWEST}, first: 9, after: "{place["endCursor"]}") {PAGE} }}')["events"]
    assert ids(found) == "3 2 1 0"
    assert (found["pageInfo"]["hasNextPage"], found["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert ids(data(f'{{ events(orderBy: {NEWEST}, filter: {{ actor: "A" }}) {PAGE} }}')["events"]) == "6 4 2 0"


def test_pages_from_the_end(data: Ask) -> None:
    for order, expected in (("{}", "0 1 2 3 4 5 6"), (NEWEST, "6 5 4 3 2 1 0")):
        found = data(f"{{ events(orderBy: {order}, last: 3) {PAGE} }}")["events"]
        assert ids(found) == expected[-5:]
        assert found["pageInfo"]["hasPreviousPage"]
        before = found["pageInfo"]["startCursor"]
        found = data(f'{{ events(orderBy: {order}, last: 9, before: "{before}") {PAGE} }}')["events"]
        assert ids(found) == expected[:-6]
        assert not found["pageInfo"]["hasPreviousPage"]


def test_cursors_stay_right_while_others_write(data: Ask, store: Store) -> None:
    found = data(f"{{ events(orderBy: {NEWEST}, first: 3) {PAGE} }}")["events"]
    send(store, [{"eventId": "later", "type": "INSPECTION", "occurredAt": "2020-01-01T00:00:00Z", "actor": "A",
                  "item": "x"}])  # fmt: skip
    after = found["pageInfo"]["endCursor"]
    assert ids(data(f'{{ events(orderBy: {NEWEST}, first: 2, after: "{after}") {PAGE} }}')["events"]) == "3 2"


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("first: 1, last: 1", "first, last: give one of them"),
        ('first: 1, before: "djE6Mg"', "before: goes with `last`"),
        ("last: 101", "last: 101 are too many: the limit is 100 (VOLTRACE_PAGE_MAX)"),
        ('last: 1, before: "djE6eA"', "before: 'djE6eA' is no cursor of the log"),
    ],
)
def test_what_makes_no_sense(answer: Ask, page: str, told: str) -> None:
    (error,) = answer(f"{{ events({page}) {PAGE} }}")["errors"]
    assert error["message"].startswith(told)
