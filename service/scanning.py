"""Codes in a picture file: QR, Data Matrix and Code 128, by the optional libraries of `voltrace[scan]`."""

from __future__ import annotations

import io
import re
from functools import cache
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote

from graph_schema.identifiers import BrokenIdentifier, digital_link

BYTES_MAX = 8_000_000
PIXELS_MAX = 50_000_000
SIDE = 2000
"""A larger picture is looked at in this size first (pixels), which is faster and forgives noise."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
CODES_MAX = 20
_IDENTITY = re.compile(r"https?://[^/?#]+/id/([^?#]+)(?:[?#].*)?", re.IGNORECASE)
_ELEMENT = re.compile(r"\((\d{2,4})\)([^(]+)")


class Unreadable(Exception):
    """Why nothing was read: `reason` is TOO_LARGE, NO_PICTURE, TOO_MANY_PIXELS or NO_CODE; `values` fill its text."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(f"{reason} {values}")
        self.reason, self.values = reason, values


@cache
def can_scan() -> bool:
    """Whether the libraries are installed."""
    return all(find_spec(name) is not None for name in ("zxingcpp", "PIL", "python_multipart"))


def scanned(data: bytes) -> list[str]:
    """What the codes of a picture say, each once, as one searches for it. Raises Unreadable."""
    import zxingcpp

    picture = _opened(data)
    codes = zxingcpp.barcode_formats_from_str("QRCode|DataMatrix|Code128")
    found: list[Any] = []
    for side in (SIDE, None):
        if side is not None or max(picture.size) > SIDE:
            found = zxingcpp.read_barcodes(_grey(picture, side), formats=codes)
        if found:
            break
    texts = [_element_string(one.text) if one.content_type == zxingcpp.ContentType.GS1 else one.text for one in found]
    keys = [key for text in texts if (key := searched(text))]
    if not keys:
        raise Unreadable("NO_CODE")
    return list(dict.fromkeys(keys))[:CODES_MAX]


def searched(text: str) -> str:
    """What to search for: of the address of a digital ID the key, else the text."""
    found = _IDENTITY.fullmatch(text.strip())
    return unquote(found[1]) if found else text.strip()


def _opened(data: bytes) -> Any:
    from PIL import Image

    if len(data) > BYTES_MAX:
        raise Unreadable("TOO_LARGE", size=round(len(data) / 1e6, 1), limit=BYTES_MAX // 1_000_000)
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > PIXELS_MAX:
            raise Image.DecompressionBombError
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable("TOO_MANY_PIXELS", limit=PIXELS_MAX // 1_000_000) from None
    except Exception:  # whatever a decoder makes of a broken file
        raise Unreadable("NO_PICTURE", formats=", ".join(FORMATS)) from None
    return picture


def _grey(picture: Any, side: int | None) -> memoryview:
    """The brightness of its pixels on white ground, at most so many on a side."""
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA", "P"):
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture.convert("RGBA"))
    grey = picture.convert("L")
    if side is not None:
        grey.thumbnail((side, side))
    return memoryview(grey.tobytes()).cast("B", (grey.height, grey.width))


def _element_string(text: str) -> str:
    """A GS1 element string such as `(01)...(21)...` as the Digital Link that says the same; else as it is."""
    try:
        return digital_link.canonical(digital_link.make(dict(_ELEMENT.findall(text))))
    except BrokenIdentifier:
        return text
