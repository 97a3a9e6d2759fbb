"""The picture of a trace as SVG: no script, links of its own, colours for light and dark."""

from __future__ import annotations

from graph_schema.answer import Trace
from service.languages import ENGLISH, Language
from service.writers.layout import Picture, lay_out
from service.writers.layout.text import fitting
from service.writers.markup import xml_text
from service.writers.svg.drawing import NOWHERE, Drawing, Links
from service.writers.svg.legend import Legend, beside
from service.writers.svg.scope import SCOPE
from service.writers.svg.style import sheet

__all__ = ["Links", "legend_of", "svg"]

MARGIN = 20.0
WIDTH_MIN = 520.0


def svg(
    trace: Trace,
    links: Links = NOWHERE,
    note: str = "",
    dark: bool = True,
    picture: Picture | None = None,
    nonce: str = "",
    marked: str = "",
    language: Language = ENGLISH,
    headed: bool = True,
) -> str:
    """A trace as an SVG document. `note` is a line below the heading, such as the moment of the trace; `dark` adds
    colours for those who prefer dark; `picture` is the layout, where it is known; `nonce` that of the page it is in;
    `marked` the key of what is looked at in it; `language` that of its texts, which the layout must be in, too;
    `headed` says whether it has a heading, the note and a legend in it, which a page has around it."""
    picture = picture or lay_out(trace, language=language)
    drawing = Drawing(picture, links, marked, language)
    width = max(picture.width + 2 * MARGIN, WIDTH_MIN)
    legend = Legend(picture, drawing.materials, width - 2 * MARGIN, language) if headed else None
    heading = language.text(f"picture.heading.{trace.direction}", key=trace.root)
    below = _below(trace, note, language) if headed else ""
    top = MARGIN + (40 if headed else 0) + (18 if below else 0)
    height = top + picture.height + (24 + legend.height if legend else 0) + MARGIN
    allowed = f' nonce="{xml_text(nonce)}"' if nonce else ""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" class="{SCOPE}" role="group"'
        f' aria-labelledby="{SCOPE}-title {SCOPE}-summary">',
        f'<title id="{SCOPE}-title">{xml_text(heading)}</title>',
        f'<desc id="{SCOPE}-summary">{xml_text(_summary(trace, language))}</desc>',
        f"<style{allowed}>{sheet(dark, drawing.materials.values())}</style>",
        drawing.definitions(),
        f'<rect class="ground" width="{width:g}" height="{height:g}"/>',
    ]
    if headed:
        parts.append(_line("heading", heading, MARGIN, MARGIN + 16, 16, width - 2 * MARGIN, bold=True))
    if below:
        parts.append(_line("note", below, MARGIN, MARGIN + 36, 12, width - 2 * MARGIN))
    left = (width - picture.width) / 2
    parts += [
        f'<g transform="translate({left:g} {top:g})">',
        *drawing.boxes(),
        *drawing.lines(),
        "</g>",
    ]
    if legend:
        place = f"translate({MARGIN:g} {top + picture.height + 24:g})"
        parts += [f'<g class="legend" transform="{place}">', *legend.entries(), "</g>"]
    parts.append("</svg>\n")
    return "\n".join(parts)


def legend_of(picture: Picture, language: Language = ENGLISH) -> list[tuple[str, str]]:
    """What the colours and lines of a layout mean, for a page that has that beside the picture: signs, as elements of
    HTML that the picture's own style is for, and what they mean."""
    return beside(picture, Drawing(picture, language=language).materials, language)


def _line(style: str, text: str, x: float, y: float, size: float, width: float, bold: bool = False) -> str:
    shown = fitting(text, size, width, bold)
    told = f"<title>{xml_text(text)}</title>" if shown != text else ""
    return f'<text class="{style}" x="{x:g}" y="{y:g}" font-size="{size:g}">{told}{xml_text(shown)}</text>'


def _below(trace: Trace, note: str, language: Language) -> str:
    said = [note] if note else []
    if trace.truncated:
        rest = sum(node.unexplored_edges for node in trace.frontier)
        said.append(language.text("picture.truncated", count=len(trace.frontier), more=rest))
    if trace.unsettled:
        many = "many" if len(trace.unsettled) > 1 else "one"
        said.append(language.text(f"picture.unsettled.{many}", count=len(trace.unsettled)))
    return "; ".join(said)


def _summary(trace: Trace, language: Language) -> str:
    events = sum(node.kind == "EVENT" for node in trace.nodes)
    parties = sum(node.kind == "ORGANIZATION" for node in trace.nodes)
    items = len(trace.nodes) - events - parties
    return language.text("picture.summary", items=items, events=events, parties=parties, edges=len(trace.edges))
