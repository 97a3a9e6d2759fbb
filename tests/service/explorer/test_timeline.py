"""Lanes of custody: gaps, and events that were reported later than a rule allows."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import Any

from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from graph_schema.order import instant_us
from seed.story import MAKER, PACK_RECYCLED, PACK_VANISHED, module, story
from service.access.tokens import Tokens
from service.app import create_app
from service.explorer.late import Marked
from service.explorer.state import VIEWS, read_state
from service.explorer.timeline import SPANS_MAX, Lane, Lanes, Scale, Span, lanes_of
from service.recording import Stated
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.writers.written import of_vehicles
from tests.support import ask, send

WORKSHOP = {"key": "WORKSHOP", "roles": ["REPAIRER"], "region": "CN-44"}
MADE = [{"key": "CAR", "kind": "VEHICLE", "parts": [{"key": "PACK", "kind": "BATTERY"}]}]
MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
OUT = {"part": "PACK", "host": "CAR"}


def recorded(told: Sequence[tuple[str, str, str, dict[str, Any]]]) -> MemoryStore:
    """A store that learned each event (type, day, day of the record, fields) on its day."""
    store = MemoryStore()
    for number, (kind, day, later, fields) in enumerate(told):
        event = {"eventId": f"e{number}", "type": kind, "occurredAt": f"{day}T08:00:00Z", "actor": "WORKSHOP"}
        send(store, [event | fields], stated=Stated(instant_us(datetime.fromisoformat(f"{later}T08:00:00Z"))))
    return store


def shown(store: MemoryStore, address: str) -> str:
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_an_event_that_was_reported_too_late_is_marked_and_opens() -> None:
    told = [
        ("REGISTRATION", "2024-01-02", "2024-01-02", {"organization": WORKSHOP}),
        ("PRODUCTION", "2024-01-02", "2024-01-02", {"outputs": MADE}),
        ("REMOVAL", "2024-02-01", "2024-09-01", OUT),
        ("INSTALLATION", "2024-09-01", "2024-09-02", OUT),
    ]
    text = shown(recorded(told), "/explore?key=PACK&view=timeline&direction=BACKWARD&asOf=2025-01-01T00:00:00Z")
    (mark,) = re.findall(r'<a class="late" href="([^"]*)" title="([^"]*)"', text)
    assert mark[1] == "removal of Feb 1, 2024 was reported only on Sep 1, 2024, later than a rule allows"
    for kept in ("open=e2", "view=timeline", "direction=BACKWARD", "asOf=2025-01-01"):
        assert kept in mark[0]
    before = shown(recorded(told), "/explore?key=PACK&view=timeline&asOf=2024-01-15T00:00:00Z")
    assert 'class="late" href' not in before, "what had not happened then was not late"


def test_what_comes_in_time_has_no_mark() -> None:
    told = [
        ("REGISTRATION", "2024-01-02", "2024-01-02", {"organization": WORKSHOP}),
        ("PRODUCTION", "2024-01-02", "2024-01-02", {"outputs": MADE}),
        ("REMOVAL", "2024-02-01", "2024-02-20", OUT),
    ]
    assert 'class="late" href' not in shown(recorded(told), "/explore?key=PACK&view=timeline")


def test_marked_events_of_nearly_the_same_time_are_one_mark() -> None:
    store = MemoryStore()
    send(store, story())
    trace = ask(store, PACK_RECYCLED, "BOTH")
    assert trace is not None
    lanes = lanes_of(trace, None)
    known = datetime(2026, 10, 1, tzinfo=UTC)
    days = [datetime(2023, 5, 1, tzinfo=UTC), datetime(2023, 5, 2, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)]
    late = [Marked(f"late{number}", "TRANSFER", day, known) for number, day in enumerate(reversed(days))]
    before = Marked("before", "TRANSFER", datetime(2001, 1, 1, tzinfo=UTC), known)
    (lane,) = [lane for lane in lanes.marked({PACK_RECYCLED: [*late, before]}).lanes if lane.marks]
    assert lane.key == PACK_RECYCLED
    assert [[one.event_id for one in mark.events] for mark in lane.marks] == [["late2", "late1"], ["late0"]]
    assert lane.marks[0].left < lane.marks[1].left


def test_lanes_have_no_gap_where_a_host_had_it() -> None:
    store = MemoryStore()
    send(store, story())
    trace = ask(store, PACK_RECYCLED, "BOTH")
    assert trace is not None
    (lane,) = [lane for lane in lanes_of(trace, None).lanes if lane.key == PACK_RECYCLED]
    assert [span.kind for span in lane.spans] == ["HELD", "HELD", "INSIDE", "HELD", "HELD"]


def test_a_hand_over_by_somebody_who_did_not_hold_it_is_marked() -> None:
    store = MemoryStore()
    send(store, story())
    text = shown(store, f"/explore?key={PACK_VANISHED}&view=timeline")
    marks = re.findall(r'<a class="late" href="([^"]*)" title="([^"]*)" aria-label="[^"]*">(.)</a>', text)
    assert [(told, sign) for _, told, sign in marks] == [
        (f"transfer of Mar 4, 2025, recorded on {marks[0][1].split('recorded on ')[1]}", "≠")
    ]
    assert "open=story-54-transfer" in marks[0][0]
    assert "by somebody who did not hold it" in marks[0][1]


def test_contested_custody_is_there_and_looks_like_it() -> None:
    store = MemoryStore()
    send(store, story())
    address = f"/explore?key={module(3)}&view=timeline"
    assert "claimed in a contested event" not in shown(store, address)
    text = shown(store, f"{address}&claims=ALL")
    (claimed,) = re.findall(r'<li id="[^"]*" class="span claimed colour-0" title="([^"]*)"', text)
    assert claimed.startswith("claimed, in a contested event, to be held by TRADER-WITHOUT-NAME, Jun 15, 2026 to ")
    picture = shown(store, f"/trace/{module(3)}.svg?claims=ALL")
    assert "claimed by TRADER-WITHOUT-NAME, contested" in " ".join(
        re.sub(r"<title>.*?</title>|<[^>]+>", " ", picture).split()
    )


def test_units_with_the_same_custody_are_one_lane() -> None:
    cells = [{"key": f"C{number}", "kind": "CELL", "model": "A" if number < 4 else "B"} for number in range(7)]
    told = [
        ("PRODUCTION", "2024-01-01", "2024-01-02", {"outputs": [*cells, {"key": "L", "kind": "LOT"}]}),
        ("TRANSFER", "2024-02-01", "2024-02-02", {"items": ["C3", "C6"], "to": "BUYER"}),
        ("PRODUCTION", "2024-03-01", "2024-03-02", {
            "outputs": [{"key": "PACK", "kind": "BATTERY", "parts": [{"key": one["key"]} for one in cells]}],
        }),
    ]  # fmt: skip
    trace = ask(recorded(told), "PACK", "BOTH")
    assert trace is not None
    lanes = {lane.key: (lane.name, lane.others) for lane in lanes_of(trace, None).lanes}
    assert lanes == {
        "PACK": ("", ()),
        "C0": ("A", ("C1", "C2")),
        "C3": ("A", ()),
        "C4": ("B", ()),
        "C5": ("B", ()),
        "C6": ("B", ()),
    }
    assert len(lanes_of(trace, None, ["C0"]).lanes) == 8
    marked = lanes_of(trace, None).marked({key: [Marked("e9", "RECEIPT", MOMENT, MOMENT)] for key in ("C1", "C2")})
    assert [(lane.key, [len(mark.events) for mark in lane.marks]) for lane in marked.lanes if lane.marks] == [
        ("C0", [1])
    ]
    text = shown(recorded(told), "/explore?key=PACK&view=timeline")
    assert re.search(r'<a class="grouped" href="[^"]*group=C0[^"]*">3 × cell A ', text)


def test_a_lane_of_a_trace_that_a_bound_cut_off_has_all_of_its_custody() -> None:
    told = [
        ("PRODUCTION", "2024-01-01", "2024-01-02", {"outputs": [{"key": "C", "kind": "CELL"}]}),
        ("PRODUCTION", "2024-02-01", "2024-02-02", {
            "outputs": [{"key": "PACK", "kind": "BATTERY", "parts": [{"key": "C"}]}],
        }),
        ("TRANSFER", "2024-03-01", "2024-03-02", {"items": ["PACK"], "to": "MAKER"}),
        ("PRODUCTION", "2024-04-01", "2024-04-02", {
            "actor": "MAKER", "outputs": [{"key": "CAR", "kind": "VEHICLE", "parts": [{"key": "PACK"}]}],
        }),
    ]  # fmt: skip
    store = recorded(told)
    address = "/explore?key=C&direction=FORWARD&asOf=2024-06-01"
    lanes = re.findall(r'<li id="s[01]-\d" class="[^"]*" title="([^"]*)"', shown(store, f"{address}&view=timeline"))
    assert lanes[-3:] == [
        "held by WORKSHOP, Feb 1, 2024 to Mar 1, 2024",
        "held by MAKER, Mar 1, 2024 to Apr 1, 2024",
        "inside CAR, Apr 1, 2024 to now",
    ]
    cut = shown(store, f"{address}&view=timeline&maxDepth=1")
    assert "Cut off at a bound" in cut
    assert re.findall(r'<li id="s[01]-\d" class="[^"]*" title="([^"]*)"', cut) == lanes
    assert re.findall(r'<a class="code" href="[^"]*">(\w+)</a>\s*</span>\s*<ol>', cut) == ["C", "PACK"], (
        "a host has none"
    )
    for picture in (
        shown(store, f"{address}&maxDepth=1"),
        shown(store, "/trace/C.svg?direction=FORWARD&maxDepth=1"),
    ):
        assert "was held by MAKER, after\u00a01\u00a0more" in picture


def test_of_very_many_hand_overs_the_latest_are_told_and_how_many_there_were_before() -> None:
    day = datetime(2020, 1, 1, tzinfo=UTC)
    told = [
        {"eventId": "p", "type": "PRODUCTION", "actor": "A", "outputs": [{"key": "P", "kind": "BATTERY"}]},
        *(
            {"eventId": f"t{n}", "type": "TRANSFER", "actor": "AB"[n % 2], "items": ["P"], "to": "AB"[n % 2 - 1]}
            for n in range(1_500)
        ),
    ]
    store = MemoryStore()
    send(store, [one | {"occurredAt": (day + timedelta(days=n)).isoformat()} for n, one in enumerate(told)])
    text = shown(store, "/explore?key=P&view=timeline&asOf=2024-06-01T00:00:00Z")
    (lane,) = re.findall(r"<ol>(.*?)</ol>", text, re.DOTALL)
    assert lane.count("<li id=") == SPANS_MAX
    (more,) = re.findall(r'class="span more [^"]*" title="([^"]*)"><span>([^<]*)', lane)
    assert more == ("1,462 earlier ones, Jan 1, 2020 to Jan 2, 2024", "1,462 earlier")
    assert 'earlier ones, Jan 1, 2020 to Jan 2, 2024: <a href="/history?key=P' in text
    assert "held by A, Feb 9, 2024 to now" in text, "the latest are there"
    assert len(text) < 60_000


def test_a_lane_that_a_bound_makes_incomplete_says_so() -> None:
    """Matter of the lot came into the car by a long way first, by a short one later: who had it between is beyond."""

    def drawn(day: str, lot: str, made: dict[str, Any]) -> tuple[str, str, str, dict[str, Any]]:
        kind = "REFINING" if "material" in made else "PRODUCTION"
        return kind, day, day, {"inputs": [{"key": lot, "massKg": 1}], "outputs": [made]}

    lots = [{"key": key, "material": "nickel sulphate", "massKg": 1} for key in ("A", "B")]
    first = {"key": "R", "kind": "LOT", "material": "nickel sulphate", "massKg": 9}
    told = [
        ("ENROLMENT", "2024-01-01", "2024-01-01", {"items": [first, {"key": "CAR", "kind": "VEHICLE"}]}),
        drawn("2024-01-02", "R", lots[0]),
        drawn("2024-01-03", "A", lots[1]),
        drawn("2024-01-04", "B", {"key": "FAR", "kind": "BATTERY"}),
        drawn("2024-01-05", "R", {"key": "NEAR", "kind": "BATTERY"}),
        ("INSTALLATION", "2024-02-01", "2024-02-01", {"part": "FAR", "host": "CAR"}),
        ("TRANSFER", "2024-03-01", "2024-03-01", {"items": ["CAR"], "to": "FLEET"}),
        ("INSTALLATION", "2024-04-01", "2024-04-01", {"actor": "FLEET", "part": "NEAR", "host": "CAR"}),
    ]
    store = recorded(told)
    address = "/explore?key=R&view=timeline&direction=FORWARD&asOf=2024-06-01"
    whole, cut = shown(store, address), shown(store, f"{address}&maxDepth=3")
    (onward,) = re.findall(
        r'<a class="more" href="([^"]*)" aria-label="CAR: go on from here, up to 1 more edges">', cut
    )
    further = shown(store, unescape(onward))
    lanes = [re.findall(r'"code" href="[^"]*">CAR<.*?</ol>', text, re.DOTALL)[0] for text in (whole, cut, further)]
    holders = [re.findall(r'title="held by (\w+), ', lane) for lane in lanes]
    assert holders == [["WORKSHOP", "FLEET"], ["FLEET"], ["WORKSHOP", "FLEET"]]
    assert "cut off at a bound: there may be more of it" in cut
    for text in (whole, further):
        assert "there may be more of it" not in text
        assert 'class="lane cut"' not in text


def test_a_page_of_lanes_stays_where_something_is_opened() -> None:
    state = read_state(QueryParams("key=K&view=timeline&lanes=60&group=G"))
    assert "lanes=60" in state.address()
    assert "lanes=60" in state.address(open="X")
    assert "lanes=60" in state.with_group("X")
    for other in ({"view": "table"}, {"claims": "ALL"}, {"further": ("X",)}):
        assert "lanes" not in state.address(**other)


def test_claims_of_one_time_stand_below_each_other() -> None:
    trace = of_vehicles(claims=True)
    lanes = [lane for one in trace for lane in lanes_of(one, None).lanes if lane.rows]
    assert max(lane.rows for lane in lanes) == 2
    for lane in lanes:
        for one, other in combinations(lane.spans, 2):
            if one.row == other.row > 0:
                assert one.left + one.width <= other.left or other.left + other.width <= one.left, lane.key
        assert {span.row for span in lane.spans if span.kind.startswith("CLAIMED")} == set(range(1, lane.rows + 1))
        assert {span.row for span in lane.spans if not span.kind.startswith("CLAIMED")} <= {0}


def test_ticks_are_written_where_there_is_room() -> None:
    ticks = Scale(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)).ticks()
    assert [tick.room for tick in ticks].count("all") == 3
    assert [tick.room for tick in ticks if tick.left > 92] == ["none"]
    assert {tick.room for tick in ticks[1:4]} == {"wide"}


def test_a_contested_host_is_in_the_lane_of_its_part() -> None:
    told = [
        ("PRODUCTION", "2024-01-02", "2024-01-02", {"outputs": [*MADE, {"key": "CAR2", "kind": "VEHICLE"}]}),
        ("INSTALLATION", "2024-02-01", "2024-02-02", {"part": "PACK", "host": "CAR2"}),
    ]
    store = recorded(told)
    address = "/explore?key=PACK&view=timeline&asOf=2024-06-01"
    assert "CAR2" not in shown(store, address)
    text = shown(store, f"{address}&claims=ALL")
    assert re.findall(r'<li id="[^"]*" class="span claimed inside [^"]*" title="([^"]*)"', text) == [
        "claimed, in a contested event, to be inside CAR2, Feb 1, 2024 to now"
    ]
    assert re.search(r'<li class="claimed inside">claimed, [^<]* inside <a href="[^"]*open=CAR2', text)


def test_a_lane_that_is_withheld_leads_nowhere(tmp_path: Path) -> None:
    store, tokens = MemoryStore(), Tokens(tmp_path / "tokens.json")
    send(store, story())
    bearer = {"Authorization": f"Bearer {tokens.create('maker', 'participant', MAKER)}"}
    with TestClient(create_app(store, Settings(store="memory:", tokens_file=str(tokens.path)))) as client:
        text = client.get(f"/explore?key={PACK_RECYCLED}&view=timeline", headers=bearer).text
    assert "open=withheld" not in text
    lanes = re.findall(r'<span title="withheld:(\w+)">withheld (\w+) <small class="code">(\w+)</small></span>', text)
    assert lanes
    assert all(whole.endswith(end) for whole, _, end in lanes)
    assert not re.search(r">\s*withheld:\w", text), "a pseudonym is no name"


def test_a_lot_of_which_nothing_is_left_is_used_up_and_not_available() -> None:
    store = MemoryStore()
    send(store, story())
    lot = next(node.key for node in ask(store, PACK_RECYCLED).nodes if node.label == "black mass")
    for view in VIEWS:
        page = shown(store, f"/explore?key={lot}&view={view}")
        heading = page[page.index('<header class="heading">') : page.index('<form class="asked"')]
        assert "used up" in heading, view
    for view in ("picture", "table", "timeline"):
        text = shown(store, f"/explore?key={PACK_RECYCLED}&view={view}")
        assert text.count("used up") > 0, view
        before = shown(store, f"/explore?key={PACK_RECYCLED}&view={view}&asOf=2026-06-15")
        assert "used up" not in before, view
    picture = shown(store, f"/trace/{PACK_RECYCLED}.svg")
    assert "lot · black mass · used up" in picture
    assert "lot · aluminium scrap · available" in picture
    assert "USED_UP" not in shown(store, f"/trace/{PACK_RECYCLED}.json")


def test_a_lane_ends_where_a_lot_is_used_up_or_an_item_ends() -> None:
    store = MemoryStore()
    send(store, story())
    trace = ask(store, PACK_RECYCLED)
    lot = next(node for node in trace.nodes if node.label == "black mass")
    last = max(edge.to for edge in trace.edges if edge.kind == "CONSUMED_IN" and edge.source == lot.key and edge.to)
    text = shown(store, f"/explore?key={PACK_RECYCLED}&view=timeline&direction=FORWARD")
    day = f"{last:%b} {last.day}, {last.year}"
    told = re.findall(r'title="(held by [^"]*)"', text[text.index(f">{lot.key} ") :])
    assert told[0].endswith(f" to {day}")
    before = shown(store, f"/explore?key={lot.key}&view=timeline&asOf={last - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}")
    assert re.findall(r'title="(held by [^"]*)"', before)[0].endswith(" to now")
    assert "was held by Xiang Metals" in shown(store, f"/trace/{lot.key}.svg")
    panel = shown(store, f"/explore?key={lot.key}&open={lot.key}").partition('id="panel"')[2]
    assert re.search(r"Xiang Metals</a>, [^<]* – used up</li>", panel)
    assert "<dt>Holder</dt><dd>–</dd>" in panel
    assert ">used up</td>" in shown(store, f"/history?key={lot.key}")
    assert ">now</td>" in shown(store, f"/history?key={lot.key}&asOf=2026-06-15")
    pack = next(edge for edge in trace.edges if edge.source == PACK_RECYCLED and edge.kind == "CONSUMED_IN")
    (lane,) = [lane for lane in lanes_of(trace, None).lanes if lane.key == PACK_RECYCLED]
    assert lane.spans[-1].ends == pack.to


def test_a_name_makes_room_for_the_mark_that_is_where_it_begins() -> None:
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    scale = Scale(begin, begin + timedelta(days=100))
    spans = [
        Span("HELD", "A", begin, None, 0.0, 50.0, 0, "e"),
        Span("HELD", "B", begin + timedelta(days=50), None, 50.0, 40.0, 1, "f"),
        Span("HELD", "C", begin + timedelta(days=90), None, 90.0, 10.0, 2, "g"),
    ]
    day = begin + timedelta(days=51)
    mark = Marked("f", "TRANSFER", day, day, "CUSTODY_GAP")
    (lane,) = Lanes([Lane("K", "BATTERY", spans, [])], 0, 1, [], scale).marked({"K": [mark]}).lanes
    assert [span.covered for span in lane.spans] == [None, 2.5, None]


def test_room_for_a_mark_is_in_the_style_of_the_page() -> None:
    store = MemoryStore()
    send(store, story())
    text = shown(store, f"/explore?key={PACK_VANISHED}&view=timeline")
    assert 'class="mark"' in text
    assert re.search(r"#s0-\d > span { padding-left: calc\(", text)


def test_the_legend_has_the_signs_that_are_there_and_no_other() -> None:
    store = MemoryStore()
    send(store, story())
    signs = {"held": ">held: each", "inside": ">inside a host", "gap": ">nobody says who had it", "!": "reported later",
             "≠": "by somebody who did not hold it"}  # fmt: skip
    seen = set()
    for key in (PACK_VANISHED, PACK_RECYCLED, module(3)):
        text = shown(store, f"/explore?key={key}&view=timeline")
        legend, _, lanes = text.partition('<p class="keys">')[2].partition("</p>")
        there = {name for name in ("held", "inside", "gap") if f'class="span {name} ' in lanes}
        there |= {name for name in "!≠" if f">{name}</a>" in lanes}
        assert {name for name, told in signs.items() if told in legend} == there
        seen |= there
    assert {"held", "inside", "≠"} <= seen


def test_of_very_many_claims_the_latest_of_either_kind_are_told() -> None:
    (trace, *_) = of_vehicles(claims=True)
    (edge, *_) = [edge for edge in trace.edges if edge.kind == "PART_OF"]

    def claim(kind: str, year: int) -> Any:
        begins = datetime(year, 1, 1, tzinfo=UTC)
        return edge._replace(kind=kind, contested=True, from_=begins, to=begins + timedelta(days=300))

    claims = [claim("PART_OF", 1960 + n) for n in range(39)] + [claim("HELD_BY", 2010 + n) for n in range(10)]
    (lane,) = lanes_of(replace(trace, edges=claims), datetime(2024, 1, 1, tzinfo=UTC)).lanes
    (more,) = [span for span in lane.spans if span.kind == "MORE"]
    assert (more.begins.year, more.ends and more.ends.year, more.earlier) == (1960, 1970, 10)
    assert [span.begins.year for span in lane.spans if span.kind == "CLAIMED"] == list(range(2010, 2020))
