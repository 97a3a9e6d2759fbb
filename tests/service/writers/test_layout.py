"""The layout: nothing lies on anything else, nothing is missing, and it is the same each time."""

from collections import Counter, defaultdict
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema.answer import Direction, FrontierNode, Role, Trace, TraceEdge, TraceNode
from seed.story import PACK_A, PACK_RECYCLED, story
from service.languages import TAGS, language
from service.writers.layout import HEIGHT_MAX, Box, Line, Picture, Way, lay_out
from service.writers.layout.gathering import BOXES_MAX, OPENED_MAX
from service.writers.layout.places import near
from service.writers.layout.ranks import acyclic, ranks
from service.writers.layout.text import fitting, width_of
from tests.service.writers.written import of_catena_x, of_packs, of_parts, of_random, of_story, of_vehicles, told

LARGE = [(12, 3, 6, True), (12, 3, 6, False), (100, 3, 5, True), (100, 3, 5, False)]


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


def within(part: Box, host: Box) -> bool:
    return (
        part.x >= host.x
        and part.y >= host.y
        and part.x + part.width <= host.x + host.width + 0.1
        and part.y + part.height <= host.y + host.height + 0.1
    )


def check_boxes(boxes: tuple[Box, ...]) -> None:
    """No two lie on each other; parts are within their host, below its texts."""
    by_left = sorted(boxes, key=lambda box: box.x)
    for place, one in enumerate(by_left):
        for other in by_left[place + 1 :]:
            if other.x >= one.x + one.width:
                break
            assert apart(one, other), (one.name, other.name)
    for box in boxes:
        for text in box.texts:
            width = width_of(text.shown, text.size, text.style in ("key", "more"))
            left = text.x - width / 2 if box.node.kind == "EVENT" else text.x
            assert box.x <= left
            assert left + width <= box.x + box.width + 0.1, text
            assert box.y <= text.y - text.size * 0.7
            assert text.y <= min([part.y for part in box.parts], default=box.y + box.height), text
        for one, other in combinations(box.texts, 2):
            assert abs(one.y - other.y) >= min(one.size, other.size)
        assert all(within(part, box) for part in box.parts)
        check_boxes(box.parts)


def check_lines(picture: Picture) -> None:
    """Every line goes from left to right and passes no box but those that it begins and ends in."""
    boxes = {box.name: box for box in picture.every_box()}
    for line in picture.lines:
        assert [x for x, _ in line.points] == sorted(x for x, _ in line.points)
        ends = boxes[line.source], boxes[line.target]
        for (x, y), (to_x, _) in list(zip(line.points, line.points[1:], strict=False))[::2]:
            for box in picture.boxes:
                if x < box.x + box.width and to_x > box.x and box.y < y < box.y + box.height:
                    assert any(within(end, box) for end in ends), (line, box.name)


def check_complete(trace: Trace, picture: Picture) -> None:
    """Every item, event and edge is there once."""
    shown = Counter((node.kind == "EVENT", node.key) for box in picture.every_box() for node in box.nodes)
    assert shown == Counter((node.kind == "EVENT", node.key) for node in trace.nodes if node.kind != "ORGANIZATION")
    edges = Counter([edge for line in picture.lines for edge in line.edges] + list(picture.enclosed))
    assert edges == Counter(edge for edge in trace.edges if edge.kind != "HELD_BY")


def check(trace: Trace, *opened: str, tag: str = "en") -> Picture:
    picture = lay_out(trace, opened, language(tag))
    check_boxes(picture.boxes)
    check_lines(picture)
    check_complete(trace, picture)
    assert lay_out(trace, opened, language(tag)) == picture
    assert all(box.x >= 0 and box.x + box.width <= picture.width + 0.1 for box in picture.boxes)
    assert all(box.y >= 0 and box.y + box.height <= picture.height for box in picture.boxes)
    assert [box.x + box.width / 2 for box in picture.boxes] == sorted(box.x + box.width / 2 for box in picture.boxes)
    return picture


def test_the_story() -> None:
    for trace in of_story():
        check(trace)


def test_a_real_file() -> None:
    for trace in [*of_catena_x(), *of_vehicles(claims=True), *of_vehicles(claims=False)]:
        picture = check(trace)
        assert len(picture.every_box()) <= BOXES_MAX
        assert picture.height <= HEIGHT_MAX


def test_contested_claims_of_many_parts_come_together_at_each_host() -> None:
    """Two of three vehicles claim parts of the third: without a trunk for each, every line crosses every other."""
    for trace in of_vehicles(claims=True):
        picture = check(trace)
        bundles: dict[tuple[str, float, float], list[Line]] = defaultdict(list)
        for line in picture.lines:
            if line.contested:
                bundles[line.target, line.points[-3][0], line.points[-2][0]].append(line)
            else:
                assert line.trunk is None
        trunks: dict[tuple[float, float], list[float]] = defaultdict(list)
        for (_, left, right), lines in bundles.items():
            (trunk,) = {line.trunk for line in lines}
            assert (trunk is None) == (len(lines) == 1)
            if trunk is not None:
                assert left < trunk < right
                trunks[left, right].append(trunk)
        for found in trunks.values():
            found.sort()
            assert all(other - one >= 8 for one, other in pairwise(found)), "side by side"
    both = [
        one for one in of_vehicles(claims=True) if one.root.startswith("urn:uuid:26c7a0d5") and len(one.nodes) > 100
    ]
    assert both
    for trace in both:
        assert len({line.target for line in lay_out(trace).lines if line.trunk is not None}) == 3


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1_000_000))
def test_random_histories(seed: int) -> None:
    for trace in of_random(seed):
        check(trace)


@pytest.mark.parametrize("size", LARGE)
def test_large_traces(size: tuple[int, int, int, bool]) -> None:
    trace = of_packs(*size)
    picture = check(trace)
    assert len(trace.nodes) > BOXES_MAX
    assert len(picture.every_box()) <= BOXES_MAX
    assert max(len(box.nodes) for box in picture.every_box()) >= 18


def test_parts_are_inside_their_host_and_moved_ones_are_not() -> None:
    (trace,) = told(story(), PACK_A, directions=("FORWARD",))
    boxes = {box.node.key: box for box in lay_out(trace).every_box()}
    root = boxes[PACK_A]
    stayed = {part.node.key for part in root.parts}
    ever = {edge.source for edge in trace.edges if edge.kind == "PART_OF" and edge.target == PACK_A}
    hosts = Counter(
        source for source, _ in {(edge.source, edge.target) for edge in trace.edges if edge.kind == "PART_OF"}
    )
    assert stayed == {part for part in ever if hosts[part] == 1}
    assert ever - stayed
    assert root.way is Way.ROOT


def test_it_fits_in_every_language() -> None:
    for tag in TAGS:
        for trace in [*of_story(), of_packs(12, 3, 6)]:
            check(trace, tag=tag)


def test_small_traces_have_no_groups() -> None:
    (trace,) = told(story(), PACK_RECYCLED, directions=("BOTH",))
    assert len(trace.nodes) <= BOXES_MAX
    assert all(len(box.nodes) == 1 for box in lay_out(trace).every_box())


def test_what_would_be_high_is_drawn_with_groups_that_open() -> None:
    """Though it is few: forty parts, each with a line from an event of its own."""
    trace = of_parts(20)
    assert len(trace.nodes) <= BOXES_MAX
    picture = check(trace)
    assert picture.height < HEIGHT_MAX / 2
    (group,) = [box for box in picture.every_box() if box.node.kind == "COMPONENT"]
    assert len(group.nodes) == 20
    opened = check(trace, group.node.key)
    assert sum(box.node.kind == "COMPONENT" for box in opened.every_box()) == 20


def test_what_differs_by_name_only_is_one_where_it_is_many() -> None:
    texts = {box.texts[0].full for box in check(of_packs(30, 1, 7, alike=False)).every_box()}
    assert {"10 × battery", "20 × battery", "3 × recycling"} <= texts, "what was recycled and what was not are two"


def test_like_siblings_are_one_box_that_counts_them() -> None:
    picture = lay_out(of_packs(12, 3, 6))
    titles = {box.texts[0].full for box in picture.every_box()}
    assert "72 × cell C" in titles
    assert {len(box.nodes) for box in picture.every_box() if box.node.kind == "LOT"} == {1}


def test_a_group_opens_some_at_a_time_and_leaves_the_others_as_they_are() -> None:
    trace = of_packs(100, 3, 5)
    closed = {box.nodes for box in check(trace).every_box()}
    group = min(nodes for nodes in closed if nodes[0].kind == "BATTERY" and len(nodes) > OPENED_MAX)
    opened = {box.nodes for box in check(trace, group[0].key).every_box()}
    assert {(node,) for node in group[:OPENED_MAX]} <= opened
    assert group[OPENED_MAX:] in opened
    rest = check(trace, group[0].key, group[OPENED_MAX].key).every_box()
    assert {(node,) for node in group} <= {box.nodes for box in rest}
    outside = [nodes for nodes in closed if nodes[0].kind == "EVENT"]
    assert all(nodes in opened for nodes in outside)
    assert {box.nodes for box in check(trace, "NOBODY").every_box()} == closed


def test_a_group_in_a_group_opens() -> None:
    trace = of_packs(12, 3, 6)
    (cells,) = [box for box in check(trace).every_box() if box.texts[0].full == "72 × cell C"]
    texts = [box.texts[0].full for box in check(trace, cells.node.key).every_box()]
    assert f"{72 - OPENED_MAX} × cell C" in texts
    assert f"cell {cells.node.key}" in texts


def test_what_came_of_the_same_lots_stands_together() -> None:
    """Sixty cells of two lots in modules of both: opened with the events that made them, no line crosses another."""
    traces = [one for one in of_vehicles(claims=False) if one.direction is Direction.BACKWARD]
    (trace,) = [one for one in traces if one.nodes[0].kind == "BATTERY" and len(one.nodes) > 100]
    groups = [box for box in check(trace).every_box() if len(box.nodes) == 60]
    assert {box.node.kind for box in groups} == {"CELL", "EVENT"}
    picture = check(trace, *(box.node.key for box in groups))
    boxes = {box.name: box for box in picture.every_box()}
    made = [line for line in picture.lines if boxes[line.target].node.kind == "CELL"]
    drawn = [line for line in picture.lines if line.target in {one.source for one in made}]
    assert len(made) == OPENED_MAX + 1
    assert len({line.source for line in drawn}) == 2
    for lines in (made, drawn):
        ends = sorted((line.points[0][1], line.points[-1][1]) for line in lines)
        assert [end for _, end in ends] == sorted(end for _, end in ends)


def test_what_a_bound_cut_off_is_counted() -> None:
    (trace,) = told(story(), PACK_A, directions=("FORWARD",))
    trace.truncated, trace.frontier = True, [FrontierNode(PACK_A, 7)]
    (box,) = [box for box in lay_out(trace).every_box() if box.node.key == PACK_A]
    assert box.more == 7
    assert box.texts[-1].full == "+ 7 more"


def test_an_item_and_an_event_of_one_key_are_two_boxes() -> None:
    moment = of_story()[0].nodes[0].at
    assert moment is not None
    nodes = [
        TraceNode("X", "LOT", Role.ROOT, 0, "black mass", "AVAILABLE", moment),
        TraceNode("X", "EVENT", Role.EVENT, 1, "REFINING", "ACCEPTED", moment),
    ]
    edge = TraceEdge("X", "X", "CONSUMED_IN", moment, moment, 1.0, "X", "X", False)
    picture = check(Trace("X", Direction.FORWARD, nodes, [edge]))
    assert [box.name for box in picture.boxes] == ["item:X", "event:X"]


def test_circles_are_opened() -> None:
    pairs = [(0, 1), (1, 2), (2, 0), (2, 3)]
    opened = acyclic(4, pairs, range(4))
    assert opened == [(0, 1), (1, 2), (0, 2), (2, 3)]
    assert ranks(4, opened) == [0, 1, 2, 3]


def test_what_came_from_nothing_stands_beside_what_comes_from_it() -> None:
    assert ranks(4, [(0, 1), (1, 2), (3, 2)]) == [0, 1, 2, 1]


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(0.1, 9), st.floats(0, 300)), min_size=1, max_size=30))
def test_places_keep_their_order_and_distance(rows: list[tuple[float, float, float]]) -> None:
    wished, weights, sizes = ([row[part] for row in rows] for part in range(3))
    placed = near(wished, weights, sizes, [5.0] * len(rows))
    for number in range(1, len(rows)):
        assert placed[number] >= placed[number - 1] + sizes[number - 1] + 5.0 - 1e-6
    if len(rows) == 1:
        assert placed == pytest.approx(wished)


@given(st.text(max_size=150), st.floats(30, 300), st.booleans())
def test_a_shortened_text_fits(text: str, width: float, ends: bool) -> None:
    shown = fitting(text, 11, width, ends=ends)
    assert width_of(shown, 11) <= width + 1e-9
    assert shown == text or "…" in shown


def test_like_keys_are_cut_in_their_middle() -> None:
    assert fitting("0V1CE01VOLT001B4L0000005", 12, 100, ends=True)[-4:] == "0005"
    assert fitting("held by somebody with a long name", 12, 100).startswith("held by")
