"""Organizations: lists of them, and what they hold."""

import pytest

from seed.story import (
    ALUMINIUM,
    BLACK_MASS,
    CAR_MAKER,
    FLEET,
    MAKER,
    MINISTRY,
    OUTLET,
    RECYCLER,
    STORAGE,
    STORAGE_UNIT,
    TAXI,
    TRADER,
    VEHICLE_A,
    WORKSHOP,
)
from tests.service.api.conftest import Ask

pytestmark = pytest.mark.usefixtures("told")

EVERYBODY = sorted([MAKER, CAR_MAKER, FLEET, TAXI, WORKSHOP, OUTLET, STORAGE, RECYCLER, MINISTRY, TRADER])


def test_organizations_page_by_key(data: Ask) -> None:
    query = """query ($after: String) { organizations(first: 4, after: $after) {
      totalCount edges { node { key name registered } } pageInfo { hasNextPage endCursor } } }"""
    seen = []
    after = None
    while True:
        page = data(query, after=after)["organizations"]
        seen += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [one["key"] for one in seen] == EVERYBODY
    assert page["totalCount"] == 10
    assert [one["key"] for one in seen if not one["registered"]] == [TRADER]
    assert seen[EVERYBODY.index(MAKER)]["name"] == "Minjiang Cell"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('{role: "UTILIZER"}', {STORAGE, RECYCLER}),
        ('{region: "CN-44"}', {FLEET, TAXI, WORKSHOP, OUTLET}),
        ('{region: "CN-44", role: "OUTLET"}', {OUTLET}),
        ('{text: "pudong"}', {CAR_MAKER, OUTLET}),
        ('{text: "trader"}', {TRADER}),
        ('{role: "NONE"}', set()),
    ],
)
def test_organizations_by_filter(data: Ask, where: str, expected: set[str]) -> None:
    query = "{ organizations(filter: %s) { totalCount edges { node { key authorizations { scope } } } } }"
    found = data(query % where)["organizations"]
    assert {edge["node"]["key"] for edge in found["edges"]} == expected
    assert found["totalCount"] == len(expected)
    before = '{ organizations(filter: %s, asOf: "2019-12-31T00:00:00Z") { totalCount } }'
    assert data(before % where)["organizations"]["totalCount"] == int("trader" in where), "registered in 2020"


def test_holdings_as_of_a_moment(data: Ask) -> None:
    """What an organization holds itself: the vehicle, not the pack in it."""
    found = data(
        """query ($fleet: String!, $recycler: String!, $storage: String!, $then: DateTime!) {
          fleet: organization(key: $fleet) {
            holdings { totalCount edges { node { key } } }
            before: holdings(asOf: "2021-06-01T00:00:00Z") { totalCount }
          }
          recycler: organization(key: $recycler) {
            first: holdings(first: 1) { edges { node { key } } pageInfo { hasNextPage endCursor } }
            then: holdings(asOf: $then) { edges { node { key status holder { key } } } }
            lots: holdings(kind: LOT) { totalCount }
            packs: holdings(kind: BATTERY) { totalCount }
          }
          storage: organization(key: $storage, asOf: $then) { holdings { edges { node { key } } } }
        }""",
        fleet=FLEET,
        recycler=RECYCLER,
        storage=STORAGE,
        then="2026-05-31T00:00:00Z",
    )
    assert found["fleet"]["holdings"] == {"totalCount": 1, "edges": [{"node": {"key": VEHICLE_A}}]}
    assert found["fleet"]["before"]["totalCount"] == 0
    first = found["recycler"]["first"]
    assert first["edges"] == [{"node": {"key": ALUMINIUM}}]
    assert first["pageInfo"]["hasNextPage"]
    after = data(
        'query ($after: String) { organization(key: "%s") { holdings(after: $after) { edges { node { key } } } } }'
        % RECYCLER,
        after=first["pageInfo"]["endCursor"],
    )["organization"]["holdings"]
    assert after["edges"] == [{"node": {"key": BLACK_MASS}}]
    then = [edge["node"] for edge in found["recycler"]["then"]["edges"]]
    assert [one["status"] for one in then] == ["AVAILABLE", "RETIRED"], "the module and the pack that it will recycle"
    assert {one["holder"]["key"] for one in then} == {RECYCLER}
    assert found["recycler"]["lots"]["totalCount"] == 2
    assert found["recycler"]["packs"]["totalCount"] == 0
    assert {"node": {"key": STORAGE_UNIT}} in found["storage"]["holdings"]["edges"], "the moment is inherited"


ORDERED = """query ($order: OrganizationOrder, $first: Int, $after: String, $last: Int, $before: String) {
  organizations(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { key name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def _forward(data: Ask, **order: str) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        page = data(ORDERED, order=order, first=3, after=after)["organizations"]
        found += [edge["node"]["key"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def test_organizations_by_name_both_ways(data: Ask) -> None:
    everybody = [edge["node"] for edge in data(ORDERED, first=100)["organizations"]["edges"]]
    by_name = [one["key"] for one in sorted(everybody, key=lambda one: (one["name"] is None, one["name"], one["key"]))]
    assert by_name[-1] == TRADER, "who has no name comes last"
    assert by_name != EVERYBODY
    assert _forward(data, field="NAME") == by_name
    assert _forward(data, field="NAME", direction="DESC") == by_name[::-1]
    assert _forward(data, direction="DESC") == EVERYBODY[::-1]
    page = data(ORDERED, order={"field": "NAME"}, last=2)["organizations"]
    assert [edge["node"]["key"] for edge in page["edges"]] == by_name[-2:]
    assert (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) == (True, False)
    page = data(ORDERED, order={"field": "NAME"}, last=3, before=page["pageInfo"]["startCursor"])["organizations"]
    assert [edge["node"]["key"] for edge in page["edges"]] == by_name[-5:-2]


def test_a_cursor_is_of_its_order(data: Ask, answer: Ask) -> None:
    for made, used in (({"field": "NAME"}, {"field": "KEY"}), ({"field": "KEY"}, {"field": "NAME"})):
        after = data(ORDERED, order=made, first=1)["organizations"]["pageInfo"]["endCursor"]
        (error,) = answer(ORDERED, order=used, first=1, after=after)["errors"]
        assert error["message"].startswith(f"after: '{after}' is no cursor of organizations by")


def test_holdings_in_orders(data: Ask) -> None:
    query = """query ($key: String!, $order: ItemOrder, $first: Int, $after: String) { organization(key: $key) {
      holdings(orderBy: $order, first: $first, after: $after) { edges { cursor node { key producedAt } } } } }"""

    def holdings(**order: str) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            answered = data(query, key=RECYCLER, order=order, first=1, after=after)
            edges = answered["organization"]["holdings"]["edges"]
            if not edges:
                return found
            found.append(edges[0]["node"]["key"])
            after = edges[0]["cursor"]

    assert holdings() == sorted([ALUMINIUM, BLACK_MASS])
    assert holdings(direction="DESC") == sorted([ALUMINIUM, BLACK_MASS])[::-1]
    by_time = holdings(field="PRODUCED_AT")
    assert sorted(by_time) == sorted([ALUMINIUM, BLACK_MASS])
    assert holdings(field="PRODUCED_AT", direction="DESC") == by_time[::-1]
