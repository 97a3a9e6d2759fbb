"""How large each vertex is drawn, what is written in it, and where in it its parts are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from graph_schema.answer import TraceEdge
from service.languages import Language
from service.writers.layout.gathering import Vertex
from service.writers.layout.picture import Text
from service.writers.layout.saying import chipped, claimed_by, days, described, holders_of, holdings, left_on, titled
from service.writers.layout.text import fitting, width_of, wrapped

PAD = 10.0
GAP = 6.0
TEXT_MAX = 256.0
"""The width that a text is given at most."""
WIDTH_MIN = 96.0
CHIP_HEIGHT = 22.0
CLAIM_GAP = 4.0
"""Room above and below the frame of what is claimed."""
SIGN = 14.0
"""Room beside the title of a group for a sign that it opens."""
HUB = 7.0
"""The radius of an event's hub."""
_SIZES = {
    "key": 12.0,
    "kind": 11.0,
    "held": 10.0,
    "claim": 10.0,
    "more": 10.0,
    "chip": 11.0,
    "event": 11.0,
    "day": 10.0,
}
_BOLD = frozenset(["key", "more"])
_KEYS = frozenset(["key", "chip"])
"""What differs at its end is cut in its middle."""
_GRID = ((6, 1), (16, 2), (48, 3))


class Around(NamedTuple):
    """What is known of nodes besides: custody by item, names of organizations, cut-off edges by (is event, key),
    the vertices that lines end at, and the language of texts."""

    custody: Mapping[str, Sequence[TraceEdge]]
    names: Mapping[str, str]
    more: Mapping[tuple[bool, str], int]
    linked: Collection[int]
    language: Language


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
    until: str = ""


def sized(vertex: Vertex, around: Around) -> Sized:
    """The size of a vertex and of all in it."""
    more = sum(around.more.get((node.kind == "EVENT", node.key), 0) for node in vertex.nodes)
    return _event(vertex, around.language, more) if vertex.is_event else _item(vertex, around, more)


def _event(vertex: Vertex, language: Language, more: int) -> Sized:
    said = [("event", titled(vertex, language)), ("day", days(vertex.nodes, language))]
    said += [("more", language.text("picture.more", count=more))] if more else []
    width = max(HUB * 2, *(_width(style, text) for style, text in said)) + GAP
    texts, y = [], HUB * 2 + 3
    for style, text in said:
        y += _SIZES[style] + 2
        texts.append(_text(style, text, width / 2, y))
    return Sized(vertex, width, y + 4, HUB + 1, texts, [], [], more)


def _item(vertex: Vertex, around: Around, more: int) -> Sized:
    language = around.language
    custody = [edge for node in vertex.nodes for edge in around.custody.get(node.key, ())]
    holders = holdings(custody, around.names, language)
    held, claims = ([edge for edge in custody if edge.contested is contested] for contested in (False, True))
    until = left_on(vertex, language)
    sign = SIGN if len(vertex.nodes) > 1 else 0.0
    leaf = not (vertex.parts or id(vertex) in around.linked or vertex.is_root or more or claims)
    if vertex.host is not None and leaf:
        chip = _text("chip", chipped(vertex, language), GAP, CHIP_HEIGHT - 7)
        width = max(WIDTH_MIN / 2, _width("chip", chip.full) + 2 * GAP + sign)
        return Sized(vertex, width, CHIP_HEIGHT, CHIP_HEIGHT / 2, [chip], [], holders, more, until)
    said = [("key", titled(vertex, language)), ("kind", described(vertex, language))]
    said += [("held", until)] if until else []
    if held and (vertex.host is None or vertex.is_root):
        said.append(("held", holders_of(held, around.names, language)))
    if claims:
        said.append(("claim", claimed_by(claims, around.names, language)))
    if more:
        said.append(("more", language.text("picture.more", count=more)))
    lines = [(style, line, text) for style, text in said for line in _lines(style, text, len(vertex.nodes) > 1)]
    width = max(
        WIDTH_MIN, _width(*said[0]) + 2 * PAD + sign, *(_width(style, line) + 2 * PAD for style, line, _ in lines)
    )
    apart = CLAIM_GAP if claims else 0.0
    y = PAD - 3 + sum(_SIZES[style] + 3 for style, _, _ in lines) + 2 * apart + PAD - 2
    port = y / 2
    parts, inner, below = _parts(vertex, around, y)
    width = max(width, inner + 2 * PAD)
    texts, y = [], PAD - 3
    for number, (style, line, text) in enumerate(lines):
        y += _SIZES[style] + 3
        if (style == "claim") != (number > 0 and lines[number - 1][0] == "claim"):
            y += apart
        room = width - 2 * PAD - (sign if style == "key" else 0)
        texts.append(_text(style, line, PAD, y, room)._replace(full=text))
    return Sized(vertex, width, below + (PAD - GAP if parts else 0), port, texts, parts, holders, more, until)


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


def _lines(style: str, text: str, several: bool) -> list[str]:
    """What stands in the lines of a text: keys are cut in their middle, the example of a group at its end, all else is
    parted."""
    return (
        [text]
        if style in _KEYS or (several and style == "kind")
        else wrapped(text, _SIZES[style], TEXT_MAX, style in _BOLD)
    )


def _width(style: str, text: str) -> float:
    """The room of a text: a whole even number, so that halves are whole, too."""
    return 2.0 * ceil(min(TEXT_MAX, width_of(text, _SIZES[style], style in _BOLD)) / 2)


def _text(style: str, text: str, x: float, y: float, room: float = TEXT_MAX) -> Text:
    size = _SIZES[style]
    return Text(fitting(text, size, room, style in _BOLD, ends=style in _KEYS), text, x, y, size, style)
