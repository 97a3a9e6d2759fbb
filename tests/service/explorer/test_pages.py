"""The pages over the story: what they show, what they refuse, and what only those see who may."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest
import zxingcpp
from starlette.testclient import TestClient

from graph_schema.identifiers.identification import ALPHANUMERIC
from seed.story import BLACK_MASS, PACK_NEW, PACK_RECYCLED, PACK_VANISHED, RECYCLER, module, story
from service.access.tokens import Tokens
from service.app import create_app
from service.explorer.label import label
from service.languages import TAGS
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.writers.layout.text import width_of
from tests.service.explorer.audited import audited_story
from tests.service.explorer.decoding import gray
from tests.service.explorer.reading import LINK
from tests.support import send

TRACE = f"/explore?key={PACK_RECYCLED}"
VIEWS = ("picture", "timeline", "balance", "table", "query")
PAGES = ["/", "/?q=VOLT001", "/?q=nothing-is-called-so", "/overview", "/scan", "/sign-in", f"/id/{PACK_RECYCLED}"]
PAGES += [f"{TRACE}&view={view}" for view in VIEWS]
COMPARED = f"/compare?key={PACK_RECYCLED}&before=2025-01-01T00:00:00Z"
RECALLED = f"/recall?keys={BLACK_MASS}+{module(3)}+NOBODY"
PAGES += [
    "/compare",
    COMPARED,
    "/recall",
    RECALLED,
    "/items?kind=BATTERY",
    "/items?text=nothing",
    "/findings",
    f"/organization/{RECYCLER}",
]
PAGES += [f"{TRACE}&open={BLACK_MASS}", f"{TRACE}&claims=ALL&open=story-56-transfer"]


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return audited_story()


@pytest.fixture(scope="module")
def client(store: MemoryStore) -> Iterator[TestClient]:
    with TestClient(create_app(store, Settings(store="memory:")), follow_redirects=False) as made:
        yield made


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("address", PAGES)
def test_every_page_in_every_language_under_a_strict_policy(client: TestClient, address: str, tag: str) -> None:
    answer = client.get(address, headers={"Accept-Language": tag})
    assert answer.status_code == 200, answer.text
    assert f'<html lang="{tag}">' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    (nonce,) = re.findall(r"'nonce-([^']+)'", policy)
    for script in re.findall(r"<script([^>]*)>", answer.text):
        assert "src=" in script or "application/ld+json" in script
    for style in re.findall(r"<style([^>]*)>", answer.text):
        assert f'nonce="{nonce}"' in style
    assert not re.findall(r'\s(?:style|on[a-z]+)="', answer.text)
    assert not re.findall(r'(?:src|href)="https?:', answer.text)


def test_one_hit_leads_straight_to_its_trace(client: TestClient) -> None:
    answer = client.get(f"/?q={PACK_RECYCLED}")
    assert (answer.status_code, answer.headers["location"]) == (303, TRACE)


def test_a_valid_code_that_nobody_reported_is_explained(client: TestClient) -> None:
    code = PACK_RECYCLED[:-1] + "9"
    for address in (f"/?q={code}", f"/id/{code}"):
        answer = client.get(address)
        assert "a valid code, but nobody reported it" in answer.text
        assert "battery pack" in answer.text


def test_the_picture_leads_to_what_is_in_it_and_keeps_the_state(client: TestClient) -> None:
    text = client.get(f"{TRACE}&direction=FORWARD&asOf=2026-08-01T00:00:00Z").text
    (link,) = set(re.findall(rf'href="([^"]*open={BLACK_MASS}[^"]*)"', text))
    assert "direction=FORWARD" in link
    assert "asOf=2026-08-01" in link
    opened = client.get(link.replace("&amp;", "&")).text
    assert "black mass" in opened
    assert "Xiang Metals" in opened
    assert "as of Aug 1, 2026, 8:00\u202fAM UTC+08:00" in opened


def test_the_picture_is_in_the_language_of_the_page(client: TestClient) -> None:
    text = client.get(f"{TRACE}&asOf=2026-08-01T00:00:00Z", headers={"Accept-Language": "zh-Hans"}).text
    for told in (f"{PACK_RECYCLED}：来源与去向", "电池 · MJ-3 · 已终结", ">再生利用</text>", "截至 2026年8月1日"):
        assert told in text
    assert "as of 2026" not in text


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/explore", 400, "key: which item?"),
        (f"{TRACE}&asOf=yesterday", 400, "asOf: &#39;yesterday&#39;"),
        (f"{TRACE}&maxNodes=many", 400, "maxNodes: &#39;many&#39; is no whole number"),
        (f"{TRACE}&maxNodes=999999999", 400, "maxNodes"),
        ("/explore?key=NOBODY", 404, "NOBODY: no item of that key"),
        (f"{TRACE}&asOf=2001-01-01T00:00:00Z", 404, "Look at all that is known now"),
        ("/id/NOBODY", 404, "NOBODY: no item of that key"),
        ("/organization/NOBODY", 404, "NOBODY: no organization of that key"),
        (f"/organization/{RECYCLER}?after=nonsense", 400, "nonsense"),
        ("/label/NOBODY.svg", 404, "NOBODY: no item"),
        (f"/label/{PACK_RECYCLED}.gif", 404, "a label is .svg or .png"),
        ("/?q=" + "x" * 300, 400, "the limit is 256"),
    ],
)
def test_bad_input_names_the_thing_and_the_way_out(client: TestClient, address: str, status: int, told: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert told in answer.text


def test_nothing_written_in_a_key_gets_out_of_its_text(client: TestClient) -> None:
    nasty = quote('"><script>alert(1)</script>', safe="")
    for address in (f"/?q={nasty}", f"/explore?key={nasty}", f"/id/{nasty}", f"{TRACE}&open={nasty}&element={nasty}"):
        assert "<script>alert" not in client.get(address).text


def test_the_label_reads_as_what_it_says(client: TestClient) -> None:
    image = client.get(f"/label/{PACK_RECYCLED}.png")
    assert image.headers["content-type"] == "image/png"
    found = {str(one.format): one.text for one in zxingcpp.read_barcodes(gray(image.content))}
    assert sorted(found.values()) == sorted([PACK_RECYCLED, f"http://testserver/id/{PACK_RECYCLED}"]), found
    assert client.get(f"/label/{PACK_RECYCLED}.svg").text.startswith("<svg")


def test_codes_lead_to_the_stated_address() -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:", public_url="https://id.example.org/"))) as client:
        assert f"https://id.example.org/id/{PACK_RECYCLED}" in client.get(f"/label/{PACK_RECYCLED}.svg").text


def test_machines_get_linked_data(client: TestClient) -> None:
    told = client.get(f"/id/{PACK_RECYCLED}", headers={"Accept": "application/ld+json"}).json()
    assert (told["@type"], told["identifier"], told["model"]) == ("Product", PACK_RECYCLED, "MJ-3")
    page = client.get(f"/id/{PACK_RECYCLED}").text
    (inside,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert json.loads(inside) == told


def test_the_digital_id_is_what_the_public_sees(client: TestClient) -> None:
    assert client.get(f"/id/{module(3)}").status_code == 404, "of others only batteries are public"
    assert "held by" not in client.get(f"/id/{PACK_VANISHED}").text


def test_what_changed_between_two_moments(client: TestClient) -> None:
    text = client.get(COMPARED).text
    assert BLACK_MASS in text
    assert "Added: " in text
    assert "installed → <strong>ended</strong>" in text
    assert "held by Xiang Metals<" in re.sub(r"\s+", " ", LINK.sub("", text)), "organizations go by their names"
    assert client.get(COMPARED.replace("2025-01-01T00:00:00Z", "soon")).status_code == 400
    assert "No item of that key" in client.get(COMPARED.replace(PACK_RECYCLED, "NOBODY")).text


def test_a_recall_counts_first_and_lists_all(client: TestClient) -> None:
    text = client.get(RECALLED).text
    assert "Not known, or not to be seen:" in text
    assert PACK_NEW in text
    listed = client.get(RECALLED.replace("/recall", "/recall.csv"))
    rows = list(csv.DictReader(io.StringIO(listed.text)))
    assert {row["holderName"] for row in rows if row["key"] == PACK_NEW} == {"Minjiang Cell"}
    assert f"{len(rows)} affected things" in text


def test_a_list_of_a_recall_is_read_in_pages_of_one_moment_and_bounded() -> None:
    store = MemoryStore()
    send(store, story())
    settings = Settings(store="memory:", page_max=3)
    with TestClient(create_app(store, settings), base_url="http://127.0.0.1") as client:
        listed = client.get(RECALLED.replace("/recall", "/recall.csv")).text
    with TestClient(create_app(store, Settings(store="memory:")), base_url="http://127.0.0.1") as client:
        assert client.get(RECALLED.replace("/recall", "/recall.csv")).text == listed
    with TestClient(create_app(store, replace(settings, execution_timeout_s=0)), base_url="http://127.0.0.1") as client:
        answer = client.get(RECALLED.replace("/recall", "/recall.csv"))
    assert answer.status_code == 503
    assert "VOLTRACE_EXECUTION_TIMEOUT_S" in answer.json()["errors"][0]["message"]


def test_who_signs_in_sees_more_and_only_by_reading(tmp_path: Path) -> None:
    store, tokens = MemoryStore(), Tokens(tmp_path / "tokens.json")
    send(store, story())
    token = tokens.create("inspector", "regulator", None)
    with TestClient(
        create_app(store, Settings(store="memory:", tokens_file=str(tokens.path))), follow_redirects=False
    ) as client:
        assert client.get(TRACE).status_code == 404, "the public has no trace"
        assert client.post("/sign-in", data={"token": "wrong"}).status_code == 401
        elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert client.post("/sign-in", data={"token": token}, headers=elsewhere).status_code == 403
        answer = client.post("/sign-in", data={"token": token})
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert client.get(TRACE).status_code == 200
        assert "regulator" in client.get("/sign-in").text
        asked = client.post("/graphql", json={"query": "{ viewer { role } }"}).json()
        assert asked["data"]["viewer"]["role"] == "PUBLIC", "a cookie counts for reading pages only"
        client.post("/sign-out")
        assert client.get(TRACE).status_code == 404


@pytest.mark.parametrize("event", [event["eventId"] for event in story()])
def test_any_event_opens_beside_any_trace(client: TestClient, event: str) -> None:
    """Those that are nodes of the trace, those that are not, and those that are pending or contested."""
    (told,) = (one for one in story() if one["eventId"] == event)
    for view in ("picture", "table"):
        answer = client.get(f"{TRACE}&view={view}&open={event}")
        assert answer.status_code == 200, answer.text
        panel = answer.text.partition('id="panel"')[2]
        assert event in panel
        assert "SHA-256" in panel
        assert told["occurredAt"][:10] in panel


def test_every_link_of_a_panel_opens_something(client: TestClient) -> None:
    for opened in (PACK_RECYCLED, BLACK_MASS, "story-56-transfer"):
        panel = client.get(f"{TRACE}&claims=ALL&open={opened}").text.partition('id="panel"')[2].partition("</aside>")[0]
        links = [unescape(link) for link in re.findall('href="([^"]+)"', panel)]
        assert len(links) > 2
        for link in links:
            answer = client.get(link)
            assert answer.status_code == 200, link
            assert "Nothing can be shown of it" not in answer.text, link


def test_what_is_opened_is_where_the_address_leads(client: TestClient) -> None:
    text = client.get(TRACE).text
    assert re.findall('href="[^"]+open=[^"]+#panel"', text)
    assert not re.findall('href="[^"]+open=[^"#]+"', text)


def test_the_public_is_led_to_digital_ids(tmp_path: Path) -> None:
    store, tokens = MemoryStore(), Tokens(tmp_path / "tokens.json")
    send(store, story())
    tokens.create("inspector", "regulator", None)
    settings = Settings(store="memory:", tokens_file=str(tokens.path))
    with TestClient(create_app(store, settings), follow_redirects=False) as client:
        home = client.get("/").text
        assert f'href="/id/{PACK_RECYCLED}"' in home
        assert "/explore?" not in home
        assert "The store is empty" not in home
        assert client.get(f"/?q={PACK_RECYCLED}").headers["location"] == f"/id/{PACK_RECYCLED}"
        unknown = client.get(TRACE)
        assert unknown.status_code == 404
        assert f'href="/id/{PACK_RECYCLED}"' in unknown.text
        assert 'href="/sign-in?next=' in unknown.text


@pytest.mark.parametrize("accepted", ["zh-CN", "zh", "zh-TW", "zh-Hans-CN", "fr, zh-CN;q=0.9, en;q=0.8"])
def test_a_browser_that_prefers_chinese_gets_it(client: TestClient, accepted: str) -> None:
    assert '<html lang="zh-Hans">' in client.get("/", headers={"Accept-Language": accepted}).text


def test_a_balance_that_a_bound_cut_off_says_so(client: TestClient) -> None:
    text = client.get(f"{TRACE}&view=balance&maxNodes=3").text
    assert "The mass of the root is not known" not in text


@pytest.mark.parametrize("key", ["urn:uuid:386da648-326a-4855-84c1-13597c1f2f09", "K" * 128, "短"])
def test_the_texts_of_a_label_fit_on_it(key: str) -> None:
    producer = {"key": "A", "name": "A maker with a very long name, as they are in trade registers everywhere"}
    text = label({"key": key, "kind": "BATTERY", "producer": producer, "model": "M" * 80}, f"https://x.org/id/{key}")
    for x, size, weight, told in re.findall(
        '<text x="([^"]+)" y="[^"]+" font-size="([^"]+)" font-weight="([^"]+)">([^<]*)</text>', text
    ):
        assert float(x) + width_of(told, float(size), weight == "bold") <= 520
        assert float(size) >= 9
    assert key[:8] in text


def test_the_code_of_a_battery_is_whole_on_its_label() -> None:
    """Any code of GB/T 34014 has room: not a letter of it is cut."""
    chance = Random(24)
    codes = ["".join(chance.choices(ALPHANUMERIC, k=24)) for _ in range(300)]
    for key in ["07SPE04SYNTHETE3J0000001", "W" * 24, *codes]:
        text = label({"key": key, "kind": "BATTERY", "producer": None}, f"https://x.org/id/{key}")
        assert f'font-weight="bold">{key}</text>' in text


def test_a_day_is_a_moment_too(client: TestClient) -> None:
    """The end of it: what occurred on it counts."""
    for day, state in (("2021-05-09", 404), ("2021-05-10", 200)):
        assert client.get(f"{TRACE}&asOf={day}").status_code == state
    assert "2021-05-10" in client.get(f"{TRACE}&asOf=2021-05-10").text.partition('name="asOf"')[2][:40]
    links = re.findall(f'href="(/trace/{PACK_RECYCLED}.csv[^"]*)"', client.get(f"{TRACE}&asOf=2021-05-10").text)
    assert links
    assert all(client.get(unescape(link)).status_code == 200 for link in links)
    days, moments = (
        client.get(f"/compare?key={PACK_RECYCLED}&before=2025-01-01{end}&after=2026-06-30{end}").text
        for end in ("", "T23:59:59.999999Z")
    )
    assert days.partition("<h2")[2] == moments.partition("<h2")[2] != ""
    assert client.get(f"{TRACE}&asOf=2021-5-1").status_code == 400


def test_a_lot_has_no_digital_id(client: TestClient) -> None:
    assert f'href="/id/{BLACK_MASS}"' not in client.get(f"/explore?key={BLACK_MASS}&open={BLACK_MASS}").text


EMPTY = {
    "/": "The store is empty",
    "/overview": "The store is empty",
    "/?q=PACK": "Nothing that is reported",
    "/items": "There is nothing of that kind",
    "/findings": "There is nothing of that kind",
    "/explore?key=PACK": "no item of that key",
    "/compare?key=PACK": "No item of that key is known",
    "/compare?key=PACK&what=knownAt": "Say from which moment on",
    "/recall?keys=PACK": "Nothing is affected",
    "/history?key=PACK": "no item of that key",
    "/organization/PACK": "no organization of that key",
    "/event/PACK": "no event of that id",
    "/id/PACK": "no item of that key",
}


@pytest.mark.parametrize("place", EMPTY)
def test_no_page_of_an_empty_store_is_blank(place: str) -> None:
    with TestClient(create_app(MemoryStore(), Settings(store="memory:"))) as client:
        text = client.get(place, headers={"Accept": "text/html"}).text
    assert EMPTY[place] in text.partition("<main")[2]
