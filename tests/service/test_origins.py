"""Pages of other origins: none may ask but those that are named, and no cookie counts for them."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore

APP = "https://app.example.org"
ASKED = {"query": "{ __typename }"}


def serve(origins: str = "", **more: int) -> TestClient:
    return TestClient(create_app(MemoryStore(), Settings(store="memory:", origins=origins, **more)))  # type: ignore[arg-type]


def acknowledged(client: TestClient, origin: str) -> bool:
    try:
        with client.websocket_connect(
            "/graphql", subprotocols=["graphql-transport-ws"], headers={"origin": origin}
        ) as session:
            session.send_json({"type": "connection_init"})
            return bool(session.receive_json()["type"] == "connection_ack")
    except WebSocketDisconnect:
        return False


def test_a_websocket_of_another_origin() -> None:
    named = f"https://other.example.org:8443, {APP}:443"
    assert [acknowledged(serve(origins), APP) for origins in ("", named)] == [False, True]
    assert not acknowledged(serve(named), "https://evil.example.org")
    assert acknowledged(serve(), "http://testserver"), "the service's own pages always may"


def test_a_request_of_another_origin() -> None:
    for origins, allowed in (("", None), (APP, APP)):
        client = serve(origins)
        wanted = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        asked = client.options("/graphql", headers={"origin": APP} | wanted)
        assert asked.headers.get("access-control-allow-origin") == allowed
        assert (asked.status_code == 200) is bool(allowed)
        answer = client.post("/graphql", json=ASKED, headers={"origin": APP})
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in answer.headers, "cookies never count"
    stranger = serve(APP).post("/graphql", json=ASKED, headers={"origin": "https://evil.example.org"})
    assert "access-control-allow-origin" not in stranger.headers


def test_what_is_refused_can_be_read_by_such_a_page() -> None:
    answer = serve(APP, body_max_bytes=10).post("/graphql", json=ASKED, headers={"origin": APP})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (413, APP)


@pytest.mark.parametrize("origins", ["*", "app.example.org", f"{APP}/path", f"{APP} null"])
def test_what_is_no_origin_ends_the_start(origins: str) -> None:
    with pytest.raises(ValueError, match=r"VOLTRACE_ORIGINS: .* has something else than origins"):
        serve(origins)
