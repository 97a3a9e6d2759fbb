"""A flow of an element for a narrow screen: from above to below, with what its bars are written under them."""

from __future__ import annotations

import itertools

from markupsafe import Markup

from service.explorer.balance import Flow, Place
from service.explorer.fates import ROOT
from service.explorer.ribbons import Ribbon, ribbons
from service.explorer.sankey import Said, along
from service.writers.layout.text import fitting, wrapped

ROW, BAR, HEAD, SIZE, LINE = 124, 14, 20, 11, 13
WIDEST, PITCH = 190.0, 100.0
"""How wide the row with the most kilograms is, without what is between its bars; room for a bar and its text."""
LEAST, FITS_MAX = 320.0, 420.0
"""How wide a picture is at least; what is not wider than the other is made as wide as the page, else it can be moved
sideways."""


def turned(flow: Flow, said: Said) -> Markup:
    """The picture: a row for each column of the flow."""
    spread = ribbons(flow, WIDEST, PITCH)
    width = max(spread.bottom, LEAST)
    height = HEAD + ROW * (len(flow.columns) - 1) + BAR + 6 * LINE
    head = Markup(
        '<svg class="balance turned{0}" viewBox="0 0 {1:.0f} {2}" width="{1:.0f}" height="{2}" role="img"'
        ' aria-label="{3}"><g transform="translate({4:.0f} {5})">'
    ).format(" fits" if width <= FITS_MAX else "", width, height, said.told, (width - spread.bottom) / 2, HEAD)
    parts = [_band(one, flow, said) for one in spread.ribbons]
    edge = (spread.bottom - width) / 2
    for number, (title, column) in enumerate(zip(said.heads, flow.columns, strict=True)):
        parts += [_bar(place, number * ROW, *spread.bars[place.name], said) for place in column]
        parts.append(Markup('<text class="stage" x="{:.0f}" y="{}">{}</text>').format(edge, number * ROW - 6, title))
    return head + Markup("").join([*parts, Markup("</g></svg>")])


def _bar(place: Place, top: float, left: float, width: float, said: Said) -> Markup:
    title, second = said.beside(place)
    room = PITCH - 6
    named = fitting(title, SIZE, 2 * room - 2 * SIZE, bold=True, ends=len(place.nodes) == 1)
    lines = [("", text) for text in wrapped(named, SIZE, room, bold=True)]
    lines += [("second", text) for part in second.rsplit(" · ", 1) for text in wrapped(part, SIZE, room)]
    told = [
        Markup('<text class="{}" x="{:.1f}" y="{}">{}</text>').format(
            look, left + width / 2, top + BAR + LINE * number, fitting(text, SIZE, room, bold=not look)
        )
        for number, (look, text) in enumerate(lines, 1)
    ]
    return Markup(
        '<g><title>{}, {}</title><rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>{}</g>'
    ).format(
        title,
        second,
        place.fate or ("root" if place.name == ROOT else "through"),
        left,
        top,
        width,
        BAR,
        Markup("").join(told),
    )


def _band(one: Ribbon, flow: Flow, said: Said) -> Markup:
    """A band: straight where it passes a row, curved between two."""
    points = [(one.tops[0], float(one.column * ROW + BAR))]
    for step, left in enumerate(one.tops[1:], 1):
        y = float((one.column + step) * ROW)
        points += [(left, y)] if step == len(one.tops) - 1 else [(left, y), (left, y + BAR)]
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
