"""Reading ahead: what a trace will most likely ask for, in one round trip.

A trace goes a level at a time, for the times of the edges decide what belongs to it (model section 6); each level is a
round trip. From the root this reads, a level at a time inside the database, whatever any times could let in: its
parts, what these went into or came out of, the hosts of all, and who held them. The trace decides as ever, over rows
that are there already. It is bounded in depth and width; what lies beyond is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any

from graph_schema.answer import Handle
from graph_schema.reader import About, Around, ItemRow
from service.stores.neo4j.cypher import FOUND, ROWS, collected_of

PARTS = 4
"""How many levels of parts inside the root."""
LEVELS = 6
"""How many transformations in a row."""
HOSTS = 4
"""How many hosts, one in the other."""
WIDTH = 300
"""How many items in each level."""


def _names(name: str, count: int) -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def _level(name: str, number: int, found: str, node: str, following: str) -> str:
    """A subquery that goes one edge from each of `found{number}` to the `following{number + 1}`."""
    rows = ROWS[name]
    start = f"{found}{number}"
    return (
        f"CALL ({start}) {{ UNWIND {start} AS {rows.node} {rows.of_nodes()} RETURN collect({rows.row}) AS"
        f" {name}{number}, collect(DISTINCT {node})[..$width] AS {following} }}"
    )


def _distinct(lists: list[str], name: str, bound: str = "") -> str:
    return (
        f"CALL ({', '.join(lists)}) {{ UNWIND {' + '.join(lists)} AS i RETURN collect(DISTINCT i){bound} AS {name} }}"
    )


def _query(along: str, beyond: str) -> str:
    parts = [_level("parts", n, "inside", "p", f"inside{n + 1}") for n in range(PARTS)]
    levels = chain.from_iterable(
        (_level(along, n, "level", "e", f"events{n}"), _level(beyond, n, "events", "i", f"level{n + 1}"))
        for n in range(LEVELS)
    )
    hosts = [_level("hosts", n, "up", "h", f"up{n + 1}") for n in range(HOSTS)]
    things = [*_names("inside", PARTS + 1), *_names("level", LEVELS + 1)]
    found = {
        "inside": _names("inside", PARTS),
        "level": _names("level", LEVELS),
        "up": _names("up", HOSTS),
        "parts": _names("parts", PARTS),
        along: _names(along, LEVELS),
        "events": _names("events", LEVELS),
        beyond: _names(beyond, LEVELS),
        "hosts": _names("hosts", HOSTS),
    }
    keys = {"inside": "n.key", "level": "n.key", "up": "n.key", "events": "n.position"}
    columns = [
        f"[{', '.join(f'[n IN {list_} | {keys[name]}]' if name in keys else list_ for list_ in lists)}] AS {name}"
        for name, lists in found.items()
    ]
    rest = ["items", "custody", "marks", "names", "unsettled"]
    return "\n".join(
        [
            FOUND,
            "WITH collect([rank, at, i.key]) AS found, collect(DISTINCT i)[..$width] AS inside0",
            *parts,
            _distinct(_names("inside", PARTS + 1), "level0", "[..$width]"),
            *levels,
            _distinct(things, "up0"),
            *hosts,
            _distinct(_names("up", HOSTS + 1), "things"),
            collected_of("items", "things"),
            collected_of("custody", "things", ", collect(DISTINCT o) AS holders"),
            collected_of("marks", "things"),
            collected_of("names", "holders"),
            collected_of("unsettled", "things"),
            f"RETURN found, {', '.join(columns)}, [n IN things | n.key] AS things, {', '.join(rest)}",
        ]
    )


AHEAD_FORWARD = _query("consumptions", "outputs")
AHEAD_BACKWARD = _query("births", "inputs")


class Ahead:
    """What was read ahead in one direction, by the node that was asked about; a node that is not there is not known."""

    def __init__(self, record: Any, forward: bool) -> None:
        self.forward = forward
        self.root: Handle | None = min(record["found"])[2] if record["found"] else None
        along, beyond = ("consumptions", "outputs") if forward else ("births", "inputs")
        self._parts = _by(record["inside"], record["parts"], 1)
        self._hosts = _by(record["up"], record["hosts"], 0)
        self._along = _by(record["level"], record[along], 0 if forward else 1)
        self._beyond = _by(record["events"], record[beyond], 0 if forward else 1)
        things = [record["things"]]
        self._items = _by(things, [record["items"]], 0)
        self._custody = _by(things, [record["custody"]], 0)
        self._marks = _by(things, [record["marks"]], 0)
        self._unsettled = _by(things, [record["unsettled"]], 0)
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


def _by(asked: list[list[Any]], rows: list[list[Any]], column: int) -> Found:
    """The rows of each of the nodes asked about, level by level; a node may be asked about in several levels."""
    found: Found = {}
    for nodes, level in zip(asked, rows, strict=True):
        fresh = set(nodes).difference(found)
        for node in fresh:
            found[node] = []
        for row in level:
            if row[column] in fresh:
                found[row[column]].append(tuple(row))
    return found


def _of(found: Found, nodes: Iterable[Any]) -> list[tuple[Any, ...]] | None:
    """The rows of all these nodes, None where one was not asked about."""
    try:
        return list(chain.from_iterable([found[node] for node in nodes]))
    except KeyError:
        return None
