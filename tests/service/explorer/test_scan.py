"""A picture of a code leads to what it names, or to what is wrong with it."""

from collections.abc import Iterator

import pytest
from PIL import Image
from starlette.testclient import TestClient

from seed.story import PACK_RECYCLED, story
from service import scanning
from service.app import create_app
from service.explorer import pages, scan
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.test_scanning import file, squares
from tests.support import send


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:")), follow_redirects=False) as made:
        yield made


def test_the_label_of_a_battery_leads_to_its_trace(client: TestClient) -> None:
    label = client.get(f"/label/{PACK_RECYCLED}.png").content
    answer = client.post("/scan", files={"picture": ("label.png", label)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/?q={PACK_RECYCLED}")
    assert client.get(answer.headers["location"]).headers["location"] == f"/explore?key={PACK_RECYCLED}"


def test_of_several_codes_one_chooses(client: TestClient) -> None:
    both = Image.new("L", (600, 300), 255)
    both.paste(squares("<b>&"), (10, 10))
    both.paste(squares("OTHER"), (300, 10))
    text = client.post("/scan", files={"picture": ("two.png", file(both))}).text
    assert 'href="/?q=OTHER"' in text
    assert 'href="/?q=%3Cb%3E%26"' in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (file(Image.new("L", (300, 300), 200)), "No code was found in the picture."),
        (b"nonsense", "no picture of these formats: PNG, JPEG, WEBP, GIF, BMP"),
        (bytes(scanning.BYTES_MAX + 5), "at most 8 MB are read"),
        (file(Image.new("1", (9000, 9000))), "more than 50 million pixels"),
    ],
)
def test_what_cannot_be_read_says_why(client: TestClient, data: bytes, told: str) -> None:
    answer = client.post("/scan", files={"picture": ("picture", data)})
    assert answer.status_code == 400
    assert told in answer.text
    assert 'type="file"' in answer.text, "one may try again"


@pytest.mark.parametrize("sent", [{}, {"data": {"picture": "text"}}, {"files": {"other": ("a", b"b")}}])
def test_a_form_without_a_picture_says_so(client: TestClient, sent: dict[str, object]) -> None:
    answer = client.post("/scan", **sent)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert "No picture was sent" in answer.text


def test_a_broken_form_says_so(client: TestClient) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/scan", content=b"--y\r\nbroken", headers=headers)
    assert answer.status_code == 400
    assert "No picture was sent" in answer.text


def test_without_the_libraries_the_pages_do_without(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 'href="/scan"' in client.get("/").text
    for module in (pages, scan):
        monkeypatch.setattr(module, "can_scan", lambda: False)
    assert 'href="/scan"' not in client.get("/").text
    for answer in (client.get("/scan"), client.post("/scan", files={"picture": ("a", b"b")})):
        assert answer.status_code == 503
        assert "voltrace[scan]" in answer.text
