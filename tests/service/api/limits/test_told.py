"""Every limit is told to programs, too: its code, the limit, the value that met it, and the setting."""

import asyncio
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from seed.story import PACK_A, story
from service.access.tokens import Tokens
from service.app import create_app
from service.settings import Settings, environment_name
from service.stores.memory import MemoryStore
from tests.support import send

Extensions = dict[str, Any]
Case = tuple[int, Callable[[TestClient], Extensions]]


def asking(query: str, **variables: Any) -> Callable[[TestClient], Extensions]:
    """Ask a query whose first error is that of the limit."""

    def ask(client: TestClient) -> Extensions:
        body = client.post("/graphql", json={"query": query, "variables": variables}).json()
        found: Extensions = body["errors"][0]["extensions"]
        return found

    return ask


def too_often(client: TestClient) -> Extensions:
    for _ in range(2):
        answer = client.post("/graphql", json={"query": "{ __typename }"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    return answer.json()["errors"][0]["extensions"]  # type: ignore[no-any-return]


def too_many_streams(client: TestClient) -> Extensions:
    """One over a WebSocket, another as server-sent events: they are counted together."""
    query = 'subscription { eventRecorded(after: "djE6MA") { cursor } }'
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
        session.send_json({"type": "connection_init"})
        session.receive_json()
        session.send_json({"type": "subscribe", "id": "a", "payload": {"query": query}})
        session.receive_json()
        text = client.post("/graphql/stream", json={"query": query}).text
    return orjson.loads(text.partition("data: ")[2].splitlines()[0])["errors"][0]["extensions"]  # type: ignore[no-any-return]


TRACE = '{ trace(key: "%s", direction: BOTH, maxNodes: 9) { truncated } }' % PACK_A
COST = "{ items(first: 3) { edges { node { key } } } }"
CASES: dict[str, Case] = {
    "nodes_max": (8, asking(TRACE)),
    "page_max": (2, asking("{ items(first: 3) { totalCount } }")),
    "text_max": (3, asking('{ search(text: "four") { id } }')),
    "batch_max": (1, asking("mutation { recordEvents(events: [{}, {}]) { counts { count } } }")),
    "body_max_bytes": (1000, asking("{ __typename }" + " " * 1000)),
    "body_max_bytes_public": (1000, asking("{ __typename }" + " " * 1000)),
    "body_values_max": (9, asking("{ __typename }", undeclared=[{}] * 9)),
    "depth_max": (1, asking("{ viewer { role } }")),
    "root_fields_max": (1, asking("{ viewer { role } a: __typename }")),
    "aliases_max": (1, asking("{ a: __typename b: __typename }")),
    "directives_max": (1, asking("{ __typename @skip(if: false) @include(if: true) }")),
    "tokens_max": (3, asking("{ __typename __typename }")),
    "document_max": (20, asking("{ __typename } # and a comment of many words")),
    "inputs_max": (4, asking("query ($k: [String!]!) { affected(keys: $k) { truncated } }", k=["a"] * 9)),
    "event_values_max": (
        5,
        asking("mutation ($e: [EventInput!]!) { validateEvents(events: $e) { counts { count } } }", e=[{"a": 1}] * 9),
    ),
    "cost_max": (6, asking(COST)),
    "cost_max_public": (6, asking(COST)),
    "cost_max_regulator": (6, asking(COST)),
    "execution_timeout_s": (1, asking("mutation { recordEvents(events: [{}]) { counts { count } } }")),
    "rate_burst": (1, too_often),
    "subscriptions_max": (1, too_many_streams),
}
ELSEWHERE = {
    "read_timeout_s": "an error of the driver of Neo4j, tests/service/stores/test_neo4j.py",
    "write_timeout_s": "an error of the driver of Neo4j, tests/service/stores/test_neo4j_hanging.py",
    "subscription_stall_s": "the reason of a closing, test_sockets.py: its reader reads no errors",
    "subscription_refill_s": "no error: events come later, test_pace.py",
    "rate_per_s": "with rate_burst",
}


class SlowStore(MemoryStore):
    """A store whose writes never come back by themselves."""

    blocking = False
    slow = False

    async def write(self, work: Any) -> Any:
        if self.slow:
            await asyncio.Event().wait()
        return await super().write(work)


@pytest.mark.parametrize("setting", CASES)
def test_a_limit_is_told(setting: str, tmp_path: Path) -> None:
    limit, provoke = CASES[setting]
    store = SlowStore()
    send(store, story())
    store.slow = True
    more: dict[str, Any] = {setting: limit, "rate_per_s": 1} if setting == "rate_burst" else {setting: limit}
    headers = {}
    if setting in ("cost_max_public", "cost_max_regulator", "body_max_bytes_public"):
        tokens = Tokens(tmp_path / "tokens.json")
        more["tokens_file"] = str(tokens.path)
        if setting == "cost_max_regulator":
            headers["Authorization"] = f"Bearer {tokens.create('ministry', 'regulator', None)}"
    with TestClient(create_app(store, Settings(store="memory:", **more)), headers=headers) as client:
        told = provoke(client)
    assert told["code"] in ("LIMIT", "RATE_LIMIT")
    assert told["setting"] == environment_name(setting)
    assert told["limit"] == limit
    assert told["value"] > limit


def test_no_limit_is_forgotten() -> None:
    named = [field.name for field in fields(Settings) if isinstance(field.default, int)]
    limits = {name for name in named if name.endswith(("_max", "_s", "_burst")) or "_max_" in name}
    limits.remove("audit_interval_s")  # How often, not how much.
    assert limits == {*CASES, *ELSEWHERE}
