"""A large trace through HTTP and GraphQL, over a connection that stays open, against the store's own time."""

from __future__ import annotations

from http.client import HTTPConnection
from urllib.parse import urlsplit

import orjson

from benchmarks.load import FREE
from benchmarks.measure import seconds
from benchmarks.tracing import ask
from graph_schema.answer import Direction
from service.running import drive
from service.stores.sqlite import SqliteStore
from tests.serving import serving

TURNS = 20
QUERY = """query ($key: String!) { trace(key: $key, direction: BACKWARD) {
  nodes { key kind role depth label status at redacted }
  edges { source target kind from to massKg openedBy closedBy contested } } }"""


def through_http(store: SqliteStore) -> dict[str, float]:
    """Where the substance of one of the newest lots came from, that with the most ancestors: plants, packs, modules,
    vehicles and their custody."""
    connection = store.borrow()
    lots = [key for (key,) in connection.execute("SELECT key FROM item WHERE kind = 'LOT' ORDER BY id DESC LIMIT 200")]
    store.give_back(connection)
    if not lots:
        return {}

    async def largest() -> str:
        async with store.snapshot() as snapshot:
            sizes = [(len(ask(snapshot, lot, Direction.BACKWARD, weigh=False).nodes), lot) for lot in lots]
            return max(sizes)[1]

    key = drive(largest())

    async def own() -> tuple[float, int, int]:
        async with store.snapshot() as snapshot:
            found = ask(snapshot, key, Direction.BACKWARD, weigh=False)
            assert found is not None
            return (
                seconds(lambda: ask(snapshot, key, Direction.BACKWARD, weigh=False), TURNS),
                len(found.nodes),
                len(found.edges),
            )

    alone, nodes, edges = drive(own())
    return beside(alone, store.url, key, nodes, edges)


def beside(alone: float, url: str, key: str, nodes: int, edges: int, **environment: str) -> dict[str, float]:
    """The time of a trace through HTTP beside that of the store alone, in seconds."""
    body = orjson.dumps({"query": QUERY, "variables": {"key": key}})
    with serving(url, **FREE, **environment, VOLTRACE_AUDIT_INTERVAL_S="0") as address:
        kept = HTTPConnection(urlsplit(address).netloc)

        def asked() -> bytes:
            kept.request("POST", "/graphql", body, {"Content-Type": "application/json"})
            return kept.getresponse().read()

        assert len(orjson.loads(asked())["data"]["trace"]["edges"]) == edges
        taken = seconds(asked, TURNS)
        kept.close()
    return {
        "nodes": nodes,
        "edges": edges,
        "store ms": alone * 1000,
        "http ms": taken * 1000,
        "http / store": taken / alone,
    }
