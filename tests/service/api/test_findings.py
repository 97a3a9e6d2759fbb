"""Findings in lists and counts, and as they come to light."""

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from seed.story import OUTLET, PACK_VANISHED, module, story
from service.app import create_app
from service.flow_rows import FlowKind
from service.keeping import Keeper
from service.ports import Store
from service.runs import is_finished
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.api.test_subscription import connected, follow
from tests.support import send, wait

PAGE = """query ($filter: FindingFilter, $first: Int, $after: String) {
  findings(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } audited { sequence upToDate at }
    edges { cursor node { id code since subject { ... on Battery { key } ... on Module { key } } } }
    codes: counts(by: CODE) { value count } parties: counts(by: PARTY) { value count }
  }
}"""
FOLLOW = """subscription ($filter: FindingFilter, $after: String) {
  findingRaised(filter: $filter, after: $after) { cursor node { code subject { id } } }
}"""


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The service over the story, after an audit."""
    store = MemoryStore()
    send(store, story())
    wait(store, Keeper(store).run())
    with TestClient(create_app(store, quick(store))) as made:
        yield made


def quick(store: Store, **more: Any) -> Settings:
    return Settings(store=store.url, feed_interval_ms=20, **more)


THEN = {"to": "2026-11-01T00:00:00Z"}
"""What is found of a year comes to light when that is over."""


def asked(client: TestClient, **variables: Any) -> dict[str, Any]:
    variables["filter"] = THEN | variables.get("filter", {})
    body = client.post("/graphql", json={"query": PAGE, "variables": variables}).json()
    assert "errors" not in body, body
    return body["data"]["findings"]  # type: ignore[no-any-return]


def test_pages_in_the_order_in_which_they_came_to_light(client: TestClient) -> None:
    whole = asked(client)
    assert (whole["totalCount"], whole["pageInfo"]["hasNextPage"]) == (6, False)
    assert whole["audited"]["upToDate"]
    edges: list[Any] = []
    after = None
    while True:
        page = asked(client, first=2, after=after)
        edges += page["edges"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert edges == whole["edges"]
    assert {one["value"]: one["count"] for one in whole["codes"]}["CUSTODY_GAP"] == 1
    assert sum(one["count"] for one in whole["codes"]) == 6


def test_what_is_found_of_organizations_is_waited_for() -> None:
    """They are judged after the items; until then what is listed is not all there is."""
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, quick(store, audit_interval_s=0))) as client:
        keeper = Keeper(store)
        while not wait(store, keeper.step()).finished:
            pass
        before = asked(client)["audited"]
        wait(store, keeper.organizations())
        after = asked(client)["audited"]
    assert (before["sequence"], before["upToDate"]) == (0, False)
    assert (after["sequence"], after["upToDate"]) == (len(story()), True)


@pytest.mark.parametrize(
    ("where", "codes"),
    [
        ({"key": module(3)}, ["CONFLICTING_CLAIMS"]),
        ({"codes": ["CUSTODY_GAP", "STALE_CUSTODY"], "key": PACK_VANISHED}, ["CUSTODY_GAP", "STALE_CUSTODY"]),
        ({"severities": ["NOTICE"]}, ["MISSING_RECORD", "UNREGISTERED_ORGANIZATION"]),
        ({"organizations": True}, ["MISSING_RECORD"]),
        ({"organizations": False, "severities": ["NOTICE"]}, ["UNREGISTERED_ORGANIZATION"]),
        ({"ruleSets": ["cn-order-73"]}, []),
        ({"to": "2025-03-10T00:00:00Z"}, ["CUSTODY_GAP", "UNREGISTERED_ORGANIZATION"]),
        ({"from": "2025-03-10T00:00:00Z", "key": PACK_VANISHED}, ["STALE_CUSTODY", "UNCONFIRMED_TRANSFER"]),
        ({"organization": "NOBODY"}, []),
        ({"region": "CN-44", "key": PACK_VANISHED}, ["CUSTODY_GAP", "UNCONFIRMED_TRANSFER"]),
        ({"region": "CN-99"}, []),
    ],
)
def test_filters(client: TestClient, where: dict[str, Any], codes: list[str]) -> None:
    found = asked(client, filter=where)
    assert sorted(edge["node"]["code"] for edge in found["edges"]) == codes
    assert found["totalCount"] == len(codes)


def test_a_finding_may_be_about_an_organization(client: TestClient) -> None:
    query = """{ findings(filter: {organizations: true, to: "2026-11-01T00:00:00Z"}) { edges { node { id code sentence
      subject { id ... on Organization { key name } } parties { key } evidence { eventId status } } } } }"""
    (edge,) = client.post("/graphql", json={"query": query}).json()["data"]["findings"]["edges"]
    node = edge["node"]
    assert node["subject"]["key"] == OUTLET
    assert node["parties"] == [{"key": OUTLET}]
    assert node["evidence"] == [{"eventId": "story-57-inspection", "status": "PENDING"}]
    assert node["sentence"].startswith(f"INSPECTION by {node['subject']['name']} ({OUTLET}) waits for ")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"filter": {"codes": ["GAP"]}}, "codes: there is no 'GAP'; there are BATTERY_MISSING_AT_SCRAPPING"),
        ({"filter": {"ruleSets": ["law"]}}, "ruleSets: there is no 'law'; there are cn-2018-35"),
        ({"after": "djE6eA"}, "after: 'djE6eA' is no cursor of findings"),
        ({"after": "!"}, "after: '!' is no cursor of this service"),
        ({"first": 100_000}, "first: 100000 are too many"),
    ],
)
def test_bad_input_names_the_place(client: TestClient, variables: dict[str, Any], told: str) -> None:
    body = client.post("/graphql", json={"query": PAGE, "variables": variables}).json()
    assert told in body["errors"][0]["message"]


def test_before_any_audit_the_page_says_so() -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, quick(store, audit_interval_s=0))) as client:
        page = asked(client)
    assert page["edges"] == []
    assert page["audited"] == {"sequence": 0, "upToDate": False, "at": None}


def test_findings_are_raised_as_the_service_finds_them_and_again_from_a_cursor() -> None:
    store = MemoryStore()
    with TestClient(create_app(store, quick(store, audit_interval_s=1))) as client, connected(client) as session:
        follow(session, query=FOLLOW, filter={"key": PACK_VANISHED})
        send(store, story())
        edges = [heard(session) for _ in range(4)]
        assert {one["node"]["code"] for one in edges} == {
            "CUSTODY_GAP", "STALE_CUSTODY", "UNCONFIRMED_TRANSFER", "UNREGISTERED_ORGANIZATION",
        }  # fmt: skip
        follow(session, "2", FOLLOW, filter={"key": PACK_VANISHED}, after=edges[1]["cursor"])
        assert [heard(session) for _ in range(2)] == edges[2:]
        follow(
            session, "4", FOLLOW, filter={"organizations": True, "codes": ["MISSING_RECORD"]}, after=edges[3]["cursor"]
        )
        assert heard(session)["node"]["code"] == "MISSING_RECORD", "a service judges organizations, too"
        follow(session, "3", FOLLOW, filter={"codes": ["GAP"]})
        assert "there is no 'GAP'" in orjson.dumps(session.receive_json()).decode()


def test_rows_of_reports_are_kept_up_to_date_too() -> None:
    store = MemoryStore()
    with TestClient(create_app(store, quick(store, audit_interval_s=1))):
        send(store, story())
        deadline = time.monotonic() + 60
        while not (is_finished(store.flows.kept) and store.flows.kept.until == len(store.records)):
            assert time.monotonic() < deadline, store.flows.kept
            time.sleep(0.05)
        assert {at.kind for at in store.flows.rows} == set(FlowKind)


def heard(session: Any) -> dict[str, Any]:
    message = session.receive_json()
    assert message["type"] == "next", message
    return message["payload"]["data"]["findingRaised"]  # type: ignore[no-any-return]


ITEMS = "query ($codes: [String!]) { items(filter: {findings: $codes}) { totalCount edges { node { key } } } }"


def test_items_are_found_by_their_findings(client: TestClient) -> None:
    def found(*codes: str) -> list[str]:
        body = client.post("/graphql", json={"query": ITEMS, "variables": {"codes": codes}}).json()
        assert body["data"]["items"]["totalCount"] == len(body["data"]["items"]["edges"])
        return [edge["node"]["key"] for edge in body["data"]["items"]["edges"]]

    assert found("STALE_CUSTODY") == [PACK_VANISHED]
    assert found("STALE_CUSTODY", "CONFLICTING_CLAIMS") == sorted([PACK_VANISHED, module(3)])
    assert found("LATE_REPORT") == found() == []
    body = client.post("/graphql", json={"query": ITEMS, "variables": {"codes": ["STALE"]}}).json()
    (error,) = body["errors"]
    assert error["message"].startswith("findings: there is no 'STALE'; there are ")
    assert "STALE_CUSTODY" in error["message"]


IN_ORDER = """query ($order: FindingOrder, $first: Int, $after: String, $last: Int, $before: String) {
  findings(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id since } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def _page(client: TestClient, **variables: Any) -> Any:
    return client.post("/graphql", json={"query": IN_ORDER, "variables": variables}).json()


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_pages_in_the_order_in_which_they_began_to_hold(client: TestClient, direction: str) -> None:
    order = {"field": "SINCE", "direction": direction}
    whole = _page(client, order=order, first=100)["data"]["findings"]["edges"]
    since = [edge["node"]["since"] for edge in whole]
    assert since == sorted(since, reverse=direction == "DESC")
    assert len(set(since)) > 2
    shown = _page(client, order={"direction": direction}, first=100)["data"]["findings"]["edges"]
    assert [edge["node"]["id"] for edge in shown] != [edge["node"]["id"] for edge in whole]
    assert len(shown) == len(whole)
    for backward in (False, True):
        paged: list[Any] = []
        place: dict[str, Any] = {}
        while True:
            found = _page(client, order=order, **{"last" if backward else "first": 2}, **place)["data"]["findings"]
            paged = found["edges"] + paged if backward else paged + found["edges"]
            info = found["pageInfo"]
            if not info["hasPreviousPage" if backward else "hasNextPage"]:
                break
            place = {"before": info["startCursor"]} if backward else {"after": info["endCursor"]}
        assert paged == whole


def test_a_cursor_of_findings_is_of_its_order(client: TestClient) -> None:
    for made, used in (("SINCE", "SHOWN_AT"), ("SHOWN_AT", "SINCE")):
        after = _page(client, order={"field": made}, first=1)["data"]["findings"]["pageInfo"]["endCursor"]
        (error,) = _page(client, order={"field": used}, first=1, after=after)["errors"]
        assert error["message"].startswith(f"after: '{after}' is no cursor of findings by {used}")
