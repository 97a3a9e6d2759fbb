"""A flow of an element as a picture: bars in columns, and bands between them as broad as there are kilograms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from markupsafe import Markup

from service.explorer.balance import STAGES, Flow, Place
from service.explorer.fates import ROOT
from service.explorer.ribbons import Ribbon, ribbons
from service.languages import Language
from service.writers.layout.text import fitting
from service.writers.layout.text import width_of as text_width
from service.writers.named import named_material

COLUMN, BAR, HEAD = 236, 16, 34
NARROW, MANY = 210, 5
"""How wide a column is where there are more than so many, so that all of them fit on a laptop."""
BROAD, TOGETHER = 360, 1000
"""How wide a column is at most where there are few, which are so wide together."""
SIZE, LARGEST = 12, 16
"""How large a text is in the picture, and on the page at most: as large as the text around it."""


class Said(NamedTuple):
    """What is written in a picture: above its columns, in two lines beside a bar, what an amount is, and all of it in a
    sentence, for screen readers."""

    heads: list[str]
    beside: Callable[[Place], tuple[str, str]]
    amount: Callable[[float], str]
    told: str
    column: int = COLUMN
    """How wide a column is."""


def sankey(flow: Flow, language: Language) -> Markup:
    """The picture of an element's flow, with a name for screen readers; what it shows is in a table, too."""
    return drawn(flow, said_of(flow, language))


def width_of(flow: Flow) -> int:
    """How wide the picture of an element's flow is, in pixels, where it is neither made smaller nor larger."""
    return len(flow.columns) * _column_of(flow)


def widest_of(flow: Flow) -> int:
    """How wide it is at most, in pixels."""
    return width_of(flow) * LARGEST // SIZE


def _column_of(flow: Flow) -> int:
    count = len(flow.columns)
    return max(COLUMN, min(BROAD, TOGETHER // count)) if count <= MANY else NARROW


def said_of(flow: Flow, language: Language) -> Said:
    """What is written in the picture of an element's flow."""
    told = "; ".join(f"{language.text(f'balance.{fate}')} {language.mass(kg)}" for fate, kg in flow.fates)

    def beside(place: Place) -> tuple[str, str]:
        return titled(place, language), " · ".join(filter(None, [described(place, language), language.mass(place.kg)]))

    return Said(list(_heads(flow, language)), beside, language.mass, told, _column_of(flow))


def drawn(flow: Flow, said: Said) -> Markup:
    """A flow as a picture."""
    spread = ribbons(flow)
    head = Markup(
        '<svg class="balance" viewBox="0 0 {0} {1:.0f}" width="{0}" height="{1:.0f}" role="img" aria-label="{2}">'
    ).format(said.column * len(flow.columns), spread.bottom + HEAD + 12, said.told)
    parts = [
        Markup('<text class="stage" x="{}" y="16">{}</text>').format(
            number * said.column, fitting(one, SIZE, said.column - 12, bold=True)
        )
        for number, one in enumerate(said.heads)
    ]
    parts.append(Markup(f'<g transform="translate(0 {HEAD})">'))
    parts += [_band(one, flow, said) for one in spread.ribbons]
    for number, column in enumerate(flow.columns):
        parts += [_bar(place, number * said.column, *spread.bars[place.name], said) for place in column]
    return head + Markup("").join([*parts, Markup("</g></svg>")])


def titled(place: Place, language: Language) -> str:
    """What a bar is of."""
    if place.fate:
        return language.text(f"balance.{place.fate}")
    node, count = place.nodes[0], len(place.nodes)
    kinds, labels = {one.kind for one in place.nodes}, {one.label for one in place.nodes}
    if count == 1:
        return language.text("picture.withheld") if node.redacted else node.key
    kind = language.named("kind", node.kind) if len(kinds) == 1 else language.text("balance.items")
    return f"{count} × {kind}" + (
        f" {named_material(node, language)}" if len(labels) == 1 and node.label != node.key else ""
    )


def described(place: Place, language: Language) -> str:
    """What a lot is of, or what kind of thing it is; empty for fates and for many."""
    if place.fate or len(place.nodes) > 1 or place.nodes[0].redacted:
        return ""
    node = place.nodes[0]
    return named_material(node, language) if node.kind == "LOT" else language.named("kind", node.kind)


def _heads(flow: Flow, language: Language) -> Iterator[str]:
    """What the columns are."""
    for column in flow.columns:
        if column[0].name == ROOT:
            yield described(column[0], language) or titled(column[0], language)
        else:
            stages = [STAGES[stage] for stage in sorted({place.stage for place in column})]
            yield ", ".join(language.text(f"balance.stage.{stage}") for stage in stages)


def _bar(place: Place, left: float, top: float, height: float, said: Said) -> Markup:
    title, second = said.beside(place)
    middle, room = top + height / 2, said.column - BAR - 14
    shown = fitting(title, SIZE, room, bold=True, ends=len(place.nodes) == 1)
    told = fitting(second, SIZE, room, ends=True)
    wide = max(text_width(shown, SIZE, bold=True), text_width(told, SIZE))
    return Markup(
        '<g><title>{title}, {second}</title><rect class="{look}" x="{left:g}" y="{top:.1f}" width="{bar}"'
        ' height="{height:.1f}"/>{plate}<text x="{x:g}" y="{above:.1f}">{shown}</text>'
        '<text class="second" x="{x:g}" y="{under:.1f}">{told}</text></g>'
    ).format(
        title=title,
        second=second,
        look=place.fate or ("root" if place.name == ROOT else "through"),
        left=left,
        top=top,
        bar=BAR,
        height=height,
        x=left + BAR + 6,
        above=middle - 2,
        under=middle + 13,
        shown=shown,
        told=told,
        plate=plate(left + BAR + 6, middle - 14, wide, 31),
    )


def plate(left: float, top: float, width: float, height: float) -> Markup:
    """What stands behind a text, so that bands below it do not strike it through."""
    return Markup('<rect class="plate" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:g}" rx="3"/>').format(
        left - 3, top, width + 6, height
    )


def _band(one: Ribbon, flow: Flow, said: Said) -> Markup:
    """A band: straight where it passes a column, curved between two."""
    first = one.column * said.column + BAR
    upper = [(float(first), one.tops[0])]
    for step, top in enumerate(one.tops[1:], 1):
        left = (one.column + step) * said.column
        upper += [(left, top)] if step == len(one.tops) - 1 else [(left, top), (left + BAR, top)]
    lower = [(x, y + one.height) for x, y in reversed(upper)]
    course = f"M{first:g} {one.tops[0]:.1f}{_edge(upper)}L{lower[0][0]:g} {lower[0][1]:.1f}{_edge(lower)}Z"
    return along(course, one, flow, said)


def along(course: str, one: Ribbon, flow: Flow, said: Said) -> Markup:
    """A band on its course through the picture."""
    source, target = flow.places[one.band.source], flow.places[one.band.target]
    told = f"{said.beside(source)[0]} → {said.beside(target)[0]}: {said.amount(one.band.kg)}"
    return Markup('<path class="flow {}" d="{}"><title>{}</title></path>').format(
        target.fate or "through", course, told
    )


def _edge(points: list[tuple[float, float]]) -> str:
    """One side of a band: every second step is between two columns."""
    drawn = ""
    for number, ((x, y), (to_x, to_y)) in enumerate(itertools.pairwise(points)):
        middle = (x + to_x) / 2
        curve = f"C{middle:g} {y:.1f} {middle:g} {to_y:.1f} {to_x:g} {to_y:.1f}"
        drawn += curve if number % 2 == 0 else f"L{to_x:g} {to_y:.1f}"
    return drawn
