"""Boxes and lines of a layout as elements of SVG."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from graph_schema.answer import TraceEdge, TraceNode
from service.languages import ENGLISH, Language
from service.writers.layout import Box, Line, Picture, Text, Way
from service.writers.layout.sizing import HUB
from service.writers.markup import xml_text
from service.writers.svg.materials import looks, patterns
from service.writers.svg.scope import SCOPE

TOLD_MAX = 5
"""So many members of a group, or holders of a box, are told by name: all of it is read out."""
CORNER = 8.0
"""How far from a corner of a line it is round."""
_TIPS = ("beside", "from", "to", "contested")


Address = Callable[[TraceNode], str | None]
"""Where a link leads to; None: there is none."""


def _nowhere(node: TraceNode) -> str | None:
    return None


class Links(NamedTuple):
    """Where the links of a picture lead: that of a node, that of a group, by its first node, and that of what a bound
    cut off at a node."""

    node: Address = _nowhere
    group: Address = _nowhere
    more: Callable[[Box], str | None] = lambda box: None


NOWHERE = Links()


class Drawing:
    """Draws a layout. `materials`: how each material of lots looks, by number. `numbers`: by which a page's script
    finds a box (`data-box`), what that is inside of (`data-inside`), and the lines from and to it. `marked`: the key of
    what is looked at."""

    def __init__(
        self, picture: Picture, links: Links = NOWHERE, marked: str = "", language: Language = ENGLISH
    ) -> None:
        self.picture, self.links, self.marked, self.language = picture, links, marked, language
        every = picture.every_box()
        self.numbers = {box.name: number for number, box in enumerate(every)}
        self.materials = looks(name for box in every if (name := _material(box)) is not None)

    def definitions(self) -> str:
        """What is referred to: tips of arrows, patterns of materials, and the hatching of what is withheld."""
        tips = "".join(
            f'<marker id="{SCOPE}-tip-{name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"'
            f' markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="tip-{name}" d="M0 0L8 4L0 8z"/>'
            "</marker>"
            for name in _TIPS
        )
        hatch = (
            f'<pattern id="{SCOPE}-hatch" width="8" height="8" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)">'
            '<rect class="hatch-ground" width="8" height="8"/><line class="hatch-line" x1="0" y1="0" x2="0" y2="8"/>'
            "</pattern>"
        )
        return f"<defs>{tips}{hatch}{patterns(self.materials.values())}</defs>"

    def lines(self) -> Iterator[str]:
        """The lines, to be drawn above the boxes: they lead into hosts, and pass no text."""
        names = {box.name: _name(box) for box in self.picture.every_box()}
        for line in self.picture.lines:
            look = "contested" if line.contested else line.way.value
            tip = ""
            if line.kind != "PART_OF" or line.contested:
                end = "start" if line.backward else "end"
                tip = f' marker-{end}="url(#{SCOPE}-tip-{look})"'
            look += " over" if line.is_over else ""
            yield (
                f'<path class="{line.kind.lower()} {look}" data-from="{self.numbers[line.source]}"'
                f' data-to="{self.numbers[line.target]}" d="{_course(line)}"{tip}>'
                f"<title>{xml_text(_told(line, names, self.language))}</title></path>"
            )

    def boxes(self) -> Iterator[str]:
        """The boxes in reading order."""
        for box in self.picture.boxes:
            yield self._box(box)

    def _box(self, box: Box, host: Box | None = None) -> str:
        told = xml_text(_label(box, self.language))
        shape = _hub(box) if box.node.kind == "EVENT" else _frame(box)
        name = f'data-box="{self.numbers[box.name]}"'
        name += "" if host is None else f' data-inside="{self.numbers[host.name]}"'
        further = self.links.more(box) if box.more and not box.node.redacted else None
        texts = [text for text in box.texts if further is None or text.style != "more"]
        group = len(box.nodes) > 1
        target = self.links.group(box.node) if group else None if box.node.redacted else self.links.node(box.node)
        sign = _plus(box) if group and target is not None else ""
        inner = f"<title>{told}</title>{shape}{sign}{_claim(texts, box)}{''.join(map(_text, texts))}"
        if target is None:
            drawn = f'<g class="{self._classes(box)}" {name} role="img" aria-label="{told}">{inner}</g>'
        else:
            drawn = f'<a href="{xml_text(target)}" class="{self._classes(box)}" {name} aria-label="{told}">{inner}</a>'
        drawn += "" if further is None else _further(box, further, self.language)
        return drawn + "".join(self._box(part, box) for part in box.parts)

    def _classes(self, box: Box) -> str:
        node = box.node
        found = ["box", node.kind.lower(), box.way.value]
        material = _material(box)
        if material is not None:
            found.append(f"material-{self.materials[material]}")
        if node.redacted:
            found.append("withheld")
        if box.until:
            found.append("over")
        if len(box.nodes) > 1:
            found.append("group")
        if node.kind == "EVENT" and node.status == "CONTESTED":
            found.append("contested")
        if self.marked and any(one.key == self.marked for one in box.nodes):
            found.append("marked")
        return " ".join(found)


def _material(box: Box) -> str | None:
    """The material of a box of lots, where all are of one."""
    labels = {node.label for node in box.nodes}
    return box.node.label if box.node.kind == "LOT" and not box.node.redacted and len(labels) == 1 else None


def _frame(box: Box) -> str:
    corner = 3 if len(box.texts) == 1 else 6
    stacked = ""
    if len(box.nodes) > 1:
        stacked = (
            f'<rect x="{box.x + 3:g}" y="{box.y + 3:g}" width="{box.width:g}" height="{box.height:g}" rx="{corner}"/>'
        )
    return stacked + (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{corner}"/>'
    )


def _hub(box: Box) -> str:
    radius = HUB + (2 if len(box.nodes) > 1 else 0)
    return f'<circle cx="{box.x + box.width / 2:g}" cy="{box.y + box.hub:g}" r="{radius - 0.5:g}"/>'


def _plus(box: Box) -> str:
    """What says that a group opens, at its top right."""
    x, y = box.x + box.width - 10, box.y + 10
    if box.node.kind == "EVENT":
        x, y = box.x + box.width / 2, box.y + box.hub
    return f'<path class="plus" d="M{x - 4:g} {y:g}H{x + 4:g}M{x:g} {y - 4:g}V{y + 4:g}"/>'


def _claim(texts: Sequence[Text], box: Box) -> str:
    """A frame around what contested events say of who has it."""
    lines = [text for text in texts if text.style == "claim"]
    if not lines:
        return ""
    x, y = lines[0].x - 4, lines[0].y - lines[0].size - 1
    return (
        f'<g class="claim"><rect x="{x:g}" y="{y:g}" width="{box.width - 2 * (x - box.x):g}"'
        f' height="{lines[-1].y + 4 - y:g}" rx="3"/></g>'
    )


def _further(box: Box, target: str, language: Language) -> str:
    """The count of what a bound cut off, as a link of its own."""
    told = xml_text(language.text("picture.further", name=_name(box), count=box.more))
    text = next(text for text in box.texts if text.style == "more")
    event = box.node.kind == "EVENT"
    left = f"{box.x + 2:g}"
    return (
        f'<a href="{xml_text(target)}" class="further{" event" if event else ""}" aria-label="{told}">'
        f'<title>{told}</title><rect x="{left}" y="{text.y - text.size - 1:g}" width="{box.width - 4:g}"'
        f' height="{text.size + 5:g}" rx="3"/>{_text(text)}</a>'
    )


def _text(text: Text) -> str:
    place = f'x="{text.x:g}" y="{text.y:g}" font-size="{text.size:g}"'
    return f'<text class="{text.style}" {place}>{xml_text(text.shown)}</text>'


def _course(line: Line) -> str:
    """Straight within columns, curved between them, or along a trunk between the last two."""
    points = line.points
    course = f"M{points[0][0]:g} {points[0][1]:g}"
    for number, ((x, y), (to_x, to_y)) in enumerate(itertools.pairwise(points)):
        if number % 2 == 0 or y == to_y:
            course += f"L{to_x:g} {to_y:g}"
        elif line.trunk is not None and number == len(points) - 3:
            across = min(CORNER, line.trunk - x, to_x - line.trunk)
            along = math.copysign(min(CORNER, abs(to_y - y) / 2), to_y - y)
            course += f"L{line.trunk - across:g} {y:g}Q{line.trunk:g} {y:g} {line.trunk:g} {y + along:g}"
            course += f"L{line.trunk:g} {to_y - along:g}Q{line.trunk:g} {to_y:g} {line.trunk + across:g} {to_y:g}"
            course += f"L{to_x:g} {to_y:g}"
        else:
            middle = (x + to_x) / 2
            course += f"C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
    return course


def _name(box: Box) -> str:
    """What a box is called where it is spoken of."""
    return " ".join(text.full for text in box.texts[:2] if text.style in ("key", "chip", "event", "day"))


def _label(box: Box, language: Language) -> str:
    """All that there is to say of a box."""
    said = list(dict.fromkeys(text.full for text in box.texts if text.style not in ("held", "claim", "more")))
    said += [box.until] if box.until else []
    keys = [node.key for node in box.nodes if not node.redacted]
    if keys and (len(keys) > 1 or box.node.kind == "EVENT"):
        said.append(_first(keys, ", ", language))
    if box.way is Way.ROOT:
        said.insert(0, language.text("picture.root"))
    if box.holders:
        said.append(_first([language.text("picture.held", name=one) for one in box.holders], "; ", language))
    if box.more:
        said.append(language.text("picture.cutOff", count=box.more))
    return "; ".join(said)


def _first(told: Sequence[str], between: str, language: Language) -> str:
    """The first of many, and how many more there are."""
    listed, rest = between.join(told[:TOLD_MAX]), len(told) - TOLD_MAX
    return language.text("picture.andMore", what=listed, count=rest) if rest > 0 else listed


def _told(line: Line, names: dict[str, str], language: Language) -> str:
    left, right = names[line.source], names[line.target]
    start, end = (right, left) if line.backward else (left, right)
    said = language.text(f"picture.line.{line.kind}{'.over' if line.is_over else ''}", start=start, end=end)
    if line.contested:
        said = language.text("picture.contested", what=said)
    if len(line.edges) > 1:
        return language.text("picture.edges", count=len(line.edges), what=said)
    return said + _details(line.edges[0], language)


def _details(edge: TraceEdge, language: Language) -> str:
    if edge.kind == "PART_OF":
        until = language.text("picture.now") if edge.to is None else language.date(edge.to)
        return ", " + language.text("picture.days", first=language.date(edge.from_), last=until)
    return "" if edge.mass_kg is None else f", {language.mass(edge.mass_kg)}"
