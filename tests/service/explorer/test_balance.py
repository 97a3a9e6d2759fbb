"""Where kilograms of an element went: the flow sums up to the balance, and its picture lets one see that."""

from __future__ import annotations

import re
from collections import defaultdict
from html import unescape
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from graph_schema.answer import Trace
from seed.story import BLACK_MASS, CATHODE, PACK_A, PACK_RECYCLED, story
from service.app import create_app
from service.explorer.balance import COLUMN_MAX, STAGES, Flow, flow_of
from service.explorer.fates import FATES, elements_of, fates_of, followed, parts_of
from service.explorer.ribbons import ribbons
from service.explorer.sankey import said_of, sankey, width_of
from service.explorer.turned import turned
from service.languages import ENGLISH, TAGS, language
from service.settings import Settings
from service.stores.contract.telling import made
from service.stores.memory import MemoryStore
from tests.service.writers.written import of_random, told
from tests.support import ask, send

PAGE = f"/explore?key={PACK_RECYCLED}&view=balance"


def recycled(**output: Any) -> list[dict[str, Any]]:
    """A battery of 10 kg, 2 kg of it nickel, and a lot that came of it."""
    battery = {"key": "B", "kind": "BATTERY", "massKg": 10, "composition": {"Ni": 2}}
    events = [
        {"type": "PRODUCTION", "outputs": [battery]},
        {"type": "RECYCLING", "inputs": [{"key": "B"}], "outputs": [{"material": "black mass"} | output]},
    ]
    return [
        {"eventId": f"e{day}", "occurredAt": f"2024-01-{1 + day:02d}T00:00:00Z", "actor": "A"} | event
        for day, event in enumerate(events)
    ]


def forward(events: list[dict[str, Any]], key: str) -> Trace:
    (trace,) = told(events, key, directions=("FORWARD",))
    return trace


def came_home(trace: Trace) -> bool:
    """Whether what was made of something is in the root again: how much of it came from there cannot be followed."""
    inside, rest = {trace.root}, [trace.root]
    while rest:
        host = rest.pop()
        parts = {edge.source for edge in trace.edges if edge.kind == "PART_OF" and edge.target == host} - inside
        inside |= parts
        rest += parts
    took = {edge.target for edge in trace.edges if edge.kind == "CONSUMED_IN"}
    return any(edge.source in took and edge.target in inside for edge in trace.edges if edge.kind == "YIELDED")


def agree(trace: Trace, element: str) -> None:
    """What is followed of an element from item to item sums up to the balance."""
    (row,) = [row for row in trace.balance if row.element == element]
    found, wanted = fates_of(followed(trace, element)), parts_of(row)
    for fate, kg in wanted.items():
        assert found[fate] == pytest.approx(kg, abs=1e-6 * row.root_kg), (trace.root, element, fate)
    assert found["unknown"] == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1_000_000))
def test_what_is_followed_in_any_history_sums_up_to_its_balance(seed: int) -> None:
    for trace in of_random(seed):
        for row in [] if came_home(trace) else trace.balance:
            agree(trace, row.element)


def test_of_a_pack_of_many_cells_the_lots_are_shown() -> None:
    """What is lost of each cell is next to nothing, of all of them it counts."""
    cells = [{"key": f"C{number}", "kind": "CELL", "massKg": 0.5, "composition": {"Ni": 0.02}} for number in range(100)]
    events = recycled(key="L1", massKg=40, composition={"Ni": 1.2})
    events[0]["outputs"] = [{"key": "B", "kind": "BATTERY", "massKg": 60, "composition": {"Ni": 2}, "parts": cells}]
    events[1]["outputs"].append({"key": "L2", "material": "slag", "massKg": 10, "composition": {"Ni": 0.7999}})
    trace = forward(events, "B")
    for element in ("", "Ni"):
        agree(trace, element)
        flow = flow_of(trace, element)
        assert flow is not None
        check(flow)
        assert flow.followed
        assert {node.key for place in flow.places.values() for node in place.nodes} == {"B", "L1", "L2"}


def home_again() -> list[dict[str, Any]]:
    """A cell is recycled, and a cell of what came of it goes into the battery that it was in."""
    cells = [{"key": key, "kind": "CELL", "massKg": 1, "composition": {"Ni": 0.2}} for key in ("C1", "C2")]
    lot = {"key": "L", "material": "nickel sulfate", "massKg": 0.6, "composition": {"Ni": 0.15}}
    told: list[dict[str, Any]] = [
        {"type": "PRODUCTION", "outputs": [{"key": "B", "kind": "BATTERY", "massKg": 5, "parts": cells[:1]}]},
        {"type": "REMOVAL", "host": "B", "part": "C1"},
        {"type": "RECYCLING", "inputs": [{"key": "C1"}], "outputs": [lot]},
        {"type": "PRODUCTION", "inputs": [{"key": "L", "massKg": 0.6}], "outputs": cells[1:]},
        {"type": "INSTALLATION", "host": "B", "part": "C2"},
    ]
    return [
        {"eventId": f"h{day}", "occurredAt": f"2024-02-{1 + day:02d}T00:00:00Z", "actor": "A"} | event
        for day, event in enumerate(told)
    ]


@pytest.mark.parametrize("tag", TAGS)
def test_a_page_says_where_only_the_fates_are_known(tag: str) -> None:
    sentence = language(tag).text("balance.notFollowed", kind=language(tag).text("kind.BATTERY"))
    store = MemoryStore()
    send(store, [*story(), *home_again()])
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        assert sentence in client.get(f"/explore?key=B&view=balance&lang={tag}").text
        assert sentence not in client.get(f"{PAGE}&lang={tag}").text


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1_000_000))
@example(131073)  # what was made is taken at the same time
@example(443003)  # of a cell is made a lot, and of the lot a cell, as far from the root on the same day
def test_a_place_lets_go_what_it_got(seed: int) -> None:
    for trace in of_random(seed):
        for element in elements_of(trace):
            flow = flow_of(trace, element)
            if flow is not None:
                check(flow)


def test_a_flow_from_above_to_below_tells_the_same() -> None:
    store = MemoryStore()
    send(store, story())
    for key in (PACK_RECYCLED, BLACK_MASS, CATHODE):
        trace = ask(store, key, "FORWARD")
        assert trace is not None
        flow = flow_of(trace, "")
        assert flow is not None
        wide, narrow = sankey(flow, ENGLISH), turned(flow, said_of(flow, ENGLISH))
        for pattern in ("<title>([^<]*)</title>", 'aria-label="([^"]*)"'):
            assert re.findall(pattern, narrow)
            assert sorted(re.findall(pattern, narrow)) == sorted(re.findall(pattern, wide)), (key, pattern)
        assert re.findall('class="stage"[^>]*>([^<]*)', narrow) == said_of(flow, ENGLISH).heads
        for place in flow.places.values():
            assert f">{ENGLISH.mass(place.kg)}<" in narrow, "no mass is cut"


def check(flow: Flow) -> None:
    """Sums, and that nothing of the picture lies on anything else."""
    for place in flow.places.values():
        if not place.fate:
            assert place.out == pytest.approx(place.kg, rel=1e-3, abs=1e-5 * flow.root_kg), place
    spread = ribbons(flow)
    columns = {place.name: number for number, column in enumerate(flow.columns) for place in column}
    assert set(columns) == set(flow.places)
    across: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for name, column in columns.items():
        top, height = spread.bars[name]
        across[column].append((top, top + height))
    for one in spread.ribbons:
        assert columns[one.band.source] == one.column < columns[one.band.target] == one.column + len(one.tops) - 1
        for column, top in list(enumerate(one.tops, one.column))[1:-1]:
            across[column].append((top, top + one.height))
        for name, top in ((one.band.source, one.tops[0]), (one.band.target, one.tops[-1])):
            bar, height = spread.bars[name]
            assert bar - 0.6 <= top
            assert top + one.height <= bar + height + 0.6
    for places in across.values():
        places.sort()
        assert all(before[1] <= after[0] + 1e-6 for before, after in pairwise(places))
        assert places[0][0] >= 0
        assert places[-1][1] <= spread.bottom


def test_the_story_in_columns_of_stages() -> None:
    flow = flow_of(forward(story(), PACK_RECYCLED), "Li")
    assert flow is not None
    check(flow)
    stages = [[STAGES[place.stage] for place in column] for column in flow.columns]
    assert [sorted(set(column)) for column in stages] == [["root"], ["blackMass"], ["metals"], ["products"], ["fates"]]
    assert [place.nodes[0].key for place in flow.columns[1]] == [BLACK_MASS]
    (cells,) = flow.columns[3]
    assert len(cells.nodes) == 4


def test_what_nobody_stated_is_unknown_and_not_lost() -> None:
    trace = forward(recycled(key="LOT", massKg=4), "B")
    assert [row.element for row in trace.balance] == [""]
    assert fates_of(followed(trace, "Ni")) == dict.fromkeys(FATES, 0.0) | {"unknown": 2.0}
    assert fates_of(followed(trace, "")) == dict.fromkeys(FATES, 0.0) | {"recovered": 4.0, "loss": 6.0}


def test_a_lot_may_be_called_like_a_fate() -> None:
    flow = flow_of(forward(recycled(key="loss", massKg=4, composition={"Ni": 1.5}), "B"), "Ni")
    assert flow is not None
    check(flow)
    assert dict(flow.fates) == {"unrefined": 1.5, "loss": 0.5}
    assert [place.nodes[0].key for place in flow.columns[1]] == ["loss"]


def test_what_lies_in_slag_is_lost() -> None:
    flow = flow_of(forward(recycled(key="L", material="slag", massKg=5, composition={"Ni": 1.5}), "B"), "Ni")
    assert flow is not None
    assert dict(flow.fates) == {"loss": 2.0}


def test_what_is_recovered_is_neither_black_mass_nor_what_is_left_of_a_lot() -> None:
    store = MemoryStore()
    send(store, story())
    found = {}
    for key in (PACK_RECYCLED, BLACK_MASS, CATHODE):
        trace = ask(store, key, "FORWARD")
        assert trace is not None
        flow = flow_of(trace, "")
        assert flow is not None
        found[key] = dict(flow.fates)
        (row,) = [row for row in trace.balance if not row.element]
        counted = sum(found[key].get(fate, 0.0) for fate in ("recovered", "unrefined", "left"))
        assert counted == pytest.approx(row.recovered_kg)
    assert [list(one) for one in found.values()] == [
        ["recovered", "usedInProduction", "loss"],
        ["recovered", "usedInProduction", "loss"],
        ["recovered", "left", "usedInProduction", "loss"],
    ]
    assert found[CATHODE]["left"] == pytest.approx(86)


def test_the_smallest_of_many_are_one() -> None:
    events = recycled(key="L0", massKg=1)
    events[1]["outputs"] = [
        {"key": f"L{number}", "material": "copper", "massKg": 0.1 + number / 20} for number in range(12)
    ]
    flow = flow_of(forward(events, "B"), "")
    assert flow is not None
    check(flow)
    column = flow.columns[1]
    assert len(column) == COLUMN_MAX
    (together,) = [place for place in column if len(place.nodes) > 1]
    assert {node.key for node in together.nodes} == {f"L{number}" for number in range(12 - COLUMN_MAX + 1)}


@pytest.mark.parametrize("tag", TAGS)
def test_the_picture_tells_all_of_it_in_words(tag: str) -> None:
    flow = flow_of(forward(story(), PACK_A), "Ni")
    assert flow is not None
    picture = unescape(str(sankey(flow, language(tag))))
    name = re.search('aria-label="([^"]+)"', picture)
    assert name is not None
    for fate, kg in flow.fates:
        assert f"{language(tag).text(f'balance.{fate}')} {language(tag).mass(kg)}" in name[1]
    assert f"<title>{BLACK_MASS} → LOT-NICOSO4-2026-07: 766.7\u00a0g</title>" in picture
    assert picture.count('class="flow') == len(flow.bands)


def test_an_element_is_chosen_in_the_address() -> None:
    store = MemoryStore()
    unweighed = made("unweighed", 1, {"key": "UNWEIGHED", "kind": "BATTERY", "composition": {"Ni": 2}})
    send(store, [*story(), *recycled(key="LOT", massKg=4), unweighed])
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        text = client.get(f"{PAGE}&element=Ni&asOf=2026-12-01").text
        assert "1.6\u00a0kg in this battery" in text
        links = [unescape(link) for link in re.findall(r'<a href="([^"]+)"(?: aria-current="true")?>Co</a>', text)]
        assert [("element=Co" in link, "asOf=2026-12-01" in link) for link in links] == [(True, True)]
        assert "400\u00a0g in this battery" in client.get(links[0]).text
        assert 'name="element" value="Ni"' in text, "the form keeps it"
        assert "Nothing is known of Uuo in this trace" in client.get(f"{PAGE}&element=Uuo").text
        assert "The mass of it is not known" in client.get("/explore?key=UNWEIGHED&view=balance").text
        unknown = client.get("/explore?key=B&view=balance&element=Ni").text
        assert "The balance does not close" in unknown
        assert "at least 2\u00a0kg in this battery" in unknown
        assert "100\u00a0%" in unknown


def test_a_battery_of_many_cells_has_its_balance_without_being_asked_twice() -> None:
    """What a picture is cut off at would leave no balance; a bound that somebody stated stays."""
    cells = [{"key": f"C{number:03d}", "kind": "CELL", "massKg": 0.5} for number in range(500)]
    battery = {"key": "B", "kind": "BATTERY", "massKg": 300, "parts": cells}
    store = MemoryStore()
    send(store, [made("e", 1, battery)])
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        text = client.get("/explore?key=B&view=balance").text
        assert "300\u00a0kg in this battery" in text
        assert "Cut off at a bound" not in text
        assert "Cut off at a bound" in client.get("/explore?key=B&view=table").text
        for stated in ("maxNodes=400", "maxDepth=1&maxNodes=10"):
            assert "A bound cut the trace off" in client.get(f"/explore?key=B&view=balance&{stated}").text
    with TestClient(create_app(store, Settings(store="memory:", cost_max=15_000))) as client:
        answer = client.get("/explore?key=B&view=balance")
        assert answer.status_code == 200
        assert "A bound cut the trace off" in answer.text


def test_a_balance_of_a_trace_that_goes_back_leads_to_where_it_went() -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        text = client.get(f"/explore?key={PACK_RECYCLED}&direction=BACKWARD&view=balance").text
        assert "The mass of it is not known" not in text
        (link,) = re.findall(r'A balance follows[^<]*<a href="([^"]+)">Show where it went</a>', text)
        followed = client.get(unescape(link)).text
    assert "Total mass <small>" in followed


def test_a_flow_with_many_bars_fits_a_phone_and_one_with_many_columns_a_laptop() -> None:
    events = recycled(key="L0", massKg=1)
    events[1]["outputs"] = [
        {"key": f"LOT-OF-COPPER-2026-{number:02}", "material": "copper", "massKg": 0.1 + number / 20}
        for number in range(12)
    ]
    for flow in (flow_of(forward(events, "B"), ""), flow_of(forward(story(), PACK_A), "Li")):
        assert flow is not None
        narrow = str(turned(flow, said_of(flow, ENGLISH)))
        assert 'class="balance turned fits"' in narrow
        assert float(re.findall(r'viewBox="0 0 (\d+)', narrow)[0]) <= 358
        for place in flow.places.values():
            if len(place.nodes) == 1 and len(place.nodes[0].key) < 20:
                assert f">{place.nodes[0].key}<" in narrow, "no key is parted or cut"
    deep = flow_of(forward(story(), PACK_A), "Li")
    assert deep is not None
    assert width_of(deep) == len(deep.columns) * said_of(deep, ENGLISH).column
    six = deep.columns * 2
    deep.columns[:] = six[:6]
    assert width_of(deep) <= 1334


def test_a_text_in_the_picture_is_no_larger_than_the_page_s_and_few_columns_use_its_width() -> None:
    store = MemoryStore()
    send(store, [*story(), *home_again()])
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        for key in ("B", BLACK_MASS, PACK_RECYCLED):
            text = client.get(f"/explore?key={key}&view=balance").text
            drawn = int(re.findall(r'class="balance" viewBox="0 0 (\d+)', text)[0])
            least, most = map(int, re.findall(r"min-width: (\d+)px; max-width: (\d+)px", text)[0])
            assert 15 <= 12 * most / drawn <= 16, "pixels of a text of 12"
            assert 12 * least / drawn >= 10
            assert most >= 950


def test_a_background_is_not_taken_for_that_of_a_text_in_a_picture() -> None:
    """A bar has a fill: a background of it has no effect, but counts where contrasts are told."""
    sheet = (files("service.explorer") / "static/trace.css").read_text("utf-8")
    rules = re.findall(r"([^{}]+) \{([^{}]*)\}", sheet)
    told = [
        selectors
        for selectors, body in rules
        if "background" in body
        for one in selectors.split(",")
        if ".balance ." in one
    ]
    assert len(rules) > 50
    assert not told
