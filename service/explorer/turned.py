"""A flow of an element for a narrow screen: from above to below, with what its bars are written under them."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from markupsafe import Markup

from service.explorer.balance import Flow, Place
from service.explorer.fates import ROOT
from service.explorer.labels import Label, Wish, labels
from service.explorer.ribbons import Ribbon, Spread, ribbons
from service.explorer.sankey import Said, along, plate
from service.writers.layout.text import fitting, width_of

BAR, HEAD, SIZE, LINE, RISE = 14, 20, 11, 13, 56
"""How high a bar, the room above the first one and a line of text are; the room between texts and the next row."""
WIDEST, PITCHES = 190.0, (100.0, 64.0, 40.0, 28.0, 16.0)
"""How wide the row with the most kilograms is, without what is between its bars; room for a bar, the first of which
keeps the picture within a phone."""
TEXT_MAX = 200.0
LEAST, FITS_MAX = 340.0, 420.0
"""How wide a picture is at least; what is not wider than the other is made as wide as the page, else it can be moved
sideways."""


class _Row(NamedTuple):
    """A row of bars: how far down, its labels with their lines of text, and how far down each level of these is."""

    top: float
    labels: list[Label]
    texts: list[list[tuple[str, str]]]
    levels: list[float]
    bottom: float


def turned(flow: Flow, said: Said) -> Markup:
    """The picture: a row for each column of the flow."""
    spread = _spread(flow)
    width = max(spread.bottom, LEAST)
    shift = (width - spread.bottom) / 2
    rows: list[_Row] = []
    for column in flow.columns:
        rows.append(_row(column, spread, said, shift, width, rows[-1].bottom + RISE if rows else 0.0))
    tops = [row.top for row in rows]
    head = Markup(
        '<svg class="balance turned{0}" viewBox="0 0 {1:.0f} {2:.0f}" width="{1:.0f}" height="{2:.0f}" role="img"'
        ' aria-label="{3}"><g transform="translate(0 {4})">'
    ).format(" fits" if width <= FITS_MAX else "", width, HEAD + rows[-1].bottom + 6, said.told, HEAD)
    parts = [_band(one, tops, shift, flow, said) for one in spread.ribbons]
    for title, column, row in zip(said.heads, flow.columns, rows, strict=True):
        parts += [_line(label, row) for label in row.labels]
        for number, place in enumerate(column):
            parts.append(_bar(place, row, number, spread, shift, said))
        parts.append(plate(0, row.top - 17, width_of(title, SIZE, bold=True), 14))
        parts.append(Markup('<text class="stage" x="0" y="{:.0f}">{}</text>').format(row.top - 6, title))
    return head + Markup("").join([*parts, Markup("</g></svg>")])


def _spread(flow: Flow) -> Spread:
    """Where bars and bands are: as far apart as a phone has room."""
    for pitch in PITCHES:
        spread = ribbons(flow, WIDEST, pitch)
        if spread.bottom <= LEAST:
            break
    return spread


def _row(column: list[Place], spread: Spread, said: Said, shift: float, width: float, top: float) -> _Row:
    texts = [_texts(place, said) for place in column]
    wide = [max(width_of(text, SIZE, bold=not look) for look, text in lines) for lines in texts]
    bars = [spread.bars[place.name] for place in column]
    wishes = [Wish(shift + at, shift + at + long, most) for (at, long), most in zip(bars, wide, strict=True)]
    found = labels(wishes, width)
    levels, down = [], top + BAR + 4.0
    for level in range(max(label.level for label in found) + 1):
        levels.append(down)
        most = max(len(lines) for label, lines in zip(found, texts, strict=True) if label.level == level)
        down += most * LINE + 5
    return _Row(top, found, texts, levels, down)


def _texts(place: Place, said: Said) -> list[tuple[str, str]]:
    """The lines of a label, each with its class: what it is, of what, how much."""
    title, second = said.beside(place)
    lines = [("", fitting(title, SIZE, TEXT_MAX, bold=True, ends=len(place.nodes) == 1))]
    return lines + [("second", fitting(part, SIZE, TEXT_MAX)) for part in second.rsplit(" · ", 1)]


def _line(label: Label, row: _Row) -> Markup:
    """What joins a bar with a label that does not stand right below it."""
    if not label.level:
        return Markup("")
    return Markup('<path class="joint" d="M{0:.1f} {1:.1f}V{2:.1f}"/>').format(
        label.line, row.top + BAR, row.levels[label.level] + LINE
    )


def _bar(place: Place, row: _Row, number: int, spread: Spread, shift: float, said: Said) -> Markup:
    label, lines = row.labels[number], row.texts[number]
    left, width = spread.bars[place.name]
    top = row.levels[label.level]
    wide = max(width_of(text, SIZE, bold=not look) for look, text in lines)
    told = [
        Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(look, label.left, top + LINE * at - 3, text)
        for at, (look, text) in enumerate(lines, 1)
    ]
    return Markup(
        '<g><title>{}, {}</title><rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}"/>{}{}</g>'
    ).format(
        *said.beside(place),
        place.fate or ("root" if place.name == ROOT else "through"),
        shift + left,
        row.top,
        width,
        BAR,
        plate(label.left, top, wide, LINE * len(lines)),
        Markup("").join(told),
    )


def _band(one: Ribbon, rows: list[float], shift: float, flow: Flow, said: Said) -> Markup:
    """A band: straight where it passes a row, curved between two."""
    points = [(shift + one.tops[0], rows[one.column] + BAR)]
    for step, left in enumerate(one.tops[1:], 1):
        x, y = shift + left, rows[one.column + step]
        points += [(x, y)] if step == len(one.tops) - 1 else [(x, y), (x, y + BAR)]
    back = [(x + one.height, y) for x, y in reversed(points)]
    course = f"M{points[0][0]:.1f} {points[0][1]:g}{_edge(points)}L{back[0][0]:.1f} {back[0][1]:g}{_edge(back)}Z"
    return along(course, one, flow, said)


def _edge(points: list[tuple[float, float]]) -> str:
    """One side of a band: every second step is between two rows."""
    drawn = ""
    for number, ((x, y), (to_x, to_y)) in enumerate(itertools.pairwise(points)):
        middle = (y + to_y) / 2
        curve = f"C{x:.1f} {middle:g} {to_x:.1f} {middle:g} {to_x:.1f} {to_y:g}"
        drawn += curve if number % 2 == 0 else f"L{to_x:.1f} {to_y:g}"
    return drawn
