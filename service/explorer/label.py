"""The label of a battery: a QR code that leads to its page, a Code 128 of its code, and what it is in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import segno
from barcode import Code128
from barcode.errors import BarcodeError
from markupsafe import Markup, escape

from service.languages import ENGLISH, Language
from service.writers.layout.text import fitting, width_of

WIDTH, HEIGHT = 520, 220
QR = 180
SMALLEST = 9.0
"""Pixels of a letter that can still be read in print."""
BARS_MAX = 420
"""A Code 128 of more modules is too fine to print on this label; there is none then."""


def label(item: dict[str, Any], address: str, scale: int = 1, language: Language = ENGLISH) -> str:
    """The label as an SVG document, in pixels of 1/96 inch, so many times as large; black on white for scanners."""
    key = item["key"]
    lines = [language.named("kind", item["kind"]), item.get("model"), item.get("chemistry")]
    energy = item.get("energyKwh")
    lines.append(None if energy is None else f"{language.number(energy)} kWh")
    producer = item["producer"]
    drawn = [
        Markup('<rect width="{}" height="{}" fill="#fff"/>').format(WIDTH, HEIGHT),
        _qr(address),
        _text(210, 38, 17, key, 300, "bold"),
        _text(210, 62, 13, " · ".join(filter(None, lines)), 300),
        _text(210, 82, 13, (producer and (producer["name"] or producer["key"])) or "", 300),
        *_bars(key),
        _text(20, 212, 10, address, WIDTH - 40),
    ]
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {2} {3}" role="img"'
        " aria-label=\"{4}\" font-family=\"'DejaVu Sans', 'Noto Sans CJK SC', sans-serif\">"
    ).format(WIDTH * scale, HEIGHT * scale, WIDTH, HEIGHT, f"{key}: {address}")
    return str(head + Markup("").join(drawn) + Markup("</svg>\n"))


def _qr(address: str) -> Markup:
    rows = [bytes(row) for row in segno.make(address, error="m", micro=False).matrix_iter(border=4)]
    size = QR / len(rows)
    course = "".join(f"M{x} {y}h{width}v1h-{width}z" for y, row in enumerate(rows) for x, width in _dark(row))
    return Markup('<path transform="translate(10 10) scale({:.4f})" d="{}" fill="#000"/>').format(size, course)


def _bars(key: str) -> list[Markup]:
    """The Code 128, where the key has one: ASCII, and not too long."""
    try:
        (row,) = Code128(key).build()
    except (BarcodeError, ValueError, KeyError):
        return []
    if len(row) > BARS_MAX or not key.isascii():
        return []
    size = (WIDTH - 230) / (len(row) + 20)
    course = "".join(f"M{x} 0h{width}v60h-{width}z" for x, width in _dark(bytes(int(one) for one in row)))
    place = 210 + 10 * size
    return [
        Markup('<path transform="translate({:.2f} 100) scale({:.4f} 1)" d="{}" fill="#000"/>').format(
            place, size, course
        )
    ]


def _dark(row: bytes) -> Iterator[tuple[int, int]]:
    """Where dark runs begin, and how long they are."""
    place = 0
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            yield place, length
        place += length


def _text(x: float, y: float, size: float, text: str, width: float, weight: str = "normal") -> Markup:
    """A text as wide as there is room: smaller where it is long, down to `SMALLEST`, and then cut in the middle."""
    bold = weight == "bold"
    size = min(size, max(SMALLEST, size * width / max(width_of(text, size, bold), 1.0)))
    told = fitting(text, size, width, bold, ends=True)
    return Markup('<text x="{:g}" y="{:g}" font-size="{:.3g}" font-weight="{}">{}</text>').format(
        x, y, size, weight, escape(told)
    )
