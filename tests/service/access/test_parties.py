"""Filters by another organization answer by what is in sight: neither falsely, nor with more than that."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import CAR_MAKER, FLEET, MAKER, OUTLET, PACK_A, PACK_RECYCLED, RECYCLER, STORAGE, TAXI, WORKSHOP
from service.access.tokens import Tokens
from service.ports import Store
from service.stores.memory import MemoryStore
from tests.service.access.conftest import AskAs, asking, served
from tests.support import send

PARTIES = (MAKER, CAR_MAKER, FLEET, TAXI, OUTLET, STORAGE, RECYCLER, WORKSHOP)
ITEMS = """query ($party: String) { items(filter: { party: $party }, first: 100) {
  totalCount edges { node { key producer { key } custody { edges { node { holder { key } } } } } } } }"""
EVENTS = """query ($party: String) { events(filter: { party: $party }, first: 100) {
  totalCount edges { node { eventId actor { key } items { key } } } } }"""


def listed(ask: AskAs, viewer: str, query: str, party: str | None) -> dict[str, Any]:
    (found,) = ask(viewer, query, party=party)["data"].values()
    nodes = {edge["node"].get("key") or edge["node"]["eventId"]: edge["node"] for edge in found["edges"]}
    assert found["totalCount"] == len(nodes)
    return nodes


@pytest.mark.parametrize("viewer", [TAXI, MAKER, STORAGE])
def test_another_party_is_found_where_it_is_in_sight(told: Store, ask: AskAs, viewer: str) -> None:
    mine = listed(ask, viewer, ITEMS, None)
    log = listed(ask, viewer, EVENTS, None)
    found = False
    for party in PARTIES:
        theirs = listed(ask, viewer, ITEMS, party)
        assert theirs.keys() <= mine.keys()
        named = {
            key
            for key, node in mine.items()
            if party == (node["producer"] or {}).get("key")
            or party in [edge["node"]["holder"]["key"] for edge in node["custody"]["edges"]]
        }
        assert named <= theirs.keys(), party
        events = listed(ask, viewer, EVENTS, party)
        reported = {name for name, node in log.items() if node["actor"]["key"] == party}
        assert reported <= events.keys() <= log.keys(), party
        about = {name for name, node in log.items() if theirs.keys() & {one["key"] for one in node["items"]}}
        assert events.keys() <= reported | about, party
        found = found or bool(named and reported and party != viewer)
    assert found, "not all of this is of nothing"
    assert listed(ask, "public", ITEMS, MAKER) == listed(ask, "public", EVENTS, MAKER) == {}


def test_a_part_has_the_parties_of_its_host(told: Store, ask: AskAs) -> None:
    assert PACK_RECYCLED in listed(ask, TAXI, ITEMS, RECYCLER)
    assert PACK_A in listed(ask, CAR_MAKER, ITEMS, FLEET), "in the vehicle, which the car maker made"


def test_who_holds_what_is_withheld_is_not_found(tokens: Tokens) -> None:
    """Two stores that differ in a sale of a vehicle that the maker of the pack in it does not see."""
    answers = []
    for buyer in ("SPY", "OTHER"):
        store = MemoryStore()
        when = {"occurredAt": "2026-01-01T00:00:00Z"}
        send(store, [
            {**when, "eventId": "1", "type": "PRODUCTION", "actor": "M", "outputs": [{"key": "P", "kind": "BATTERY"}]},
            {**when, "eventId": "2", "type": "TRANSFER", "actor": "M", "items": ["P"], "to": "CAR"},
            {**when, "eventId": "3", "type": "ENROLMENT", "actor": "CAR", "items": [{"key": "V", "kind": "VEHICLE"}]},
            {**when, "eventId": "4", "type": "INSTALLATION", "actor": "CAR", "part": "P", "host": "V"},
            {"occurredAt": "2026-01-02T00:00:00Z", "eventId": "5", "type": "TRANSFER", "actor": "CAR", "items": ["V"],
             "to": buyer},
        ])  # fmt: skip
        with TestClient(served(store, tokens)) as client:
            ask = asking(client, tokens)
            assert set(listed(ask, "admin", ITEMS, buyer)) == {"P", "V"}
            assert set(listed(ask, "M", ITEMS, "CAR")) == {"P"}
            found = [listed(ask, "M", query, party) for query in (ITEMS, EVENTS) for party in ("SPY", "OTHER", None)]
            assert found[0] == found[1] == found[3] == found[4] == {}
            answers.append(found)
    assert answers[0] == answers[1]
