"""Where a recycled pack went: an example of a suite that seeds a store and asks it.

`pytest examples/test_suite --voltrace-store memory,sqlite`; docs/testing.md says what the fixtures give.
"""

import pytest

from seed.story import PACK_RECYCLED
from service.testing.client import ProvenanceClient
from service.testing.stores import ProvenanceStore

seeded = pytest.mark.provenance_seed(path="seed.jsonl")


@seeded
def test_lithium_of_the_pack_is_recovered(seeded_provenance: ProvenanceClient) -> None:
    data = seeded_provenance.query('{ trace(key: "PACK-1", direction: FORWARD) { balance { element recoveredKg } } }')
    recovered = {row["element"]: row["recoveredKg"] for row in data["trace"]["balance"]}
    assert recovered["Li"] == pytest.approx(0.075)


@seeded
def test_a_module_taken_out_before_is_not_in_the_carbonate(seeded_provenance: ProvenanceClient) -> None:
    sources = {node.key for node in seeded_provenance.store.trace("LOT-LI2CO3", "BACKWARD").nodes}
    assert {"PACK-1", "MODULE-1"} <= sources
    assert not {"PACK-2", "MODULE-2", "MODULE-3"} & sources


@seeded
@pytest.mark.parametrize(("as_of", "status"), [("2026-05-31", "AVAILABLE"), ("2026-06-01", "ENDED")])
def test_the_pack_ends_when_it_is_recycled(seeded_provenance: ProvenanceClient, as_of: str, status: str) -> None:
    query = 'query ($asOf: DateTime) { battery(key: "PACK-1", asOf: $asOf) { status } }'
    assert seeded_provenance.query(query, {"asOf": f"{as_of}T23:00:00+08:00"}) == {"battery": {"status": status}}


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_begins_with_an_empty_store(
    provenance_store: ProvenanceStore, provenance_client: ProvenanceClient, attempt: int
) -> None:
    early = {"eventId": "early", "type": "INSPECTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "W", "item": "P"}
    assert [result.status for result in provenance_store.record([early])] == ["PENDING"]
    assert provenance_client.query("{ events { totalCount } }") == {"events": {"totalCount": 1}}


def test_the_story_is_the_seed_where_none_is_named(seeded_provenance: ProvenanceClient) -> None:
    assert seeded_provenance.store.trace(PACK_RECYCLED).unsettled
