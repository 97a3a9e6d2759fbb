"""What is read off pictures: as printed, as photographed, and what is told where nothing is."""

import io
import random

import pytest
import segno
from barcode import Code128, Gs1_128
from PIL import Image, ImageFilter

from service import scanning
from service.scanning import Unreadable, scanned, searched

KEY = "04QPE76836300JE110000001"


def bars(row: str) -> Image.Image:
    """Modules of a linear code, three pixels each, with room around them."""
    picture = Image.new("L", (3 * len(row) + 120, 160), 255)
    for place, dark in enumerate(row):
        if dark == "1":
            picture.paste(0, (60 + 3 * place, 20, 63 + 3 * place, 140))
    return picture


def squares(text: str, scale: int = 5) -> Image.Image:
    written = io.BytesIO()
    segno.make(text, micro=False).save(written, "png", scale=scale, border=4)
    return Image.open(written).convert("L")


def photographed(picture: Image.Image) -> Image.Image:
    """Turned, blurred, grey, with noise."""
    turned = picture.convert("L").rotate(12, expand=True, fillcolor=255).filter(ImageFilter.GaussianBlur(1))
    rng = random.Random(1)
    return turned.point([80 + level // 3 for level in range(256)]).point(lambda level: level + rng.randrange(5))


def file(picture: Image.Image, kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    picture.save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize("kind", scanning.FORMATS)
def test_every_format_that_is_named_is_read(kind: str) -> None:
    assert scanned(file(squares(KEY), kind)) == [KEY]


def test_bars_and_photographs_are_read() -> None:
    assert scanned(file(bars(Code128(KEY).build()[0]))) == [KEY]
    assert scanned(file(photographed(squares(KEY, 8)), "JPEG")) == [KEY]


def test_what_is_printed_on_nothing_is_read_as_on_white() -> None:
    whole = squares(KEY)
    clear = Image.new("RGBA", whole.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=whole.point(lambda level: 255 - level))
    assert scanned(file(clear)) == [KEY]


def test_a_small_code_in_a_large_picture_is_read() -> None:
    large = Image.new("L", (6000, 5000), 255)
    large.paste(squares(KEY, 2), (4000, 3000))
    assert scanned(file(large)) == [KEY]


def test_element_strings_of_gs1_are_digital_links() -> None:
    assert scanned(file(bars(Gs1_128("0109506000134352217A").build()[0]))) == [
        "https://id.gs1.org/01/09506000134352/21/7A"
    ]


def test_several_codes_are_told_each_once() -> None:
    both = Image.new("L", (900, 400), 255)
    both.paste(squares("https://id.example.org/id/A%2FB?lang=en"), (10, 10))
    both.paste(squares("A/B"), (300, 10))
    both.paste(squares("OTHER"), (600, 10))
    assert sorted(scanned(file(both))) == ["A/B", "OTHER"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("http://127.0.0.1:8000/id/PACK%201", "PACK 1"),
        (" PACK-1\n", "PACK-1"),
        ("https://maker.example/products/id/7", "https://maker.example/products/id/7"),
        ("https://id.gs1.org/01/09506000134352/21/7", "https://id.gs1.org/01/09506000134352/21/7"),
    ],
)
def test_the_address_of_a_digital_id_is_its_key(text: str, key: str) -> None:
    assert searched(text) == key


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 no picture", "NO_PICTURE"),
        (file(squares(KEY))[:60], "NO_PICTURE"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "NO_PICTURE"),
        (file(Image.new("L", (300, 300), 200)), "NO_CODE"),
        (b"\x89PNG" + bytes(scanning.BYTES_MAX), "TOO_LARGE"),
        (file(Image.new("1", (9000, 9000))), "TOO_MANY_PIXELS"),
        (file(Image.new("1", (20_000, 20_000))), "TOO_MANY_PIXELS"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as told:
        scanned(data)
    assert told.value.reason == reason
