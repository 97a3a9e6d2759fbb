"""Recording: statuses, duplicates, and what is turned away, on every store."""

import gc
from pathlib import Path
from typing import Any

import pytest

from graph_schema import refold
from service.ports import Store, StoredEvent
from service.recording import OnConflict, RecordStatus
from service.running import drive
from service.stores.sqlite import SqliteStore
from tests.support import ask, send, wait


def cell(key: str, **more: object) -> dict:
    return {
        "eventId": f"made-{key}",
        "type": "PRODUCTION",
        "occurredAt": "2026-01-02T08:00:00+08:00",
        "actor": "maker",
        "outputs": [{"key": key, "kind": "CELL", "massKg": 2, "composition": {"Li": 0.1}}],
        **more,
    }


def moved(event_id: str, key: str, day: int = 5) -> dict:
    return {
        "eventId": event_id,
        "type": "TRANSFER",
        "occurredAt": f"2026-01-{day:02d}T00:00:00Z",
        "actor": "maker",
        "items": [key],
        "to": "buyer",
    }


def statuses(results: list) -> list[str]:
    return [result.status.value for result in results]


def test_results_come_in_the_order_sent(store: Store) -> None:
    results = send(store, [moved("t", "c"), {"type": "TRANSFER"}, cell("c"), moved("u", "nobody-knows")])
    assert statuses(results) == ["ACCEPTED", "REJECTED", "ACCEPTED", "PENDING"]


@pytest.mark.parametrize(
    "again",
    [
        cell("c"),
        cell("c", occurredAt="2026-01-02T00:00:00Z"),
        cell("c", note=None),
        cell("c", outputs=[{"composition": {"Li": 0.1}, "massKg": 2.0, "kind": "CELL", "key": "c"}]),
    ],
    ids=["same", "other offset", "null", "2.0 and other order"],
)
def test_the_same_event_again_is_a_duplicate(store: Store, again: dict) -> None:
    assert statuses(send(store, [cell("c")])) == ["ACCEPTED"]
    assert statuses(send(store, [again])) == ["DUPLICATE"]
    assert wait(store, store.sequence_at(None)) == 1


def test_one_id_with_other_content_is_turned_away(store: Store) -> None:
    first, second = send(store, [cell("c"), cell("c", note="other")])
    assert (first.status, second.status) == (RecordStatus.ACCEPTED, RecordStatus.REJECTED)
    assert second.problems[0].code == "EVENT_ID_REUSED"
    assert second.problems[0].conflicts_with == "made-c"


def test_who_wants_to_be_told_is_told(store: Store) -> None:
    batch = [cell("c"), moved("t", "c"), moved("u", "ghost"), cell("c", eventId="twice")]
    results = send(store, batch, on_conflict=OnConflict.REJECT)
    assert statuses(results) == ["ACCEPTED", "ACCEPTED", "REJECTED", "REJECTED"]
    assert [problem.code for result in results for problem in result.problems] == ["UNKNOWN_ITEM", "DUPLICATE_KEY"]
    assert wait(store, store.sequence_at(None)) == 2


def test_all_or_nothing(store: Store) -> None:
    results = send(store, [cell("c"), {"eventId": "bad", "type": "TRANSFER"}], all_or_nothing=True)
    assert statuses(results) == ["REJECTED", "REJECTED"]
    assert wait(store, store.sequence_at(None)) == 0
    assert ask(store, "c") is None


def test_a_pending_event_heals_by_itself(store: Store) -> None:
    assert statuses(send(store, [moved("t", "c")])) == ["PENDING"]
    before = wait(store, store.sequence_at(None))
    send(store, [cell("c")])
    assert {edge.target for edge in ask(store, "c").edges} == {"maker", "buyer"}
    assert ask(store, "c", sequence=before) is None


def test_a_late_regulator_makes_a_voiding_count(store: Store) -> None:
    void = {
        "eventId": "v", "type": "VOIDING", "occurredAt": "2026-02-01T00:00:00Z", "actor": "ministry", "voids": "t",
    }  # fmt: skip
    assert statuses(send(store, [cell("c"), moved("t", "c"), void])) == ["ACCEPTED", "ACCEPTED", "CONTESTED"]
    registration = {
        "eventId": "r", "type": "REGISTRATION", "occurredAt": "2026-03-01T00:00:00Z", "actor": "ministry",
        "organization": {"key": "ministry", "roles": ["REGULATOR"]},
    }  # fmt: skip
    send(store, [registration])
    assert {edge.target for edge in ask(store, "c").edges} == {"maker"}
    assert wait(store, store.verify()) == []


def test_a_late_draw_that_fits_leaves_the_others_alone(store: Store) -> None:
    lot = cell("lot", outputs=[{"key": "lot", "kind": "LOT", "massKg": 100, "composition": {"Li": 5}}])
    draws = [
        {
            "eventId": f"d{day}", "type": "REFINING", "occurredAt": f"2026-01-{day:02d}T00:00:00Z", "actor": "r",
            "inputs": [{"key": "lot", "massKg": 10}], "outputs": [{"key": f"salt-{day}", "massKg": 9}],
        }
        for day in range(4, 14)
    ]  # fmt: skip
    send(store, [lot, *draws[1:]])
    assert statuses(send(store, draws[:1])) == ["ACCEPTED"]
    assert len([node for node in ask(store, "lot").nodes if node.kind == "LOT"]) == 11
    late = {**draws[0], "eventId": "late", "outputs": []}
    assert statuses(send(store, [late])) == ["ACCEPTED"]
    assert "salt-13" not in {node.key for node in ask(store, "lot").nodes}


def registration(event_id: str, begins: str, ends: str) -> dict:
    authorizations = [{"scope": "RECYCLING", "validFrom": "2024-01-01T00:00:00Z"},
                      {"scope": "REPAIR", "validFrom": begins, "validTo": ends}]  # fmt: skip
    return {"eventId": event_id, "type": "REGISTRATION", "occurredAt": "2024-01-01T00:00:00Z", "actor": "O",
            "organization": {"key": "O", "authorizations": authorizations}}  # fmt: skip


def test_an_authorization_that_ends_before_it_begins_is_turned_away(store: Store) -> None:
    wrong = registration("wrong", "2025-01-01T00:00:00Z", "2024-12-31T23:59:59+00:00")
    turned, recorded, moment = send(store, [wrong, cell("c"), registration("moment", *["2025-01-01T00:00:00Z"] * 2)])
    assert statuses([turned, recorded, moment]) == ["REJECTED", "ACCEPTED", "ACCEPTED"]
    (problem,) = turned.problems
    assert (problem.code, problem.field) == ("MALFORMED", "organization.authorizations.1.validTo")
    assert problem.message == "2024-12-31T23:59:59Z is before validFrom, 2025-01-01T00:00:00Z"
    assert statuses(send(store, [wrong], dry_run=True)) == ["REJECTED"]
    assert statuses(send(store, [wrong, cell("d")], all_or_nothing=True)) == ["REJECTED", "REJECTED"]


def test_a_log_that_has_such_an_authorization_from_before_keeps_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = registration("wrong", "2025-01-01T00:00:00Z", "2024-01-01T00:00:00Z")
    with monkeypatch.context() as then:
        then.setattr("service.recording.unsound", lambda event: None)
        send(store, [wrong])
    assert statuses(send(store, [wrong])) == ["DUPLICATE"]
    assert wait(store, store.verify()) == []

    async def stored() -> list[StoredEvent]:
        async with store.snapshot() as snapshot:
            return await snapshot.stored(["wrong"])

    (told,) = wait(store, stored())
    assert told.status == "ACCEPTED"


def test_no_garbage_is_looked_for_while_one_large_event_is_folded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look would stop everything else that a service does."""
    looked: dict[str, bool] = {}
    judge = refold.apply

    def noted(event: Any, view: Any) -> Any:
        looked[event.event_id] = gc.isenabled()
        return judge(event, view)

    monkeypatch.setattr(refold, "apply", noted)
    store = SqliteStore(tmp_path / "large.db")
    parts = [{"key": f"part-{number}", "kind": "CELL"} for number in range(500)]
    send(store, [cell("small")])
    send(store, [cell("large", outputs=[{"key": "large", "kind": "BATTERY", "parts": parts}])])
    assert looked == {"made-small": True, "made-large": False}
    assert gc.isenabled()
    drive(store.close())
