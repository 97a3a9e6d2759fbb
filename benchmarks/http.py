"""A trace of some thousand nodes and edges through HTTP and GraphQL, against the store's own time."""

from __future__ import annotations

from starlette.testclient import TestClient

from benchmarks.measure import seconds
from benchmarks.tracing import ask
from graph_schema.answer import Direction
from service.app import create_app
from service.running import drive
from service.settings import Settings
from service.stores.sqlite import SqliteStore

QUERY = """query ($key: String!) { trace(key: $key, direction: BACKWARD) {
  nodes { key kind role depth label status at redacted }
  edges { source target kind from to massKg openedBy closedBy contested } } }"""


def through_http(store: SqliteStore) -> dict[str, float]:
    """The largest recycling batch backward: its packs, modules, vehicles and their custody."""
    connection = store.borrow()
    row = connection.execute(
        "SELECT key FROM item JOIN yielded ON item.id = yielded.item JOIN consumed USING (event)"
        " WHERE key GLOB 'SYN-BM-*' GROUP BY item.id ORDER BY count(*) DESC, item.id LIMIT 1"
    ).fetchone()
    store.give_back(connection)
    if row is None:
        return {}
    key = row[0]

    async def own() -> tuple[float, int, int]:
        async with store.snapshot() as snapshot:
            found = ask(snapshot, key, Direction.BACKWARD, weigh=False)
            assert found is not None
            return (
                seconds(lambda: ask(snapshot, key, Direction.BACKWARD, weigh=False), 5),
                len(found.nodes),
                len(found.edges),
            )

    alone, nodes, edges = drive(own())
    client = TestClient(create_app(store, Settings(store=store.url)))
    body = {"query": QUERY, "variables": {"key": key}}
    assert len(client.post("/graphql", json=body).json()["data"]["trace"]["edges"]) == edges
    taken = seconds(lambda: client.post("/graphql", json=body), 5)
    return {
        "nodes": nodes,
        "edges": edges,
        "store ms": alone * 1000,
        "http ms": taken * 1000,
        "http / store": taken / alone,
    }
