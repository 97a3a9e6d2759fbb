"""Writing what a sweep found: new rows for what is new, new versions for what changed."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from graph_schema.events import Enrolment
from graph_schema.life import life_of
from graph_schema.order import Position
from graph_schema.refold import Line, Sweep
from graph_schema.specs import ItemSpec, LotSpec, new_items, spec_text
from graph_schema.state import Effect
from service.running import check_wanted
from service.stores.folding import Folded
from service.stores.sqlite.schema import FOREVER, STATE_COLUMNS
from service.stores.sqlite.source import SqliteSource, state_columns
from service.stores.values import differs, dumps, outcome_columns

INSERTS = {
    "yielded": 14,
    "part_of": 8,
    "held_by": 7,
    "consumed": 6,
    "mark": 5,
}

_COLUMNS = {
    "yielded": "item, event, kind, mass_kg, composition, second_life, body_mass_kg, body_mass_at, body_composition,"
    " body_composition_at, label, spec, known_from, known_to",
    "part_of": "part, opened, host, closed, position, closed_known, known_from, known_to",
    "held_by": "item, opened, organization, closed, closed_known, known_from, known_to",
    "consumed": "item, event, mass_kg, ends, known_from, known_to",
    "mark": "item, event, op, known_from, known_to",
}

_CLOSES = {
    "part_of": "UPDATE part_of SET closed = ?, closed_known = ? WHERE part = ? AND closed IS NULL AND known_to = ?",
    "held_by": "UPDATE held_by SET closed = ?, closed_known = ? WHERE item = ? AND closed IS NULL AND known_to = ?",
}

_FIRST = {"yielded": "item", "part_of": "part", "held_by": "item", "consumed": "item", "mark": "item"}


class Saver:
    """Collects the rows of one batch, then writes them. `known` is the sequence from which they are known."""

    def __init__(self, connection: sqlite3.Connection, source: SqliteSource, known: int) -> None:
        self._connection = connection
        self._source = source
        self._known = known
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in INSERTS}
        self._closes: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _CLOSES}
        self._mentions: list[tuple[int, int, bool]] = []
        self._specs: dict[tuple[str, Position], tuple[ItemSpec | LotSpec, bytes]] = {}
        self._identifiers: list[tuple[Any, ...]] = []

    def save(
        self,
        folded: Folded,
        records: dict[Position, tuple[Any, ...]],
    ) -> None:
        """Write what folding a batch found, and the new records of the log. Raises Unwanted between two items."""
        sweep = folded.sweep
        self._number_items(sweep.lines)
        self._number_organizations(sweep.lines.values())
        whole = []
        for key, line in sweep.lines.items():
            check_wanted()
            if line.entries is None:
                if line.appended:
                    self._append(self._source.ids[key], key, line.appended, sweep)
            else:
                whole.append(key)
        if whole:
            Reviser(self, self._connection, self._source, self._known).revise(whole, sweep)
        self._mention(sweep)
        self._write()
        self._write_outcomes(folded, records)

    def _number_items(self, lines: dict[str, Line]) -> None:
        ids = self._source.ids
        inserts, updates, changes = [], [], []
        (highest,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM item").fetchone()
        for key, line in lines.items():
            if line.entries is None and not line.appended:
                continue
            check_wanted()
            columns = state_columns(line.final(), line.last)
            if key in ids:
                updates.append((*columns, ids[key]))
            else:
                highest += 1
                ids[key] = highest
                inserts.append((highest, key, *columns))
            changes.append((self._known, ids[key]))
        marks = ", ".join("?" * (2 + len(STATE_COLUMNS)))
        self._connection.executemany(f"INSERT INTO item VALUES ({marks})", inserts)
        sets = ", ".join(f"{name} = ?" for name in STATE_COLUMNS)
        self._connection.executemany(f"UPDATE item SET {sets} WHERE id = ?", updates)
        self._connection.executemany("INSERT OR IGNORE INTO change VALUES (?, ?)", changes)

    def _number_organizations(self, lines: Iterable[Line]) -> None:
        numbers = self._source.organizations
        holders = {
            effect[1]: None
            for line in lines
            for _, effects in (line.appended if line.entries is None else line.entries)
            for effect in effects
            if effect[0] == "held"
        }
        self._source.load_organizations(holders)
        for key in holders:
            if key not in numbers:
                cursor = self._connection.execute("INSERT INTO organization (key) VALUES (?)", (key,))
                assert cursor.lastrowid is not None
                numbers[key] = cursor.lastrowid

    def spec_of(self, key: str, position: Position, sweep: Sweep) -> tuple[ItemSpec | LotSpec, bytes]:
        """The spec of an item in the event that brings it in, and its JSON text without parts."""
        found = self._specs.get((key, position))
        if found is None:
            event = sweep.results[position].event
            specs = event.items if isinstance(event, Enrolment) else event.outputs  # type: ignore[union-attr]
            for spec in new_items(specs):
                self._specs[spec.key, position] = (spec, spec_text(spec))
            found = self._specs[key, position]
        return found

    def _append(self, item: int, key: str, entries: list[tuple[Position, tuple[Effect, ...]]], sweep: Sweep) -> None:
        """The rows of effects that are the latest of their item."""
        known, sequences, rows = self._known, self._source.sequences, self._rows
        stay: list[Any] | None = None
        held: list[Any] | None = None
        birth: list[Any] | None = None
        for position, effects in entries:
            at = sequences[position]
            for effect in effects:
                op = effect[0]
                if op == "held":
                    number = self._source.organizations[effect[1]]
                    held = [item, at, number, None, None, known, FOREVER]
                elif op == "unheld":
                    if held is None:
                        self._closes["held_by"].append((at, known, item, FOREVER))
                    else:
                        held[3], held[4] = at, known
                        rows["held_by"].append(tuple(held))
                        held = None
                elif op == "into":
                    stay = [item, at, self._source.ids[effect[1]], None, effect[2], None, known, FOREVER]
                elif op == "out":
                    if stay is None:
                        self._closes["part_of"].append((at, known, item, FOREVER))
                    else:
                        stay[3], stay[5] = at, known
                        rows["part_of"].append(tuple(stay))
                        stay = None
                elif op == "born":
                    birth = self.birth_row(item, key, position, at, effect, sweep)
                elif op in ("mass", "content"):
                    if birth is None:
                        birth = self._version_birth(item)
                    column = 6 if op == "mass" else 8
                    birth[column] = effect[1] if op == "mass" else dumps(effect[1])
                    birth[column + 1] = at
                elif op in ("draw", "end"):
                    rows["consumed"].append((item, at, effect[1], op == "end", known, FOREVER))
                elif op in ("retired", "taken_up"):
                    rows["mark"].append((item, at, op, known, FOREVER))
        for table, row in (("held_by", held), ("part_of", stay), ("yielded", birth)):
            if row is not None:
                rows[table].append(tuple(row))

    def birth_row(self, item: int, key: str, position: Position, at: int, effect: Effect, sweep: Sweep) -> list[Any]:
        """A row of `yielded`, the body unknown so far."""
        spec, text = self.spec_of(key, position, sweep)
        for identifier in spec.identifiers or ():
            self._identifiers.append((identifier.value, item, identifier.scheme, self._known, FOREVER))
        composition = None if effect[3] is None else dumps(effect[3])
        label = spec.model or spec.material
        bodies = (None, None, None, None)
        return [item, at, effect[1], effect[2], composition, effect[4], *bodies, label, text, self._known, FOREVER]

    def _version_birth(self, item: int) -> list[Any]:
        """Begin a new version of a birth whose body is settled only now."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS['yielded']} FROM yielded WHERE item = ? AND known_to = ?",
            (item, FOREVER),
        ).fetchone()
        self._connection.execute(
            "UPDATE yielded SET known_to = ? WHERE item = ? AND known_to = ?", (self._known, item, FOREVER)
        )
        return [*row[:-2], self._known, FOREVER]

    def _mention(self, sweep: Sweep) -> None:
        for position, judged in sweep.results.items():
            effects = judged.outcome.effects
            looked_at = judged.touched.difference(effects)
            if looked_at:
                named, seq = judged.event.named_keys(), self._source.sequences[position]
                self._mentions += [(self._source.ids[key], seq, key in named) for key in looked_at]

    def add(self, table: str, row: tuple[Any, ...]) -> None:
        """Add a row of an edge table."""
        self._rows[table].append(row)

    def _write(self) -> None:
        for table, closes in self._closes.items():
            if closes:
                self._connection.executemany(_CLOSES[table], closes)
        for table, rows in self._rows.items():
            if rows:
                marks = ", ".join("?" * INSERTS[table])
                self._connection.executemany(
                    f"INSERT INTO {table} ({_COLUMNS[table]}) VALUES ({marks})",
                    rows,
                )
        if self._mentions:
            self._connection.executemany("INSERT OR IGNORE INTO mention VALUES (?, ?, ?)", self._mentions)
        if self._identifiers:
            self._connection.executemany("INSERT OR REPLACE INTO identifier VALUES (?, ?, ?, ?, ?)", self._identifiers)

    def _write_outcomes(
        self,
        folded: Folded,
        records: dict[Position, tuple[Any, ...]],
    ) -> None:
        new, changed = [], []
        for judged in folded.judged():
            position = judged.event.position
            also = judged.touched.difference(judged.event.named_keys())
            columns = (*outcome_columns(judged.outcome), dumps(sorted(also)) if also else None, self._known)
            if judged.before is None:
                new.append((*records[position], *columns))
            elif also or differs(judged.outcome, judged.before):
                changed.append((*columns, self._source.sequences[position]))
        self._connection.executemany(f"INSERT INTO log VALUES ({', '.join('?' * 13)})", new)
        self._connection.executemany(
            "INSERT INTO judgement SELECT seq, judged, ?, status, problems, mixing, claims FROM log WHERE seq = ?",
            [(self._known, row[-1]) for row in changed],
        )
        self._connection.executemany(
            "UPDATE log SET status = ?, problems = ?, mixing = ?, claims = ?, also = ?, judged = ? WHERE seq = ?",
            changed,
        )


class Reviser:
    """New versions of the edges of items whose past changed: what still stands is left alone."""

    def __init__(self, saver: Saver, connection: sqlite3.Connection, source: SqliteSource, known: int) -> None:
        self._saver = saver
        self._connection = connection
        self._source = source
        self._known = known

    def revise(self, keys: list[str], sweep: Sweep) -> None:
        """Bring the rows of items in line with their timelines."""
        ids = self._source.ids
        stored = {table: self._stored(table, [ids[key] for key in keys]) for table in INSERTS}
        for key in keys:
            check_wanted()
            wanted = self._wanted(key, sweep, stored["yielded"].get(ids[key], []))
            for table, rows in wanted.items():
                self._replace(table, ids[key], stored[table].get(ids[key], []), rows)

    def _stored(self, table: str, items: list[int]) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in self._connection.execute(
            f"SELECT {_COLUMNS[table]} FROM json_each(?) j CROSS JOIN {table}"
            f" ON {_FIRST[table]} = j.value AND known_to = {FOREVER}",
            (dumps(items),),
        ):
            found[row[0]].append(row)
        return found

    def _wanted(self, key: str, sweep: Sweep, births: list[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
        """The rows that should stand, without what is known when."""
        line = sweep.lines[key]
        life = life_of(key, line.entries or ())
        item, at = self._source.ids[key], self._source.sequences
        wanted: dict[str, list[tuple[Any, ...]]] = {
            "yielded": [],
            "part_of": [
                (item, at[stay.opened], self._source.ids[stay.host], _seq(at, stay.closed), stay.position)
                for stay in life.stays
            ],
            "held_by": [
                (item, at[held.opened], self._source.organizations[held.organization], _seq(at, held.closed))
                for held in life.custody
            ],
            "consumed": [],
            "mark": [(item, at[mark.event], mark.op) for mark in life.marks],
        }
        for position, effects in line.entries or ():
            for effect in effects:
                if effect[0] in ("draw", "end"):
                    wanted["consumed"].append((item, at[position], effect[1], effect[0] == "end"))
        birth = life.birth
        if birth is not None:
            event = at[birth.position]
            facts = next((row[10:12] for row in births if row[1] == event), None)
            if facts is None:
                spec, text = self._saver.spec_of(key, birth.position, sweep)
                facts = (spec.model or spec.material, text)
                born = ("born", birth.kind, birth.mass_kg, birth.composition, birth.second_life)
                self._saver.birth_row(item, key, birth.position, event, born, sweep)
            wanted["yielded"].append(
                (
                    item,
                    event,
                    birth.kind,
                    birth.mass_kg,
                    None if birth.composition is None else dumps(birth.composition),
                    int(birth.second_life),
                    birth.body_mass_kg,
                    _seq(at, birth.body_mass_at),
                    None if birth.body_composition is None else dumps(birth.body_composition),
                    _seq(at, birth.body_composition_at),
                    *facts,
                )
            )
        return wanted

    def _replace(self, table: str, item: int, stored: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]]) -> None:
        width = {"part_of": 5, "held_by": 4}.get(table)
        closes = width is not None
        standing = {tuple(row[:width] if closes else row[:-2]) for row in stored}
        target = set(wanted)
        for gone in standing - target:
            names = [name.strip() for name in _COLUMNS[table].split(",")]
            condition = " AND ".join(f"{name} IS ?" for name in names[: 2 if table != "yielded" else 1])
            self._connection.execute(
                f"UPDATE {table} SET known_to = ? WHERE {condition} AND known_to = ?",
                (self._known, *gone[: 2 if table != "yielded" else 1], FOREVER),
            )
        if table == "yielded" and {row[1] for row in standing} - {row[1] for row in target}:
            self._forget_identifiers(item)
        for new in target - standing:
            if closes:
                closed = new[3]
                self._saver.add(table, (*new, None if closed is None else self._known, self._known, FOREVER))
            else:
                self._saver.add(table, (*new, self._known, FOREVER))

    def _forget_identifiers(self, item: int) -> None:
        """Those of the event that brought the item in until now."""
        self._connection.execute(
            "UPDATE identifier SET known_to = ? WHERE item = ? AND known_to = ?", (self._known, item, FOREVER)
        )


def _seq(sequences: dict[Position, int], position: Position | None) -> int | None:
    return None if position is None else sequences[position]
