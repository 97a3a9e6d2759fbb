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


def test_what_a_bound_cut_off_goes_on_from_there(client: TestClient) -> None:
    text = client.get(f"{PAGE}&maxNodes=110&asOf=2025-01-01T00:00:00Z").text
    items = [one for one in links(text, "further") if one["key"] != "LOT-0"]
    wider = [one for one in links(text, "further") if one["key"] == "LOT-0"]
    assert items
    assert wider
    assert {(one["direction"], one["asOf"]) for one in items} == {("FORWARD", "2025-01-01T00:00:00Z")}
    assert {one["maxNodes"] for one in wider} == {"1100"}
    onward = client.get(items[0][""])
    assert onward.status_code == 200
    assert f"<title>{items[0]['key']} " in onward.text


def test_a_depth_is_a_bound_too_and_widens(client: TestClient) -> None:
    text = client.get(f"{PAGE}&maxDepth=1").text
    assert {(one["maxDepth"], one["maxNodes"]) for one in links(text, "further")} == {("3", "4000")}
    assert links(client.get(f"{PAGE}&maxNodes=4000").text, "further") == [], "nothing is cut off"


def test_where_no_bound_is_wider_nothing_leads_there() -> None:
    store = MemoryStore()
    send(store, packs(10, 1, 1))
    with TestClient(create_app(store, Settings(store="memory:", nodes_max=12))) as client:
        text = client.get(f"{PAGE}&maxNodes=12").text
    assert "Cut off at a bound" in text
    assert "Show more" not in text
    assert [one for one in links(text, "further") if one["key"] == "LOT-0"] == []


def test_more_groups_than_can_be_open(client: TestClient) -> None:
    answer = client.get(PAGE + "".join(f"&group=P{number}" for number in range(GROUPS_MAX + 1)))
    assert answer.status_code == 400
    assert "group: 41 groups are open; 40 can be" in answer.text
    assert 'href="/explore?key=LOT-0"' in answer.text
