"""The picture of a trace as PNG, drawn from the SVG with the fonts of the machine."""

from __future__ import annotations

import re
from functools import cache

import resvg_py

from graph_schema.answer import Trace
from service.languages import ENGLISH, Language
from service.writers.svg import svg

SCALE = 2.0
PIXELS_MAX = 40_000_000
"""A larger picture is drawn smaller."""
FAMILY = "DejaVu Sans"
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Microsoft YaHei",
    "PingFang SC",
)
"""What a picture with Chinese in it is set in, the first that is there: of what has a letter that the family lacks, the
first on the machine would be taken, which may have serifs."""
LETTERS = {"en": "A", "zh-Hans": "电"}
"""A letter of each language: where it is drawn as nothing, or as the box that stands for any letter, there is no font.
"""
_CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NO_LETTER = "\U0010fffd"


NO_FONT = (
    "a PNG needs a font on the machine of the service: install one (Debian: fonts-dejavu-core, for Chinese"
    " fonts-noto-cjk or fonts-wqy-microhei), or take the SVG"
)


class NoFont(Exception):
    """The machine has no font, so that a picture would be without text."""


def png(trace: Trace, note: str = "", language: Language = ENGLISH) -> bytes:
    """A trace as a PNG image, in the light colours. Raises NoFont where there is none for the language."""
    if not has_font(language):
        raise NoFont(NO_FONT)
    return rendered(svg(trace, note=note, dark=False, language=language))


def rendered(text: str) -> bytes:
    """An SVG document as a PNG image."""
    families = ", ".join(f"'{name}'" for name in (*CHINESE, FAMILY))
    style = f"text {{ font-family: {families} !important; }}" if _CHINESE.search(text) else None
    return bytes(
        resvg_py.svg_to_bytes(svg_string=text, font_family=FAMILY, sans_serif_family=FAMILY, style_sheet=style)
    )


@cache
def _drawn(letters: str) -> bytes:
    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><text x="5" y="30" font-size="30">{}</text>'
    return rendered(frame.format(letters) + "</svg>")


def has_font(language: Language = ENGLISH) -> bool:
    """Whether text in a language becomes visible."""
    return _drawn(LETTERS[language.tag]) not in (_drawn(""), _drawn(_NO_LETTER))
