"""The Cypher of reads. `$k` is the moment of knowledge: what is known at a sequence number of the log.

Every read begins at an index and goes one edge at a time, a level for all items at once: the times of the edges decide
what belongs to a trace (model section 6), which path patterns cannot say without trying every path.
"""

from __future__ import annotations

from typing import NamedTuple

from service.stores.neo4j.state import MARK


def known(name: str) -> str:
    """Whether an edge is known at `$k`."""
    return f"{name}.knownFrom <= $k AND ({name}.knownTo IS NULL OR {name}.knownTo > $k)"


def number(position: str) -> str:
    """A position as a list that compares as its bytes do; those of Java are signed."""
    return f"[x IN {position} | (x + 256) % 256]"


CLOSED = "CASE WHEN r.closedKnown <= $k THEN r.closed END"


def judged(name: str, column: str) -> str:
    """A column of the judgement on an event as it was at `$k`."""
    past = f"head([({name})-[:WAS_JUDGED]->(j) WHERE j.knownFrom <= $k AND j.knownTo > $k | j.{column}])"
    return f"CASE WHEN {name}.judged <= $k THEN {name}.{column} ELSE {past} END"


class Rows(NamedTuple):
    """Rows of the items `i`, events `e` or organizations `o`: what is matched from there, and what a row tells."""

    node: str
    path: str
    where: str
    row: str
    more: str = ""

    def of_keys(self) -> str:
        """The match of a node by its key, `each`, which begins at an index."""
        label, key = _INDEX[self.node]
        start = f"MATCH ({self.node}:{label} {{{key}: each}}){self.path} USING INDEX SEEK {self.node}:{label}({key})"
        return start + self._rest()

    def of_nodes(self) -> str:
        """The match from a node that was found."""
        return (f"MATCH ({self.node}){self.path}" if self.path else "") + self._rest()

    def _rest(self) -> str:
        return (f" WHERE {self.where}" if self.where else "") + self.more


_INDEX = {"i": ("Item", "key"), "e": ("Event", "eventId"), "o": ("Organization", "key")}

ROWS = {
    "items": Rows(
        "i", "<-[y:YIELDED]-()", known("y"),
        "[i.key, i.key, y.kind, y.position, y.massKg, y.composition, y.secondLife, y.bodyMassKg,"
        " nullif(y.bodyMassAt, y.position), y.bodyComposition, nullif(y.bodyCompositionAt, y.position), y.label]",
    ),
    "hosts": Rows("i", "-[r:PART_OF]->(h)", known("r"), f"[i.key, h.key, r.opened, {CLOSED}, r.place]"),
    "parts": Rows("i", "<-[r:PART_OF]-(p)", known("r"), f"[p.key, i.key, r.opened, {CLOSED}, r.place]"),
    "custody": Rows("i", "-[r:HELD_BY]->(o)", known("r"), f"[i.key, o.key, r.opened, {CLOSED}]"),
    "consumptions": Rows("i", "-[r:CONSUMED_IN]->(e)", known("r"), "[i.key, r.position, r.massKg]"),
    "births": Rows("i", "<-[y:YIELDED]-(e)", known("y"), "[y.position, i.key]"),
    "inputs": Rows("e", "<-[r:CONSUMED_IN]-(i)", known("r"), "[i.key, r.position, r.massKg]"),
    "outputs": Rows("e", "-[y:YIELDED]->(i)", known("y"), "[y.position, i.key]"),
    "marks": Rows(
        "i", "", "", "[i.key, at, mark]",
        f" CALL (i) {{ MATCH (i)<-[r:MARKED]-() WHERE {known('r')} RETURN r.position AS at, r.mark AS mark"
        f" UNION ALL MATCH (i)-[r:CONSUMED_IN]->() WHERE r.ends AND {known('r')}"
        " RETURN r.position AS at, 'ended' AS mark }",
    ),
    "events": Rows("e", "", "", f"[e.position, e.actor, {judged('e', 'mixing')}]"),
    "names": Rows(
        "o", "", "", "[o.key, name]",
        " CALL (o) { MATCH (o)<-[r:REGISTERS]-(e) WHERE r.name IS NOT NULL AND e.sequence <= $k AND "
        + judged("e", "status")
        + " = 'ACCEPTED' RETURN r.name AS name ORDER BY " + number("e.position") + " DESC LIMIT 1 }",
    ),
    "unsettled": Rows(
        "i", "<-[m:MENTIONS]-(e)",
        "m.named AND e.sequence <= $k AND " + judged("e", "status") + " IN ['PENDING', 'CONTESTED']",
        "[i.key, e.position]",
    ),
    "details": Rows("i", "<-[y:YIELDED]-(e)", known("y"), "[i.key, y.kind, y.spec, y.position, e.actor]"),
}  # fmt: skip
"""What is read of many nodes at once."""


def collected(name: str, keys: str = "$wanted") -> str:
    """One list of rows for a list of keys of items, events or organizations."""
    rows = ROWS[name]
    return f"UNWIND {keys} AS each {rows.of_keys()} RETURN collect({rows.row}) AS {name}"


def collected_of(name: str, nodes: str, found: str = "") -> str:
    """The subquery that makes one list of rows for a list of nodes; `found` are further columns."""
    rows = ROWS[name]
    return (
        f"CALL ({nodes}) {{ UNWIND {nodes} AS {rows.node} {rows.of_nodes()}"
        f" RETURN collect({rows.row}) AS {name}{found} }}"
    )


def _call(query: str) -> str:
    return f"CALL () {{ {query} }}"


def _around(along: str, beyond: str) -> str:
    rows = ROWS[along]
    return "\n".join(
        [
            _call(collected("items", "$new")),
            _call(collected("hosts", "$new")),
            _call(collected("parts", "$inside")),
            _call(
                f"UNWIND $along AS each {rows.of_keys()}"
                f" RETURN collect({rows.row}) AS {along}, collect(DISTINCT e) AS events"
            ),
            collected_of(beyond, "events"),
            MARK,
            f"RETURN items, hosts, parts, {along}, {beyond}, state",
        ]
    )


AROUND_FORWARD = _around("consumptions", "outputs")
"""A level of a forward trace in one round trip."""

AROUND_BACKWARD = _around("births", "inputs")
"""A level of a backward trace in one round trip."""

_CUSTODY = ROWS["custody"]
ABOUT = "\n".join(
    [
        _call(
            f"UNWIND $wanted AS each {_CUSTODY.of_keys()}"
            f" RETURN collect({_CUSTODY.row}) AS custody, collect(DISTINCT o) AS holders"
        ),
        _call(collected("marks")),
        collected_of("names", "holders"),
        _call(collected("unsettled")),
        MARK,
        "RETURN custody, marks, names, unsettled, state",
    ]
)
"""What closes a trace, in one round trip."""


def _count(*edges: str) -> str:
    return " + ".join(f"COUNT {{ MATCH {edge} WHERE {known('r')} }}" for edge in edges)


def _degrees(name: str, node: str, key: str, told: str, *edges: str) -> str:
    match = f"MATCH ({node}:{_INDEX[node][0]} {{{key}: each}}) USING INDEX SEEK {node}:{_INDEX[node][0]}({key})"
    return _call(f"UNWIND ${name} AS each {match} RETURN collect([{told}, {_count(*edges)}]) AS {name}")


DEGREES = "\n".join(
    [
        _degrees("items", "i", "key", "i.key", "(i)-[r:PART_OF]-()", "(i)-[r:HELD_BY]->()"),
        _degrees("used", "i", "key", "i.key", "(i)-[r:CONSUMED_IN]->()"),
        _degrees("made", "i", "key", "i.key", "(i)<-[r:YIELDED]-()"),
        _degrees("events", "e", "eventId", "e.position", "(e)<-[r:CONSUMED_IN]-()", "(e)-[r:YIELDED]->()"),
        "RETURN items + used + made + events",
    ]
)
"""How many edges there are of items and events, in one round trip."""

FOUND = f"""
CALL () {{
  MATCH (i:Item {{key: $key}})<-[y:YIELDED]-(e) USING INDEX SEEK i:Item(key) WHERE {known("y")}
  RETURN i, y, e, 0 AS rank, y.position AS at
  UNION ALL
  MATCH (n:Identifier {{value: $key}})-[d:IDENTIFIES]->(i)<-[y:YIELDED]-(e) USING INDEX SEEK n:Identifier(value)
  WHERE {known("d")} AND {known("y")}
  RETURN i, y, e, 1 AS rank, y.position AS at
}}
"""
_BY_KEY = "CASE rank WHEN 0 THEN {} END"
FIND = FOUND + (
    f"RETURN collect([rank, at, i.key, {_BY_KEY.format(ROWS['items'].row)}, {_BY_KEY.format(ROWS['details'].row)}])"
)
"""What is called so; what has it as its key with its row and its details, since these are asked for next."""

KEYED = (
    "UNWIND $keys AS key MATCH (i:Item {key: key})<-[y:YIELDED]-() USING INDEX SEEK i:Item(key) WHERE "
    + known("y")
    + " RETURN collect(i.key)"
)

_CHANGES = "MATCH (i:Item) USING INDEX SEEK i:Item(changed, key) WHERE"
CHANGES = f"""
CALL () {{
  {_CHANGES} i.changed = $seq AND i.key > $key AND $seq < $k
  RETURN i.changed AS changed, i.key AS key ORDER BY i.changed, i.key LIMIT $limit
UNION ALL
  {_CHANGES} $seq < i.changed < $k AND i.key IS NOT NULL
  RETURN i.changed AS changed, i.key AS key ORDER BY i.changed, i.key LIMIT $limit
}}
WITH changed, key ORDER BY changed, key LIMIT $limit
RETURN collect([changed, key])
"""
"""Only the index compares keys by code point: without it, `>` goes by UTF-16, which is another order."""
CHANGES_LAST = f"""
CALL () {{
  {_CHANGES} i.changed = $k AND i.key > $key
  RETURN i.key AS key ORDER BY i.changed, i.key LIMIT $limit
}}
WITH collect(key) AS now
CALL () {{
  {_CHANGES} i.changed > $k AND i.key IS NOT NULL RETURN i.key AS key, 0 AS place
  UNION ALL RETURN $key AS key, 1 AS place
}}
WITH now, key, place ORDER BY key, place
WITH now, collect(key) AS keys, collect(place) AS places
WITH now, keys, [at IN range(0, size(places) - 1) WHERE places[at] = 1][0] + 1 AS next
RETURN now + keys[next .. next + $limit]
"""
"""What changed last by the end of the snapshot or behind it: told as of its end, so that it is told again. What is
behind it is put in order together with the key that it is wanted after, and read on from there."""
