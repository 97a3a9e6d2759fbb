"""What a laid-out trace is: boxes, lines and texts, in pixels from the top left. No colours, no markup."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from graph_schema.answer import TraceEdge, TraceNode


class Way(StrEnum):
    """Where a box or line lies: it is the root, led to it, comes from it, or is on neither way."""

    ROOT = "root"
    FROM = "from"
    TO = "to"
    BESIDE = "beside"


class Text(NamedTuple):
    """A line of text that fits its box: `shown` is `full`, one of the two lines of it, or its ends with an ellipsis.
    `x` is its middle for an event's and its start for all others; `y` the baseline; `size` in pixels."""

    shown: str
    full: str
    x: float
    y: float
    size: float
    style: str


class Box(NamedTuple):
    """A node, or a group of like nodes, and what is drawn inside it. `more`: so many edges, at most, a bound cut off.
    `until`: when it left the host that it is drawn in, in words; empty where it is there now, or is inside of nothing.

    An event's box holds its hub, whose middle is `hub` below the top, and its texts.
    """

    name: str
    nodes: tuple[TraceNode, ...]
    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...]
    parts: tuple[Box, ...]
    way: Way
    holders: tuple[str, ...]
    more: int
    hub: float
    until: str

    @property
    def node(self) -> TraceNode:
        """The node, or the first of the group."""
        return self.nodes[0]


class Line(NamedTuple):
    """Edges of one kind between two boxes. `points`: where it leaves a box, the ends of each layer that it crosses,
    where it arrives. It runs from left to right; `backward` says that the edges point the other way. `trunk`: where it
    goes straight up or down between the last two columns, with others to the same box; None: it is curved there."""

    source: str
    target: str
    kind: str
    edges: tuple[TraceEdge, ...]
    points: tuple[tuple[float, float], ...]
    contested: bool
    backward: bool
    way: Way
    trunk: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is of parts none of which is in its host any more."""
        return self.kind == "PART_OF" and all(edge.to is not None for edge in self.edges)


class Picture(NamedTuple):
    """Boxes in the order in which they are to be read: from left to right, from top to bottom, a host before its
    parts. `enclosed`: the edges that are shown by drawing a part inside its host."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    enclosed: tuple[TraceEdge, ...]

    def every_box(self) -> list[Box]:
        """All boxes, a host before its parts."""
        found: list[Box] = []
        rest = list(reversed(self.boxes))
        while rest:
            box = rest.pop()
            found.append(box)
            rest += reversed(box.parts)
        return found
