"""A large trace in the picture: groups open and close, what a bound cut off goes on, and every link keeps the state."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.explorer.state import GROUPS_MAX
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.writers.written import packs
from tests.support import send

PAGE = "/explore?key=LOT-0"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    store = MemoryStore()
    send(store, packs(100, 3, 5))
    with TestClient(create_app(store, Settings(store="memory:", nodes_max=5000))) as made:
        yield made


def links(text: str, style: str) -> list[dict[str, str]]:
    """What the links of a class state, by name."""
    found = re.findall(r'<a href="([^"]*)" class="([^"]*)"', text)
    addresses = [unescape(address) for address, classes in found if style in classes.split()]
    return [dict(parse_qsl(urlsplit(address).query)) | {"": address} for address in addresses]


def test_a_group_opens_where_it_is_and_closes_again(client: TestClient) -> None:
    before = client.get(f"{PAGE}&direction=FORWARD&maxNodes=4000").text
    group = next(one for one in links(before, "group") if one["group"].startswith("P"))
    assert (group["direction"], group["maxNodes"]) == ("FORWARD", "4000")
    opened = client.get(group[""]).text
    shown = {one["open"] for one in links(opened, "battery") if "open" in one}
    assert len(shown) == 24
    assert group["group"] in shown
    assert 'name="group"' in opened, "the form keeps it"
    (closing,) = re.findall(r'<a href="([^"]*)"><span class="code">P', opened)
    assert set(links(client.get(unescape(closing)).text, "group")[0]) == set(group)
    further = next(one for one in links(opened, "group") if one["group"] != group["group"])
    assert f"group={group['group']}&group={further['group']}" in further[""], "groups that are open stay open"


def test_what_a_bound_cut_off_comes_where_it_was(client: TestClient) -> None:
    """At every box, a group or not, and the rest of the state stays."""
    text = client.get(f"{PAGE}&maxNodes=110&asOf=2025-01-01T00:00:00Z").text
    further = links(text, "further")
    assert {one["near"][0] for one in further} >= {"P", "e"}, "at packs and at events"
    assert {(one["key"], one["asOf"], one["maxNodes"]) for one in further if "further" in one} == {
        ("LOT-0", "2025-01-01T00:00:00Z", "110")
    }
    assert {one["maxNodes"] for one in further if "further" not in one} == {"1100"}, "of more names than there may be"
    packs = next(one for one in further if one["near"].startswith("P"))
    wider = client.get(packs[""]).text
    assert "marked" in wider
    assert len(links(wider, "group")) > len(links(text, "group")), "there is more"


def test_one_node_alone_goes_on(client: TestClient) -> None:
    """From a lot that was recycled to a pack, and from there on: each click brings what is there into the same picture,
    its files and its table."""
    page = "/explore?key=L10&direction=BACKWARD&maxNodes=4"
    text, named, before = client.get(page).text, [], 4
    for _ in range(3):
        onward = next(one for one in links(text, "further") if one["near"] not in named and "group" not in one)
        assert (onward["key"], onward["maxNodes"], onward["direction"]) == ("L10", "4", "BACKWARD")
        named.append(onward["near"])
        text = client.get(onward[""]).text
        assert all(f'name="further" value="{one}"' in text for one in named), "the form keeps them"
        (file,) = re.findall(r'href="(/trace/L10\.json[^"]*)"', text)
        nodes = {node["key"] for node in client.get(unescape(file)).json()["nodes"]}
        assert set(named) <= nodes
        assert before < len(nodes) < 200
        table = client.get(onward[""] + "&view=table").text
        assert table.count("<tr>") == len(nodes) + 1
        before = len(nodes)


def test_a_depth_is_a_bound_too_and_widens(client: TestClient) -> None:
    text = client.get(f"{PAGE}&maxDepth=1").text
    assert {one["maxDepth"] for one in links(text, "further") if "further" in one} <= {"1"}
    assert 'href="/explore?key=LOT-0&amp;maxDepth=3&amp;maxNodes=4000"' in text
    assert links(client.get(f"{PAGE}&maxNodes=4000").text, "further") == [], "nothing is cut off"


def test_where_no_bound_is_wider_nothing_leads_there() -> None:
    store = MemoryStore()
    send(store, packs(10, 1, 1))
    with TestClient(create_app(store, Settings(store="memory:", nodes_max=24))) as client:
        text = client.get(f"{PAGE}&maxNodes=24").text
    assert "Cut off at a bound" in text
    assert "Show more" not in text
    onward = links(text, "further")
    assert onward, "of items that stand alone"
    assert {(one["key"][0], one["direction"]) for one in onward} == {("P", "FORWARD")}
    assert f"<title>{onward[0]['key']} " in client.get(onward[0][""]).text


def test_what_is_seen_of_the_picture_is_in_the_address(client: TestClient) -> None:
    seen = "seen=-20%2C4%2C600%2C300"
    text = client.get(f"{PAGE}&{seen}").text
    opened, grouped = (links(text, "box") for _ in range(2))
    assert all(seen in one[""] for one in opened if "open" in one)
    assert not any(seen in one[""] for one in grouped if "group" in one), "another picture"
    answer = client.get(f"{PAGE}&seen=everything")
    assert answer.status_code == 400
    assert "seen: &#39;everything&#39; is not left, top, width and height" in answer.text


def test_more_groups_than_can_be_open(client: TestClient) -> None:
    answer = client.get(PAGE + "".join(f"&group=P{number}" for number in range(GROUPS_MAX + 1)))
    assert answer.status_code == 400
    assert "group: 41 groups are open; 40 can be" in answer.text
    assert 'href="/explore?key=LOT-0"' in answer.text
