"""The picture: well-formed, without script, with links and names that a screen reader tells."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from graph_schema.answer import Direction, FrontierNode, Role, Trace, TraceEdge, TraceNode
from seed.story import BLACK_MASS, PACK_A, PACK_RECYCLED, TRADER
from service.languages import TAGS, language
from service.writers.layout import lay_out
from service.writers.png import CHINESE, FAMILY, LETTERS, NoFont, has_font, png, rendered
from service.writers.svg import Links, svg
from service.writers.svg.drawing import TOLD_MAX
from service.writers.svg.materials import COLOURS, KNOWN, LOOKS, looks
from tests.service.writers.written import of_catena_x, of_packs, of_random, of_story, of_vehicles

SVG = "{http://www.w3.org/2000/svg}"
MOMENT = datetime(2026, 4, 1, tzinfo=UTC)
NASTY = "\"><script>alert('x')</script>&\x00\x1b]]>"


def lot(key: str, role: Role = Role.SUBSTANCE, label: str = "black mass", **more: object) -> TraceNode:
    return TraceNode(key, "LOT", role, 0, label, "AVAILABLE", MOMENT)._replace(**more)


def drawn(trace: Trace, **more: object) -> ElementTree.Element:
    return ElementTree.fromstring(svg(trace, **more))  # type: ignore[arg-type]


def titles(root: ElementTree.Element) -> list[str]:
    return [title.text or "" for title in root.iter(f"{SVG}title")]


def test_every_picture_is_well_formed_and_the_same_each_time() -> None:
    for trace in [*of_story(), *of_catena_x(), *of_random(5), of_packs(12, 3, 6), of_packs(100, 3, 5, False)]:
        first = svg(trace)
        assert svg(trace) == first
        root = ElementTree.fromstring(first)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
            "svg", "title", "desc", "style", "defs", "marker", "path", "pattern", "rect", "line", "circle", "g", "a",
            "text",
        }  # fmt: skip
        assert len({element.get("id") for element in root.iter() if element.get("id")}) == sum(
            element.get("id") is not None for element in root.iter()
        )


def test_ids_and_styles_are_of_the_picture_alone() -> None:
    text = svg(of_story()[0])
    root = ElementTree.fromstring(text)
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= ids
    assert "trace-picture-hatch" in ids
    assert all(str(one).startswith("trace-picture-") for one in ids)
    style = root.find(f"{SVG}style")
    assert style is not None
    rules = [line for line in (style.text or "").splitlines() if "{" in line and not line.startswith("@media")]
    assert rules
    for rule in rules:
        assert all(one.startswith(".trace-picture ") for one in rule.partition(" {")[0].split(", ")), rule


def test_boxes_come_in_reading_order_with_a_name() -> None:
    trace = of_story()[0]
    root = drawn(trace, links=Links(lambda node: f"/at/{node.key}"))
    links = list(root.iter(f"{SVG}a"))
    assert [link.get("href") for link in links] == [f"/at/{box.node.key}" for box in lay_out(trace).every_box()]
    for link in links:
        title = link.find(f"{SVG}title")
        assert title is not None
        assert title.text == link.get("aria-label")
    assert any((link.get("aria-label") or "").startswith("the root of the trace") for link in links)


def test_the_root_materials_and_ways_have_classes() -> None:
    trace = next(one for one in of_story() if one.direction is Direction.BOTH and one.root == PACK_A)
    root = drawn(trace)
    classes = [(element.get("class") or "").split() for element in root.iter(f"{SVG}g")]
    assert sum("root" in one and "battery" in one for one in classes) == 1
    lots = {one[3] for one in classes if one[:2] == ["box", "lot"]}
    assert len(lots) == len({node.label for node in trace.nodes if node.kind == "LOT"})
    paths = [(path.get("class") or "").split() for path in root.iter(f"{SVG}path")]
    assert {"from", "to"} <= {name for one in paths for name in one}
    style = root.find(f"{SVG}style")
    assert style is not None
    assert "prefers-color-scheme: dark" in (style.text or "")


def test_contested_claims_are_marked() -> None:
    contested = [trace for seed in range(12) for trace in of_random(seed) if any(e.contested for e in trace.edges)]
    assert contested
    for trace in contested:
        root = drawn(trace)
        marked = [path for path in root.iter(f"{SVG}path") if "contested" in (path.get("class") or "").split()]
        lines = [line for line in lay_out(trace).lines if line.contested]
        assert len(marked) == len(lines) + bool(lines)  # and the legend
        assert not lines or any("(contested)" in title for title in titles(root))


def test_what_is_withheld_is_hatched_and_leads_nowhere() -> None:
    hidden = lot("withheld:abc", label="withheld", status=None, at=None, redacted=True)
    edge = TraceEdge("A", "E", "CONSUMED_IN", MOMENT, MOMENT, None, "E", "E", False)
    event = TraceNode("E", "EVENT", Role.EVENT, 1, "REFINING", "ACCEPTED", MOMENT)
    made = TraceEdge("E", "withheld:abc", "YIELDED", MOMENT, MOMENT, None, "E", "E", False)
    trace = Trace("A", Direction.FORWARD, [lot("A", Role.ROOT), event, hidden], [edge, made])
    text = svg(trace, links=Links(lambda node: f"/at/{node.key}"))
    (box,) = [one for one in ElementTree.fromstring(text).iter(f"{SVG}g") if "lot" in (one.get("class") or "").split()]
    assert "withheld" in (box.get("class") or "").split()
    assert "withheld:abc" not in text


def test_groups_open_and_what_is_cut_off_goes_on() -> None:
    trace = of_packs(12, 3, 6)
    trace = replace(trace, truncated=True, frontier=[FrontierNode("LOT-0", 7)])
    links = Links(lambda node: f"/at/{node.key}", lambda node: f"/group/{node.key}", lambda box: f"/on/{box.node.key}")
    root = ElementTree.fromstring(svg(trace, links, marked="P0M0C0"))
    groups = [one for one in root.iter(f"{SVG}a") if "group" in one.get("class", "").split()]
    assert groups
    assert all(one.get("href", "").startswith("/group/") and one.find(f"{SVG}path") is not None for one in groups)
    (further,) = [one for one in root.iter(f"{SVG}a") if "further" in one.get("class", "").split()]
    assert further.get("href") == "/on/LOT-0"
    assert further.get("aria-label") == "LOT-0: go on from here, up to 7 more edges"
    (marked,) = [one for one in root.iter() if "marked" in one.get("class", "").split()]
    assert "cell C" in marked.get("aria-label", "")
    assert "/group/" not in svg(trace, Links(lambda node: None))


def test_a_group_is_called_by_a_handful_of_keys_and_by_whoever_has_it() -> None:
    """Sixty cells of a real file, which one organization made."""
    vehicle = max((trace for trace in of_vehicles(False) if len(trace.nodes) > 60), key=lambda one: len(one.nodes))
    (name,) = [title for title in titles(drawn(vehicle)) if title.startswith("60 × cell")]
    cells = {node.key for node in vehicle.nodes if node.kind == "CELL"}
    assert sum(key in name for key in cells) == TOLD_MAX
    assert name.count("and 55 more") == 1
    assert name.count("held by") == name.count("held by Oem A (60 of them)") == 1
    assert len(name) < 400


def test_of_who_had_an_item_the_first_are_told() -> None:
    custody = [
        TraceEdge("A", f"ORG-{number % 3}", "HELD_BY", MOMENT, MOMENT, None, "E", "E", number == 1)
        for number in range(9)
    ]
    (name,) = [
        title
        for title in titles(drawn(Trace("A", Direction.FORWARD, [lot("A", Role.ROOT)], custody)))
        if title.startswith("the root")
    ]
    assert name.count("held by ORG-") == TOLD_MAX
    assert "held by ORG-1 Apr 1, 2026 to Apr 1, 2026 (contested)" in name
    assert "and 4 more" in name


def test_nothing_written_in_a_node_gets_out_of_its_text() -> None:
    trace = Trace(NASTY, Direction.FORWARD, [lot(NASTY, Role.ROOT, label=NASTY)])
    text = svg(trace, links=Links(lambda node: node.key), note=NASTY)
    root = ElementTree.fromstring(text)
    assert "script" not in {element.tag.removeprefix(SVG) for element in root.iter()}
    assert "<script" not in text


def test_every_text_of_a_picture_is_in_its_language() -> None:
    chinese = language("zh-Hans")
    for trace in [*of_story(), of_packs(12, 3, 6), *of_random(3)]:
        trace = replace(trace, truncated=True, frontier=[FrontierNode(trace.nodes[0].key, 7)])
        root = ElementTree.fromstring(svg(trace, Links(more=lambda box: "/on"), language=chinese))
        told = {one.text or "" for one in root.iter() if one.tag.removeprefix(SVG) in ("text", "title", "desc")}
        told |= {one.get("aria-label") or "" for one in root.iter()}
        own = sorted({text for node in trace.nodes for text in (node.key, node.label)}, key=len, reverse=True)
        for text in told:
            for name in own:
                text = text.replace(name, "")
            assert not re.search("[a-z]{3,}", text.partition("…")[0]), text
    assert any("追溯的起点" in text for text in told)


def test_what_is_cut_off_and_unsettled_is_said() -> None:
    trace = Trace(BLACK_MASS, Direction.FORWARD, [lot(BLACK_MASS, Role.ROOT)], unsettled=["e1"], truncated=True)
    text = svg(trace, note="as of 2026-04-01")
    for told in ("as of 2026-04-01", "cut off at a bound", "1 pending or contested event names items of it"):
        assert told in text


@pytest.mark.parametrize("tag", TAGS)
def test_a_png_whose_letters_no_font_has_is_refused(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    """Rather than full of boxes; on a machine with fonts for Chinese and on one without."""
    trace = Trace("A", Direction.FORWARD, [lot("A", Role.ROOT)])
    monkeypatch.setitem(LETTERS, tag, "A")
    assert png(trace, language=language(tag)).startswith(b"\x89PNG")
    monkeypatch.setitem(LETTERS, tag, "\U0010fffe")
    with pytest.raises(NoFont, match="fonts-noto-cjk"):
        png(trace, language=language(tag))


def test_a_png_with_chinese_is_set_without_serifs() -> None:
    """As if its families were named in the picture, the first that is on the machine; one without, as ever."""
    frame = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text y="30" font-size="30"{}>{}</text></svg>'
    )
    families = ", ".join(f"'{name}'" for name in CHINESE)
    told = [rendered(frame.format(named, "电池 A")) for named in ("", f' font-family="{families}"')]
    assert told[0] == told[1]
    assert rendered(frame.format("", "A")) == rendered(frame.format(f' font-family="{FAMILY}"', "A"))
    trace = Trace("电池", Direction.FORWARD, [lot("电池", Role.ROOT)])
    named = svg(trace, dark=False).replace("system-ui", f"{families}, 'DejaVu Sans', system-ui", 1)
    assert png(trace) == rendered(named)


def test_a_png_has_text() -> None:
    assert has_font()
    image = png(of_story()[0])
    assert image.startswith(b"\x89PNG")
    bare = png(Trace("A", Direction.FORWARD, [lot("A", Role.ROOT)]))
    assert png(Trace("A", Direction.FORWARD, [lot("B", Role.ROOT)])) != bare


def in_a_pack(*stays: tuple[str, datetime | None], host: str = "PACK") -> Trace:
    """A pack with modules, each with the end of its stay there."""
    parts = [TraceNode(key, "MODULE", Role.SUBSTANCE, 1, key, "AVAILABLE", MOMENT) for key, _ in stays]
    edges = [
        TraceEdge(key, host, "PART_OF", MOMENT, end, None, "e", "f" if end else None, contested=False)
        for key, end in stays
    ]
    root = TraceNode(host, "BATTERY", Role.ROOT, 0, host, "INSTALLED", MOMENT)
    return replace(of_story()[0], root=host, nodes=[root, *parts], edges=edges, frontier=[], attribution=[], balance=[])


def test_what_was_inside_does_not_look_like_what_is() -> None:
    left = datetime(2027, 3, 1, tzinfo=UTC)
    root = drawn(in_a_pack(("STAYS", None), ("WENT", left)))
    looks = {
        (box.get("aria-label") or "").partition(";")[0]: box for box in root.iter(f"{SVG}g") if box.get("data-box")
    }
    assert "over" not in (looks["module STAYS"].get("class") or "").split()
    assert "over" in (looks["module WENT"].get("class") or "").split()
    assert "inside until Mar 1, 2027" in (looks["module WENT"].get("aria-label") or "")
    assert "inside until" not in (looks["module STAYS"].get("aria-label") or "")
    legend = {text.text for text in root.iter(f"{SVG}text")}
    assert {"inside of its host", "was inside of its host, no longer"} <= legend
    assert "was inside of its host, no longer" not in {
        text.text for text in drawn(in_a_pack(("STAYS", None))).iter(f"{SVG}text")
    }


def test_a_contested_claim_of_custody_is_in_its_box_as_such() -> None:
    claimed = next(one for one in of_story() if one.direction is Direction.BOTH and one.root == PACK_RECYCLED)
    claims = [edge for edge in claimed.edges if edge.kind == "HELD_BY" and edge.contested]
    assert [edge.target for edge in claims] == [TRADER]
    root = ElementTree.fromstring(svg(claimed))
    frames = root.findall(f".//{SVG}g[@class='claim']/{SVG}rect")
    texts = [text for text in root.iter(f"{SVG}text") if text.get("class") == "claim"]
    assert " ".join(text.text or "" for text in texts) == f"claimed by {TRADER}, contested"
    assert len(frames) == 2, "that of the text, and that in the legend"
    assert "contested claim of who has it" in {text.text for text in root.iter(f"{SVG}text")}
    held = {text.text for text in root.iter(f"{SVG}text") if text.get("class") == "held"}
    assert not [text for text in held if TRADER in (text or "")]
    assert any(f"held by {TRADER} Jun 15, 2026 to now (contested)" in title for title in titles(root))
    plain = replace(claimed, edges=[edge for edge in claimed.edges if edge not in claims])
    assert "contested claim of who" not in svg(plain)


def test_who_came_back_is_inside() -> None:
    back = datetime(2027, 3, 1, tzinfo=UTC)
    assert "inside until" not in svg(in_a_pack(("BACK", back), ("BACK", None)))


def test_a_group_is_all_inside_or_all_gone() -> None:
    days = [datetime(2027, 3, day, tzinfo=UTC) for day in (1, 2, 3)]
    stays = [(f"S{number:02d}", None) for number in range(60)]
    trace = in_a_pack(*stays, *((f"W{day.day}", day) for day in days))
    (pack,) = lay_out(trace).boxes
    assert {(len(part.nodes), part.until) for part in pack.parts} == {
        (60, ""),
        (3, "inside until Mar 1, 2027 to Mar 3, 2027"),
    }


def test_a_line_says_whether_it_is_part_of_it_now() -> None:
    pack = next(one for one in of_story() if one.direction is Direction.BOTH and one.root == PACK_A)
    told = svg(pack)
    lines = [line for line in lay_out(pack).lines if line.kind == "PART_OF" and not line.contested]
    assert lines
    entries = {text.text for text in ElementTree.fromstring(told).iter(f"{SVG}text")}
    assert ("was part of" in entries) == any(line.is_over for line in lines)
    assert ("is part of" in entries) == any(not line.is_over for line in lines)


def test_every_material_of_a_picture_looks_different_and_a_known_one_always_the_same() -> None:
    names = [*KNOWN, *(f"material {number}" for number in range(LOOKS - len(KNOWN)))]
    assert len(set(looks(names).values())) == len(names) == LOOKS
    assert all(look < COLOURS for look in looks(["cullet"]).values()), "a few are told by their colours"
    for name in KNOWN:
        assert looks([name, "cullet"])[name] == looks(names)[name]
    crowd = looks(f"material {number}" for number in range(2 * LOOKS))
    assert set(crowd.values()) == set(range(LOOKS))


def test_a_material_that_has_a_pattern_is_filled_with_it() -> None:
    assert KNOWN["graphite"] >= COLOURS > KNOWN["black mass"]
    lots = [lot("A", Role.ROOT, label="black mass"), lot("B", label="graphite")]
    text = svg(Trace("A", Direction.FORWARD, lots, []))
    assert re.search(rf'<g class="box lot \w+ material-{KNOWN["graphite"]}"', text)
    (pattern,) = re.findall(r'<pattern id="(trace-picture-material-\d+)"', text)
    assert f"fill: url(#{pattern});" in text


def test_a_line_is_straight_along_its_trunk() -> None:
    trace = next(one for one in of_vehicles(True) if any(line.trunk for line in lay_out(one).lines))
    lines = lay_out(trace).lines
    courses = [path.get("d") or "" for path in drawn(trace).iter(f"{SVG}path") if path.get("data-from")]
    assert len(courses) == len(lines)
    for line, course in zip(lines, courses, strict=True):
        gaps = len(line.points) // 2 - 1
        flat = sum(line.points[2 * gap + 1][1] == line.points[2 * gap + 2][1] for gap in range(gaps))
        bent = line.trunk is not None and line.points[-3][1] != line.points[-2][1]
        assert course.count("Q") == 2 * bent
        assert course.count("C") == gaps - flat - bent
        if bent:
            straight = re.search(rf"L{line.trunk:g} (\S+?)Q{line.trunk:g} ", course)
            assert straight is not None
