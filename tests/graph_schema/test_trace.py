"""Bounds, node order, claims, both directions, and the path (model 6 and 8). What belongs to a trace: the cases."""

import pytest

from graph_schema.answer import Direction, Role, Trace
from graph_schema.path import path as find_path
from graph_schema.trace import TraceQuestion
from graph_schema.trace import trace as find_trace
from service.running import drive
from service.stores.graph_reader import GraphReader
from tests.graph_schema.telling import draw, event, folded, lot, made, moment, moved, registered, unit

FORWARD, BACKWARD, BOTH = Direction


def ask(told: list[dict], key: str, direction: Direction = FORWARD, **bounds: object) -> Trace:
    answer = drive(find_trace(GraphReader(folded(*told)), TraceQuestion(key, direction, **bounds)))
    assert answer is not None
    return answer


def way(told: list[dict], source: str, target: str, **more: object) -> Trace | None:
    return drive(find_path(GraphReader(folded(*told)), TraceQuestion(source, FORWARD, weigh=False, **more), target))


def nodes(answer: Trace) -> dict[str, tuple[int, str]]:
    return {node.key: (node.depth, node.role.value) for node in answer.nodes}


def edges(answer: Trace, contested: bool | None = None) -> set[tuple[str, str, str]]:
    return {
        (edge.kind, edge.source, edge.target)
        for edge in answer.edges
        if contested is None or edge.contested is contested
    }


LOOP = [
    registered("reg", 0, "B", name="B recycling"),
    made("p", 1, unit("P", "BATTERY", [unit("m", parts=[unit("c", "CELL")])], massKg=10, composition={"Li": 1})),
    made("v", 2, unit("V", "VEHICLE", ["P"])),
    moved("out", "REMOVAL", 3, "P", "V", "B"),
    event("rec", "RECYCLING", 4, "B", inputs=[draw("P")], outputs=[lot("K", 5), lot("L", 4, 0.5)]),
    event("ref", "REFINING", 5, "B", inputs=[draw("L", 2)], outputs=[lot("N", 1, 0.2)]),
    made("cell", 6, unit("d", "CELL", massKg=1, composition={"Li": 0.1}), inputs=[draw("N", 0.5)], actor="C"),
]
"""A pack with a module and a cell was in a vehicle; recycled, refined, and some of it is in a new cell."""


def test_depth_role_and_order_of_nodes() -> None:
    answer = ask(LOOP, "P")
    assert [(node.depth, node.kind, node.key, node.role.value) for node in answer.nodes] == [
        (0, "BATTERY", "P", "ROOT"),
        (1, "EVENT", "rec", "EVENT"),
        (1, "MODULE", "m", "SUBSTANCE"),
        (1, "ORGANIZATION", "A", "CUSTODIAN"),
        (1, "ORGANIZATION", "B", "CUSTODIAN"),
        (1, "VEHICLE", "V", "HOST"),
        (2, "CELL", "c", "SUBSTANCE"),
        (2, "LOT", "K", "SUBSTANCE"),
        (2, "LOT", "L", "SUBSTANCE"),
        (3, "EVENT", "ref", "EVENT"),
        (4, "LOT", "N", "SUBSTANCE"),
        (5, "EVENT", "cell", "EVENT"),
        (6, "CELL", "d", "SUBSTANCE"),
        (7, "ORGANIZATION", "C", "CUSTODIAN"),
    ]
    assert not answer.truncated
    assert answer.frontier == []
    told = {node.key: (node.label, node.status, node.at) for node in answer.nodes}
    assert told["B"] == ("B recycling", None, None)
    assert told["A"] == ("A", None, None), "never registered: its key"
    assert told["rec"] == ("RECYCLING", "ACCEPTED", moment(4))
    assert told["L"] == ("black mass", "AVAILABLE", moment(4))
    assert told["m"][1] == "ENDED"


def test_edges_come_in_the_order_of_events_with_evidence() -> None:
    answer = ask(LOOP, "P")
    assert [edge.from_ for edge in answer.edges] == sorted(edge.from_ for edge in answer.edges)
    stay = next(edge for edge in answer.edges if (edge.kind, edge.target) == ("PART_OF", "V"))
    assert (stay.from_, stay.to, stay.opened_by, stay.closed_by) == (moment(2), moment(3), "v", "out")
    drawn = next(edge for edge in answer.edges if edge.source == "L" and edge.kind == "CONSUMED_IN")
    assert (drawn.mass_kg, drawn.target, drawn.opened_by) == (2, "ref", "ref")
    assert ("YIELDED", "p", "P") not in edges(answer), "forward does not show the root's own production"


def test_backward() -> None:
    answer = ask(LOOP, "d", BACKWARD)
    assert {key: role for key, (_, role) in nodes(answer).items() if role in ("SUBSTANCE", "HOST", "ROOT")} == {
        "d": "ROOT", **dict.fromkeys("NLPmc", "SUBSTANCE"), "V": "HOST",
    }  # fmt: skip
    assert nodes(answer)["cell"] == (1, "EVENT")
    assert nodes(answer)["P"] == (6, "SUBSTANCE")
    assert ("YIELDED", "rec", "K") not in edges(answer), "K is none of its sources"
    assert {("YIELDED", "p", "P"), ("YIELDED", "p", "m")} <= edges(answer)


def test_both_directions_are_joined() -> None:
    forward, backward, both = (ask(LOOP, "L", direction) for direction in (FORWARD, BACKWARD, BOTH))
    assert edges(both) == edges(forward) | edges(backward)
    assert nodes(both).keys() == nodes(forward).keys() | nodes(backward).keys()
    for key, (depth, _) in nodes(both).items():
        assert depth == min(nodes(one)[key][0] for one in (forward, backward) if key in nodes(one))
    assert both.attribution == [*forward.attribution, *backward.attribution]
    assert {row.direction for row in both.attribution} == {FORWARD, BACKWARD}
    assert both.balance == forward.balance
    assert backward.balance == []
    assert len(both.edges) == len({(edge.kind, edge.source, edge.target, edge.opened_by) for edge in both.edges})


def test_the_strongest_role_wins() -> None:
    """R's module m was in P for a while; later P itself came back to R, as a cell made of it."""
    told = [
        made("r", 1, unit("R", "BATTERY", ["m"]), unit("P", "BATTERY", massKg=5)),
        made("a-m", 0.5, unit("m")),
        moved("m-out", "REMOVAL", 2, "m", "R"),
        moved("m-in", "INSTALLATION", 3, "m", "P"),
        moved("m-away", "REMOVAL", 4, "m", "P"),
        event("rec", "RECYCLING", 5, inputs=[draw("P")], outputs=[lot("L", 5)]),
        made("cell", 6, unit("d", "CELL", massKg=1), inputs=[draw("L", 1)]),
        moved("home", "INSTALLATION", 7, "d", "R"),
    ]
    roles = [nodes(ask(told, "R", direction))["P"][1] for direction in (FORWARD, BACKWARD, BOTH)]
    assert roles == ["HOST", "SUBSTANCE", "SUBSTANCE"]


def hidden_edges(full: Trace, answer: Trace) -> dict[str, int]:
    """By shown node: the edges of the full answer that are left out, at the end from which the walk goes along them."""
    depth = {node.key: node.depth for node in full.nodes}
    found: dict[str, int] = {}
    for kind, source, target in edges(full) - edges(answer):
        if kind == "PART_OF":
            end = target if depth[target] < depth[source] else source
        elif kind == "HELD_BY" or full.direction is FORWARD:
            end = source
        else:
            end = target
        if end in nodes(answer):
            found[end] = found.get(end, 0) + 1
    return found


def check_bounded(full: Trace, answer: Trace) -> None:
    """Nothing is cut off in silence, and what is there is right."""
    assert edges(answer) <= edges(full)
    order = [(node.depth, node.kind, node.key) for node in answer.nodes]
    assert order == sorted(order)
    frontier = {node.key: node.unexplored_edges for node in answer.frontier}
    assert len(frontier) == len(answer.frontier)
    assert frontier.keys() <= nodes(answer).keys()
    assert all(count > 0 for count in frontier.values())
    if len(answer.nodes) == len(full.nodes) and edges(answer) == edges(full):
        assert not answer.truncated
        assert answer.frontier == []
        return
    assert answer.truncated, "never silent"
    assert (answer.attribution, answer.balance) == ([], [])
    if full.direction is not BOTH:
        short = {
            key: (count, frontier.get(key, 0))
            for key, count in hidden_edges(full, answer).items()
            if frontier.get(key, 0) < count
        }
        assert not short, f"the frontier is no upper bound of (left out, told) at {short}"
    assert frontier, "the places to go on from are named"


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("key", ["P", "L", "d", "c", "V"])
def test_depth_max(key: str, direction: Direction) -> None:
    full = ask(LOOP, key, direction)
    for depth_max in range(9):
        answer = ask(LOOP, key, direction, depth_max=depth_max)
        expected = {node.key: node.depth for node in full.nodes if node.depth <= depth_max}
        assert {node.key: node.depth for node in answer.nodes} == expected, depth_max
        check_bounded(full, answer)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("key", ["P", "L", "d", "c", "V"])
def test_nodes_max(key: str, direction: Direction) -> None:
    full = ask(LOOP, key, direction)
    for nodes_max in range(1, len(full.nodes) + 2):
        answer = ask(LOOP, key, direction, nodes_max=nodes_max)
        assert len(answer.nodes) == min(nodes_max, len(full.nodes)), nodes_max
        check_bounded(full, answer)


@pytest.mark.parametrize("key", ["P", "c"])
def test_nodes_max_keeps_the_first_in_the_order(key: str) -> None:
    full = ask(LOOP, key)
    for nodes_max in range(1, len(full.nodes) + 2):
        answer = ask(LOOP, key, nodes_max=nodes_max)
        assert [node.key for node in answer.nodes] == [node.key for node in full.nodes[:nodes_max]], nodes_max


def test_one_level_of_a_pack_shows_its_modules() -> None:
    told = [made("e", 1, unit("P", "BATTERY", [unit("m", parts=[unit("c", "CELL")])]))]
    answer = ask(told, "P", depth_max=1)
    assert nodes(answer).keys() == {"P", "m", "A"}
    assert ("PART_OF", "m", "P") in edges(answer)
    assert answer.truncated
    assert [node.key for node in answer.frontier] == ["m"]


def test_a_bound_that_everything_fits_in_cuts_nothing_off() -> None:
    full = ask(LOOP, "P")
    answer = ask(LOOP, "P", nodes_max=len(full.nodes), depth_max=7)
    assert answer == full


def test_depth_counts_the_shortest_way() -> None:
    """x is three deep inside the root and used up, together with a lot that took longer, by the event `join`."""
    told = [
        made("r", 1, unit("R", "BATTERY", [unit("a", parts=[unit("b", parts=[unit("x", "CELL")])])])),
        moved("out", "REMOVAL", 2, "x", "b"),
        event("e1", "RECYCLING", 3, inputs=[draw("R")], outputs=[lot("L1")]),
        event("e2", "REFINING", 4, inputs=[draw("L1")], outputs=[lot("L2")]),
        event("join", "RECYCLING", 5, inputs=[draw("L2"), draw("x")], outputs=[lot("O")]),
    ]
    full = ask(told, "R")
    assert (nodes(full)["x"][0], nodes(full)["L2"][0], nodes(full)["join"][0], nodes(full)["O"][0]) == (3, 4, 4, 5)
    for depth_max in range(8):
        answer = ask(told, "R", depth_max=depth_max)
        assert set(nodes(answer)) == {key for key, (depth, _) in nodes(full).items() if depth <= depth_max}, depth_max
        check_bounded(full, answer)


def test_a_hub_is_cut_and_counted() -> None:
    told = [
        made("p", 1, *(unit(f"P{n:03}", "BATTERY") for n in range(200))),
        event("rec", "RECYCLING", 2, inputs=[draw(f"P{n:03}") for n in range(200)], outputs=[lot("L")]),
    ]
    answer = ask(told, "L", BACKWARD, nodes_max=10)
    assert len(answer.nodes) == 10
    assert answer.truncated
    frontier = {node.key: node.unexplored_edges for node in answer.frontier}
    assert frontier["rec"] >= 200 - 8
    shallow = ask(told, "L", BACKWARD, depth_max=1)
    assert {node.key: node.unexplored_edges for node in shallow.frontier} == {"rec": 200}


CLAIMED = [
    made("p", 1, unit("P", "BATTERY"), unit("Q", "BATTERY"), unit("m", massKg=2)),
    moved("in", "INSTALLATION", 2, "m", "P"),
    moved("claim", "INSTALLATION", 3, "m", "Q", "B"),
    event("rec", "RECYCLING", 4, "D", inputs=[draw("Q")], outputs=[lot("L")]),
    event("twice", "RECYCLING", 5, "E", inputs=[draw("Q"), draw("P")], outputs=[lot("X", 1)]),
    event("sell", "TRANSFER", 6, "E", items=["X"], to="F"),
]


def test_claims_are_shown_only_where_asked_for() -> None:
    plain = ask(CLAIMED, "m")
    assert nodes(plain).keys() == {"m", "P", "A"}
    assert plain.unsettled == ["claim", "twice"], "one unknown pack must not hold back a batch unseen"
    claimed = ask(CLAIMED, "m", claims=True)
    assert edges(plain) <= edges(claimed, contested=False)
    assert ("PART_OF", "m", "Q") in edges(claimed, contested=True)
    stay = next(edge for edge in claimed.edges if edge.target == "Q")
    assert (stay.opened_by, stay.closed_by) == ("claim", "rec"), "up to the end of the host"
    assert nodes(claimed)["Q"][1] == "HOST"


def test_claimed_transformations_are_followed_but_not_what_waits_for_them() -> None:
    claimed = ask(CLAIMED, "P", claims=True)
    assert {("CONSUMED_IN", "P", "twice"), ("YIELDED", "twice", "X"), ("HELD_BY", "X", "E")} <= edges(claimed, True)
    assert {node.key: node.status for node in claimed.nodes if node.kind == "EVENT"} == {"twice": "CONTESTED"}
    assert "F" not in nodes(claimed), "the sale of X stays pending"
    assert "X" not in {row.key for row in claimed.attribution}, "attribution ignores claims"
    assert ask(CLAIMED, "P").attribution == claimed.attribution


def test_as_of_closes_nothing_later() -> None:
    answer = ask(LOOP, "P", as_of=moment(2))
    assert {key for key, (_, role) in nodes(answer).items() if role != "CUSTODIAN"} == {"P", "m", "c", "V"}
    assert [edge.to for edge in answer.edges if edge.kind == "PART_OF"] == [None] * 3
    assert {node.key: node.status for node in answer.nodes if node.kind != "ORGANIZATION"} == {
        "P": "INSTALLED", "m": "INSTALLED", "c": "INSTALLED", "V": "AVAILABLE",
    }  # fmt: skip


def test_unknown_roots() -> None:
    reader = GraphReader(folded(*LOOP))
    assert drive(find_trace(reader, TraceQuestion("nobody", FORWARD))) is None
    assert drive(find_trace(reader, TraceQuestion("L", FORWARD, moment(3.9)))) is None
    assert drive(find_path(reader, TraceQuestion("P", FORWARD), "nobody")) is None
    assert drive(find_path(reader, TraceQuestion("P", FORWARD, moment(3.9)), "L")) is None


def test_the_path_is_what_connects_the_two() -> None:
    answer = way(LOOP, "c", "d")
    assert answer is not None
    assert edges(answer) == {
        ("CONSUMED_IN", "c", "rec"), ("YIELDED", "rec", "L"), ("CONSUMED_IN", "L", "ref"), ("YIELDED", "ref", "N"),
        ("CONSUMED_IN", "N", "cell"), ("YIELDED", "cell", "d"),
    }  # fmt: skip
    assert {key: role for key, (_, role) in nodes(answer).items() if role != "EVENT"} == {
        "c": "ROOT", "L": "SUBSTANCE", "N": "SUBSTANCE", "d": "SUBSTANCE",
    }  # fmt: skip


def test_the_path_into_a_host_and_out_of_one() -> None:
    up = way(LOOP, "c", "V")
    assert up is not None
    assert edges(up) == {("PART_OF", "c", "m"), ("PART_OF", "m", "P"), ("PART_OF", "P", "V")}
    assert nodes(up)["V"][1] == "HOST"
    assert way(LOOP, "K", "L") == Trace("K", FORWARD), "siblings are not connected"
    assert way(LOOP, "d", "P") == Trace("d", FORWARD), "nor is the past to the future"


def test_the_path_from_an_item_to_itself() -> None:
    answer = way(LOOP, "P", "P")
    assert answer is not None
    assert [(node.key, node.role) for node in answer.nodes if node.key == "P"] == [("P", Role.ROOT)]


def test_a_thousand_units_each_inside_the_next() -> None:
    deep = 1100
    told = [made("p", 1, *(unit(f"u{n}") for n in range(deep + 1)))]
    told += [moved(f"in{n}", "INSTALLATION", 3, f"u{n}", f"u{n + 1}") for n in range(deep)]
    told += [event("rec", "RECYCLING", 9, inputs=[draw(f"u{deep}")], outputs=[lot("L", 900)])]
    reader = GraphReader(folded(*told))
    up = drive(find_trace(reader, TraceQuestion("u0", FORWARD)))
    assert up is not None
    assert {node.key: node.role.value for node in up.nodes}["L"] == "SUBSTANCE"
    way = drive(find_path(reader, TraceQuestion("u0", FORWARD, weigh=False), f"u{deep}"))
    assert way is not None
    assert len(way.nodes) == deep + 1
