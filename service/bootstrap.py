"""Wiring: from a store's URL to a store."""

from __future__ import annotations

from service.ports import Store
from service.settings import Settings
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore

RETRIED = 1 / 3
"""For what part of the time of an operation a service tries a write again that failed in passing: the rest is for tries
that take long, and for telling that nothing answers."""
NEO4J_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


def open_store(url: str, settings: Settings = Settings(), serving: bool = False) -> Store:
    """The store of a URL. Raises StoreError, which says what there is.

    `memory:`, `sqlite:PATH`, or the address of a Neo4j (`neo4j://`, `bolt://`, with `+s` over TLS), whose login and
    database are settings. A command waits a minute for a server that went away; one that is `serving` tells its
    clients sooner, before the time of their operations is over.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "memory":
        return MemoryStore(url)
    if scheme == "sqlite" and rest:
        return SqliteStore(rest)
    if scheme in NEO4J_SCHEMES and rest.strip("/"):
        if "@" in rest:
            raise StoreError(
                "the address of a Neo4j holds no login; set VOLTRACE_NEO4J_USER and VOLTRACE_NEO4J_PASSWORD instead"
            )
        # The driver takes a third of a second to import.
        from service.stores.neo4j import Login, Neo4jStore
        from service.stores.neo4j.connection import RETRY_TIMEOUT_S

        login = Login(settings.neo4j_user or None, settings.neo4j_password, settings.neo4j_database or None)
        retry_s = min(RETRY_TIMEOUT_S, RETRIED * settings.execution_timeout_s) if serving else RETRY_TIMEOUT_S
        return Neo4jStore(url, login, settings.read_timeout_s, settings.write_timeout_s, retry_s)
    raise StoreError(
        f"{url!r} is no store; there are sqlite:PATH, neo4j://HOST:7687 (bolt://, with +s for TLS), memory:"
    )
