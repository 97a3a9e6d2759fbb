"""The story: what it says is what the fold makes of it."""

import io
import json
from datetime import datetime, timedelta

import pytest

from seed.story import (
    LATE,
    OUTLET,
    PACK_A,
    PACK_NEW,
    PACK_RECYCLED,
    PACK_VANISHED,
    STORAGE_UNIT,
    module,
    reported,
    story,
)
from service.cli.demo import record_story, story_findings
from service.ingesting import Ingest
from service.ports import Store
from tests.support import ask, send, wait


def test_two_events_stand_open(store: Store) -> None:
    results = send(store, story())
    open_ones = {result.event_id: result.status.value for result in results if result.status != "ACCEPTED"}
    assert open_ones == {"story-56-transfer": "CONTESTED", "story-57-inspection": "PENDING"}


def test_the_recycled_pack_ends_in_a_new_pack_and_its_balance_closes(store: Store) -> None:
    send(store, story())
    trace = ask(store, PACK_RECYCLED)
    assert PACK_NEW in {node.key for node in trace.nodes}
    assert {row.element for row in trace.balance} == {"", "Al", "Co", "Li", "Ni"}
    for row in trace.balance:
        assert row.root_kg == pytest.approx(sum(row[2:]), rel=1e-9)
    assert PACK_RECYCLED in {node.key for node in ask(store, PACK_NEW, "BACKWARD").nodes}


def test_the_other_pack_lives_on_as_storage(store: Store) -> None:
    send(store, story())
    statuses = {node.key: node.status for node in ask(store, PACK_A).nodes}
    assert statuses[STORAGE_UNIT] == "IN_SECOND_LIFE"
    assert statuses[PACK_A] == "ENDED"


@pytest.mark.parametrize(("event_id", "key"), list(zip(LATE, (PACK_A, PACK_RECYCLED), strict=True)))
def test_a_late_report_was_not_known_before_it_came(store: Store, event_id: str, key: str) -> None:
    lines = b"\n".join(json.dumps(event).encode() for event in reported())
    report = wait(store, Ingest(store).run(["-"], io.BytesIO(lines)))
    assert not report.assumed, "every recordedAt is kept"

    async def known(at: datetime | None) -> set[str]:
        async with store.snapshot(await store.sequence_at(at)) as snapshot:
            item = await snapshot.find(key)
            return {event.event_id for event in (await snapshot.history([item]))[item]}

    told = datetime.fromisoformat(LATE[event_id])
    assert event_id not in wait(store, known(told - timedelta(days=1)))
    assert event_id in wait(store, known(told))


def test_the_rulebook_finds_each_trouble_of_the_story_and_nothing_else(store: Store) -> None:
    wait(store, record_story(store))
    found = [(one.code, one.subject, one.evidence[0]) for one in wait(store, story_findings(store))]
    assert sorted(found) == sorted([
        # 30 working days, of the module that goes in; inspections have no limit
        ("LATE_REPORT", module(7), "story-31-installation"),
        ("CUSTODY_GAP", PACK_VANISHED, "story-54-transfer"),
        ("UNREGISTERED_ORGANIZATION", PACK_VANISHED, "story-54-transfer"),
        ("UNCONFIRMED_TRANSFER", PACK_VANISHED, "story-54-transfer"),
        ("STALE_CUSTODY", PACK_VANISHED, "story-54-transfer"),
        ("CONFLICTING_CLAIMS", module(3), "story-56-transfer"),
        ("MISSING_RECORD", OUTLET, "story-57-inspection"),
    ])  # fmt: skip
