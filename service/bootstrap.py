"""Wiring: from a store's URL to a store."""

from __future__ import annotations

from service.ports import Store
from service.settings import Settings
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore

NEO4J_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


def open_store(url: str, settings: Settings = Settings()) -> Store:
    """The store of a URL. Raises StoreError, which says what there is.

    `memory:`, `sqlite:PATH`, or the address of a Neo4j (`neo4j://`, `bolt://`, with `+s` over TLS), whose login and
    database are settings.
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
        from service.stores.neo4j import Login, Neo4jStore  # The driver takes a third of a second to import.

        login = Login(settings.neo4j_user or None, settings.neo4j_password, settings.neo4j_database or None)
        return Neo4jStore(url, login, settings.read_timeout_s, settings.write_timeout_s)
    raise StoreError(
        f"{url!r} is no store; there are sqlite:PATH, neo4j://HOST:7687 (bolt://, with +s for TLS), memory:"
    )
