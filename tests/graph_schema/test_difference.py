"""What distinguishes two traces."""

from datetime import UTC, datetime

from graph_schema.answer import Direction, Role, Trace, TraceEdge, TraceNode
from graph_schema.difference import difference

THEN = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def node(key: str, kind: str = "CELL", status: str = "AVAILABLE", depth: int = 0, handle: object = None) -> TraceNode:
    return TraceNode(key, kind, Role.ROOT, depth, key, status, THEN, handle)


def edge(target: str, opened_by: str = "e", closed_by: str | None = None, kg: float | None = None) -> TraceEdge:
    return TraceEdge("c", target, "PART_OF", THEN, None if closed_by is None else NOW, kg, opened_by, closed_by, False)


def told(nodes: list[TraceNode], edges: list[TraceEdge] | None = None) -> Trace:
    return Trace("c", Direction.FORWARD, nodes, edges or [])


def test_nodes() -> None:
    before = told([node("c", handle=1), node("gone"), node("same"), node("x", "ORGANIZATION")])
    after = told(
        [node("c", status="ENDED", depth=2, handle=2), node("same", handle=7), node("x", "EVENT"), node("new")]
    )
    found = difference(before, after).nodes
    assert [one.key for one in found.added] == ["x", "new"], "an event is no organization"
    assert [(one.key, one.kind) for one in found.removed] == [("gone", "CELL"), ("x", "ORGANIZATION")]
    assert [(one.before.key, one.fields) for one in found.changed] == [("c", ["depth", "status"])]


def test_an_item_that_turns_out_to_be_of_another_kind_is_the_same() -> None:
    found = difference(told([node("c")]), told([node("c", "MODULE")])).nodes
    assert [one.fields for one in found.changed] == [["kind"]]


def test_edges() -> None:
    before = told([], [edge("P"), edge("Q", "other"), edge("R")])
    after = told([], [edge("P", closed_by="out"), edge("Q"), edge("R")])
    found = difference(before, after).edges
    assert [(one.target, one.opened_by) for one in found.added] == [("Q", "e")]
    assert [(one.target, one.opened_by) for one in found.removed] == [("Q", "other")]
    assert [(one.after.target, one.fields) for one in found.changed] == [("P", ["to", "closed_by"])]


def test_nothing_on_one_side() -> None:
    one = told([node("c")], [edge("P")])
    assert difference(None, one).nodes.added == one.nodes
    assert difference(one, None).edges.removed == one.edges
    same = difference(one, one)
    assert same.nodes.changed == same.edges.changed == []
    assert not same.truncated
    one.truncated = True
    assert difference(one, None).truncated
