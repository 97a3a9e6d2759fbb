"""Reading ahead: what a trace will most likely ask for, in one round trip.

A trace goes a level at a time, for the times of the edges decide what belongs to it (model section 6); each level is a
round trip. From the root this reads whatever any times could let in, nearest first: its parts, what these went into or
came out of, the hosts of all, and who held them. The trace decides as ever, over rows that are there already. It is
bounded in the number of nodes, and leaves out the edges of hubs; what it did not read is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any

from graph_schema.answer import Handle
from graph_schema.reader import About, Around, ItemRow
from service.stores.neo4j.cypher import FOUND, collected_of
from service.stores.neo4j.state import MARK

NESTED = 4
"""How many levels of parts inside the root, and of hosts, one in the other."""
HOPS = 11
"""How many edges from the first event on: six transformations in a row."""
WIDTH = 1000
"""How many nodes of each sort."""
MORE = 100
"""What is read beyond the bound of a trace, which looks at one level more than it tells."""
HUB = 300
"""A node with more edges of a sort is a hub: these are read only where the trace comes to it."""


def _followed(start: str, path: str, node: str, found: str) -> str:
    """A subquery that collects the distinct nodes at the end of a path from each of `start`, the nearest first."""
    return (
        f"CALL ({start}) {{ UNWIND {start} AS begin MATCH (begin){path}({node})"
        f" WITH DISTINCT {node} LIMIT $width RETURN collect({node}) AS {found} }}"
    )


def _no_hubs(nodes: str, edges: str, label: str = "") -> str:
    labelled = f"n:{label} AND " if label else ""
    return f"[n IN {nodes} WHERE {labelled}COUNT {{ (n){edges}() }} <= {HUB}]"


def _query(along: str, beyond: str, to_events: str, to_items: str) -> str:
    left, right = ("<", "") if to_events.startswith("<") else ("", ">")
    onward = f"{left}-[:CONSUMED_IN|YIELDED*0..{HOPS}]-{right}"
    read = {"items": "things", "hosts": "things", "parts": "holding", along: "moving", beyond: "events"}
    columns = [*read, "custody", "marks", "names", "unsettled"]
    return "\n".join(
        [
            FOUND,
            "WITH collect([rank, at, i.key]) AS found, collect(DISTINCT i) AS roots",
            _followed("roots", f"<-[:PART_OF*0..{NESTED}]-", "p", "inside"),
            _followed("inside", to_events, "e", "first"),
            _followed("first", onward, "n", "reached"),
            f"WITH found, inside, {_no_hubs('reached', to_items, 'Event')} AS events,"
            " inside + [n IN reached WHERE n:Item] AS carriers",
            _followed("carriers", f"-[:PART_OF*0..{NESTED}]->", "h", "things"),
            f"WITH *, {_no_hubs('carriers', to_events)} AS moving, {_no_hubs('inside', '<-[:PART_OF]-')} AS holding",
            *(collected_of(name, nodes) for name, nodes in read.items()),
            collected_of("custody", "things", ", collect(DISTINCT o) AS holders"),
            collected_of("marks", "things"),
            collected_of("names", "holders"),
            collected_of("unsettled", "things"),
            MARK,
            "RETURN state, found, [n IN things | n.key] AS things, [n IN holding | n.key] AS holding,"
            f" [n IN moving | n.key] AS moving, [n IN events | n.position] AS events, {', '.join(columns)}",
        ]
    )


AHEAD_FORWARD = _query("consumptions", "outputs", "-[:CONSUMED_IN]->", "-[:YIELDED]->")
AHEAD_BACKWARD = _query("births", "inputs", "<-[:YIELDED]-", "<-[:CONSUMED_IN]-")


def width_of(nodes_max: int | None) -> int:
    """How many nodes of each sort are read ahead for a trace of at most so many nodes."""
    return WIDTH if nodes_max is None else min(WIDTH, nodes_max + MORE)


class Ahead:
    """What was read ahead in one direction, by the node that was asked about; a node that is not there is not known."""

    def __init__(self, record: Any, forward: bool) -> None:
        self.forward = forward
        self.root: Handle | None = min(record["found"])[2] if record["found"] else None
        along, beyond = ("consumptions", "outputs") if forward else ("births", "inputs")
        things = record["things"]
        self._parts = _by(record["holding"], record["parts"], 1)
        self._hosts = _by(things, record["hosts"], 0)
        self._along = _by(record["moving"], record[along], 0 if forward else 1)
        self._beyond = _by(record["events"], record[beyond], 0 if forward else 1)
        self._items = _by(things, record["items"], 0)
        self._custody = _by(things, record["custody"], 0)
        self._marks = _by(things, record["marks"], 0)
        self._unsettled = _by(things, record["unsettled"], 0)
        self._names: dict[str, str] = dict(record["names"])

    def has(self, forward: bool, item: Handle) -> bool:
        """Whether the item was reached in that direction."""
        return forward == self.forward and item in self._items

    def around(
        self, new: Collection[Handle], inside: Collection[Handle], along: Collection[Handle], forward: bool
    ) -> Around | None:
        """A level, None where not all of it was read."""
        if forward != self.forward:
            return None
        items, hosts = _of(self._items, new), _of(self._hosts, new)
        parts, rows = _of(self._parts, inside), _of(self._along, along)
        if items is None or hosts is None or parts is None or rows is None:
            return None
        events = {row[1] if self.forward else row[0] for row in rows}
        beyond = _of(self._beyond, events)
        if beyond is None:
            return None
        facts = [ItemRow._make(row) for row in items]
        return Around(facts, hosts, parts, *((rows, beyond) if self.forward else (beyond, rows)))

    def about(self, items: Collection[Handle]) -> About | None:
        """What closes a trace of these items, None where not all of it was read."""
        custody = _of(self._custody, items)
        if custody is None:
            return None
        names = {row[1]: self._names[row[1]] for row in custody if row[1] in self._names}
        unsettled = sorted({row[1] for row in _of(self._unsettled, items) or ()})
        return About(custody, _of(self._marks, items) or [], names, unsettled)


Found = dict[Any, list[tuple[Any, ...]]]


def _by(asked: list[Any], rows: list[Any], column: int) -> Found:
    """The rows of each of the nodes asked about, each once, though a node may be asked about twice."""
    found: dict[Any, dict[tuple[Any, ...], None]] = {node: {} for node in asked}
    for row in rows:
        found[row[column]][tuple(row)] = None
    return {node: list(several) for node, several in found.items()}


def _of(found: Found, nodes: Iterable[Any]) -> list[tuple[Any, ...]] | None:
    """The rows of all these nodes, None where one was not asked about."""
    try:
        return list(chain.from_iterable([found[node] for node in nodes]))
    except KeyError:
        return None
