"""What the colours and lines of a picture mean: only those that are in it."""

from __future__ import annotations

from collections.abc import Iterator

from service.languages import Language
from service.phrases import translated
from service.writers.layout import Picture, Way
from service.writers.layout.text import fitting, width_of
from service.writers.markup import xml_text
from service.writers.svg.scope import SCOPE

SIZE = 11.0
ROW = 20.0
SIGN = 26.0
GAP = 18.0


class Legend:
    """The entries of a picture's legend, in rows of a width."""

    def __init__(self, picture: Picture, materials: dict[str, int], width: float, language: Language) -> None:
        self.placed: list[tuple[float, float, str, str, str]] = []
        x = y = 0.0
        for sign, look, text in _entries(picture, materials, language):
            shown = fitting(text, SIZE, width - SIGN)
            needed = SIGN + width_of(shown, SIZE) + GAP
            if x and x + needed - GAP > width:
                x, y = 0.0, y + ROW
            self.placed.append((x, y, sign, look, shown))
            x += needed
        self.height = y + ROW if self.placed else 0.0

    def entries(self) -> Iterator[str]:
        """The entries as elements."""
        for x, y, sign, look, text in self.placed:
            place = f'x="{x + SIGN:g}" y="{y + 12:g}" font-size="{SIZE:g}"'
            yield f"{_sign(sign, look, x, y)}<text {place}>{xml_text(text)}</text>"


def beside(picture: Picture, materials: dict[str, int], language: Language) -> list[tuple[str, str]]:
    """The entries of a legend that stands beside its picture, in a page: the sign, as a picture of its own in the style
    of the other, and what it means."""
    return [
        (
            f'<svg class="{SCOPE}" width="{SIGN:g}" height="18" viewBox="-2 -1 {SIGN:g} 18" aria-hidden="true">'
            f"{_sign(sign, look, 0, 0)}</svg>",
            text,
        )
        for sign, look, text in _entries(picture, materials, language)
    ]


def _sign(sign: str, look: str, x: float, y: float) -> str:
    if sign == "line":
        return f'<path class="{look}" d="M{x:g} {y + 8:g}L{x + 20:g} {y + 8:g}"/>'
    if sign == "nested":
        return (
            f'<g class="box"><rect x="{x:g}" y="{y + 1:g}" width="20" height="14" rx="3"/></g>'
            f'<g class="{look}"><rect x="{x + 4:g}" y="{y + 4:g}" width="12" height="8" rx="2"/></g>'
        )
    return f'<g class="{look}"><rect x="{x:g}" y="{y + 2:g}" width="20" height="12" rx="3"/></g>'


def _entries(picture: Picture, materials: dict[str, int], language: Language) -> Iterator[tuple[str, str, str]]:
    every = picture.every_box()
    yield "box", "box root", language.text("picture.legend.root")
    for name, number in materials.items():
        yield "box", f"box material-{number}", translated(language.tag, name) or name
    if any(box.node.redacted for box in every):
        yield "box", "box withheld", language.text("picture.withheld")
    held = {bool(part.until) for box in every for part in box.parts}
    if False in held:
        yield "nested", "box", language.text("picture.legend.inside")
    if True in held:
        yield "nested", "box over", language.text("picture.legend.inside.over")
    ways = {line.way for line in picture.lines if not line.contested}
    for way in (Way.FROM, Way.TO, Way.BESIDE):
        if way in ways:
            yield "line", way.value, language.text(f"picture.legend.{way.value}")
    stays = {line.is_over for line in picture.lines if line.kind == "PART_OF" and not line.contested}
    if False in stays:
        yield "line", "part_of beside", language.text("picture.legend.part")
    if True in stays:
        yield "line", "part_of beside over", language.text("picture.legend.part.over")
    if any(line.contested for line in picture.lines):
        yield "line", "contested", language.text("picture.legend.contested")
    if any(text.style == "claim" for box in every for text in box.texts):
        yield "claim", "claim", language.text("picture.legend.claimed")
