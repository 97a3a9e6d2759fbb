"""Without authentication only requests for this machine are answered: a page of a website may call itself that."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.test_operations import serving

QUERY = {"query": "{ __typename }"}
NEAR = ("127.0.0.1", 50_000)


def client(address: tuple[str, int] = NEAR, **settings: Any) -> TestClient:
    return TestClient(create_app(MemoryStore(), Settings(store="memory:", **settings)), client=address)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]", "[::1]:8000", "LOCALHOST."])
def test_names_of_this_machine(host: str) -> None:
    assert client().post("/graphql", json=QUERY, headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8000", "localhost.evil.test", "127.0.0.1.evil.test", ""])
def test_other_names(host: str) -> None:
    for path in ("/graphql", "/graphql/stream", "/metrics", "/"):
        answer = client().request("POST", path, json=QUERY, headers={"host": host})
        assert answer.status_code == 421, path
        (error,) = answer.json()["errors"]
        assert repr(host) in error["message"]
        assert "VOLTRACE_HOSTS" in error["message"]
    assert client().get("/healthz", headers={"host": host}).status_code == 200


def test_names_that_are_configured() -> None:
    made = client(host="battery.test", hosts="one.test, two.test")
    for host in ("battery.test:8000", "one.test", "Two.test"):
        assert made.post("/graphql", json=QUERY, headers={"host": host}).status_code == 200
    assert made.post("/graphql", json=QUERY, headers={"host": "three.test"}).status_code == 421


def test_with_authentication_names_do_not_matter(tmp_path: Path) -> None:
    made = client(tokens_file=str(tmp_path / "tokens.json"))
    assert made.post("/graphql", json=QUERY, headers={"host": "battery.test"}).status_code == 200


def test_a_socket_is_not_opened_for_another_name() -> None:
    with pytest.raises(WebSocketDenialResponse) as caught, client().websocket_connect(
        "/graphql", subprotocols=["graphql-transport-ws"], headers={"host": "evil.test", "origin": "http://evil.test"}
    ):  # fmt: skip
        pass
    assert caught.value.status_code == 421


def test_the_running_service(tmp_path: Path) -> None:
    with serving("memory:", tmp_path) as (_, url, _log):
        assert httpx.post(f"{url}/graphql", json=QUERY).status_code == 200
        assert httpx.post(f"{url}/graphql", json=QUERY, headers={"Host": "evil.test"}).status_code == 421
