"""The picture of a trace as PNG, drawn from the SVG with the fonts of the machine."""

from __future__ import annotations

from functools import cache

import resvg_py

from graph_schema.answer import Trace
from service.languages import ENGLISH, Language
from service.writers.svg import svg

SCALE = 2.0
PIXELS_MAX = 40_000_000
"""A larger picture is drawn smaller."""
FAMILY = "DejaVu Sans"


class NoFont(Exception):
    """The machine has no font, so that a picture would be without text."""


def png(trace: Trace, note: str = "", language: Language = ENGLISH) -> bytes:
    """A trace as a PNG image, in the light colours. Raises NoFont."""
    if not has_font():
        raise NoFont(
            "a PNG needs a font on the machine of the service: install one (Debian: fonts-dejavu-core, for Chinese"
            " fonts-noto-cjk), or take the SVG"
        )
    return rendered(svg(trace, note=note, dark=False, language=language))


def rendered(text: str) -> bytes:
    """An SVG document as a PNG image."""
    return bytes(resvg_py.svg_to_bytes(svg_string=text, font_family=FAMILY, sans_serif_family=FAMILY))


@cache
def has_font() -> bool:
    """Whether text becomes visible."""
    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">{}</svg>'
    return rendered(frame.format('<text x="5" y="30" font-size="30">A</text>')) != rendered(frame.format(""))
