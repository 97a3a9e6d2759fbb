"""Of which chemistry a unit is that states none: that of what it is in, or came out of last."""

from typing import Any

import pytest

from service.flow_keeping import FlowKeeper
from service.ports import Store
from service.reporting import Question, Reports
from service.stores.memory import MemoryStore
from tests.service.test_enterprises import PLANT, findings, told
from tests.support import RUNNER, send, wait

MADE = told(2, "PRODUCTION", "2025-02-01", outputs=[
    {"key": "PACK", "kind": "BATTERY", "chemistry": "LFP", "massKg": 300.0, "composition": {"Li": 5.0, "Ni": 0.3},
     "parts": [{"key": "MODULE", "kind": "MODULE", "massKg": 290.0, "composition": {"Li": 5.0, "Ni": 0.3},
                "parts": [{"key": "CELL", "kind": "CELL"}]}]},
    {"key": "OTHER", "kind": "BATTERY", "chemistry": "NMC622"},
    {"key": "PLAIN", "kind": "BATTERY"},
    {"key": "PALLET", "kind": "COMPONENT"},
])  # fmt: skip
APART = told(3, "DISMANTLING", "2025-03-01", item="PACK")


def moved(number: int, kind: str, host: str, part: str = "MODULE") -> dict[str, Any]:
    return told(number, kind, f"2025-03-{number:02}", part=part, host=host)


def recycled(*between: dict[str, Any], key: str = "MODULE") -> list[dict[str, Any]]:
    """A unit out of a pack of LFP, where it went since, and how it was recycled: all lithium came back, no nickel."""
    black = {"key": "BM", "material": "black mass", "massKg": 150.0, "composition": {"Li": 5.0}}
    salt = {"key": "SALT", "material": "lithium carbonate", "massKg": 26.0, "composition": {"Li": 5.0}}
    return [
        told(1, "REGISTRATION", "2019-01-01", organization=PLANT), MADE, APART, *between,
        told(40, "RECYCLING", "2025-04-01", inputs=[{"key": key}], outputs=[black]),
        told(41, "REFINING", "2025-05-01", inputs=[{"key": "BM", "massKg": 150.0}], outputs=[salt]),
    ]  # fmt: skip


def chemistries(store: Store, afresh: bool = True) -> list[str | None]:
    return [line.chemistry for line in RUNNER.run(Reports(store, Question(), afresh=afresh).chemistries())]


@pytest.mark.parametrize(
    ("between", "chemistry"),
    [
        ([], "LFP"),
        ([moved(5, "INSTALLATION", "PALLET")], "LFP"),
        ([moved(5, "INSTALLATION", "PALLET"), moved(6, "REMOVAL", "PALLET")], "LFP"),
        ([moved(5, "INSTALLATION", "PLAIN"), moved(6, "REMOVAL", "PLAIN")], "LFP"),
        ([moved(5, "INSTALLATION", "OTHER")], "NMC622"),
        ([moved(5, "INSTALLATION", "OTHER"), moved(6, "REMOVAL", "OTHER")], "NMC622"),
    ],
)
def test_a_module_is_of_the_chemistry_of_the_last_host_that_stated_one(
    between: list[dict[str, Any]], chemistry: str
) -> None:
    store = MemoryStore()
    assert {one.status.value for one in send(store, recycled(*between))} == {"ACCEPTED"}
    assert chemistries(store) == [chemistry]


def test_a_cell_is_of_the_chemistry_of_what_its_module_came_out_of() -> None:
    store = MemoryStore()
    send(store, recycled(moved(5, "REMOVAL", "MODULE", part="CELL"), key="CELL"))
    assert chemistries(store) == ["LFP"]


def test_nickel_of_the_cans_of_modules_of_lfp_is_not_asked_for() -> None:
    store = MemoryStore()
    send(store, recycled())
    assert findings(store, "PLANT") == []
    other = MemoryStore()
    send(other, recycled(moved(5, "INSTALLATION", "OTHER"), moved(6, "REMOVAL", "OTHER")))
    assert [one.code for one in findings(other, "PLANT")] == ["RECOVERY_BELOW_THRESHOLD"]


def test_what_is_kept_follows_where_a_host_is_reported_late_or_taken_back(store: Store) -> None:
    events = recycled(moved(5, "INSTALLATION", "OTHER"), moved(6, "REMOVAL", "OTHER"))
    late = [one for one in events if one["type"] == "INSTALLATION"]
    batches = [[one for one in events if one not in late], late]
    batches.append([told(50, "VOIDING", "2025-06-01", voids=late[0]["eventId"])])
    told_of = []
    keeper = FlowKeeper(store, page=2)
    for batch in batches:
        send(store, batch)
        wait(store, keeper.run())
        told_of.append(chemistries(store, afresh=False))
        assert told_of[-1] == chemistries(store)
    assert told_of == [["LFP"], ["NMC622"], ["LFP"]]
