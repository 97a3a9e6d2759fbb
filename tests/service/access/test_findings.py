"""Findings as viewers see them."""

from typing import Any

from seed.story import FLEET, MAKER, OUTLET, PACK_VANISHED, RECYCLER, TAXI, TRADER, module
from service.access.records import WITHHELD
from service.keeping import Keeper
from service.ports import Store
from tests.service.access.conftest import AskAs
from tests.support import send, wait

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


def test_where_something_is_withheld_so_is_who_else_was_in_it(ask: AskAs, told: Store) -> None:
    """Two others say that they handed the recycled module on; what they conflict with is of a third."""
    when = {"occurredAt": "2026-10-20T08:00:00+08:00", "items": [module(3)], "type": "TRANSFER"}
    send(told, [{**when, "eventId": "by the trader", "actor": TRADER, "to": FLEET}])
    whole = {one["sentence"]: one for one in findings(ask, "regulator", module(3)) or []}
    seen = findings(ask, TAXI, module(3)) or []
    assert {party["key"] for one in whole.values() for party in one["parties"]} == {TAXI, TRADER, RECYCLER}
    assert {party["key"] for one in seen for party in one["parties"]} == {TAXI}
    assert {one["id"] for one in seen} == {one["id"] for one in whole.values()}


def test_a_guess_of_a_name_is_not_confirmed(ask: AskAs, told: Store) -> None:
    """Whoever brings in a thing under a name that a withheld one bears is not told; who bore it first is."""
    when = {"occurredAt": "2026-10-01T08:00:00+08:00", "type": "ENROLMENT"}

    def cell(key: str, serial: str) -> dict[str, Any]:
        return {"key": key, "kind": "CELL", "identifiers": [{"scheme": "SN", "value": serial}]}

    send(told, [{**when, "eventId": "first", "actor": MAKER, "items": [cell("SECRET", "NO-4711")]}])
    guesses = [cell("G1", "NO-4711"), cell("G2", "NO-4712")]
    send(told, [{**when, "eventId": "guess", "actor": TAXI, "items": guesses}])

    def codes(viewer: str, key: str) -> set[str]:
        return {one["code"] for one in findings(ask, viewer, key) or []}

    assert codes(TAXI, "G1") == codes(TAXI, "G2") == {"MISSING_RECORD"}
    assert codes("regulator", "G1") == codes(MAKER, "SECRET") == {"MISSING_RECORD", "SHARED_IDENTIFIER"}
    wait(told, Keeper(told).run())
    shared = {"codes": ["SHARED_IDENTIFIER"]}
    assert [listed(ask, viewer, **shared)["totalCount"] for viewer in ("regulator", MAKER, TAXI)] == [2, 1, 0]
    send(told, [{**when, "eventId": "second", "actor": TAXI, "items": [cell("G3", "NO-4712")]}])
    assert codes(TAXI, "G2") == {"MISSING_RECORD", "SHARED_IDENTIFIER"}, "both its own"


LISTED = """query ($filter: FindingFilter) { findings(filter: $filter, first: 2) {
  totalCount edges { node { id code sentence } } counts(by: CODE) { value count } pageInfo { hasNextPage } } }"""


def listed(ask: AskAs, viewer: str, **where: Any) -> dict[str, Any]:
    answer = ask(viewer, LISTED, filter={"to": "2026-11-01T00:00:00Z"} | where)
    assert "errors" not in answer, answer
    return answer["data"]["findings"]  # type: ignore[no-any-return]


def test_lists_and_counts_have_what_an_item_has(ask: AskAs, told: Store) -> None:
    wait(told, Keeper(told).run())
    assert listed(ask, "regulator")["totalCount"] == 6
    own = listed(ask, TAXI)
    assert (own["totalCount"], own["pageInfo"]["hasNextPage"]) == (5, True)
    assert listed(ask, FLEET) == listed(ask, "public")
    assert listed(ask, "public") == {
        "totalCount": 0, "edges": [], "counts": [], "pageInfo": {"hasNextPage": False},
    }  # fmt: skip
    (seen,) = listed(ask, TAXI, key=module(3))["edges"]
    assert seen["node"]["sentence"] == f"CONFLICTING_CLAIMS: {WITHHELD}"
    (whole,) = listed(ask, RECYCLER, key=module(3))["edges"]
    assert whole["node"]["id"] == seen["node"]["id"]
    assert WITHHELD not in whole["node"]["sentence"]


def test_an_organization_sees_what_is_found_of_itself(ask: AskAs, told: Store) -> None:
    wait(told, Keeper(told).run())
    (seen,) = listed(ask, OUTLET, organizations=True)["edges"]
    assert seen["node"]["code"] == "MISSING_RECORD"
    assert WITHHELD not in seen["node"]["sentence"]
    for viewer in (TAXI, MAKER, "public"):
        assert listed(ask, viewer, organizations=True)["totalCount"] == 0
        assert listed(ask, viewer, organization=OUTLET, organizations=True)["edges"] == []


def test_of_others_items_a_filter_finds_nothing(ask: AskAs, told: Store) -> None:
    wait(told, Keeper(told).run())
    for viewer in (FLEET, "public"):
        assert listed(ask, viewer, key=PACK_VANISHED) == listed(ask, viewer, key="NOTHING")
        assert listed(ask, viewer, organization=TAXI)["totalCount"] == 0


COUNTED = """query ($filter: FindingFilter) { findings(filter: $filter) { totalCount
  parties: counts(by: PARTY) { value count } regions: counts(by: REGION) { value count } } }"""


def test_no_filter_or_count_tells_who_else_was_in_it(ask: AskAs, told: Store) -> None:
    """Nor where that is: what is withheld of a finding is so where it is looked for and where it is counted."""
    when = {"occurredAt": "2026-10-20T08:00:00+08:00", "items": [module(3)], "type": "TRANSFER"}
    send(told, [{**when, "eventId": "by the trader", "actor": TRADER, "to": FLEET}])
    wait(told, Keeper(told).run())

    def counted(viewer: str, **where: Any) -> dict[str, Any]:
        chosen = {"to": "2026-11-01T00:00:00Z", "key": module(3)} | where
        return ask(viewer, COUNTED, filter=chosen)["data"]["findings"]  # type: ignore[no-any-return]

    whole = counted("regulator")
    assert {one["value"] for one in whole["parties"]} == {TAXI, TRADER, RECYCLER}
    assert counted("regulator", organization=TRADER)["totalCount"] == 1
    seen = counted(TAXI)
    assert seen["totalCount"] == whole["totalCount"] == 2
    assert [one["value"] for one in seen["parties"]] == [TAXI]
    assert counted(TAXI, organization=TRADER)["totalCount"] == 0
    assert counted(TAXI, organization=TAXI)["totalCount"] == 1
    regions = {one["value"]: one["count"] for one in seen["regions"]}
    assert regions[None] == 1, "the one of which no party is told is of no region"
    for region in {one["value"] for one in [*whole["regions"], *seen["regions"]]} - {None}:
        assert counted(TAXI, region=region)["totalCount"] == regions.get(region, 0)


def test_a_list_of_items_confirms_no_guess_of_a_name(ask: AskAs, told: Store) -> None:
    """A filter by a kind of finding finds the items of which that is told."""
    when = {"occurredAt": "2026-10-01T08:00:00+08:00", "type": "ENROLMENT"}

    def cell(key: str, serial: str) -> dict[str, Any]:
        return {"key": key, "kind": "CELL", "identifiers": [{"scheme": "SN", "value": serial}]}

    send(told, [{**when, "eventId": "first", "actor": MAKER, "items": [cell("SECRET", "NO-4711")]}])
    guesses = [cell("G1", "NO-4711"), cell("G2", "NO-4712")]
    send(told, [{**when, "eventId": "guess", "actor": TAXI, "items": guesses}])
    wait(told, Keeper(told).run())
    query = """{ items(filter: {findings: ["SHARED_IDENTIFIER"]}) { totalCount edges { node { key } } }
      both: items(filter: {findings: ["SHARED_IDENTIFIER", "MISSING_RECORD"], kind: CELL, text: "G"}) {
        totalCount } }"""

    def found(viewer: str) -> list[str]:
        items = ask(viewer, query)["data"]["items"]
        keys = [edge["node"]["key"] for edge in items["edges"]]
        assert items["totalCount"] == len(keys)
        return keys

    assert found("regulator") == ["G1", "SECRET"]
    assert found(MAKER) == ["SECRET"]
    assert found(TAXI) == []
    assert ask(TAXI, query)["data"]["both"]["totalCount"] == 2, "of both it is told that a record is missing"
