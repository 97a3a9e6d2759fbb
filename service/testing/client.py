"""A GraphQL client of the real service, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from service.app import create_app
from service.settings import Settings
from service.testing.stores import ProvenanceStore

if TYPE_CHECKING:
    from starlette.testclient import TestClient

UNLIMITED = 1_000_000_000
VARIABLES_SHOWN = 2_000
"""Characters of the variables that a failure shows."""


class QueryFailed(AssertionError):
    """A query was answered with errors; the text shows them, the query with its line numbers, and the variables.

    `errors` holds them as they came, `data` what was answered all the same.
    """

    def __init__(self, query: str, variables: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        self.errors: list[dict[str, Any]] = answer.get("errors") or []
        self.data: Any = answer.get("data")
        super().__init__(_described(query, variables, self.errors))


class ProvenanceClient:
    """Asks the service over HTTP. `http` is the client beneath (any path of the service), `store` what it serves."""

    def __init__(self, http: TestClient, store: ProvenanceStore) -> None:
        self.http = http
        self.store = store

    def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer to a query, an object with `data` and, where something went wrong, `errors`.

        Datetimes in variables are sent as RFC 3339 text. Raises QueryFailed where no such object is answered.
        """
        __tracebackhide__ = True
        body = orjson.dumps({"query": query, "variables": variables or {}})
        response = self.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        try:
            answer = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            error = {"message": f"HTTP {response.status_code}: {response.text[:500]}"}
            raise QueryFailed(query, variables or {}, {"errors": [error]})
        return answer

    def query(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The `data` of the answer to a query or mutation. Raises QueryFailed where there are errors."""
        __tracebackhide__ = True
        answer = self.execute(query, variables)
        if answer.get("errors") or not isinstance(answer.get("data"), dict):
            raise QueryFailed(query, variables or {}, answer)
        data: dict[str, Any] = answer["data"]
        return data


@contextmanager
def serving(store: ProvenanceStore) -> Iterator[ProvenanceClient]:
    """A client of the service over a store, with the default settings whatever the environment says.

    Only the rate of requests is not limited: tests are faster than people.

    Raises RuntimeError where the client beneath is not installed.
    """
    try:
        from starlette.testclient import TestClient
    except (ImportError, RuntimeError) as error:
        raise RuntimeError(f"{error}; it comes with: pip install 'voltrace[testing]'") from error
    settings = Settings(store=store.store.url, rate_per_s=UNLIMITED, rate_burst=UNLIMITED)
    with TestClient(create_app(store.store, settings)) as http:
        yield ProvenanceClient(http, store)


def _described(query: str, variables: Mapping[str, Any], errors: list[dict[str, Any]]) -> str:
    lines = ["the query was answered with errors:" if errors else "the query was answered without data"]
    lines += [f"  {_described_error(error)}" for error in errors]
    lines += ["in", *(f"{number:>4} | {line}" for number, line in enumerate(query.splitlines(), 1))]
    if variables:
        lines.append(f"with {json.dumps(variables, default=_plain, ensure_ascii=False)[:VARIABLES_SHOWN]}")
    return "\n".join(lines)


def _described_error(error: dict[str, Any]) -> str:
    path = ".".join(str(step) for step in error.get("path") or ())
    places = [f"line {place['line']}, column {place['column']}" for place in error.get("locations") or ()]
    return f"{path}: " * bool(path) + str(error.get("message")) + f" ({'; '.join(places)})" * bool(places)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
