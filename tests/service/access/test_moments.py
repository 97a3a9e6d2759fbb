"""Of what is not in full sight the present is told, whatever moment is asked for; and ids that are none."""

from seed.story import BLACK_MASS, FLEET, MAKER, PACK_RECYCLED, TAXI
from service.api.context import global_id
from service.ports import Store
from tests.service.access.conftest import AskAs


def test_of_what_is_not_in_full_sight_the_present_status_is_told(told: Store, ask: AskAs) -> None:
    """Otherwise anybody could read a battery's life off it, moment by moment."""
    query = "query ($key: String!, $at: DateTime) { battery(key: $key) { status(asOf: $at) }"
    query += " then: battery(key: $key, asOf: $at, knownAt: null) { status } }"
    for at, there in (("2021-05-15T00:00:00Z", "AVAILABLE"), ("2023-01-01T00:00:00Z", "INSTALLED")):
        for viewer in ("regulator", MAKER, TAXI, "public", FLEET):
            data = ask(viewer, query, key=PACK_RECYCLED, at=at)["data"]
            expected = "ENDED" if viewer in ("public", FLEET) else there
            assert data == {"battery": {"status": expected}, "then": {"status": expected}}, viewer


def test_an_id_that_is_none_hides_no_other(told: Store, ask: AskAs) -> None:
    ids = [global_id("Item", PACK_RECYCLED), "bogus", global_id("Nothing", "x"), global_id("Item", BLACK_MASS)]
    found = ask(TAXI, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert found["data"]["nodes"] == [{"id": ids[0]}, None, None, None]
