"""How wide a text is at most, and what of it fits.

Widths are those of DejaVu Sans, which is wider than what browsers take for `sans-serif`, so that a text that fits
here fits anywhere.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import combining, east_asian_width

ELLIPSIS = "…"
BOLD = 1.15
ROUNDING = 1e-6
"""A text that is made as wide as its room is not cut because of the last digit of a float."""
_WIDTHS = {
    0.4: " \u00a0,.:;|!'()[]ijlI/\\`-·",
    0.5: '"frt_*{}',
    0.66: "0123456789abcdeghknopqsuvxyz?JFL$#^<>=+~",
    0.8: "ABCDEGHKNOPQRSTUVXYZw&×",
    1.0: "mMW@%",
}
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters}


@lru_cache(65_536)
def width_of(text: str, size: float, bold: bool = False) -> float:
    """The width of a text of so many pixels' size, at most."""
    return sum(map(_letter, text)) * size * (BOLD if bold else 1)


def _letter(letter: str) -> float:
    known = _WIDTH.get(letter)
    if known is not None:
        return known
    if combining(letter):
        return 0.0
    return 1.1 if east_asian_width(letter) in "WF" else 1.0


def wrapped(text: str, size: float, width: float, bold: bool = False) -> list[str]:
    """The text in one line where it fits, else in two, parted at the last blank that fits, or anywhere in a word that
    is as long as a line."""
    if width_of(text, size, bold) <= width + ROUNDING:
        return [text]
    end = len(fitting(text, size, width + _letter(ELLIPSIS) * size * (BOLD if bold else 1), bold)) - 1
    blank = text.rfind(" ", 1, end + 1)
    end = end if blank * 2 < end else blank
    return [text[:end].rstrip(" ·"), text[end:].lstrip(" ·")]


def fitting(text: str, size: float, width: float, bold: bool = False, ends: bool = False) -> str:
    """The text where it fits, else as much of its start, or of both its `ends`: like keys differ at the end."""
    if width_of(text, size, bold) <= width + ROUNDING:
        return text
    left = (width / size / (BOLD if bold else 1)) - _letter(ELLIPSIS)
    head, tail = 0, len(text)
    while head < tail:
        from_tail = ends and head > len(text) - tail
        letter = text[tail - 1] if from_tail else text[head]
        left -= _letter(letter)
        if left < 0:
            break
        head, tail = (head, tail - 1) if from_tail else (head + 1, tail)
    return text[:head] + ELLIPSIS + (text[tail:] if ends else "")
