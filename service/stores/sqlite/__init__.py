"""`sqlite:` - the embedded store: durable, many readers and one writer, several processes on one file."""

from service.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
