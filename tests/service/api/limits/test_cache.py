"""Valid documents are kept: bounded, and only what is valid."""

from graphql import parse
from starlette.testclient import TestClient

from service.api.limits import cache, extension
from service.api.limits.cache import ValidDocuments
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore


def test_the_oldest_goes_first(monkeypatch: object) -> None:
    kept, document = ValidDocuments(), parse("{ a }")
    for number in range(cache.DOCUMENTS_MAX):
        kept.keep(str(number), None, document)
    assert kept.find("0", None) is document
    kept.keep("new", None, document)
    assert kept.find("0", None) is document, "it was used since"
    assert kept.find("1", None) is None
    kept.keep("x" * (cache.LENGTH_MAX + 1), None, document)
    assert kept.find("x" * (cache.LENGTH_MAX + 1), None) is None
    assert kept.find("0", "other settings") is None


def test_what_is_not_valid_is_refused_each_time_and_limits_hold() -> None:
    with TestClient(create_app(MemoryStore(), Settings(store="memory:", cost_max=100))) as client:
        for _ in range(3):
            assert "nothing" in client.post("/graphql", json={"query": "{ nothing }"}).text
        page = "query ($first: Int!) { items(first: $first) { edges { node { key } } } }"
        for first, fine in ((5, True), (500, False), (5, True)):
            body = client.post("/graphql", json={"query": page, "variables": {"first": first}}).json()
            assert ("errors" not in body) is fine
    assert extension.VALID.find(page, (2000, True)) is not None
    with TestClient(create_app(MemoryStore(), Settings(store="memory:", introspection=False))) as client:
        assert "introspection is off" in client.post("/graphql", json={"query": "{ __schema { types { name } } }"}).text
