"""The picture of a trace in its page: what stands around it stays where it is when the picture moves."""

import re

from starlette.testclient import TestClient

from seed.story import PACK_RECYCLED, story
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send

PAGE = f"/explore?key={PACK_RECYCLED}"


def shown(address: str) -> str:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        return client.get(address).text


def test_the_legend_is_beside_the_picture_and_in_its_file_within_it() -> None:
    page = shown(PAGE)
    frame, _, below = page.partition('<div id="below">')
    picture = frame[frame.index('id="frame"') :]
    entries = re.findall(r"<li>(<svg [^>]*>.*?</svg>) ([^<]+)</li>", below[: below.index("</ul>")])
    names = [name for _, name in entries]
    assert {"root", "black mass", "lithium carbonate", "led to the root", "came from the root"} <= set(names), names
    assert 'class="legend"' not in picture
    for sign, name in entries:
        assert 'class="trace-picture"' in sign, "the style of the picture is for it, too"
        look = re.findall(r'class="(?:box )?(material-\d+)"', sign)
        assert not look or f' {look[0]}"' in picture, name
    file = shown(f"/trace/{PACK_RECYCLED}.svg")
    assert all(f">{name}</text>" in file for name in names)


def test_the_form_is_open_where_it_says_something() -> None:
    assert '<details class="asking"><summary>' in shown(PAGE)
    assert '<details class="asking" open><summary>' in shown(f"{PAGE}&direction=FORWARD")
