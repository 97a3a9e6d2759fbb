"""A body that is settled only when its unit goes into a host that states more (8.6) invents no matter before (8.7)."""

import pytest

from graph_schema.answer import Direction
from graph_schema.graph import Graph
from tests.graph_schema.telling import draw, folded, lot, made, unit
from tests.support import ask_graph

LATER = (
    made("l", 0, lot("L", 1, 0.1)),
    made("c", 1, unit("c", "CELL"), unit("d", "CELL"), inputs=[draw("L", 1)]),
    made("m", 2, unit("m", parts=["c", "d"], massKg=5, composition={"Li": 0.5})),
)
AT_ONCE = (
    made("l", 0, lot("L", 1, 0.1)),
    made("m", 2, unit("m", parts=[unit("c", "CELL"), unit("d", "CELL")], massKg=5, composition={"Li": 0.5}), inputs=[draw("L", 1)]),
)  # fmt: skip


def rows(graph: Graph, key: str, direction: Direction) -> dict[tuple[str, str], float]:
    answer = ask_graph(graph, key, direction.value)
    assert answer is not None
    return {(row.key, row.element): row.mass_kg for row in answer.attribution}


@pytest.mark.parametrize("told", [LATER, AT_ONCE], ids=["settled later", "settled at birth"])
def test_what_nobody_reported_dilutes(told: tuple) -> None:
    graph = folded(*told)
    forward = rows(graph, "L", Direction.FORWARD)
    assert forward["c", ""] == pytest.approx(0.5)
    assert forward["d", "Li"] == pytest.approx(0.05)
    answer = ask_graph(graph, "L", "FORWARD")
    assert answer is not None
    (total,) = (row for row in answer.balance if row.element == "")
    assert (total.root_kg, total.loss_kg) == (pytest.approx(1), pytest.approx(0))
    assert total.used_in_production_kg == pytest.approx(1)


def test_backward_says_the_same() -> None:
    graph = folded(*LATER)
    assert rows(graph, "m", Direction.BACKWARD)["L", ""] == pytest.approx(1)
    assert rows(graph, "c", Direction.BACKWARD)["L", ""] == pytest.approx(0.5), (
        "its sibling counts, though no part of it"
    )


def test_before_it_is_settled_there_is_no_row() -> None:
    answer = ask_graph(folded(*LATER), "L", "FORWARD", "2024-03-01T01:30:00Z")
    assert answer is not None
    assert {row.key for row in answer.attribution} == {"L"}
