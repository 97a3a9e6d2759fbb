"""Pages where the store does not answer, where there is no page, and where something goes wrong."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import PACK_RECYCLED
from service.access.tokens import Tokens
from service.app import create_app
from service.explorer import home
from service.languages import language
from service.settings import Settings
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ADDRESS = "neo4j://10.0.0.9:7687"
AWAY = "the store does not answer; try again later"
PAGES = [
    "/",
    "/?q=VOLT",
    "/overview",
    "/overview?years=show",
    "/items",
    "/findings",
    "/recall?keys=X",
    "/organization/X",
    "/event/X",
    f"/history?key={PACK_RECYCLED}",
    f"/compare?key={PACK_RECYCLED}&before=2025-01-01",
    f"/compare?key={PACK_RECYCLED}",
    f"/id/{PACK_RECYCLED}",
    "/01/09506000134352/21/7",
    *(f"/explore?key={PACK_RECYCLED}&view={view}" for view in ("picture", "timeline", "balance", "table", "query")),
]
FILES = [f"/label/{PACK_RECYCLED}.svg", "/recall.csv?keys=X"]


class _Away(MemoryStore):
    """A store whose server is gone."""

    def _gone(self, *_: object, **__: object) -> Any:
        raise StoreError(f"no Neo4j answers at {ADDRESS}")

    snapshot: Callable[..., Any] = _gone
    sequence_at: Callable[..., Any] = _gone


@pytest.fixture(scope="module")
def away() -> Iterator[TestClient]:
    settings = Settings(store="memory:", audit_interval_s=0)
    with TestClient(create_app(_Away(), settings), follow_redirects=False) as made:
        yield made


@pytest.mark.parametrize("address", PAGES)
def test_every_page_says_that_the_store_does_not_answer(away: TestClient, address: str) -> None:
    for accepted in (HTML, {}):
        answer = away.get(address, headers=accepted)
        assert answer.status_code == 503, answer.text
        assert answer.headers["content-type"].startswith("text/html")
        assert AWAY in answer.text
        assert ADDRESS in answer.text, "who may see all is told why"
        assert "Not known" not in answer.text
    told = away.get(address, headers=HTML | {"Accept-Language": "zh-Hans"}).text
    assert "存储没有响应；请稍后再试" in told
    assert language("zh-Hans").text("problem.again") in told


@pytest.mark.parametrize("address", FILES)
def test_files_say_it_as_programs_read_it(away: TestClient, address: str) -> None:
    answer = away.get(address, headers=HTML)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "STORE_UNAVAILABLE"


def test_linked_data_says_it_as_programs_read_it(away: TestClient) -> None:
    answer = away.get(f"/id/{PACK_RECYCLED}", headers={"Accept": "application/ld+json"})
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "STORE_UNAVAILABLE"


def test_the_public_is_not_told_where_the_store_is(tmp_path: Any) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    tokens.create("inspector", "regulator", None)
    settings = Settings(store="memory:", audit_interval_s=0, tokens_file=str(tokens.path))
    with TestClient(create_app(_Away(), settings)) as client:
        for address in (f"/id/{PACK_RECYCLED}", "/", FILES[0]):
            answer = client.get(address, headers=HTML)
            assert answer.status_code == 503
            assert AWAY in answer.text
            assert ADDRESS not in answer.text


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(MemoryStore(), Settings(store="memory:"))) as made:
        yield made


def test_a_browser_gets_a_page_where_there_is_none(client: TestClient) -> None:
    answer = client.get("/nosuchpage", headers=HTML)
    assert answer.status_code == 404
    assert "/nosuchpage: there is no such page" in answer.text
    assert "<main" in answer.text
    assert "没有此页面" in client.get("/nosuchpage", headers=HTML | {"Accept-Language": "zh"}).text
    assert client.get("/nosuchpage").json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_a_method_that_a_page_does_not_take_is_told_in_a_page(client: TestClient) -> None:
    answer = client.post("/overview", headers=HTML)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "<main" in answer.text


def test_what_goes_wrong_unexpectedly_is_told_in_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(home, "_hosts", broken)
    app = create_app(MemoryStore(), Settings(store="memory:"))
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/", headers=HTML)
        assert answer.status_code == 500
        assert "<main" in answer.text
        assert "secret" not in answer.text
        assert client.get("/").json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
