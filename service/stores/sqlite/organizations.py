"""What organizations registered, in the embedded store."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from graph_schema.order import Position
from service.organizations import stated_in
from service.stores.sqlite.sql import JUDGED, STATUS

if TYPE_CHECKING:
    from service.stores.sqlite.snapshot import SqliteSnapshot

_REGISTERED = (
    "SELECT r.organization, p.body FROM registration r"
    " CROSS JOIN log l ON l.seq = r.seq AND l.seq <= :k AND l.pos < :cut CROSS JOIN payload p ON p.seq = l.seq"
    f" {JUDGED} WHERE {STATUS} = 'ACCEPTED' ORDER BY r.organization, l.pos"
)


def registered(snapshot: SqliteSnapshot, cut: Position) -> dict[str, dict[str, Any]]:
    """What each organization has stated of itself before the cut."""
    rows = snapshot.rows(_REGISTERED, cut=cut)
    return {key: stated_in(body for _, body in group) for key, group in groupby(rows, key=lambda row: row[0])}
