"""Histories and what becomes of them, for the tests of single modules."""

from typing import Any

from graph_schema.canonical import parse_event
from graph_schema.graph import Graph, fold
from graph_schema.outcome import Problem
from service.stores.contract.telling import draw, event, lot, made, moment, moved, registered, unit, voided

__all__ = [
    "codes", "draw", "event", "folded", "lot", "made", "moment", "moved", "parsed", "problems", "registered", "status",
    "unit", "voided",
]  # fmt: skip


def parsed(told: dict[str, Any]) -> Any:
    return parse_event(told)[0]


def folded(*told: dict[str, Any]) -> Graph:
    return fold([parsed(each) for each in told])


def status(graph: Graph, event_id: str) -> str:
    return graph.outcomes[event_id].status.value


def problems(graph: Graph, event_id: str) -> tuple[Problem, ...]:
    return graph.outcomes[event_id].problems


def codes(graph: Graph, event_id: str) -> list[tuple[str, str | None, str | None]]:
    """(code, key, conflicts with) of each problem."""
    return [(problem.code, problem.key, problem.conflicts_with) for problem in problems(graph, event_id)]
