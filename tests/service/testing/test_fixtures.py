"""What the fixtures of the pytest plugin give, as this suite itself uses them."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from seed.story import PACK_RECYCLED, story
from service.recording import RecordStatus
from service.testing.client import ProvenanceClient, QueryFailed
from service.testing.stores import ProvenanceStore

SEED = Path(__file__).parents[3] / "examples" / "test_suite" / "seed.jsonl"
COUNT = "{ events { totalCount } }"


def test_recording_tells_what_became_of_each(provenance_store: ProvenanceStore) -> None:
    first, *_ = story()
    kept, again, malformed = provenance_store.record([first, first, {"eventId": "x"}])
    assert (kept.status, again.status, malformed.status) == ("ACCEPTED", "DUPLICATE", "REJECTED")
    assert malformed.problems[0].field


def test_ingesting_a_file(provenance_store: ProvenanceStore) -> None:
    report = provenance_store.ingest(SEED)
    assert dict(report.counts) == {RecordStatus.ACCEPTED: 7}
    with pytest.raises(FileNotFoundError):
        provenance_store.ingest(SEED.with_name("gone.jsonl"))


def test_tracing(provenance_store: ProvenanceStore) -> None:
    provenance_store.ingest(SEED)
    forward = {node.key for node in provenance_store.trace("PACK-1").nodes}
    backward = {node.key for node in provenance_store.trace("LOT-LI2CO3", "backward").nodes}
    before = {node.key for node in provenance_store.trace("PACK-1", as_of=datetime(2026, 5, 31, tzinfo=UTC)).nodes}
    assert "LOT-LI2CO3" in forward - before
    assert "PACK-1" in backward
    with pytest.raises(LookupError, match="PACK-9 is not known: no accepted event"):
        provenance_store.trace("PACK-9")
    with pytest.raises(LookupError, match="PACK-1 is not known at that moment"):
        provenance_store.trace("PACK-1", known_at=datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(ValueError, match="SIDEWAYS"):
        provenance_store.trace("PACK-1", "sideways")


def test_a_test_that_is_a_coroutine_itself(provenance_store: ProvenanceStore) -> None:
    async def test() -> list[object]:
        provenance_store.record(story())
        return list(provenance_store.run(provenance_store.store.verify))

    assert asyncio.run(test()) == []


def test_the_story_is_there_without_a_marker(seeded_provenance: ProvenanceClient) -> None:
    assert seeded_provenance.query(COUNT) == {"events": {"totalCount": len(story())}}
    assert seeded_provenance.store.trace(PACK_RECYCLED).unsettled == ["story-56-transfer"]


@pytest.mark.provenance_seed(events=story()[:3])
def test_client_and_store_are_of_one_piece(
    seeded_provenance: ProvenanceClient, provenance_client: ProvenanceClient, provenance_store: ProvenanceStore
) -> None:
    assert seeded_provenance is provenance_client
    provenance_store.record(story()[:5])
    assert provenance_client.query(COUNT) == {"events": {"totalCount": 5}}
    assert provenance_client.http.get("/readyz").json()["sequence"] == 5


def test_datetimes_are_variables(seeded_provenance: ProvenanceClient) -> None:
    query = "query ($key: String!, $asOf: DateTime) { battery(key: $key, asOf: $asOf) { key } }"
    for year, found in ((2021, None), (2022, {"key": PACK_RECYCLED})):
        moment = datetime(year, 1, 1, tzinfo=UTC)
        assert seeded_provenance.query(query, {"key": PACK_RECYCLED, "asOf": moment})["battery"] == found


def test_the_whole_answer(provenance_client: ProvenanceClient) -> None:
    (error,) = provenance_client.execute("{ nothing }")["errors"]
    assert "nothing" in error["message"]


def test_a_failure_holds_what_was_answered(
    provenance_client: ProvenanceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(QueryFailed, match="items: first: 1000000 are too many: the limit is 500") as failed:
        provenance_client.query("{ items(first: 1000000) { totalCount } }")
    assert isinstance(failed.value, AssertionError)
    assert failed.value.errors[0]["path"] == ["items"]
    with pytest.raises(QueryFailed, match="variables: is not an object"):
        provenance_client.query(COUNT, [1])  # type: ignore[arg-type]
    page = SimpleNamespace(content=b"a page", text="a page", status_code=502)
    monkeypatch.setattr(provenance_client.http, "post", lambda *_, **__: page)
    with pytest.raises(QueryFailed, match="HTTP 502: a page"):
        provenance_client.execute(COUNT)
