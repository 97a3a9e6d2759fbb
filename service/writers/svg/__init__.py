"""The picture of a trace as SVG: no script, links of its own, colours for light and dark."""

from __future__ import annotations

from graph_schema.answer import Direction, Trace
from service.writers.layout import Picture, lay_out
from service.writers.layout.text import fitting
from service.writers.markup import xml_text
from service.writers.svg.drawing import NOWHERE, Drawing, Links
from service.writers.svg.legend import Legend
from service.writers.svg.style import SCOPE, sheet

__all__ = ["Links", "svg"]

MARGIN = 20.0
WIDTH_MIN = 520.0
_HEADINGS = {
    Direction.FORWARD: "where it went",
    Direction.BACKWARD: "where it came from",
    Direction.BOTH: "where it came from, and where it went",
}


def svg(
    trace: Trace,
    links: Links = NOWHERE,
    note: str = "",
    dark: bool = True,
    picture: Picture | None = None,
    nonce: str = "",
    marked: str = "",
) -> str:
    """A trace as an SVG document. `note` is a line below the heading, such as the moment of the trace; `dark` adds
    colours for those who prefer dark; `picture` is the layout, where it is known; `nonce` that of the page it is in;
    `marked` the key of what is looked at in it."""
    picture = picture or lay_out(trace)
    drawing = Drawing(picture, links, marked)
    width = max(picture.width + 2 * MARGIN, WIDTH_MIN)
    legend = Legend(picture, drawing.materials, width - 2 * MARGIN)
    heading, below = f"{trace.root}: {_HEADINGS[trace.direction]}", _below(trace, note)
    top = MARGIN + 26 + (18 if below else 0) + 14
    height = top + picture.height + 24 + legend.height + MARGIN
    allowed = f' nonce="{xml_text(nonce)}"' if nonce else ""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" class="{SCOPE}" role="group"'
        f' aria-labelledby="{SCOPE}-title {SCOPE}-summary">',
        f'<title id="{SCOPE}-title">{xml_text(heading)}</title>',
        f'<desc id="{SCOPE}-summary">{xml_text(_summary(trace))}</desc>',
        f"<style{allowed}>{sheet(dark)}</style>",
        drawing.definitions(),
        f'<rect class="ground" width="{width:g}" height="{height:g}"/>',
        _line("heading", heading, MARGIN, MARGIN + 16, 16, width - 2 * MARGIN, bold=True),
    ]
    if below:
        parts.append(_line("note", below, MARGIN, MARGIN + 36, 12, width - 2 * MARGIN))
    left = (width - picture.width) / 2
    parts += [
        f'<g transform="translate({left:g} {top:g})">',
        *drawing.boxes(),
        *drawing.lines(),
        "</g>",
        f'<g class="legend" transform="translate({MARGIN:g} {top + picture.height + 24:g})">',
        *legend.entries(),
        "</g>",
        "</svg>\n",
    ]
    return "\n".join(parts)


def _line(style: str, text: str, x: float, y: float, size: float, width: float, bold: bool = False) -> str:
    shown = fitting(text, size, width, bold)
    told = f"<title>{xml_text(text)}</title>" if shown != text else ""
    return f'<text class="{style}" x="{x:g}" y="{y:g}" font-size="{size:g}">{told}{xml_text(shown)}</text>'


def _below(trace: Trace, note: str) -> str:
    said = [note] if note else []
    if trace.truncated:
        rest = sum(node.unexplored_edges for node in trace.frontier)
        said.append(f"cut off at a bound: {len(trace.frontier)} nodes have up to {rest} more edges")
    if trace.unsettled:
        count = len(trace.unsettled)
        said.append(f"{count} pending or contested event{'s name' if count > 1 else ' names'} items of it")
    return "; ".join(said)


def _summary(trace: Trace) -> str:
    events = sum(node.kind == "EVENT" for node in trace.nodes)
    parties = sum(node.kind == "ORGANIZATION" for node in trace.nodes)
    items = len(trace.nodes) - events - parties
    counted = f"{items} items, {events} events, {parties} organizations, {len(trace.edges)} edges"
    return f"{counted}; matter goes from left to right"
