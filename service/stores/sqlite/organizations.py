"""Organizations in the embedded store: lists of them, and what they registered."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby
from typing import TYPE_CHECKING, Any

from graph_schema.order import Position
from service.organizations import stated_in
from service.stores.sqlite.sql import JUDGED, STATUS, known

if TYPE_CHECKING:
    from service.stores.sqlite.snapshot import SqliteSnapshot

_REGISTERED = (
    "SELECT r.organization, p.body FROM {0}"
    " CROSS JOIN log l ON l.seq = r.seq AND l.seq <= :k AND l.pos < :cut CROSS JOIN payload p ON p.seq = l.seq"
    f" {JUDGED} WHERE {STATUS} = 'ACCEPTED' ORDER BY r.organization, l.pos"
)
_OF_ALL = _REGISTERED.format("registration r")
_OF_SOME = _REGISTERED.format("json_each(:ids) o CROSS JOIN registration r ON r.organization = o.value")


def _keys(beyond: str, way: str) -> str:
    """One actor after the other is looked up, for each has any number of events."""
    next_actor = f"SELECT a.actor FROM log a WHERE a.actor {beyond} %s AND a.seq <= :k ORDER BY a.actor {way} LIMIT 1"
    return (
        f"WITH RECURSIVE actors(key) AS (SELECT ({next_actor % ':after'})"
        f" UNION ALL SELECT ({next_actor % 'key'}) FROM actors WHERE key IS NOT NULL LIMIT :limit)"
        " SELECT key FROM actors WHERE key IS NOT NULL"
        f" UNION SELECT organization FROM registration WHERE organization {beyond} :after AND seq <= :k"
        f" UNION SELECT g.key FROM organization g WHERE g.key {beyond} :after"
        f" AND EXISTS (SELECT 1 FROM held_by h WHERE h.organization = g.id AND {known('h')})"
        f" ORDER BY 1 {way} LIMIT :limit"
    )


_KEYS = {False: _keys(">", "ASC"), True: _keys("<", "DESC")}


def registered(snapshot: SqliteSnapshot, keys: Collection[str] | None, cut: Position) -> dict[str, dict[str, Any]]:
    """What organizations have stated of themselves before the cut, of some or all."""
    rows = snapshot.rows(_OF_ALL if keys is None else _OF_SOME, keys or (), cut=cut)
    return {key: stated_in(body for _, body in group) for key, group in groupby(rows, key=lambda row: row[0])}


def organization_keys(snapshot: SqliteSnapshot, after: str, limit: int, reverse: bool) -> list[str]:
    """The keys of organizations after one; `reverse`: before one, backwards."""
    return [key for (key,) in snapshot.rows(_KEYS[reverse], after=after, limit=limit)]
