"""What settling voidings reads of the embedded store."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from graph_schema.canonical import parse_event
from graph_schema.events import AnyEvent, Voiding
from graph_schema.order import Position
from graph_schema.voiding import Target
from service.stores.values import dumps

_VOIDING = 15


class SqliteVoidings:
    """A `VoidingSource` over one connection, and over the new events that are not in the log yet."""

    def __init__(self, connection: sqlite3.Connection, new: list[AnyEvent], sequences: dict[Position, int]) -> None:
        self._connection = connection
        self._new = {event.event_id: event for event in new}
        self._sequences = sequences

    def _rows(self, sql: str, values: Collection[Any]) -> list[Any]:
        return self._connection.execute(sql, (dumps(list(values)),)).fetchall()

    def _events(self, rows: list[Any]) -> list[Voiding]:
        found = []
        for seq, position, body in rows:
            if position[8] == _VOIDING:
                self._sequences[position] = seq
                event, _ = parse_event(body)
                assert isinstance(event, Voiding)
                found.append(event)
        return found

    async def targets(self, event_ids: Collection[str]) -> dict[str, Target]:
        found = {
            event_id: Target(event.position, event.actor)
            for event_id in event_ids
            if (event := self._new.get(event_id)) is not None
        }
        for event_id, seq, position, actor in self._rows(
            "SELECT event_id, seq, pos, actor FROM json_each(?) j CROSS JOIN log ON event_id = j.value", event_ids
        ):
            self._sequences[position] = seq
            found[event_id] = Target(position, actor)
        return found

    async def voidings_of(self, event_ids: Collection[str]) -> list[Voiding]:
        new = [event for event in self._new.values() if isinstance(event, Voiding) and event.voids in set(event_ids)]
        return new + self._events(
            self._rows(
                "SELECT l.seq, pos, body FROM json_each(?) j CROSS JOIN reference r ON r.target = j.value"
                " JOIN log l ON l.seq = r.seq JOIN payload p ON p.seq = l.seq",
                event_ids,
            )
        )

    async def voidings_of_ids(self, event_ids: Collection[str]) -> list[Voiding]:
        new = [event for event_id in event_ids if isinstance(event := self._new.get(event_id), Voiding)]
        return new + self._events(
            self._rows(
                "SELECT l.seq, pos, body FROM json_each(?) j CROSS JOIN log l ON event_id = j.value"
                " JOIN payload p ON p.seq = l.seq",
                event_ids,
            )
        )

    async def voidings_by(self, actors: Collection[str]) -> list[Voiding]:
        new = [event for event in self._new.values() if isinstance(event, Voiding) and event.actor in actors]
        return new + self._events(
            self._rows(
                "SELECT l.seq, pos, body FROM reference r JOIN log l ON l.seq = r.seq JOIN payload p ON p.seq = l.seq"
                " WHERE l.actor IN (SELECT value FROM json_each(?))",
                actors,
            )
        )

    async def regulators(self, organizations: Collection[str]) -> set[str]:
        rows = self._rows(
            "SELECT DISTINCT organization FROM json_each(?) j CROSS JOIN registration r"
            " ON r.organization = j.value AND r.regulator",
            organizations,
        )
        return {organization for (organization,) in rows}
