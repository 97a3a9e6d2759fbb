"""What reports say of a lot on which somebody drew without a scale."""

import pytest

from graph_schema.flows.recovery import ElementFlow
from service.reporting import Question, Reports
from service.stores.memory import MemoryStore
from tests.service.test_enterprises import findings, plant, told
from tests.support import RUNNER, send


def drawn(*kilograms: float | None, recovered_kg: float = 3.0) -> MemoryStore:
    """A pack with 10 kg of nickel becomes 50 kg of black mass, on which refinings draw so much."""
    events = plant(2025, 9.7)[:3]
    for number, kg in enumerate(kilograms):
        salt = {"key": f"S{number}", "material": "nickel sulphate", "massKg": 20.0, "composition": {"Ni": recovered_kg}}
        draw = {"key": "BM"} | ({} if kg is None else {"massKg": kg})
        events.append(told(10 + number, "REFINING", f"2025-06-{number + 1:02}", inputs=[draw], outputs=[salt]))
    store = MemoryStore()
    assert {one.status.value for one in send(store, events)} == {"ACCEPTED"}
    return store


def nickel(store: MemoryStore) -> ElementFlow:
    found = RUNNER.run(Reports(store, Question()).recovery())
    return next(flow for flow in found.flows if flow.element == "Ni")


@pytest.mark.parametrize("kilograms", [(None, 40.0, 40.0), (40.0, None, 40.0), (None, 25.0, 25.0), (30.0, 20.0, None)])
def test_draws_that_leave_nothing_for_one_without_a_mass_are_all_unknown(kilograms: tuple[float | None, ...]) -> None:
    flow = nickel(drawn(*kilograms))
    assert tuple(flow)[1:] == pytest.approx((10.0, 0.0, 0.0, 0.0, 0.0, 10.0, 0))
    assert flow.rate is None


def test_draws_that_leave_something_count_and_the_rest_is_unknown() -> None:
    flow = nickel(drawn(None, 20.0, recovered_kg=4.0))
    assert tuple(flow)[1:] == pytest.approx((10.0, 4.0, 0.0, 0.0, 0.0, 6.0, 0)), "20 of 50 kg hold 4 kg of nickel"
    assert flow.rate is None


def test_a_rate_is_told_where_all_draws_are_weighed() -> None:
    assert nickel(drawn(25.0, 25.0, recovered_kg=4.9)).rate == pytest.approx(0.98)


def test_what_productions_draw_without_a_mass_counts_alike() -> None:
    store = drawn(30.0, 20.0)
    made = {"key": "CAM", "kind": "LOT", "massKg": 20.0}
    send(store, [told(20, "PRODUCTION", "2025-06-10", inputs=[{"key": "BM"}], outputs=[made])])
    assert tuple(nickel(store))[1:] == pytest.approx((10.0, 0.0, 0.0, 0.0, 0.0, 10.0, 0))


def test_nothing_is_found_where_what_was_drawn_is_not_known() -> None:
    assert findings(drawn(None, 40.0, 40.0, recovered_kg=1.0), "PLANT") == []
    assert [one.code for one in findings(drawn(25.0, 25.0, recovered_kg=1.0), "PLANT")] == ["RECOVERY_BELOW_THRESHOLD"]


@pytest.mark.parametrize(("rest", "known"), [(None, False), (5.0, True)])
def test_batteries_of_a_lot_of_which_more_is_drawn_than_there_was_prove_nothing(
    rest: float | None, known: bool
) -> None:
    """Two batteries take all 20 kg of the salt, or nearly; and somebody takes more of it, weighed or not."""
    store = drawn(50.0)
    kilograms = (7.5, 7.5) if known else (10.0, 10.0)
    other = {"key": "S0"} | ({} if rest is None else {"massKg": rest})
    events = [told(30, "REFINING", "2025-07-01", inputs=[other], outputs=[{"key": "X", "material": "nickel"}])]
    for number, kg in enumerate(kilograms):
        pack = {"key": f"N{number}", "kind": "BATTERY", "massKg": 100.0, "composition": {"Ni": 2.0}}
        draws = [{"key": "S0", "massKg": kg}]
        events.append(told(31 + number, "PRODUCTION", "2025-07-02", inputs=draws, outputs=[pack]))
    assert {one.status.value for one in send(store, events)} == {"ACCEPTED"}
    lines = RUNNER.run(Reports(store, Question()).content())
    (line,) = [one for one in lines if one.element == "Ni"]
    assert (line.batteries, line.unknown) == ((2, 0) if known else (0, 2))
    assert line.recycled_kg == pytest.approx(2 * 7.5 / 20 * 3.0 if known else 0.0)
