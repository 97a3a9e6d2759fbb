"""Lists behind counts, all events of an item, lanes and outlets page by page: there is a way on wherever there is a
bound, and nobody sees more than the API shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import PACK_A, PACK_RECYCLED, PACK_VANISHED, RECYCLER, TRADER, story
from service.access.tokens import Tokens
from service.app import create_app
from service.explorer import compare, history, identity, lists, years
from service.explorer.querying import LINES_MAX
from service.explorer.stage_flow import stage_flow
from service.explorer.stages import Amount, Stage, stages_of
from service.explorer.timeline import LANES_MAX, TICKS_MAX, Scale
from service.languages import ENGLISH
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.explorer.audited import audited_story
from tests.service.explorer.reading import LINK
from tests.support import send

LANES = "/explore?key=PACK&view=timeline&maxNodes=1000"
TRACE = f"/explore?key={PACK_RECYCLED}"
KEYS = re.compile(r'<td class="code"><a href="[^"]*">([^<]+)</a>')


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return audited_story()


@pytest.fixture(scope="module")
def client(store: MemoryStore) -> Iterator[TestClient]:
    with TestClient(create_app(store, Settings(store="memory:")), follow_redirects=False) as made:
        yield made


def next_page(text: str, ends: str) -> str | None:
    found = [unescape(link) for link in re.findall(r'rel="next" href="([^"]+)"', text)]
    return next((link for link in found if link.endswith(ends)), None)


def walked(client: TestClient, address: str, ends: str = "") -> list[str]:
    """The pages from an address on, by links that end so."""
    pages, place = [], address
    while place is not None:
        answer = client.get(place)
        assert answer.status_code == 200, answer.text
        pages.append(answer.text)
        assert len(pages) < 50
        place = next_page(answer.text, ends)
    return pages


def test_a_list_of_items_goes_on_until_the_last(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = KEYS.findall(client.get("/items?kind=CELL").text)
    monkeypatch.setattr(lists, "FIRST", 3)
    pages = walked(client, "/items?kind=CELL")
    assert len(pages) == -(-len(whole) // 3) > 2
    assert [key for page in pages for key in KEYS.findall(page)] == whole


def test_every_count_of_the_overview_leads_to_as_many(client: TestClient) -> None:
    text = client.get("/overview").text
    rows = re.findall(r'<li><a href="(/(?:items|findings)\?[^"]+)">[^<]+</a> <b>(\d+)</b>', text)
    assert len(rows) > 12
    for link, count in rows:
        page = client.get(unescape(link))
        assert f"{count} in all" in page.text, link
    assert "/findings?code=CUSTODY_GAP" in [unescape(link) for link, _ in rows]


def test_what_ended_has_no_holder_and_what_nobody_told_an_unknown_one(client: TestClient) -> None:
    for key, holder in ((PACK_RECYCLED, "–"), (PACK_A, "–")):
        row = client.get(f"/items?text={key}").text.partition(f">{key}</a>")[2].partition("</tr>")[0]
        assert re.findall(r'data-label="Holder">([^<]*)', row) == [holder]
        opened = client.get(f"/explore?key={key}&open={key}").text.partition('id="panel"')[2]
        assert re.findall(r"<dt>Holder</dt><dd>([^<]*)", opened) == [holder]
    lot = client.get("/recall?keys=LOT-CAM-2021-04").text.partition("<tbody>")[2]
    rows = [(("ended" in row), re.findall(r'data-label="Holder">([^<]*)', row)) for row in lot.split("<tr>")[1:]]
    assert {holder for ended, (holder,) in rows if ended} == {"–"}
    assert "–" not in {holder for ended, (holder,) in rows if not ended}


def test_the_first_page_begins_with_the_newest_batteries() -> None:
    store = MemoryStore()
    for number in range(10):
        send(store, [
            {"eventId": f"e{number}", "type": "PRODUCTION", "occurredAt": f"2026-01-{20 - number}T00:00:00Z",
             "actor": "M", "outputs": [{"key": f"PACK-{number}", "kind": "BATTERY"}]}
        ])  # fmt: skip
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        listed = client.get("/").text.partition(">Batteries</h2>")[2].partition("</section>")[0]
    assert re.findall(r"PACK-\d(?=</a>)", listed) == [f"PACK-{number}" for number in range(8)]


def test_lists_take_the_filters_of_the_api(client: TestClient) -> None:
    assert KEYS.findall(client.get(f"/items?kind=BATTERY&text={PACK_RECYCLED[-5:]}").text) == [PACK_RECYCLED]
    assert KEYS.findall(client.get("/findings?code=STALE_CUSTODY&severity=WARNING").text) == [PACK_VANISHED]
    assert "nothing of that kind" in client.get("/findings?region=CN-99").text
    for wrong in ("/items?kind=TRAM", "/items?finding=NOTHING", "/findings?code=NOTHING", "/items?after=nonsense"):
        answer = client.get(wrong)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert wrong.partition("=")[2] in answer.text


def test_lists_and_histories_show_what_a_viewer_may_see(store: MemoryStore, tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    bearers = {
        name: {"Authorization": f"Bearer {tokens.create(name, role, organization)}"}
        for name, role, organization in (("all", "regulator", None), ("few", "participant", TRADER))
    }
    with TestClient(create_app(store, Settings(store="memory:", tokens_file=str(tokens.path)))) as client:
        for address in ("/items", "/findings"):
            assert client.get(address).status_code == 403
            assert ">0 in all" not in client.get(address, headers=bearers["all"]).text
        assert KEYS.findall(client.get("/items?kind=BATTERY", headers=bearers["few"]).text) == [PACK_VANISHED]
        assert "production" in client.get(f"/history?key={PACK_A}", headers=bearers["all"]).text
        few = client.get(f"/history?key={PACK_A}", headers=bearers["few"]).text
        assert few.count("Nothing of that kind is there, or to be seen by you") == 2
        for told in (few, client.get(f"/history?key={PACK_A}").text):
            assert "production" not in told, "that the battery is there is public; what happened to it is not"
            assert "Pudong" not in told
        assert "From stage to stage" not in client.get("/overview").text


def test_all_events_and_holders_of_an_item(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = client.get(f"/history?key={PACK_A}").text
    events = re.findall(r"open=([^&\"#]+)#panel\">[a-z]+<", whole)
    holders = whole.partition('id="custody"')[2].count("<tr><td ")
    assert len(events) > 8
    assert holders > 3
    monkeypatch.setattr(history, "FIRST", 2)
    pages = walked(client, f"/history?key={PACK_A}", "#events")
    assert [event for page in pages for event in re.findall(r"open=([^&\"#]+)#panel\">[a-z]+<", page)] == events
    (further,) = re.findall(r'href="([^"]+)#custody"', pages[0])
    custody = [page.partition('id="custody"')[2] for page in [pages[0], *walked(client, unescape(further), "#custody")]]
    assert sum(page.count("<tr><td ") for page in custody) == holders
    early = client.get(f"/history?key={PACK_A}&asOf=2021-06-01").text
    assert 0 < len(re.findall(r"open=[^\"]*asOf=2021-06-01[^\"]*#panel", early)) < len(events) + 2 * holders


def test_the_panel_leads_to_all_events_of_the_same_moment(client: TestClient) -> None:
    panel = client.get(f"{TRACE}&view=table&asOf=2026-01-01&open={PACK_RECYCLED}").text.partition('id="panel"')[2]
    (link,) = set(re.findall(r'href="(/history[^"#]+)', panel))
    assert "asOf=2026-01-01" in link
    assert client.get(unescape(link)).status_code == 200


def test_one_event_is_not_told_as_many() -> None:
    store = MemoryStore()
    send(store, many(1))
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        text = client.get("/explore?key=PACK&open=PACK").text
    assert "1 event and all holders, with times" in text
    assert "All 1 events" not in text


def many(count: int) -> list[dict[str, Any]]:
    """A pack with so many cells."""
    cells = [{"key": f"C{number:03d}", "kind": "CELL"} for number in range(count)]
    made = {"key": "PACK", "kind": "BATTERY", "parts": cells}
    return [
        {"eventId": "e", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "M", "outputs": [made]}
    ]


def test_lanes_go_on_until_the_last() -> None:
    store = MemoryStore()
    send(store, many(2 * LANES_MAX))
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        (group,) = re.findall(r'<a class="grouped" href="([^"]*)">', client.get(LANES).text)
        pages = walked(client, unescape(group))
        lanes = [
            re.findall(r'<div class="lane">\s*<span class="what">\s*<a class="code" href="[^"]*">([^<]+)', page)
            for page in pages
        ]
        assert [len(one) for one in lanes] == [LANES_MAX, LANES_MAX, 1]
        assert len({key for one in lanes for key in one}) == 2 * LANES_MAX + 1
        assert f"Lanes {LANES_MAX + 1} to {2 * LANES_MAX} of {2 * LANES_MAX + 1}" in pages[1]
        assert 'rel="prev"' in pages[1]
        assert "maxNodes=1000" in pages[1]
        assert "Lanes 1 to" in client.get(f"{unescape(group)}&lanes=nonsense").text
        assert (
            client.get(unescape(re.findall(r'<p class="note">Groups[^<]*<a href="([^"]*)">', pages[0])[0])).text.count(
                '<div class="lane">'
            )
            == 2
        )


def test_dates_of_lanes_are_there_in_words(client: TestClient) -> None:
    text = client.get(f"{TRACE}&view=timeline").text
    (told,) = re.findall(
        rf"<details><summary>Dates<span class=\"hidden\"> {PACK_RECYCLED}</span>(.*?)</details>", text, re.S
    )
    assert "held by Xiang Metals, May 10, 2026 to Jun 1, 2026" in LINK.sub("", told)
    assert f'<a href="/organization/{RECYCLER}">Xiang Metals</a>' in told


@pytest.mark.parametrize(
    ("days", "pattern"),
    [(4000, "y"), (1200, "y"), (300, "yMMM"), (100, "yMMM"), (20, "MMMd"), (4, "MMMd"), (0.2, "MMMd")],
)
def test_the_axis_has_ticks_whatever_time_it_is_over(days: float, pattern: str) -> None:
    begin = datetime(2024, 5, 20, 8, tzinfo=UTC)
    ticks = Scale(begin, begin + timedelta(days=days)).ticks()
    assert {tick.pattern for tick in ticks} <= {pattern}
    assert (2 if days > 1 else 0) <= len(ticks) <= TICKS_MAX
    assert [tick.left for tick in ticks] == sorted(tick.left for tick in ticks)


def test_the_query_that_is_shown_gives_the_trace_of_the_picture() -> None:
    store = MemoryStore()
    send(store, many(500))
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        shown = client.get("/explore?key=PACK&view=query").text
        query, variables, told = (unescape(one) for one in re.findall(r'<pre tabindex="0">(.*?)</pre>', shown, re.S))
        answer = client.post("/graphql", json={"query": query, "variables": json.loads(variables)}).json()
        nodes = answer["data"]["trace"]["nodes"]
        assert (
            told.splitlines()
            == json.dumps({"data": answer["data"]}, indent=2, ensure_ascii=False).splitlines()[:LINES_MAX]
        )
        assert f"The first {LINES_MAX} of " in shown
        table = client.get("/explore?key=PACK&view=table").text
        assert len(nodes) == int(re.findall(r"<caption>(\d+) nodes", table)[0]) == 400
        link = re.findall(r'href="(/trace/PACK.json[^"]*)" download>', shown)[-1]
        assert len(client.get(unescape(link)).json()["nodes"]) == 400
        short = client.get("/explore?key=PACK&view=query&direction=both&maxNodes=3&claims=all").text
        variables, told = (
            json.loads(unescape(one)) for one in re.findall(r'<pre tabindex="0">(.*?)</pre>', short, re.S)[1:]
        )
        assert variables == {"key": "PACK", "direction": "BOTH", "claims": "ALL", "maxNodes": 3}
        assert len(told["data"]["trace"]["nodes"]) == 3
        assert "The first" not in short


def test_outlets_by_region_and_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    outlets = [
        {
            "eventId": f"o{number}", "type": "REGISTRATION", "occurredAt": "2024-01-01T00:00:00Z", "actor": "O",
            "organization": {"key": f"O{number}", "name": f"Outlet {number}", "roles": ["OUTLET"],
                             "region": "CN-44" if number % 2 else "CN-31"},
        }
        for number in range(10)
    ]  # fmt: skip
    store = MemoryStore()
    send(store, [*outlets, *many(1)])
    monkeypatch.setattr(identity, "OUTLETS_FIRST", 4)
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        everywhere = walked(client, "/id/PACK")
        assert sorted(
            name for page in everywhere for name in re.findall("<li>(Outlet .)</li>", LINK.sub("", page))
        ) == [f"Outlet {number}" for number in range(10)]
        there = walked(client, "/id/PACK?region=CN-44")
        assert len(there) == 2
        assert sorted(name for page in there for name in re.findall("<li>(Outlet .)</li>", LINK.sub("", page))) == [
            f"Outlet {number}" for number in range(1, 10, 2)
        ]
        assert "<h3>Guangdong</h3>" in there[0]
        assert "<h3>广东</h3>" in client.get("/id/PACK?region=CN-44&lang=zh-Hans").text
        assert "Outlet" not in client.get("/id/PACK?region=CN-65").text.partition('id="outlets"')[2]
        assert "Outlet 0" in client.get("/id/PACK?after=nonsense").text


def test_a_comparison_is_capped_and_goes_on(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"/compare?key={PACK_RECYCLED}&before=2025-01-01"
    whole = client.get(f"{address}&shown=1000").text
    monkeypatch.setattr(compare, "SHOWN", 5)
    first = client.get(address).text
    assert first.count("<tr><td>") < whole.count("<tr><td>")
    added = int(re.findall(r"Added: (\d+)", first)[0])
    links = re.findall(rf'<a href="([^"]+)">and {added - 5} more</a>', first)
    assert links
    assert "shown=50" in links[0]
    assert "<tr><td>" in client.get(unescape(links[0])).text
    for raw in ("HELD_BY", "CONSUMED_IN", "closedBy", "INSTALLED", "RECYCLING"):
        assert raw not in re.sub("<[^>]*>", "", whole), raw


def test_the_stages_of_the_story(client: TestClient) -> None:
    text = client.get("/overview").text
    stages = dict(re.findall(r'<li class="(\w+)"><h3>.*?</h3>\s*<p>(.*?)</p>', text, re.S))
    plain = {name: re.sub("<[^>]*>", "", told).strip() for name, told in stages.items()}
    assert plain["retired"] == "Batteries: 3 45\u00a0kg"
    assert plain["blackMass"] == "8\u00a0kg"
    assert list(plain) == ["made", "inUse", "retired", "blackMass", "metals", "newBatteries"]
    assert text.partition('class="retired"')[2].count("Batteries: 1") >= 3


def test_the_flow_of_batteries_is_a_picture_where_counts_go_together(client: TestClient) -> None:
    text = client.get("/overview").text
    (told,) = re.findall(r'<svg class="balance"[^>]* aria-label="([^"]*)"', text)
    assert told == (
        "Made Batteries: 5; New, or in second life Batteries: 2; Retired Batteries: 3 · 45\u00a0kg;"
        " second life Batteries: 1 · 10\u00a0kg; recycled Batteries: 1 · 15\u00a0kg;"
        " dismantled parts of batteries: 5\u00a0kg; whereabouts unknown Batteries: 1 · 15\u00a0kg"
    )
    bands = re.findall(r"<title>([^<]* → [^<]*)</title>", text)
    assert "Made → Retired: 3" in bands
    assert "Retired → recycled: 1" in bands
    assert not [band for band in bands if "dismantled" in band], "parts of a battery are no battery"
    made = Stage("made", Amount(3, None), 0, [])
    others = [Stage(name, Amount(count, None), 0, []) for name, count in (("inUse", 2), ("retired", 2))]
    assert stage_flow([made, *others], ENGLISH) is None, "more than were made"
    assert stage_flow([made._replace(amount=Amount(4, None)), *others], ENGLISH) is not None


def test_stages_add_up_what_is_known() -> None:
    mass = {"kg": 10.0, "unknown": 1}
    report = {
        "fates": [
            {"fate": "EXPORTED", "batteries": 2, "mass": mass},
            {"fate": "LOST", "batteries": 1, "mass": {"kg": None, "unknown": 1}},
            {"fate": "RECYCLED", "batteries": 0, "mass": {"kg": None, "unknown": 0}},
        ],
        "recovery": {"blackMassKg": 4.0, "elements": [{"element": "", "recoveredKg": 3.0}]},
        "recycledContent": [{"element": "", "recycledKg": 1.0}, {"element": "Ni", "recycledKg": 9.0}],
    }
    made, in_use, retired, *metals = stages_of(
        {"made": {"totalCount": 8}, "inUse": {"totalCount": 2}, "report": report}
    )
    assert (made.share, in_use.share, retired.share) == (100.0, 25.0, 37.5)
    assert retired.amount == Amount(3, 10.0, 2)
    assert [(one.name, one.amount, one.share) for one in retired.branches] == [("gone", Amount(3, 10.0, 2), 100.0)]
    assert [(one.name, one.amount.kg, one.share) for one in metals] == [
        ("blackMass", 4.0, 100.0), ("metals", 3.0, 75.0), ("newBatteries", 1.0, 25.0),
    ]  # fmt: skip


def test_nothing_is_added_up_again_until_something_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = years.ask

    async def counting(context: Any, query: str, **variables: Any) -> Any:
        asked.append(query)
        return await ask(context, query, **variables)

    monkeypatch.setattr(years, "ask", counting)
    store = MemoryStore()
    send(store, story()[:20])
    with TestClient(create_app(store, Settings(store="memory:", audit_interval_s=0))) as client:
        client.get("/overview")
        client.get("/overview")
        assert len(asked) == 2, "years and stages; where nothing was retired, nothing was recovered"
        send(store, story()[20:])
        for _ in range(2):
            assert client.get("/overview").status_code == 200
        assert len(asked) == 5
