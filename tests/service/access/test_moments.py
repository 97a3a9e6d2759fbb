"""Of what is not in full sight the present is told, whatever moment is asked for; and ids that are none."""

from seed.story import BLACK_MASS, CARBONATE, FLEET, MAKER, PACK_RECYCLED, PACK_VANISHED, RECYCLER, TAXI, TRADER
from service.api.context import global_id
from service.ports import Store
from tests.service.access.conftest import AskAs
from tests.support import send


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


def test_who_was_shown_is_found_again_though_nobody_registered_it(told: Store, ask: AskAs) -> None:
    """By the id that was shown, and by whom: that nobody else can tell whether there is somebody of that name."""
    holder = '{ battery(key: "%s") { holder { id key } } }' % PACK_VANISHED
    node = "query ($id: ID!) { node(id: $id) { id ... on Organization { key name registered } } }"
    plain = global_id("Organization", TRADER)
    assert ask("regulator", holder)["data"]["battery"]["holder"] == {"id": plain, "key": TRADER}
    ids = {}
    for viewer in (MAKER, TAXI):
        shown = ask(viewer, holder)["data"]["battery"]["holder"]
        ids[viewer] = shown["id"]
        found = ask(viewer, node, id=shown["id"])
        assert found["data"]["node"] == {"id": shown["id"], "key": TRADER, "name": None, "registered": False}
        assert ask(viewer, node, id=plain)["data"]["node"] is None
    assert ids[MAKER] != ids[TAXI]
    for viewer in (RECYCLER, "public"):
        absent = ask(viewer, node, id=global_id("Organization", f"NOBODY {'0' * 20}"))
        assert [ask(viewer, node, id=one) for one in (*ids.values(), plain)] == [absent] * 3
    registered = ask(MAKER, '{ battery(key: "%s") { producer { id } } }' % PACK_VANISHED)["data"]["battery"]
    assert registered["producer"]["id"] == global_id("Organization", MAKER), "of those that all know it is one for all"


def test_a_withheld_name_of_a_trace_is_no_proof(told: Store, ask: AskAs) -> None:
    """Whoever guesses who is behind a pseudonym is not told by an id made of both."""
    send(told, [{"eventId": "sold", "type": "TRANSFER", "occurredAt": "2026-09-02T00:00:00Z", "actor": MAKER,
                 "items": [CARBONATE], "to": "SECRET-BUYER"}])  # fmt: skip
    trace = '{ trace(key: "%s", direction: BOTH) { nodes { key kind } } }' % PACK_RECYCLED
    assert "SECRET-BUYER" in [node["key"] for node in ask("regulator", trace)["data"]["trace"]["nodes"]]
    nodes = ask(TAXI, trace)["data"]["trace"]["nodes"]
    names = [node["key"] for node in nodes if (node["kind"], node["key"][:9]) == ("ORGANIZATION", "withheld:")]
    assert names
    ids = [global_id("Organization", f"SECRET-BUYER {name.removeprefix('withheld:')}") for name in names]
    found = ask(TAXI, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)["data"]["nodes"]
    assert found == [None] * len(names)
