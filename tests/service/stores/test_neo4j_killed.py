"""A Neo4j whose process is killed under a service, and a client that goes away over HTTP."""

import io
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from starlette.testclient import TestClient

from seed.story import story
from service.app import create_app
from service.ingesting import Ingest
from service.recording import RecordStatus
from service.settings import Settings
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j.snapshot import Neo4jSnapshot
from service.testing.neo4j import local
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF, NEO4J_VERSIONS
from tests.support import RUNNER

pytestmark = NEO4J_ITSELF
OWN = NEO4J_VERSIONS[0] if NEO4J_VERSIONS[0] != "named" else "5.26.20"


def test_nothing_acknowledged_is_lost_with_a_server_that_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of an ingest; started again, it has all that was told as recorded, and the ingest completes. The
    service that ran before goes on."""
    lines = b"\n".join(json.dumps(event).encode() for event in story())
    acknowledged: list[int] = []

    async def nothing(_store: object) -> None:
        """Nothing is planned beforehand, which takes a server long that just started."""

    async def ingest(store: Neo4jStore, progress: Any) -> Any:
        try:
            return await Ingest(store, batch=5, on_progress=progress).run(["-"], io.BytesIO(lines))
        finally:
            await store.close()

    def ready() -> httpx.Response:
        return client.get("/readyz")

    monkeypatch.setattr("service.warming.warm", nothing)
    idle = Settings(store="neo4j:", audit_interval_s=0)
    with local.started(OWN, tmp_path) as server, TestClient(create_app(server.store(), idle)) as client:
        assert server.process is not None
        process = server.process
        assert ready().json()["sequence"] == 0

        def killing(now: Any) -> None:
            acknowledged.append(now.events)
            if now.events >= 20 > (acknowledged[-2] if len(acknowledged) > 1 else 0):
                os.kill(process, signal.SIGKILL)

        with pytest.raises(StoreError, match=r"no Neo4j answers|was lost while it confirmed"):
            RUNNER.run(ingest(Neo4jStore(server.url, retry_s=0.5), killing))
        assert 20 <= acknowledged[-1] < 57
        lost = ready()
        assert lost.status_code == 503
        assert "no Neo4j answers" in lost.json()["error"]
        with local.started(OWN, tmp_path, port=int(server.url.rpartition(":")[2])) as again:
            assert again.url == server.url
            store = again.store()
            found = RUNNER.run(store.sequence_at(None))
            assert found >= acknowledged[-1]
            assert ready().json()["sequence"] == found
            report = RUNNER.run(ingest(again.store(), lambda now: None))
            assert report.counts[RecordStatus.DUPLICATE] == found
            assert sum(report.counts.values()) == 57
            assert ready().json()["sequence"] == 57
            assert RUNNER.run(store.verify()) == []
            RUNNER.run(store.close())


@contextmanager
def serving(store: Neo4jStore) -> Iterator[str]:
    """The service over HTTP, on a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(create_app(store, Settings(store=store.url)), log_level="error", lifespan="on")
        service = uvicorn.Server(config)
        thread = threading.Thread(target=service.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            service.should_exit = True
            thread.join(60)


def test_what_a_client_asked_ends_with_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP, down to the query in the database."""
    forever = "UNWIND range(1, 1000000000) AS unheard WITH sum(sqrt(unheard)) AS s RETURN s"

    async def count(snapshot: Neo4jSnapshot, where: Any) -> int:
        return int(await snapshot.one(forever))

    async def running() -> bool:
        async with watching.connection.session(writes=True) as session:
            found = await session.run("SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS 'unheard'")
            return len([record async for record in found if "SHOW" not in record[0]]) > 0

    watching = server.store()
    monkeypatch.setattr(Neo4jSnapshot, "item_count", count)
    with serving(server.store()) as url:
        assert httpx.get(f"{url}/readyz", timeout=30).status_code == 200

        def ask() -> None:
            with suppress(httpx.TimeoutException):
                httpx.post(f"{url}/graphql", json={"query": "{ items { totalCount } }"}, timeout=3)
                raise AssertionError("the query was to take longer")

        client = threading.Thread(target=ask)
        client.start()
        _until(lambda: RUNNER.run(running()))
        client.join()
        _until(lambda: not RUNNER.run(running()))
    RUNNER.run(watching.close())


def _until(holds: Any) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("not within half a minute")
