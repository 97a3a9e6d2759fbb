"""The thirteen checks of graphql-cop (github.com/dolevf/graphql-cop), as it judges them: what it would report.

As it comes, the service answers what is public on purpose: four settings turn that off, and then nothing is reported.
"""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.settings import environment_name
from tests.service.api.limits.conftest import Serve

OPEN_BY_DEFAULT = {
    "field suggestions": "suggestions",
    "introspection": "introspection",
    "GraphiQL": "graphiql",
    "GET method query support": "queries_by_get",
}
CIRCULAR = "{ __schema { types { %s name %s } } }" % ("fields { type { " * 4, "} } " * 4)


def post(client: TestClient, query: str) -> Any:
    return client.post("/graphql", json={"query": query}).json()


def get(client: TestClient, query: str) -> Any:
    answer = client.get("/graphql", params={"query": query})
    return answer.json()


def answered(body: Any, name: str) -> bool:
    return bool(isinstance(body, dict) and (body.get("data") or {}).get(name))


def circular_introspection(client: TestClient) -> bool:
    data = post(client, CIRCULAR).get("data")
    return data is not None and len(data["__schema"]["types"]) > 25


def batch(client: TestClient) -> bool:
    body = client.post("/graphql", json=[{"query": "{ __typename }"}] * 10).json()
    return isinstance(body, list) and len(body) >= 10


def urlencoded(client: TestClient) -> bool:
    return answered(client.post("/graphql", data={"query": "{ __typename }"}).json(), "__typename")


def tracing(client: TestClient) -> bool:
    return "tracing" in post(client, "{ __typename }").get("extensions", {})


def unhandled(client: TestClient) -> bool:
    (error,) = post(client, "qwerty cop { abc }")["errors"]
    return "exception" in error.get("extensions", {}) or "Traceback" in str(error)


CHECKS: dict[str, Callable[[TestClient], bool]] = {
    "alias overloading": lambda client: answered(
        post(client, "{ %s }" % " ".join(f"alias{number}: __typename" for number in range(101))), "alias100"
    ),
    "array-based query batching": batch,
    "directive overloading": lambda client: len(post(client, "{ __typename %s }" % ("@aa" * 10))["errors"]) == 10,
    "introspection-based circular query": circular_introspection,
    "field duplication": lambda client: answered(post(client, "{ %s }" % ("__typename " * 500)), "__typename"),
    "field suggestions": lambda client: "Did you mean" in str(post(client, "{ __schema { directive } }")),
    "mutation over GET": lambda client: answered(get(client, "mutation { __typename }"), "__typename"),
    "GET method query support": lambda client: answered(get(client, "{ __typename }"), "__typename"),
    "GraphiQL": lambda client: "GraphiQL" in client.get("/graphql", headers={"accept": "text/html"}).text,
    "introspection": lambda client: answered(post(client, "{ __schema { queryType { name } } }"), "__schema"),
    "POST based url-encoded query": urlencoded,
    "trace mode": tracing,
    "unhandled errors": unhandled,
}


def test_there_are_thirteen() -> None:
    assert len(CHECKS) == 13


@pytest.mark.parametrize("check", CHECKS)
def test_nothing_is_reported_of_a_closed_service(serve: Serve, check: str) -> None:
    closed = dict.fromkeys(OPEN_BY_DEFAULT.values(), False)
    assert not CHECKS[check](serve(**closed))


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_open_by_default_is_so_on_purpose(serve: Serve, check: str) -> None:
    assert CHECKS[check](serve()) is (check in OPEN_BY_DEFAULT)


def test_queries_by_get_are_refused_by_name(serve: Serve) -> None:
    answer = serve(queries_by_get=False).get("/graphql", params={"query": "{ __typename }"})
    assert answer.status_code == 405
    assert environment_name("queries_by_get") in answer.json()["errors"][0]["message"]
