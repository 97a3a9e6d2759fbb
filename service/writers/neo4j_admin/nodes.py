"""The nodes as the Neo4j store keeps them, read off the embedded store one by one."""

from __future__ import annotations

import sqlite3
from itertools import count, groupby
from typing import Any

import orjson

from graph_schema.canonical import GENESIS, parse_event
from graph_schema.order import REFERRING, moment_of, moment_of_us, type_of
from service.stores.errors import StoreError
from service.stores.neo4j.rows import LABELS, SHOWN, shown_by, shown_of_item, shown_of_organization, state_text
from service.stores.sqlite.schema import FOREVER, STATE_COLUMNS
from service.stores.sqlite.source import state_of
from service.writers.neo4j_admin.sheet import Rows, Sheet

STATED = ("model:string", "chemistry:string", "massKg:double", "energyKwh:double", "material:string", "grade:string")
ORGANIZATION_ID = (
    "coalesce((SELECT id FROM organization WHERE key = r.organization),"
    " (SELECT coalesce(max(id), 0) FROM organization)"
    " + (SELECT min(seq) FROM registration WHERE organization = r.organization))"
)
"""The number of a registered organization `r`; that of one that never held anything is behind all others."""
ACTOR_ID = "(SELECT coalesce(max(id), 0) FROM organization) + (SELECT max(seq) FROM log) + min(l.seq)"
"""The number of one that merely acted, in the log `l`; it is behind those of all registered."""


def _events(connection: sqlite3.Connection) -> Rows:
    previous = GENESIS
    for seq, event_id, position, actor, recorded_us, digest, chained, *outcome, body in connection.execute(
        "SELECT l.seq, event_id, pos, actor, recorded_us, digest, hash, status, problems, mixing, claims, also, judged,"
        " body FROM log l LEFT JOIN payload p ON p.seq = l.seq ORDER BY l.seq"
    ):
        if body is None:
            raise StoreError(f"the payload of record {seq} ({event_id}) is missing; run `voltrace verify`")
        kind = type_of(position)
        yield (
            seq,
            event_id,
            kind,
            seq,
            position,
            moment_of(position),
            moment_of_us(recorded_us),
            recorded_us,
            actor,
            parse_event(body)[0].refers_to if kind in REFERRING else None,
            body.decode(),
            digest,
            chained,
            previous,
            *outcome,
        )
        previous = chained


def _items(connection: sqlite3.Connection) -> Rows:
    names = [column.partition(":")[0] for column in (*STATED, *_masses(connection))]
    for number, key, changed, *columns, spec in connection.execute(
        f"SELECT id, key, c.changed, {', '.join('i.' + name for name in STATE_COLUMNS)}, y.spec FROM item i"
        " LEFT JOIN (SELECT item, max(seq) AS changed FROM change GROUP BY item) c ON c.item = i.id"
        f" LEFT JOIN yielded y ON y.item = i.id AND y.known_to = {FOREVER} ORDER BY i.id"
    ):
        state = state_of(columns)
        stated: dict[str, Any] = {} if spec is None else shown_of_item(orjson.loads(spec))
        label = None if state is None else LABELS[state.kind]
        yield number, label, key, state_text(state), columns[-1], changed, *(stated.get(name) for name in names)


def _masses(connection: sqlite3.Connection) -> list[str]:
    """A column for each element that any item was stated to hold."""
    rows = connection.execute(
        f"SELECT DISTINCT e.key FROM yielded y, json_each(y.composition) e WHERE y.known_to = {FOREVER} ORDER BY e.key"
    )
    return [f"mass{element}Kg:double" for (element,) in rows]


def _organizations(connection: sqlite3.Connection) -> Rows:
    for number, key in connection.execute(
        "SELECT id, key FROM organization UNION ALL"
        f" SELECT {ORGANIZATION_ID}, organization FROM registration r"
        " WHERE NOT EXISTS (SELECT 1 FROM organization o WHERE o.key = r.organization) GROUP BY organization"
        f" UNION ALL SELECT {ACTOR_ID}, actor FROM log l"
        " WHERE NOT EXISTS (SELECT 1 FROM organization o WHERE o.key = l.actor)"
        " AND NOT EXISTS (SELECT 1 FROM registration r WHERE r.organization = l.actor) GROUP BY actor"
    ):
        shown = _shown(connection, key)
        yield number, key, *(shown.get(name) for name in SHOWN)


def _shown(connection: sqlite3.Connection, organization: str) -> dict[str, Any]:
    """What the registrations that count state."""
    rows = connection.execute(
        "SELECT body FROM registration r JOIN log l ON l.seq = r.seq JOIN payload p ON p.seq = r.seq"
        " WHERE r.organization = ? AND l.status = 'ACCEPTED' ORDER BY pos",
        (organization,),
    )
    return shown_by(shown_of_organization(orjson.loads(body)["organization"]) for (body,) in rows)


def _identifiers(connection: sqlite3.Connection) -> Rows:
    return ((number, value) for number, value, _ in identifiers(connection))


def identifiers(connection: sqlite3.Connection) -> Rows:
    """Each value with a number and its rows (scheme, item, known from, known to)."""
    rows = connection.execute("SELECT value, scheme, item, known_from, known_to FROM identifier ORDER BY value")
    for number, (value, group) in zip(count(1), groupby(rows, key=lambda row: row[0])):
        yield number, value, group


def _judgements(connection: sqlite3.Connection) -> Rows:
    return (row[:-1] for row in judgements(connection))


def judgements(connection: sqlite3.Connection) -> Rows:
    """Each former judgement with a number, and the event that it was of."""
    rows = connection.execute(
        "SELECT known_from, known_to, status, problems, mixing, claims, seq FROM judgement ORDER BY seq, known_from"
    )
    return ((number, *row) for number, row in zip(count(1), rows))


def _batches(connection: sqlite3.Connection) -> Rows:
    rows = connection.execute("SELECT recorded_us, last FROM batch ORDER BY recorded_us")
    return ((recorded_us, moment_of_us(recorded_us), last) for recorded_us, last in rows)


def _log(connection: sqlite3.Connection) -> Rows:
    return connection.execute("SELECT 'voltrace', seq, recorded_us, hash FROM log ORDER BY seq DESC LIMIT 1")


_OUTCOME = ("status:string", "problems:string", "mixing:string", "claims:string")
_EVENT = (
    ":ID(Event)",
    "eventId:string",
    "type:string",
    "sequence:long",
    "position:byte[]",
    "occurredAt:datetime",
    "recordedAt:datetime",
    "recordedUs:long",
    "actor:string",
    "refersTo:string",
    "payload:string",
    "digest:byte[]",
    "hash:byte[]",
    "previousHash:byte[]",
    *_OUTCOME,
    "also:string",
    "judged:long",
)
_ITEM = (":ID(Item)", ":LABEL", "key:string", "state:string", "last:byte[]", "changed:long", *STATED)

NODES = (
    Sheet("nodes", "Event", _EVENT, "log", _events),
    Sheet("nodes", "Judgement", (":ID(Judgement)", "knownFrom:long", "knownTo:long", *_OUTCOME), "judgement",
          _judgements),
    Sheet("nodes", "Item", _ITEM, "item", _items, _masses),
    Sheet("nodes", "Organization", (":ID(Organization)", "key:string", "name:string", "region:string",
                                    "roles:string[]"), "organization", _organizations),
    Sheet("nodes", "Identifier", (":ID(Identifier)", "value:string"), "identifier", _identifiers),
    Sheet("nodes", "Batch", ("recordedUs:long", "recordedAt:datetime", "last:long"), "batch", _batches),
    Sheet("nodes", "Log", ("name:string", "sequence:long", "recordedUs:long", "hash:byte[]"), "meta", _log),
)  # fmt: skip
