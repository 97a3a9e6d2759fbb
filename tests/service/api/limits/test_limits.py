"""Each limit: what is just inside is answered, what is just outside gets an error that names it."""

import pytest

from seed.story import PACK_NEW, PACK_RECYCLED
from service.api.limits.measuring import COST_CEILING
from service.api.schema import Schema
from service.settings import environment_name
from tests.service.api.limits.conftest import Serve, ask

ITEMS = "{ items(first: 2) { edges { node { key } } } }"

CASES = {
    "depth_max": (3, "{ items { pageInfo { hasNextPage } } }", ITEMS, 4),
    "root_fields_max": (2, "{ a: __typename b: __typename }", "{ a: __typename b: __typename c: __typename }", 3),
    "aliases_max": (2, "{ a: __typename b: __typename }", "{ item { key key a: key b: key } }", 3),
    "directives_max": (1, "{ __typename @skip(if: false) }", "{ __typename @skip(if: false) @include(if: true) }", 2),
    "cost_max": (6, ITEMS, "{ items(first: 3) { edges { node { key } } } }", 8),
}  # fmt: skip


@pytest.mark.parametrize("setting", CASES)
def test_a_limit(serve: Serve, setting: str) -> None:
    limit, inside, outside, value = CASES[setting]
    client = serve(**{setting: limit})
    assert "errors" not in ask(client, inside)
    refused = ask(client, outside)
    assert "data" not in refused
    (error,) = refused["errors"]
    name = environment_name(setting)
    assert error["extensions"] == {"code": "LIMIT", "limit": limit, "setting": name, "value": value}
    for told in (f"the limit is {limit} ({name})", str(value)):
        assert told in error["message"]


def test_tokens(serve: Serve) -> None:
    client = serve(tokens_max=3)
    assert "errors" not in ask(client, "{ __typename }")
    (error,) = ask(client, "{ __typename __typename }")["errors"]
    assert "3 tokens" in error["message"]
    assert "(VOLTRACE_TOKENS_MAX)" in error["message"]


def test_what_is_beyond_a_limit_is_neither_validated_nor_executed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr("service.api.limits.extension.validate", lambda *_, **__: done.append("validated") or [])
    client = serve(root_fields_max=1)
    monkeypatch.setattr(Schema, "_execute_operation", lambda *_, **__: done.append("executed"))
    assert len(ask(client, "{ a: __typename b: __typename }")["errors"]) == 1
    assert done == []


def test_the_cost_and_the_budget_are_told(serve: Serve) -> None:
    client = serve(cost_max=1000)
    assert ask(client, ITEMS)["extensions"] == {"cost": {"computed": 6, "budget": 1000}}
    refused = ask(client, "{ items(first: 500) { edges { node { key } } } }")
    assert refused["extensions"] == {"cost": {"computed": 1002, "budget": 1000}}


def test_a_path_that_the_limit_ends_does_not_say_that_there_is_none(serve: Serve) -> None:
    query = "query ($from: String!, $to: String!) { path(from: $from, to: $to) { truncated nodes { key } } }"
    ends = {"from": PACK_RECYCLED, "to": PACK_NEW}
    assert len(ask(serve(), query, **ends)["data"]["path"]["nodes"]) > 2
    (error,) = ask(serve(nodes_max=10), query, **ends)["errors"]
    assert error["extensions"] == {"code": "LIMIT", "limit": 10, "setting": "VOLTRACE_NODES_MAX"}
    assert error["message"].startswith("path: nothing was found within the limit of nodes: the limit is 10")


def test_the_largest_cost_is_told_as_a_number(serve: Serve) -> None:
    client = serve(depth_max=100, aliases_max=1000)
    parts = [f"fragment F{n} on Item {{ a: host {{ ...F{n + 1} }} b: host {{ ...F{n + 1} }} }}" for n in range(60)]
    query = '{ item(key: "k") { ...F0 } }' + " ".join(parts) + "fragment F60 on Item { key }"
    assert ask(client, query)["extensions"]["cost"]["computed"] == COST_CEILING


def test_the_cost_is_that_of_the_operation_that_is_asked_for(serve: Serve) -> None:
    query = "query Cheap { __typename } query Dear { items { edges { node { key } } } }"
    client = serve()
    for name, cost in (("Cheap", 1), ("Dear", 102)):
        body = client.post("/graphql", json={"query": query, "operationName": name}).json()
        assert body["extensions"]["cost"]["computed"] == cost


def test_deep_nesting_and_many_mistakes_are_answered(serve: Serve) -> None:
    client = serve(tokens_max=100_000, depth_max=1000)
    deep = "{ x" * 190 + "}" * 190
    assert ask(client, deep)["errors"]
    assert "nested" in ask(client, "{ x" * 5000 + "}" * 5000)["errors"][0]["message"]
    wrong = ask(client, "{ %s }" % " ".join(f"wrong{number}" for number in range(20)))
    assert len(wrong["errors"]) == 6
    assert "limit reached" in wrong["errors"][-1]["message"]


@pytest.mark.parametrize("value", [True, False])
def test_introspection_is_a_setting(serve: Serve, value: bool) -> None:
    client = serve(introspection=value)
    for query in ("{ __schema { queryType { name } } }", '{ __type(name: "Item") { fields { name } } }'):
        body = ask(client, query)
        if value:
            assert "errors" not in body
        else:
            (error,) = body["errors"]
            assert "introspection is off (VOLTRACE_INTROSPECTION)" in error["message"]
    assert ask(client, "{ __typename }")["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("value", [True, False])
def test_suggestions_are_a_setting(serve: Serve, value: bool) -> None:
    client = serve(suggestions=value)
    answers = [
        ask(client, "{ itemz { totalCount } }"),
        ask(client, '{ item(kee: "k") { key } }'),
        ask(client, 'query ($d: TraceDirection!) { trace(key: "k", direction: $d) { truncated } }', d="FORWART"),
    ]
    for body in answers:
        assert ("Did you mean" in body["errors"][0]["message"]) is value


def test_page_and_body_limits_name_their_settings(serve: Serve) -> None:
    client = serve(page_max=10, nodes_max=10, batch_max=1, body_max_bytes=2000)
    for query, setting in {
        "{ items(first: 11) { totalCount } }": "VOLTRACE_PAGE_MAX",
        '{ trace(key: "k", direction: BOTH, maxNodes: 11) { truncated } }': "VOLTRACE_NODES_MAX",
        "mutation { recordEvents(events: [{}, {}]) { counts { count } } }": "VOLTRACE_BATCH_MAX",
    }.items():
        assert setting in ask(client, query)["errors"][0]["message"]


@pytest.mark.parametrize("stated", [True, False])
def test_a_large_body_is_refused_by_its_length_or_while_it_comes(serve: Serve, stated: bool) -> None:
    client = serve(body_max_bytes=1000)
    body = b'{"query": "{ __typename }"' + b" " * 1000 + b"}"
    content = body if stated else iter([body[:600], body[600:]])
    refused = client.post("/graphql", content=content, headers={"content-type": "application/json"})
    assert refused.status_code == 413
    assert "the limit is 1000 (VOLTRACE_BODY_MAX_BYTES)" in refused.json()["errors"][0]["message"]
