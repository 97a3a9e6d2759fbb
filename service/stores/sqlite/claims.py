"""The edges that contested events claim, read from the embedded store."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from graph_schema.order import Position
from graph_schema.outcome import Claim
from graph_schema.reader import ClaimRow
from service.stores.values import loads

if TYPE_CHECKING:
    from service.stores.sqlite.snapshot import SqliteSnapshot

_STATUS = "CASE WHEN l.judged <= :k THEN l.status ELSE j.status END"
_JUDGED = "LEFT JOIN judgement j ON l.judged > :k AND j.seq = l.seq AND j.known_from <= :k AND j.known_to > :k"


def read_claims(snapshot: SqliteSnapshot, items: Collection[Any]) -> list[ClaimRow]:
    """All claimed edges of the contested events that touch any of the items."""
    events = snapshot.rows(
        "SELECT DISTINCT l.pos, CASE WHEN l.judged <= :k THEN l.claims ELSE j.claims END"
        " FROM json_each(:ids) e CROSS JOIN mention m ON m.item = e.value"
        f" JOIN log l ON l.seq = m.event AND l.seq <= :k {_JUDGED} WHERE {_STATUS} = 'CONTESTED'",
        items,
    )
    claims = [(pos, Claim(*claim)) for pos, text in events for claim in loads(text) or ()]
    keys = {end for _, claim in claims for end in (claim.source, claim.target) if end}
    numbers = dict(
        snapshot.rows("SELECT i.key, i.id FROM json_each(:ids) e CROSS JOIN item i ON i.key = e.value", keys)
    )
    rows = []
    for pos, claim in claims:
        held = claim.kind == "HELD_BY"
        source = numbers.get(claim.source) if claim.source else None
        target = claim.target if held else (numbers.get(claim.target) if claim.target else None)
        closed = _end(snapshot, source, target, claim, pos) if claim.kind == "PART_OF" else None
        key = claim.target if claim.item_kind else None
        rows.append(ClaimRow(pos, claim.kind, source, target, claim.mass_kg, closed, key, claim.item_kind))
    return rows


def _end(snapshot: SqliteSnapshot, part: Any, host: Any, claim: Claim, after: Position) -> Position | None:
    """The next removal or end of a claimed pair (8.5)."""
    ends = snapshot.rows(
        "SELECT l.pos FROM mention m JOIN log l ON l.seq = m.event JOIN payload p ON p.seq = l.seq"
        f" {_JUDGED} WHERE m.item = :part AND l.seq <= :k AND substr(l.pos, 9, 1) = x'07' AND {_STATUS} != 'VOIDED'"
        " AND json_extract(CAST(p.body AS TEXT), '$.part') = :part_key"
        " AND json_extract(CAST(p.body AS TEXT), '$.host') = :host_key"
        " UNION SELECT l.pos FROM part_of JOIN log l ON l.seq = closed WHERE part = :part AND host = :host"
        " AND known_from <= :k AND known_to > :k AND closed_known <= :k AND substr(l.pos, 9, 1) = x'07'"
        " UNION SELECT l.pos FROM consumed JOIN log l ON l.seq = event WHERE item IN (:part, :host) AND ends"
        " AND known_from <= :k AND known_to > :k",
        part=part,
        host=host,
        part_key=claim.source,
        host_key=claim.target,
    )
    return min((pos for (pos,) in ends if pos > after), default=None)
