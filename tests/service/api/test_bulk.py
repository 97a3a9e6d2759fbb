"""What many fields of an answer ask for is read at once: the statements do not grow with the answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.api import turns
from service.app import create_app
from service.settings import Settings
from service.stores.sqlite import SqliteStore
from tests.support import send

EACH = "{ items(first: %d, filter: { kind: BATTERY }) { edges { node { %s } } } }"
FIELDS = {
    "status": "status",
    "producer": "producer { name roles }",
    "endedBy": "endedBy { eventId }",
    "holder": "holder { key name }",
    "custody": "custody(first: 1) { totalCount edges { node { holder { name } } } }",
    "history": "history(first: 2) { totalCount edges { node { eventId } } }",
    "host": "... on Unit { host { key } }",
    "parts": "... on Unit { parts { key } }",
    "vehicle": "... on Unit { vehicle { key } }",
    "stateOfHealth": "... on Unit { stateOfHealth }",
    "all": "holder { key } ... on Unit { stateOfHealth vehicle { key } parts { status holder { name } } }",
}


def event(name: str, kind: str, hour: int, **more: Any) -> dict[str, Any]:
    return {"eventId": name, "type": kind, "occurredAt": f"2026-01-01T{hour:02}:00:00Z", "actor": "MAKER", **more}


def pack(number: int) -> Iterator[dict[str, Any]]:
    key = f"P{number:02}"
    parts = [{"key": f"{key}-{part}", "kind": "MODULE"} for part in range(number % 3)]
    yield event(f"made {key}", "PRODUCTION", 1, outputs=[{"key": key, "kind": "BATTERY", "parts": parts}])
    yield event(
        f"vehicle {key}", "PRODUCTION", 2, outputs=[{"key": f"V{number:02}", "kind": "VEHICLE", "parts": [key]}]
    )
    yield event(f"sold {key}", "TRANSFER", 3, items=[f"V{number:02}"], to=f"FLEET{number % 2}")
    for look in range(number % 7):
        measured = {"stateOfHealthPercent": 90 + number % 9} if look == 0 else {"cycleCount": look}
        yield event(f"look {key} {look}", "INSPECTION", 4 + look, item=key, measurements=measured)


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """ask(query): the data, and how many statements it took."""
    monkeypatch.setattr(turns, "SLICE_S", 3600.0)  # what is read together does not depend on the clock
    store = SqliteStore(tmp_path / "log.db")
    organization = {"key": "MAKER", "name": "Maker", "roles": ["BATTERY_MAKER"]}
    send(store, [event("reg", "REGISTRATION", 0, organization=organization), *(e for n in range(40) for e in pack(n))])
    statements: list[str] = []
    connection = store.borrow()
    connection.set_trace_callback(statements.append)
    store.give_back(connection)
    with TestClient(create_app(store, Settings(store=store.url, page_max=100, audit_interval_s=0))) as client:

        def ask(query: str, **variables: Any) -> tuple[Any, int]:
            statements.clear()
            answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
            assert "errors" not in answer, answer
            return answer["data"], len(statements)

        yield ask


@pytest.mark.parametrize("field", FIELDS)
def test_the_statements_do_not_grow_with_a_list(counted: Any, field: str) -> None:
    few, statements = counted(EACH % (5, FIELDS[field]))
    many, more = counted(EACH % (40, FIELDS[field]))
    assert more <= statements + 6, f"{statements} for 5, {more} for 40"
    assert many["items"]["edges"][:5] == few["items"]["edges"]


def test_many_at_once_are_as_one_by_one(counted: Any) -> None:
    for selection in FIELDS.values():
        many, _ = counted(EACH % (40, "key " + selection))
        for edge in many["items"]["edges"][::7]:
            one, _ = counted(
                f"query ($key: String!) {{ item(key: $key) {{ key {selection} }} }}", key=edge["node"]["key"]
            )
            assert one["item"] == edge["node"]


def test_items_of_events_and_nodes_by_id(counted: Any) -> None:
    query = "{ events(first: %d) { edges { node { id items { id key holder { key } } } } } }"
    few, statements = counted(query % 5)
    many, more = counted(query % 60)
    assert more <= statements + 6
    assert many["events"]["edges"][:5] == few["events"]["edges"]
    nodes = [item for edge in many["events"]["edges"] for item in edge["node"]["items"]]
    ids = list(dict.fromkeys(node["id"] for node in nodes))[:40] + [
        edge["node"]["id"] for edge in few["events"]["edges"]
    ]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Item { key } ... on Event { eventId } } }"
    found, statements = counted(query, ids=ids)
    assert [node["id"] for node in found["nodes"]] == ids
    assert statements < 30


def test_the_last_measured_state_of_health_is_found_behind_many_other_inspections(counted: Any) -> None:
    found, _ = counted('{ battery(key: "P06") { stateOfHealth history { totalCount } } }')
    assert found["battery"] == {"stateOfHealth": 96.0, "history": {"totalCount": 8}}


def test_counts_of_one_filter_are_made_once(counted: Any) -> None:
    one, statements = counted("{ events(first: 1) { totalCount } }")
    three, more = counted("{ events(first: 1) { totalCount } a: events(first: 1) { totalCount } }")
    assert three["a"] == one["events"] == {"totalCount": 40 * 3 + 1 + sum(n % 7 for n in range(40))}
    assert more < 2 * statements
