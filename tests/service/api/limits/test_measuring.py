"""Depth, width and cost of documents, worked by hand."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, get_operation_ast, parse

from service.api.limits.measuring import COST_CEILING, Measure, counts, measure
from service.api.limits.sizes import LIST_SIZE, Sizes
from service.api.schema import schema
from service.settings import Settings

SETTINGS = Settings(store="memory:", page_max=100, nodes_max=1000)


def measured(query: str, **variables: Any) -> Measure:
    document = parse(query)
    operation = get_operation_ast(document, None)
    assert isinstance(operation, OperationDefinitionNode)
    return measure(schema._schema, document, operation, Sizes(SETTINGS, operation, variables))


COSTS = {
    "{ __typename }": 1,
    '{ item(key: "k") { key kind } }': 3,
    '{ item(key: "k") { ... on Battery { chemistry } ... { key } } }': 3,
    # a connection, its edges, and for each of them node, key
    "{ items(first: 7) { edges { node { key } } } }": 1 + 1 + 7 * 2,
    "{ items(last: 7) { edges { node { key } } totalCount } }": 1 + 1 + 7 * 2 + 1,
    "{ items(first: 0) { edges { node { key } } } }": 2,
    "{ items { edges { node { key } } } }": 1 + 1 + 50 * 2,
    "{ items(first: null) { edges { node { key } } } }": 1 + 1 + 50 * 2,
    "{ items(first: 99999999999999999999999) { edges { node { key } } } }": 1 + 1 + 100 * 2,
    "{ items(first: -1) { edges { node { key } } } }": 1 + 1 + 100 * 2,
    "query ($n: Int = 3) { items(first: $n) { edges { node { key } } } }": 1 + 1 + 3 * 2,
    "query ($n: Int) { items(first: $n) { edges { node { key } } } }": 1 + 1 + 50 * 2,
    # nested pages multiply
    "{ items(first: 10) { edges { node { history(first: 10) { edges { node { type } } } } } } }": 2 + 10 * (1 + 22),
    # a list of which nothing is known
    '{ battery(key: "k") { modules { key } } }': 2 + LIST_SIZE,
    '{ battery(key: "k") { modules { parts { key } } } }': 2 + LIST_SIZE * (1 + LIST_SIZE),
    # a trace walks its nodes, and answers with as many
    '{ trace(key: "k", direction: BOTH) { truncated } }': 1 + 1000 + 1,
    '{ trace(key: "k", direction: BOTH, maxNodes: 20) { nodes { key kind } } }': 1 + 20 + 1 + 20 * 2,
    '{ trace(key: "k", direction: BOTH, maxNodes: 20) { balance { element rootKg } } }': 22 + LIST_SIZE * 2,
    '{ path(from: "a", to: "b") { edges { kind } } }': 1 + 1000 + 1 + 1000,
    '{ affected(keys: ["a", "b"], first: 7) { truncated items { edges { cursor } } } }': 1 + 1000 + 1 + 2 + 7,
    '{ traceChanges(key: "k", direction: BOTH, from: {}, to: {}) { nodesAdded { key } } }': 1 + 2000 + 1 + 1000,
    # lists that are sent
    '{ nodes(ids: ["a", "b", "c"]) { id } }': 1 + 3 + 3,
    "mutation { recordEvents(events: [{}, {}]) { results { eventId } } }": 1 + 2 + 1 + 2,
    # fragments are counted where they are spread, lists in them by the field above
    "query { items(first: 7) { ...F } } fragment F on ItemConnection { edges { ...G } }"
    " fragment G on ItemEdge { node { key } }": 2 + 7 * 2,
    # what is wrong is left to others
    "{ nothing { at { all } } }": 3,
    "{ item { ...Missing } }": 1,
    "{ ...F } fragment F on Query { item { key } ...F }": 2,
    "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F item { key } }": 2,
}


@pytest.mark.parametrize("query", COSTS)
def test_the_cost(query: str) -> None:
    assert measured(query).cost == COSTS[query]


@pytest.mark.parametrize(
    ("value", "size"), [(5, 5), (None, 50), (-1, 100), (101, 100), (True, 100), ("5", 100), (5.0, 100), ([5], 100)]
)
def test_a_size_in_a_variable(value: object, size: int) -> None:
    query = "query ($n: Int = 3) { items(first: $n) { edges { node { key } } } }"
    assert measured(query, n=value).cost == 2 + size * 2


def test_ids_in_a_variable() -> None:
    assert measured("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a"] * 40).cost == 81
    assert measured("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids="one is a list of one").cost == 3


def test_fragments_that_double_are_measured_once_each() -> None:
    """2 to the power of 60 fields, found in 60 steps; a cost that JSON can hold."""
    parts = [f"fragment F{n} on Item {{ a: host {{ ...F{n + 1} }} b: host {{ ...F{n + 1} }} }}" for n in range(60)]
    found = measured('{ item(key: "k") { ...F0 } }' + " ".join(parts) + "fragment F60 on Item { key }")
    assert found.cost == COST_CEILING
    assert found.depth == 62


def test_a_chain_of_fragments_needs_no_deep_stack() -> None:
    parts = [f"fragment F{n} on Item {{ host {{ ...F{n + 1} }} }}" for n in range(2000)]
    found = measured('{ item(key: "k") { ...F0 } }' + " ".join(parts) + "fragment F2000 on Item { key }")
    assert found.depth == 2002


def test_width_counts_what_fragments_bring() -> None:
    found = measured("{ a: __typename ...F ...F ... { b: __typename } } fragment F on Query { c: __typename d: event }")
    assert found.width == 6


def test_aliases_repeats_and_directives() -> None:
    document = parse(
        "query ($v: Int @x) @x { a: event @x @x event event { key key } ... @x { b: event { c: key } } ...F @x }"
        " fragment F on Query @x { event { key d: key } }"
    )
    # a, b, c, d; one event and one key repeated
    assert counts(document) == (6, 7)


def test_repeats_in_inline_fragments() -> None:
    assert counts(parse('{ item(key: "k") { key ... { key ... { key } } } }')).aliases == 2
    assert counts(parse("{ item { key ... on Battery { key } ... on Cell { key } ... on Cell { key } } }")).aliases == 1
    assert counts(parse("{ item { ... { a: key } ... { host { key } } } }")).aliases == 1
