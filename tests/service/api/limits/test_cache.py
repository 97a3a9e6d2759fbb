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


def test_measures_are_those_of_the_sizes_that_are_asked_for() -> None:
    """Of a document that is used again they are kept; what lists there are is counted each time."""
    query = "query ($first: Int, $key: String!, $keys: [String!]!) { items(first: $first) { edges { node { key } } }"
    query += " item(key: $key) { key } affected(keys: $keys, first: 1) { truncated } }"
    events = "mutation ($events: [EventInput!]!) { recordEvents(events: $events) { results { eventId } } }"
    with TestClient(create_app(MemoryStore(), Settings(store="memory:", page_max=100))) as client:

        def cost(query: str, **variables: object) -> int:
            body = client.post("/graphql", json={"query": query, "variables": variables}).json()
            assert "errors" not in body, body
            return int(body["extensions"]["cost"]["computed"])

        alone = "query ($first: Int, $key: String) {"
        alone += " items(first: $first, filter: {text: $key}) { edges { node { key } } } }"
        costs = {first: cost(alone, first=first, key="a") for first in (1, 2, 100, None)}
        assert costs[100] > costs[None] > costs[2] > costs[1]
        for _ in range(2):
            for key in ("b", "c", None):
                assert {first: cost(alone, first=first, key=key) for first in costs} == costs
        for count in (1, 3, 1):
            found = cost(query, first=count, key="k", keys=["x"])
            assert found == cost(query, first=count, key="other", keys=["y"])
        one, three = cost(events, events=[{}]), cost(events, events=[{}] * 3)
        assert one < three == cost(events, events=[{}] * 3)
    kept = [under for text, under in extension.MEASURED._known if text == alone]
    assert len(kept) == 8, "one for each size, not for each key"
    assert all(text not in (query, events) for text, _ in extension.MEASURED._known)
