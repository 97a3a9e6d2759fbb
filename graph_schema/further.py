"""Neighbours of a trace's nodes beyond its bounds, of those that are asked for by name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Sequence
from typing import Any

from graph_schema.reader import TraceReader

NAMED_MAX = 40
"""So many names a question may have."""
WALKED_MIN = 4000
"""So many nodes are looked at, at least, where anything is named: what is near may be reached by other ways."""
STEP = 100
"""So many neighbours of a node are told each time that it is named."""


Among = Container[Any] | None
"""The handles that names count for; for all that has a name where it is None."""


async def handles_of(reader: TraceReader, names: Collection[str], among: Among = None) -> frozenset[Any]:
    """The items of these names; a name that nothing has is as good as none."""
    found = [await reader.find(name) for name in dict.fromkeys(names)]
    return frozenset(one for one in found if one is not None and (among is None or one in among))


def with_neighbours(
    ranked: Sequence[Any],
    kept: Collection[Any],
    named: Sequence[str],
    pairs: Iterable[tuple[Any, Any]],
    among: Among = None,
) -> tuple[set[Any], set[Any]]:
    """The handles of `kept` and the neighbours, by `pairs`, of the items and events `named`, the nearest first, `STEP`
    each time; and the handles of which all neighbours are told. Who held a neighbour comes along.

    `ranked`: all nodes (with `kind`, `key` and `handle`) in the order of the answer.
    """
    around: dict[Any, set[Any]] = defaultdict(set)
    for one, other in pairs:
        around[one].add(other)
        around[other].add(one)
    places = {node.handle: place for place, node in enumerate(ranked)}
    times, handles = Counter(named), defaultdict(list)
    for node in ranked:
        if node.key in times and node.kind != "ORGANIZATION" and (among is None or node.handle in among):
            handles[node.key].append(node.handle)
    told, complete = set(kept), set()
    for name, count in times.items():
        for handle in told.intersection(handles[name]):
            new = sorted((one for one in around[handle] if one not in told and one in places), key=places.__getitem__)
            some = new[: STEP * count]
            told.update(some)
            holders = (other for one in some for other in around[one] if isinstance(other, tuple))
            told.update(holder for holder in holders if holder in places)
            if len(some) == len(new):
                complete.add(handle)
    return told, complete
