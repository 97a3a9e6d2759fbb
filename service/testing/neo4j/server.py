"""A server to test with."""

from __future__ import annotations

from typing import Any, NamedTuple

import neo4j

from graph_schema.neo4j.description import EDGES, NODES
from service.stores.neo4j import Login, Neo4jStore

CLEAR = (
    "MATCH (n) WHERE NOT n:Schema AND NOT n:Log CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS",
    "MATCH (l:Log) SET l = {name: l.name, sequence: 0}",
)

_PROPERTIES = [*(node.properties for node in NODES.values()), *(edge.properties for edge in EDGES.values())]
NAMES = {
    "createLabel": [*NODES, "Unfolded"],
    "createRelationshipType": list(EDGES),
    "createProperty": [*sorted(set().union(*_PROPERTIES)), "rebuilding"],
}
"""All names in a database of ours, by the procedure that makes them known; two are there during a rebuild only."""


class Server(NamedTuple):
    """Where it answers, how to log in, its version, and how it was found; its process, where it is one of ours."""

    url: str
    login: Login
    version: str
    found: str
    process: int | None = None

    def store(self) -> Neo4jStore:
        """A store on it, with what it holds."""
        return Neo4jStore(self.url, self.login)

    @property
    def settings(self) -> dict[str, str]:
        """The environment that a service logs in to it with."""
        told = {"USER": self.login.user, "PASSWORD": self.login.password, "DATABASE": self.login.database}
        return {f"VOLTRACE_NEO4J_{name}": value for name, value in told.items() if value}

    def empty(self) -> None:
        """Delete what it holds, but for the schema."""
        self._run(*CLEAR)

    def know_names(self) -> None:
        """Have it know all names from the start: it plans each query again that has one which came later."""
        self._run(*(f"UNWIND $names.{of} AS name CALL db.{of}(name) RETURN count(*)" for of in NAMES), names=NAMES)

    def _run(self, *statements: str, **values: Any) -> None:
        auth = None if self.login.user is None else (self.login.user, self.login.password)
        with (
            neo4j.GraphDatabase.driver(self.url, auth=auth, notifications_min_severity="OFF") as driver,
            driver.session(database=self.login.database) as session,
        ):
            for statement in statements:
                session.run(statement, values).consume()
