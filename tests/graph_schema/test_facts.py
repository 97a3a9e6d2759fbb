"""Of which chemistry a unit is that states none, however often it was put into others and taken out again."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graph_schema.flows.facts import Facts, Spec
from graph_schema.windows import END

Row = tuple[str, str, bytes, bytes, None]


def _at(moment: int) -> bytes:
    return moment.to_bytes(2)


def _facts(stays: list[Row], stated: dict[str, str]) -> Facts:
    facts = Facts()
    facts.specs = {unit: Spec(None, chemistry=chemistry) for unit, chemistry in stated.items()}
    facts.add_stays(stays)
    return facts


def _by_definition(stays: list[Row], stated: dict[str, str], unit: str, at: bytes) -> str | None:
    if unit in stated:
        return stated[unit]
    for _, host, opened, closed, _ in sorted(stays, key=lambda row: row[2], reverse=True):
        if opened < at and (unit, host, opened, closed, None) in stays:
            found = _by_definition(stays, stated, host, min(at, closed))
            if found is not None:
                return found
    return None


@st.composite
def _moves(draw: st.DrawFn) -> list[Row]:
    """Stays one after another and in each other: a unit is in one other at a time, and never in itself."""
    stays: list[Row] = []
    inside: dict[str, tuple[str, int]] = {}
    steps = draw(st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("ABCDE")), max_size=14))
    for now, (part, host) in enumerate(steps, 1):
        if part in inside:
            left, opened = inside.pop(part)
            stays.append((part, left, _at(opened), _at(now), None))
            continue
        above = host
        while above in inside and above != part:
            above = inside[above][0]
        if above != part:
            inside[part] = host, now
    return [*stays, *((part, host, _at(opened), END, None) for part, (host, opened) in inside.items())]


@given(_moves(), st.dictionaries(st.sampled_from("BCDE"), st.sampled_from(["LFP", "NMC"]), max_size=2))
def test_a_chemistry_is_that_of_the_last_host_that_states_one(stays: list[Row], stated: dict[str, str]) -> None:
    facts = _facts(stays, stated)
    for unit in "ABCDE":
        for moment in (3, 8, 15):
            assert facts.chemistry_of(unit, _at(moment)) == _by_definition(stays, stated, unit, _at(moment))


class _Counted(dict[Any, Spec]):
    looks = 0

    def get(self, key: Any, default: Any = None) -> Any:
        self.looks += 1
        return super().get(key, default)


def _to_and_fro(times: int) -> list[Row]:
    """A into B and out, B into A and out, and so on."""
    pairs = (("A", "B") if turn % 2 == 0 else ("B", "A") for turn in range(times))
    return [(part, host, _at(2 * turn + 2), _at(2 * turn + 3), None) for turn, (part, host) in enumerate(pairs)]


def test_two_units_that_were_often_in_each_other_are_looked_at_once_for_each_stay() -> None:
    for times, first in ((6, []), (7, [("A", "C", _at(0), _at(1), None)]), (200, [("B", "C", _at(0), _at(1), None)])):
        stays = [*first, *_to_and_fro(times)]
        for stated in ({}, {"C": "LFP"}):
            facts = _facts(stays, stated)
            facts.specs = counted = _Counted(facts.specs)
            expected = "LFP" if stated and first else None
            assert facts.chemistry_of("A", END) == expected
            assert counted.looks <= len(stays) + 2
            if times < 10:
                assert _by_definition(stays, stated, "A", END) == expected
