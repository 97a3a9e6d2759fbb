"""How large each vertex is drawn, what is written in it, and where in it its parts are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import NamedTuple

from graph_schema.answer import TraceEdge, TraceNode
from service.writers.layout.gathering import Vertex
from service.writers.layout.picture import Text
from service.writers.layout.text import fitting, width_of

PAD = 10.0
GAP = 6.0
TEXT_MAX = 256.0
"""The width that a text is given at most."""
WIDTH_MIN = 96.0
CHIP_HEIGHT = 22.0
SIGN = 14.0
"""Room beside the title of a group for a sign that it opens."""
HUB = 7.0
"""The radius of an event's hub."""
_SIZES = {"key": 12.0, "kind": 11.0, "held": 10.0, "more": 10.0, "chip": 11.0, "event": 11.0, "day": 10.0}
_BOLD = frozenset(["key", "more"])
_KEYS = frozenset(["key", "chip"])
"""What differs at its end is cut in its middle."""
_GRID = ((6, 1), (16, 2), (48, 3))


class Around(NamedTuple):
    """What is known of nodes besides: custody by item, names of organizations, cut-off edges by (is event, key), and
    the vertices that lines end at."""

    custody: Mapping[str, Sequence[TraceEdge]]
    names: Mapping[str, str]
    more: Mapping[tuple[bool, str], int]
    linked: Collection[int]


@dataclass
class Sized:
    """A vertex with its size, its texts and its parts from its own top left; `port` is how far down lines end."""

    vertex: Vertex
    width: float
    height: float
    port: float
    texts: list[Text]
    parts: list[tuple[Sized, float, float]]
    holders: list[str]
    more: int


def sized(vertex: Vertex, around: Around) -> Sized:
    """The size of a vertex and of all in it."""
    more = sum(around.more.get((node.kind == "EVENT", node.key), 0) for node in vertex.nodes)
    return _event(vertex, more) if vertex.is_event else _item(vertex, around, more)


def _event(vertex: Vertex, more: int) -> Sized:
    said = [("event", _title(vertex)), ("day", _days(vertex.nodes))]
    said += [("more", _more(more))] if more else []
    width = max(HUB * 2, *(_width(style, text) for style, text in said)) + GAP
    texts, y = [], HUB * 2 + 3
    for style, text in said:
        y += _SIZES[style] + 2
        texts.append(_text(style, text, width / 2, y))
    return Sized(vertex, width, y + 4, HUB + 1, texts, [], [], more)


def _item(vertex: Vertex, around: Around, more: int) -> Sized:
    held = [edge for node in vertex.nodes for edge in around.custody.get(node.key, ())]
    holders = [_holding(edge, around.names) for edge in held]
    sign = SIGN if len(vertex.nodes) > 1 else 0.0
    leaf = not vertex.parts and id(vertex) not in around.linked and not vertex.is_root and not more
    if vertex.host is not None and leaf:
        chip = _text("chip", _chip(vertex), GAP, CHIP_HEIGHT - 7)
        width = max(WIDTH_MIN / 2, _width("chip", chip.full) + 2 * GAP + sign)
        return Sized(vertex, width, CHIP_HEIGHT, CHIP_HEIGHT / 2, [chip], [], holders, more)
    said = [("key", _title(vertex)), ("kind", _kind(vertex))]
    if held and (vertex.host is None or vertex.is_root):
        said.append(("held", _held(held, around.names)))
    if more:
        said.append(("more", _more(more)))
    texts, y = [], PAD - 3
    for style, text in said:
        y += _SIZES[style] + 3
        texts.append(_text(style, text, PAD, y))
    width = max(WIDTH_MIN, _width(*said[0]) + 2 * PAD + sign, *(_width(*one) + 2 * PAD for one in said))
    y += PAD - 2
    port = y / 2
    parts, inner, below = _parts(vertex, around, y)
    width = max(width, inner + 2 * PAD)
    return Sized(vertex, width, below + (PAD - GAP if parts else 0), port, texts, parts, holders, more)


def _parts(vertex: Vertex, around: Around, y: float) -> tuple[list[tuple[Sized, float, float]], float, float]:
    """The parts of a vertex with their places, how wide they are together, and where they end. What lines lead to has
    a row of its own; the rest stands in a grid below."""
    made = [sized(part, around) for part in vertex.parts]
    chips = [one for one in made if one.height == CHIP_HEIGHT]
    found, widest = [], 0.0
    for one in made:
        if one.height != CHIP_HEIGHT:
            found.append((one, PAD, y))
            y += one.height + GAP
            widest = max(widest, one.width)
    if chips:
        count = next((columns for most, columns in _GRID if len(chips) <= most), 4)
        width = max(one.width for one in chips)
        for number, one in enumerate(chips):
            row, column = divmod(number, count)
            found.append((one, PAD + column * (width + GAP), y + row * (CHIP_HEIGHT + GAP)))
        y += ceil(len(chips) / count) * (CHIP_HEIGHT + GAP)
        widest = max(widest, count * (width + GAP) - GAP)
    return found, widest, y


def _width(style: str, text: str) -> float:
    """The room of a text: a whole even number, so that halves are whole, too."""
    return 2.0 * ceil(min(TEXT_MAX, width_of(text, _SIZES[style], style in _BOLD)) / 2)


def _text(style: str, text: str, x: float, y: float) -> Text:
    size = _SIZES[style]
    return Text(fitting(text, size, TEXT_MAX, style in _BOLD, ends=style in _KEYS), text, x, y, size, style)


def _title(vertex: Vertex) -> str:
    node = vertex.nodes[0]
    if len(vertex.nodes) > 1:
        return f"{len(vertex.nodes)} × {_what(vertex)}"
    if node.redacted:
        return "withheld"
    return _words(node.label) if node.kind == "EVENT" else node.key


def _kind(vertex: Vertex) -> str:
    node = vertex.nodes[0]
    status = _words(node.status or "") if len({one.status for one in vertex.nodes}) == 1 else ""
    if len(vertex.nodes) > 1:
        return " · ".join(filter(None, [status, f"{vertex.nodes[0].key} …" if not node.redacted else ""]))
    if node.redacted:
        return _words(node.kind)
    label = "" if node.label == node.key else node.label
    return " · ".join(filter(None, [_words(node.kind), label, status]))


def _chip(vertex: Vertex) -> str:
    node = vertex.nodes[0]
    return _title(vertex) if len(vertex.nodes) > 1 or node.redacted else f"{_words(node.kind)} {node.key}"


def _what(vertex: Vertex) -> str:
    """What a group is of; by its label where all have the same."""
    node, labels = vertex.nodes[0], {one.label for one in vertex.nodes}
    if node.redacted:
        return f"withheld {_words(node.kind)}"
    if node.kind == "EVENT":
        return _words(node.label) if len(labels) == 1 else "event"
    return _words(node.kind) + (f" {node.label}" if len(labels) == 1 and node.label != node.key else "")


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


def _more(count: int) -> str:
    return f"+ {count} more"


def _days(nodes: Sequence[TraceNode]) -> str:
    days = sorted({_day(node.at) for node in nodes if node.at is not None})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else ""


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _held(held: Sequence[TraceEdge], names: Mapping[str, str]) -> str:
    """Who has it now, or had it last; how many had it before."""
    parties = {edge.target for edge in held}
    last = max(held, key=lambda edge: (edge.to is None, edge.from_))
    name = names.get(last.target, last.target)
    if len(parties) == 1:
        return f"{'held by' if last.to is None else 'was held by'} {name}"
    if len({edge.source for edge in held}) > 1:
        return f"held by {len(parties)} parties"
    return f"{'held by' if last.to is None else 'was held by'} {name}, after {len(parties) - 1} more"


def _holding(edge: TraceEdge, names: Mapping[str, str]) -> str:
    until = "now" if edge.to is None else _day(edge.to)
    claimed = " (contested)" if edge.contested else ""
    return f"{names.get(edge.target, edge.target)} {_day(edge.from_)} to {until}{claimed}"
