"""The pieces that queries are put together from: what is known at `:k`, and which edges are open as of `:cut`."""

from __future__ import annotations

from graph_schema.windows import END, START

JUDGED = "LEFT JOIN judgement j ON l.judged > :k AND j.seq = l.seq AND j.known_from <= :k AND j.known_to > :k"
"""Joins what a record of the log `l` was judged before, where it was judged otherwise at `:k`."""
STATUS = "CASE WHEN l.judged <= :k THEN l.status ELSE j.status END"
FIRST = f"x'{START.hex()}'"
LAST = f"x'{END.hex()}'"


def known(table: str) -> str:
    """Whether a row is known at `:k`."""
    return f"{table}.known_from <= :k AND {table}.known_to > :k"


def span(table: str) -> str:
    """Joins what opened (`<table>o`) and, as far as is known, what closed (`<table>c`) an edge that is known."""
    return (
        f" CROSS JOIN log {table}o ON {table}o.seq = {table}.opened AND {known(table)}"
        f" LEFT JOIN log {table}c ON {table}c.seq = {table}.closed AND {table}.closed_known <= :k"
    )


def is_open(table: str) -> str:
    """Whether an edge joined by `span` is open as of `:cut`."""
    return f"{table}o.pos < :cut AND ({table}c.pos IS NULL OR {table}c.pos >= :cut)"


def low(table: str) -> str:
    """The later of the beginnings of an edge joined by `span` and of the window `low` to `high`."""
    return f"max(low, {table}o.pos)"


def high(table: str) -> str:
    """The earlier of the ends."""
    return f"min(high, coalesce({table}c.pos, {LAST}))"


def overlaps(table: str) -> str:
    """Whether an edge joined by `span` and the window have anything in common."""
    return f"{low(table)} < {high(table)}"


HOSTS_NOW = (
    "WITH RECURSIVE up(id) AS (SELECT i.id UNION ALL SELECT p.host FROM up CROSS JOIN part_of p ON p.part = up.id"
    f"{span('p')} WHERE {is_open('p')})"
)
"""The item `i` and every host it is in, as of `:cut`."""

HOSTS_EVER = (
    f"WITH RECURSIVE up(id, low, high) AS (SELECT i.id, {FIRST}, {LAST} UNION"
    f" SELECT p.host, {low('p')}, {high('p')} FROM up CROSS JOIN part_of p ON p.part = up.id{span('p')}"
    f" WHERE {overlaps('p')})"
)
"""The item `i` and every host that it was ever in, from when to when."""


def parts_now(top: str) -> str:
    """The items `top` and everything that is in them, as of `:cut`."""
    return (
        f"WITH RECURSIVE down(id) AS ({top} UNION ALL SELECT p.part FROM down CROSS JOIN part_of p"
        f" ON p.host = down.id{span('p')} WHERE {is_open('p')}) SELECT id FROM down"
    )


def parts_ever(top: str) -> str:
    """The items `top` with a window each, and everything that was in them during that."""
    return (
        f"WITH RECURSIVE down(id, low, high) AS ({top} UNION SELECT p.part, {low('p')}, {high('p')} FROM down"
        f" CROSS JOIN part_of p ON p.host = down.id{span('p')} WHERE {overlaps('p')}) SELECT id FROM down"
    )
