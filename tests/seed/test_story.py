"""The story: what it says is what the fold makes of it."""

import io
import json
from datetime import UTC, datetime

import pytest

from seed.story import LATE, PACK_A, PACK_NEW, PACK_RECYCLED, STORAGE_UNIT, reported, story
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


def test_the_late_report_was_not_known_before_it_came(store: Store) -> None:
    lines = b"\n".join(json.dumps(event).encode() for event in reported())
    report = wait(store, Ingest(store).run(["-"], io.BytesIO(lines)))
    assert not report.assumed, "every recordedAt is kept"

    async def known(at: datetime | None) -> set[str]:
        async with store.snapshot(await store.sequence_at(at)) as snapshot:
            pack = await snapshot.find(PACK_RECYCLED)
            return {event.event_id for event in (await snapshot.history([pack]))[pack]}

    assert LATE not in wait(store, known(datetime(2026, 5, 31, tzinfo=UTC)))
    assert LATE in wait(store, known(datetime(2026, 6, 2, tzinfo=UTC)))
