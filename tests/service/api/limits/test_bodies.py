"""What is sent is bounded before it is parsed, on every road: parsing has no turns."""

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from service.access.tokens import Tokens
from service.api.limits import bodies
from service.api.limits.bodies import values_at_most
from service.api.router import Router
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore

MOST = 1000
QUERY = '{"query":"{ __typename }","variables":{"undeclared":%s}}'
FULL = {
    "objects": QUERY % json.dumps([{"a": {}}] * MOST),
    "empty lists": QUERY % ("[" + ",".join(["[]"] * MOST) + "]"),
    "empty objects, no variables": '{"query":"{ __typename }","nothing":[%s]}' % ",".join(["{}"] * MOST),
    "nested": QUERY % ("[" * MOST + "]" * MOST),
    "numbers": QUERY % ("[" + "1," * MOST + "1]"),
    "keys": QUERY % json.dumps({f"k{number}": 1 for number in range(MOST)}),
    "behind texts that end in a backslash": QUERY % json.dumps(["\\", '"', '\\"', *[1] * MOST]),
}
PASSING = {
    "commas in texts": QUERY % json.dumps([",[{" * MOST]),
    "escaped quotes": QUERY % json.dumps(['",",",' * MOST, '\\",' * MOST, "\\\\," * MOST]),
    "not so many": QUERY % json.dumps([1] * (MOST - 9)),
    "spaces": QUERY % (" " * 5000 + "[]"),
}


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of what is parsed."""
    lengths: list[int] = []
    own = Router.decode_json

    def noted(self: Router, data: str | bytes) -> object:
        lengths.append(len(data))
        return own(self, data)

    monkeypatch.setattr(Router, "decode_json", noted)
    return lengths


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(MemoryStore(), Settings(store="memory:", body_values_max=MOST))) as made:
        yield made


def assert_told(error: dict[str, Any]) -> None:
    assert error["extensions"]["code"] == "LIMIT"
    assert error["extensions"]["setting"] == "VOLTRACE_BODY_VALUES_MAX"
    assert error["extensions"]["value"] > error["extensions"]["limit"] == MOST
    assert "VOLTRACE_BODY_VALUES_MAX" in error["message"]


@pytest.mark.parametrize("path", ["/graphql", "/graphql/stream"])
@pytest.mark.parametrize("what", FULL)
def test_a_full_body_is_not_parsed(client: TestClient, parsed: list[int], path: str, what: str) -> None:
    answer = client.post(path, content=FULL[what], headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    (error,) = answer.json()["errors"]
    assert_told(error)
    assert not parsed


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("path", ["/graphql", "/graphql/stream"])
def test_nor_is_what_an_address_has(client: TestClient, parsed: list[int], path: str, name: str) -> None:
    asked = urlencode({"query": "{ __typename }", name: "[" + "{}," * MOST + "{}]"})
    answer = client.get(f"{path}?{asked}")
    assert answer.status_code == 413
    (error,) = answer.json()["errors"]
    assert_told(error)
    assert name in error["message"]
    assert not parsed


@pytest.mark.parametrize("what", FULL)
def test_nor_is_a_message(client: TestClient, parsed: list[int], what: str) -> None:
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
        session.send_json({"type": "connection_init"})
        session.receive_json()
        parsed.clear()
        session.send_text('{"type":"subscribe","id":"a","payload":%s}' % FULL[what])
        with pytest.raises(WebSocketDisconnect) as caught:
            session.receive_json()
    assert caught.value.code == 1009
    assert "VOLTRACE_BODY_VALUES_MAX" in caught.value.reason
    assert not parsed


@pytest.mark.parametrize("what", PASSING)
def test_what_is_in_texts_is_not_counted(client: TestClient, what: str) -> None:
    answer = client.post("/graphql", content=PASSING[what], headers={"Content-Type": "application/json"})
    assert answer.json()["data"] == {"__typename": "Query"}
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
        session.send_json({"type": "connection_init"})
        session.receive_json()
        session.send_text('{"type":"subscribe","id":"a","payload":%s}' % PASSING[what])
        assert session.receive_json()["payload"]["data"] == {"__typename": "Query"}


def _any(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(3 if depth > 4 else 5)
    if kind < 2:
        return "".join(chance.choices('\\",[{}]: aé\n', k=chance.randrange(12)))
    if kind == 2:
        return chance.choice([None, True, 1, -2.5])
    if kind == 3:
        return [_any(chance, depth + 1) for _ in range(chance.randrange(5))]
    return {f"{number}{_any(chance, 9)}": _any(chance, depth + 1) for number in range(chance.randrange(5))}


def _values(value: Any) -> int:
    """The number of values by the parsed JSON: one, one for each list and object, one for each comma."""

    def marks(one: Any) -> int:
        if not isinstance(one, list | dict):
            return 0
        inner = list(one.values()) if isinstance(one, dict) else one
        return 1 + max(0, len(inner) - 1) + sum(map(marks, inner))

    return 1 + marks(value)


@pytest.mark.parametrize("seed", range(40))
def test_the_count_is_that_of_the_parsed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(bodies, "PIECE", chance.choice([1, 2, 3, 7, 1000]))
    for _ in range(30):
        value = [_any(chance) for _ in range(4)]
        data = chance.choice([orjson.dumps, lambda one: json.dumps(one, indent=1)])(value)
        assert len(data) > _values(value)
        assert asyncio.run(values_at_most(data, _values(value))) == _values(value)


def test_the_public_sends_less(tmp_path: Path, parsed: list[int]) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    headers = {"Authorization": f"Bearer {tokens.create('a', 'participant', 'A')}"}
    settings = Settings(store="memory:", tokens_file=str(tokens.path), body_max_bytes_public=500)
    long = {"query": "{ __typename }" + " " * 500}
    with TestClient(create_app(MemoryStore(), settings)) as client:
        assert client.post("/graphql", json=long, headers=headers).json()["data"]
        parsed.clear()
        for path in ("/graphql", "/graphql/stream"):
            refused = client.post(path, json=long)
            assert refused.status_code == 413
            assert refused.json()["errors"][0]["extensions"]["setting"] == "VOLTRACE_BODY_MAX_BYTES_PUBLIC"
        assert client.post("/scan", data={"picture": "x" * 500}).status_code != 413, "pictures are larger"
        message = {"type": "subscribe", "id": "a", "payload": long}
        with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
            session.send_json({"type": "connection_init", "payload": headers})
            session.receive_json()
            session.send_json(message)
            assert session.receive_json()["payload"]["data"], "who signs in on the way sends as much"
        parsed.clear()
        with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
            session.send_json(message)
            with pytest.raises(WebSocketDisconnect) as caught:
                session.receive_json()
        assert caught.value.code == 1009
        assert "VOLTRACE_BODY_MAX_BYTES_PUBLIC" in caught.value.reason
        assert not parsed


def test_a_lower_limit_for_all_is_that_of_the_public(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    tokens.create("a", "participant", "A")
    settings = Settings(store="memory:", tokens_file=str(tokens.path), body_max_bytes=100)
    with TestClient(create_app(MemoryStore(), settings)) as client:
        (error,) = client.post("/graphql", json={"query": " " * 100}).json()["errors"]
    assert error["extensions"]["setting"] == "VOLTRACE_BODY_MAX_BYTES"


@pytest.mark.parametrize("name", ["variables", "extensions"])
def test_what_is_no_json_is_named(client: TestClient, name: str) -> None:
    for path in ("/graphql", "/graphql/stream"):
        (error,) = client.get(f"{path}?{urlencode({'query': '{ __typename }', name: '{'})}").json()["errors"]
        assert error["message"].startswith(f"{name}: is no JSON")
        answer = client.post(path, content="{", headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"].startswith("the body: is no JSON")
