"""What the incremental fold reads of the embedded store, inside the write transaction."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from graph_schema.canonical import parse_event
from graph_schema.events import AnyEvent
from graph_schema.order import Position, event_id_of
from graph_schema.outcome import Outcome
from graph_schema.refold import Effects, Tail
from graph_schema.state import Effect, Link, State, effects_in_order
from service.running import check_wanted
from service.stores.sqlite.schema import FOREVER, STATE_COLUMNS
from service.stores.values import dumps, loads, outcome_of

_NOW = f"known_to = {FOREVER}"


class SqliteSource:
    """A `refold.Source` over one connection. Remembers the numbers of items and organizations, and of events."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.ids: dict[str, int] = {}
        self.organizations: dict[str, int] = {}
        self.sequences: dict[Position, int] = {}

    def _rows(self, sql: str, values: Collection[Any]) -> list[Any]:
        return self._connection.execute(sql, (dumps(list(values)),)).fetchall()

    async def tails(self, keys: Collection[str]) -> dict[str, Tail]:
        found = {}
        for key, number, *columns in self._rows(
            f"SELECT i.key, i.id, {', '.join('i.' + name for name in STATE_COLUMNS)}"
            " FROM json_each(?) j CROSS JOIN item i ON i.key = j.value",
            keys,
        ):
            check_wanted()
            self.ids[key] = number
            found[key] = Tail(state_of(columns), columns[-1])
        return found

    def load_organizations(self, keys: Iterable[str]) -> None:
        """Learn the numbers of organizations."""
        missing = {key for key in keys if key not in self.organizations}
        if missing:
            self.organizations.update(
                self._rows(
                    "SELECT o.key, o.id FROM json_each(?) j CROSS JOIN organization o ON o.key = j.value", missing
                )
            )

    async def timelines(self, keys: Collection[str]) -> dict[str, list[tuple[Position, Effects]]]:
        names = {self.ids[key]: key for key in keys if key in self.ids}
        touches: dict[str, dict[int, list[Effect]]] = {key: defaultdict(list) for key in keys}
        for item, seq, effect in self._effects(names):
            check_wanted()
            entry = touches[names[item]][seq]
            if effect is not None:
                entry.append(effect)
        sequences = {seq for entries in touches.values() for seq in entries}
        places = dict(self._rows("SELECT seq, pos FROM json_each(?) j CROSS JOIN log ON seq = j.value", sequences))
        for seq, position in places.items():
            self.sequences[position] = seq
        return {
            key: sorted((places[seq], effects_in_order(effects)) for seq, effects in entries.items())
            for key, entries in touches.items()
        }

    def _effects(self, names: dict[int, str]) -> Iterable[tuple[int, int, Effect | None]]:
        for item, seq, kind, kg, composition, second, body, body_at, content, content_at in self._rows(
            "SELECT item, event, kind, mass_kg, composition, second_life, body_mass_kg, body_mass_at,"
            " body_composition, body_composition_at"
            f" FROM json_each(?) j CROSS JOIN yielded ON item = j.value AND {_NOW}",
            names,
        ):
            yield item, seq, ("born", kind, kg, loads(composition), bool(second))
            if body_at is not None:
                yield item, body_at, ("mass", body)
            if content_at is not None:
                yield item, content_at, ("content", loads(content))
        for part, host, opened, closed, position, part_key, host_key, below in self._rows(
            "SELECT t.part, t.host, opened, closed, position, p.key, h.key, below FROM ("
            "  SELECT part, host, opened, closed, position, 0 AS below"
            f"  FROM json_each(?1) j CROSS JOIN part_of ON part = j.value AND {_NOW}"
            "  UNION ALL SELECT part, host, opened, closed, position, 1"
            f"  FROM json_each(?1) j CROSS JOIN part_of ON host = j.value AND {_NOW})"
            " t JOIN item p ON p.id = t.part JOIN item h ON h.id = t.host",
            names,
        ):
            self.ids[part_key], self.ids[host_key] = part, host
            if below:
                yield host, opened, ("+part", part_key)
                if closed is not None:
                    yield host, closed, ("-part", part_key)
            else:
                yield part, opened, ("into", host_key, position)
                if closed is not None:
                    yield part, closed, ("out", host_key)
        for item, organization, opened, closed in self._rows(
            "SELECT item, o.key, opened, closed FROM json_each(?) j"
            f" CROSS JOIN held_by ON item = j.value AND {_NOW} JOIN organization o ON o.id = organization",
            names,
        ):
            yield item, opened, ("held", organization)
            if closed is not None:
                yield item, closed, ("unheld",)
        for item, seq, kg, ends in self._rows(
            f"SELECT item, event, mass_kg, ends FROM json_each(?) j CROSS JOIN consumed ON item = j.value AND {_NOW}",
            names,
        ):
            yield item, seq, ("end" if ends else "draw", kg)
        for item, seq, op in self._rows(
            f"SELECT item, event, op FROM json_each(?) j CROSS JOIN mark ON item = j.value AND {_NOW}", names
        ):
            yield item, seq, (op,)
        for item, seq in self._rows(
            "SELECT item, event FROM json_each(?) j CROSS JOIN mention ON item = j.value", names
        ):
            yield item, seq, None

    async def judged(self, positions: Collection[Position]) -> dict[Position, tuple[AnyEvent, Outcome, set[str]]]:
        found = {}
        for seq, position, status, problems, mixing, claims, also, body in self._rows(
            "SELECT l.seq, pos, status, problems, mixing, claims, also, body FROM json_each(?) j"
            " CROSS JOIN log l ON event_id = j.value JOIN payload p ON p.seq = l.seq",
            [event_id_of(position) for position in positions],
        ):
            event, _ = parse_event(body)
            self.sequences[position] = seq
            touched = {*event.named_keys(), *(loads(also) or ())}
            found[position] = (event, outcome_of(status, problems, mixing, claims), touched)
        return found

    async def receipts(self, transfers: Collection[str]) -> list[Position]:
        return [
            position
            for (position,) in self._rows(
                "SELECT pos FROM json_each(?) j CROSS JOIN reference r ON r.target = j.value"
                " JOIN log l ON l.seq = r.seq",
                transfers,
            )
            if position[8] == _RECEIPT
        ]

    async def transfers(self, event_ids: Collection[str]) -> dict[str, Position]:
        return {
            event_id: position
            for event_id, position, status in self._rows(
                "SELECT event_id, pos, status FROM json_each(?) j CROSS JOIN log ON event_id = j.value", event_ids
            )
            if position[8] == _TRANSFER and status == "ACCEPTED"
        }

    async def turn(self) -> None:
        """Nothing goes on meanwhile; where nobody waits any longer, neither does this. Raises Unwanted."""
        check_wanted()


_TRANSFER = 5
_RECEIPT = 6


def state_of(columns: list[Any]) -> State | None:
    """The present state that the columns of `item` tell."""
    if columns[0] is None:
        return None
    state = State(columns[1], columns[0], columns[2], loads(columns[3]))
    state.second_life = bool(columns[4])
    state.body_mass_kg = columns[5]
    state.body_composition = loads(columns[6])
    state.ended = columns[7]
    state.host = None if columns[8] is None else Link(columns[8], columns[9])
    state.left = columns[10]
    state.holder = None if columns[11] is None else Link(columns[11], columns[12])
    state.parts = dict.fromkeys(loads(columns[13])) if columns[13] else {}
    state.retired = columns[14]
    state.drawn_kg = columns[15]
    state.drawn_unknown = bool(columns[16])
    state.last_draw = columns[17]
    return state


def state_columns(state: State | None, last: Position) -> tuple[Any, ...]:
    """An item's present state as the columns of `item`."""
    if state is None:
        return (*[None] * (len(STATE_COLUMNS) - 1), last)
    host, holder = state.host, state.holder
    return (
        state.kind,
        state.born,
        state.mass_kg,
        None if state.composition is None else dumps(state.composition),
        state.second_life,
        state.body_mass_kg,
        None if state.body_composition is None else dumps(state.body_composition),
        state.ended,
        None if host is None else host.key,
        None if host is None else host.since,
        state.left,
        None if holder is None else holder.key,
        None if holder is None else holder.since,
        dumps(list(state.parts)) if state.parts else None,
        state.retired,
        state.drawn_kg,
        state.drawn_unknown,
        state.last_draw,
        last,
    )
