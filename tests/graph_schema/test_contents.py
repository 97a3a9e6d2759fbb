"""Bodies, mixing and conservation, worked by hand (model 7.11, 8.6, 8.7)."""

import pytest

from graph_schema.contents import Mixing, Portion, mixing_of, not_conserved
from graph_schema.graph import Graph
from tests.graph_schema.telling import codes, draw, event, folded, lot, made, moved, status, unit


def masses(graph: Graph) -> dict[str, float | None]:
    """Own bodies in kg, by key."""
    return {key: graph.life(key).birth.body_mass_kg for key in graph.timelines}


def lithium(graph: Graph) -> dict[str, float | None]:
    """Lithium of own bodies in kg, by key."""
    found = {key: graph.life(key).birth.body_composition for key in graph.timelines}
    return {key: None if content is None else content.get("Li", 0.0) for key, content in found.items()}


def test_the_body_is_what_the_parts_leave() -> None:
    graph = folded(made("p", 1, unit("P", parts=[unit("a", massKg=3), unit("b", massKg=4)], massKg=10)))
    assert masses(graph) == {"a": 3, "b": 4, "P": 3}


def test_parts_that_state_nothing_share_equally_and_leave_nothing_for_the_body() -> None:
    graph = folded(made("p", 1, unit("P", parts=[unit("a"), unit("b"), unit("c", massKg=4)], massKg=10)))
    assert masses(graph) == {"a": 3, "b": 3, "c": 4, "P": 0}


def test_a_share_goes_down_to_the_parts_of_a_part() -> None:
    inner = unit("M", parts=[unit("a"), unit("b")])
    graph = folded(made("p", 1, unit("P", parts=[inner, unit("c", massKg=4)], massKg=10)))
    assert masses(graph) == {"a": 3, "b": 3, "M": 0, "c": 4, "P": 0}


def test_mass_and_composition_are_known_apart() -> None:
    parts = [unit("a", massKg=3), unit("b", composition={"Li": 1})]
    graph = folded(made("p", 1, unit("P", parts=parts, massKg=10, composition={"Li": 3})))
    assert masses(graph) == {"a": 3, "b": 7, "P": 0}
    assert lithium(graph) == {"a": 2, "b": 1, "P": 0}


def test_an_element_that_is_not_listed_is_zero() -> None:
    parts = [unit("a", composition={"Ni": 1})]
    graph = folded(made("p", 1, unit("P", parts=parts, composition={"Li": 3})))
    assert graph.life("P").birth.body_composition == {"Li": 3}
    assert graph.life("a").birth.body_composition == {"Ni": 1}


def test_parts_above_the_host_leave_a_body_of_nothing() -> None:
    graph = folded(made("p", 1, unit("P", parts=[unit("a", massKg=12), unit("b")], massKg=10)))
    assert masses(graph) == {"a": 12, "b": 0, "P": 0}


def test_a_host_that_states_nothing_has_an_unknown_body() -> None:
    graph = folded(made("p", 1, unit("P", parts=[unit("a", massKg=12), unit("b")])))
    assert masses(graph) == {"a": 12, "b": None, "P": None}


def test_a_body_is_fixed_once() -> None:
    graph = folded(
        made("m", 1, unit("m"), unit("n", massKg=1)),
        made("p", 2, unit("P", parts=["m", "n"], massKg=5)),
        moved("out", "REMOVAL", 3, "m", "P"),
        made("q", 4, unit("Q", parts=["m"], massKg=9)),
    )
    assert masses(graph) == {"m": 4, "n": 1, "P": 0, "Q": 5}


def test_the_present_content_of_a_part_counts_not_what_it_was_built_with() -> None:
    graph = folded(
        made("m", 1, unit("M", parts=[unit("c", massKg=2), unit("d", massKg=2)], massKg=7)),
        moved("out", "REMOVAL", 2, "c", "M"),
        made("p", 3, unit("P", parts=["M"], massKg=10)),
    )
    assert masses(graph) == {"c": 2, "d": 2, "M": 3, "P": 5}, "3 + 2 of M are in P"


W = [
    # inputs, outputs, Mixing(inputs, W of mass, W per element)
    ("all is known", [Portion(4, {"Li": 1}), Portion(6, {"Li": 2, "Ni": 1})], [Portion(5, {"Li": 2})], (2, 10, {"Li": 3, "Ni": 1})),
    ("more comes out than went in", [Portion(4, {"Li": 1})], [Portion(5, {"Li": 4}), Portion(2, {"Ni": 1})], (1, 7, {"Li": 4, "Ni": 1})),
    ("an output is unknown", [Portion(4, {"Li": 1})], [Portion(None, None), Portion(9, {"Li": 9})], (1, 4, {"Li": 1})),
    ("an input's composition is unknown", [Portion(4, {"Li": 1}), Portion(6, None)], [Portion(5, {"Li": 2})], (2, 10, None)),
    ("an input's mass is unknown", [Portion(None, {"Li": 1})], [Portion(5, {"Li": 2})], (1, None, {"Li": 2})),
    ("nothing is known", [Portion(None, None), Portion(6, {"Li": 1})], [Portion(5, {})], (2, None, None)),
    ("nothing comes out", [Portion(4, {"Li": 1})], [], (1, 4, {"Li": 1})),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "outputs", "expected"), [row[1:] for row in W], ids=[row[0] for row in W])
def test_divisors(inputs: list[Portion], outputs: list[Portion], expected: tuple) -> None:
    complete = all(None not in output for output in outputs)
    assert mixing_of(inputs, outputs)[:3] == expected
    assert mixing_of(inputs, outputs).complete >= complete, "what is known of all outputs is complete"


def test_the_basis_is_the_best_that_is_known() -> None:
    assert Mixing(2, 10, {"Li": 3}).divisor("Li") == ("ELEMENT", 3)
    assert Mixing(2, 10, {"Li": 3}).divisor("Ni") == ("ELEMENT", 0)
    assert Mixing(2, 10, {"Li": 3}).divisor("") == ("MASS", 10)
    assert Mixing(2, 10, None).divisor("Li") == ("MASS", 10)
    assert Mixing(2, None, {"Li": 3}).divisor("") == ("COUNT", 2)
    assert Mixing(2, None, None).divisor("Li") == ("COUNT", 2)


CONSERVED = [
    ("within 5 %", [Portion(10, {"Li": 1})], [Portion(10.5, {"Li": 1.05})], True, []),
    ("more mass", [Portion(10, None)], [Portion(10.51, None)], True, [""]),
    ("more mass, by reagents", [Portion(10, None)], [Portion(99, None)], False, []),
    ("more of an element", [Portion(10, {"Li": 1})], [Portion(5, {"Li": 1}), Portion(5, {"Li": 0.06})], False, ["Li"]),
    ("an element that only some list", [Portion(10, {"Li": 1}), Portion(10, {"Ni": 1})], [Portion(5, {"Li": 9})], True, []),
    ("an element that an input lists as 0", [Portion(10, {"Li": 0})], [Portion(5, {"Li": 0.1})], True, ["Li"]),
    ("a thousandth of a gram of nothing", [Portion(10, {"Li": 0})], [Portion(5, {"Li": 9e-7})], True, []),
    ("an unknown input", [Portion(10, None), Portion(None, {"Li": 1})], [Portion(99, {"Li": 9})], True, []),
    ("a mass that nobody measured", [Portion(None, None)], [Portion(99, None)], True, []),
    ("an output that states nothing", [Portion(1, {"Li": 1})], [Portion(None, None), Portion(1, {"Li": 1})], True, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("inputs", "outputs", "total", "expected"), [row[1:] for row in CONSERVED], ids=[row[0] for row in CONSERVED]
)
def test_conservation(inputs: list[Portion], outputs: list[Portion], total: bool, expected: list[str]) -> None:
    assert not_conserved(inputs, outputs, total) == expected


def test_mass_not_conserved_in_a_history() -> None:
    pack = made("p", 1, unit("P", massKg=10, composition={"Li": 1}))
    enough = event("r", "RECYCLING", 2, inputs=[draw("P")], outputs=[lot("L", 10.5, 1.05)])
    assert status(folded(pack, enough), "r") == "ACCEPTED"
    too_much = event("r", "RECYCLING", 2, inputs=[draw("P")], outputs=[lot("L", 11, 1.1)])
    graph = folded(pack, too_much)
    assert [code for code, _, _ in codes(graph, "r")] == ["MASS_NOT_CONSERVED"] * 2
    salt = event("f", "REFINING", 3, inputs=[draw("L", 5)], outputs=[lot("M", 40, 0.5)])
    assert status(folded(pack, enough, salt), "f") == "ACCEPTED", "reagents make salts heavier"


def test_a_draw_takes_its_part_of_the_composition() -> None:
    told = [event("l", "ENROLMENT", 1, items=[lot("L", 10, 2)]), made("c", 2, unit("c"), inputs=[draw("L", 2.5)])]
    assert folded(*told).outcomes["c"].mixing == Mixing(1, 2.5, {"Li": 0.5}, complete=False)
