"""Which column each vertex is in: to the right of all that it came from, by the longest path."""

from __future__ import annotations

from collections.abc import Sequence

Pairs = list[tuple[int, int]]


def acyclic(count: int, pairs: Pairs, order: Sequence[int]) -> Pairs:
    """The pairs (left, right) of vertices 0 to count - 1, those turned round that would close a circle when one
    walks from the vertices in this order."""
    nexts: list[list[int]] = [[] for _ in range(count)]
    for left, right in pairs:
        nexts[left].append(right)
    turned = set()
    state = [0] * count  # 1: on the way here, 2: done
    for start in order:
        if state[start]:
            continue
        state[start] = 1
        way = [(start, iter(nexts[start]))]
        while way:
            here, rest = way[-1]
            for there in rest:
                if state[there] == 1:
                    turned.add((here, there))
                elif state[there] == 0:
                    state[there] = 1
                    way.append((there, iter(nexts[there])))
                    break
            else:
                state[here] = 2
                way.pop()
    return [(right, left) if (left, right) in turned else (left, right) for left, right in pairs]


def ranks(count: int, pairs: Pairs) -> list[int]:
    """The rank of each vertex, from 0; pairs must close no circle. What came from nothing stands beside what comes
    from it."""
    nexts: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for left, right in pairs:
        nexts[left].append(right)
        waiting[right] += 1
    starts = [one for one in range(count) if not waiting[one]]
    found = [0] * count
    ready = list(starts)
    while ready:
        here = ready.pop()
        for there in nexts[here]:
            found[there] = max(found[there], found[here] + 1)
            waiting[there] -= 1
            if not waiting[there]:
                ready.append(there)
    for start in starts:
        found[start] = min((found[there] for there in nexts[start]), default=1) - 1
    return found
