"""A PNG as a picture that a reader of codes takes."""

from __future__ import annotations

import struct
import zlib
from typing import Any


def gray(png: bytes) -> Any:
    """The brightness of each pixel of a PNG of 8 bits a channel, as a two-dimensional buffer."""
    place, data, head = 8, b"", b""
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        head = body if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        place += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", head[:10])
    assert depth == 8
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    rows, before = bytearray(), bytearray(width * channels)
    raw = zlib.decompress(data)
    for row in range(height):
        start = row * (width * channels + 1)
        line = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + width * channels]), before, channels)
        rows += line[::channels]
        before = line
    return memoryview(bytes(rows)).cast("B", (height, width))


def _unfiltered(way: int, line: bytearray, before: bytearray, channels: int) -> bytearray:
    for place in range(len(line)):
        left = line[place - channels] if place >= channels else 0
        above = before[place]
        corner = before[place - channels] if place >= channels else 0
        guess = left + above - corner
        near = min((left, above, corner), key=lambda one: abs(guess - one))
        line[place] = (line[place] + (0, left, above, (left + above) // 2, near)[way]) & 255
    return line
