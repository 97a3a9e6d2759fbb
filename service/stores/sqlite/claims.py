"""The edges that contested events claim, read from the embedded store."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from graph_schema.reader import ClaimRow
from service.stores.claims import Ends, claim_rows, keys_of, told_claims

if TYPE_CHECKING:
    from service.stores.sqlite.snapshot import SqliteSnapshot

_STATUS = "CASE WHEN l.judged <= :k THEN l.status ELSE j.status END"
_JUDGED = "LEFT JOIN judgement j ON l.judged > :k AND j.seq = l.seq AND j.known_from <= :k AND j.known_to > :k"
_REMOVAL = "substr(l.pos, 9, 1) = x'07'"
_CONTESTED = (
    "SELECT DISTINCT l.pos, CASE WHEN l.judged <= :k THEN l.claims ELSE j.claims END"
    " FROM json_each(:ids) e CROSS JOIN mention m ON m.item = e.value"
    f" JOIN log l ON l.seq = m.event AND l.seq <= :k {_JUDGED} WHERE {_STATUS} = 'CONTESTED'"
)
_NUMBERS = "SELECT i.key, i.id FROM json_each(:ids) e CROSS JOIN item i ON i.key = e.value"
_REMOVALS = (
    "SELECT i.key, json_extract(CAST(p.body AS TEXT), '$.host'), l.pos FROM json_each(:ids) e"
    " CROSS JOIN mention m ON m.item = e.value JOIN item i ON i.id = m.item"
    f" JOIN log l ON l.seq = m.event JOIN payload p ON p.seq = l.seq {_JUDGED}"
    f" WHERE l.seq <= :k AND {_REMOVAL} AND {_STATUS} != 'VOIDED'"
    " AND json_extract(CAST(p.body AS TEXT), '$.part') = i.key"
    " UNION SELECT i.key, h.key, l.pos FROM json_each(:ids) e CROSS JOIN part_of s ON s.part = e.value"
    " JOIN item i ON i.id = s.part JOIN item h ON h.id = s.host JOIN log l ON l.seq = s.closed"
    f" WHERE s.known_from <= :k AND s.known_to > :k AND s.closed_known <= :k AND {_REMOVAL}"
)
_ENDED = (
    "SELECT i.key, l.pos FROM json_each(:ids) e CROSS JOIN consumed c ON c.item = e.value JOIN item i ON i.id = c.item"
    " JOIN log l ON l.seq = c.event WHERE c.ends AND c.known_from <= :k AND c.known_to > :k"
)


def read_claims(snapshot: SqliteSnapshot, items: Collection[Any]) -> list[ClaimRow]:
    """All claimed edges of the contested events that touch any of the items."""
    claims = told_claims(snapshot.rows(_CONTESTED, items))
    if not claims:
        return []
    numbers = dict(snapshot.rows(_NUMBERS, keys_of(claims)))
    stays = [claim for _, claim in claims if claim.kind == "PART_OF"]
    parts = {numbers[claim.source] for claim in stays if claim.source in numbers}
    ends = Ends(snapshot.rows(_REMOVALS, parts), snapshot.rows(_ENDED, numbers.values())) if stays else Ends((), ())
    return claim_rows(claims, numbers, ends)
