"""Findings as viewers see them."""

from typing import Any

from seed.story import FLEET, MAKER, PACK_VANISHED, RECYCLER, TAXI, module
from service.access.records import WITHHELD
from service.ports import Store
from tests.service.access.conftest import AskAs

QUERY = """query($key: String!) { item(key: $key) {
  findings(at: "2026-11-01T00:00:00Z") { id code sentence evidence { eventId } parties { key } subject { id } } } }"""


def findings(ask: AskAs, viewer: str, key: str) -> list[dict[str, Any]] | None:
    item = ask(viewer, QUERY, key=key)["data"]["item"]
    return None if item is None else item["findings"]


def test_those_who_held_it_see_what_is_wrong(ask: AskAs, told: Store) -> None:
    whole = findings(ask, "regulator", PACK_VANISHED)
    assert whole is not None
    assert [one["code"] for one in whole] == [
        "CUSTODY_GAP", "UNREGISTERED_ORGANIZATION", "UNCONFIRMED_TRANSFER", "STALE_CUSTODY",
    ]  # fmt: skip
    assert findings(ask, MAKER, PACK_VANISHED) == whole
    assert findings(ask, TAXI, PACK_VANISHED) == whole


def test_of_others_batteries_nothing_is_told(ask: AskAs, told: Store) -> None:
    assert findings(ask, FLEET, PACK_VANISHED) == []
    assert findings(ask, "public", PACK_VANISHED) == []
    assert findings(ask, "public", module(3)) is None


def test_a_sentence_that_names_what_is_withheld_says_only_the_kind(ask: AskAs, told: Store) -> None:
    """The problem of a contested event names an event of another party: it is withheld there, and here."""
    (whole,) = findings(ask, "regulator", module(3)) or []
    (seen,) = findings(ask, TAXI, module(3)) or []
    assert whole["evidence"] == [{"eventId": "story-56-transfer"}, {"eventId": "story-45-recycling"}]
    assert seen["evidence"] == [{"eventId": "story-56-transfer"}]
    assert seen["sentence"] == f"CONFLICTING_CLAIMS: {WITHHELD}"
    assert seen["id"] == whole["id"]
    assert findings(ask, RECYCLER, module(3)) == [whole], "whose event it conflicts with"
