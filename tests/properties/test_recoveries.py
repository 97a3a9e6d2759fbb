"""What many organizations recover of each chemistry, found at once, is what each is found to recover alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema.flows.amounts import UNSTATED, Scope
from graph_schema.flows.recoveries import Recoveries
from graph_schema.flows.recovery import CHAIN, ChemistryRecovery, ElementFlow, recovery, recovery_by_chemistry
from graph_schema.flows.transformations import LotRow, TransformationRow
from service.stores.memory import MemoryStore
from tests.properties.test_flows import HISTORIES, dressed, read, scopes
from tests.support import send

ELEMENTS = ["", "Li", "Ni", "Co"]


@settings(max_examples=max(1, HISTORIES // 4), deadline=None, print_blob=True)
@given(st.integers(0, 2**32 - 1))
def test_organizations_together_are_what_each_is_alone(seed: int) -> None:
    store = MemoryStore()
    send(store, dressed(seed))
    _, (rows, lots) = read(store)
    together, rng = Recoveries(rows, lots, ELEMENTS), random.Random(seed)
    assert {key for key, _ in together.acted()} == {row.actor for row in rows if row.type in CHAIN}
    chemistries = sorted({one or UNSTATED for row in rows for one in row.units} | {UNSTATED})
    for key in "ABCDE":
        theirs = [scopes(rng)[place]._replace(organization=key) for place in (0, 3)]
        for scope, found in zip(theirs, together.flows(key, theirs), strict=True):
            assert found == recovery_by_chemistry(rows, lots, scope, ELEMENTS)
            _check_sums(found, recovery(rows, lots, scope, ELEMENTS).flows)
            assert {one.chemistry or UNSTATED: one.flows for one in found} == {
                one: entered for one in chemistries if (entered := _alone(rows, lots, scope, one))
            }


def _alone(rows: list[TransformationRow], lots: dict[str, LotRow], scope: Scope, chemistry: str) -> list[ElementFlow]:
    """What entered of a chemistry, where nothing else is asked for and the whole record is gone through."""
    flows = recovery(rows, lots, scope._replace(chemistry=chemistry), ELEMENTS).flows
    return [flow for flow in flows if flow.has_entered]


def _check_sums(chemistries: list[ChemistryRecovery], together: list[ElementFlow]) -> None:
    """What enters of all chemistries is what enters."""
    for flow in together:
        entered = [one.input_kg for found in chemistries for one in found.flows if one.element == flow.element]
        assert sum(entered) == pytest.approx(flow.input_kg, rel=1e-9, abs=1e-9)
