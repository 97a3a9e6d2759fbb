"""Every query, on every store, through HTTP."""

from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from seed.story import BLACK_MASS, CATHODE, MAKER, PACK_A, PACK_NEW, PACK_RECYCLED, STORAGE_UNIT, VEHICLE_A, module
from service.app import create_app
from service.ports import Store
from service.settings import Settings
from tests.service.api.conftest import Ask
from tests.support import ask, send

pytestmark = pytest.mark.usefixtures("told")


def test_a_battery_at_two_moments(data: Ask) -> None:
    found = data(
        """query ($key: String!, $then: DateTime!) {
          battery(key: $key) {
            __typename key kind status chemistry energyKwh model massKg producedAt stateOfHealth
            producer { key name roles region registered }
            endedBy { eventId type }
            holder { name } then: holder(asOf: $then) { name }
            vehicle { key } inVehicle: vehicle(asOf: $then) { key model batteries(asOf: $then) { key } }
            modules { key } had: modules(asOf: $then) { key host(asOf: $then) { key } parts { kind } }
            composition { element massKg } identifiers { scheme value } attributes
            wasStatus: status(asOf: $then)
          }
        }""",
        key=PACK_A,
        then="2022-01-01T00:00:00Z",
    )["battery"]
    assert found["status"] == "ENDED"
    assert found["wasStatus"] == "INSTALLED"
    assert found["producer"]["name"] == "Minjiang Cell"
    assert found["endedBy"]["type"] == "DISMANTLING"
    assert found["holder"] is None
    assert found["then"] == {"name": "Shenzhen City Fleet"}
    assert found["vehicle"] is None
    assert found["inVehicle"]["key"] == VEHICLE_A
    assert found["modules"] == []
    assert [one["key"] for one in found["had"]] == [module(1), module(2)]
    assert found["stateOfHealth"] == 78.2
    assert {one["element"] for one in found["composition"]} == {"Al", "Co", "Li", "Ni"}


def test_what_is_above_is_inherited_below(data: Ask) -> None:
    found = data(
        '{ battery(key: "%s", asOf: "2022-01-01T00:00:00Z")'
        " { status holder { name } vehicle { key } modules { key status } history { totalCount }"
        " trace(direction: FORWARD) { nodes { key } } } }" % PACK_A
    )["battery"]
    assert found["status"] == "INSTALLED"
    assert found["vehicle"]["key"] == VEHICLE_A
    assert [one["status"] for one in found["modules"]] == ["INSTALLED", "INSTALLED"]
    assert STORAGE_UNIT not in [node["key"] for node in found["trace"]["nodes"]]
    assert found["history"]["totalCount"] == 4


def test_lot_module_vehicle_and_organization(data: Ask) -> None:
    found = data(
        """query ($lot: String!, $module: String!, $vehicle: String!, $maker: String!) {
          lot(key: $lot) { material remainingKg then: remainingKg(asOf: "2021-04-01T12:00:00Z") grade status }
          module(key: $module) { status parts { key } }
          vehicle(key: $vehicle) { model status custody { totalCount edges { node { holder { name } from to } } } }
          organization(key: $maker) { name roles region authorizations { scope } }
          unknown: organization(key: "nobody") { key }
          wrongKind: battery(key: $lot) { key }
        }""",
        lot=CATHODE,
        module=module(1),
        vehicle=VEHICLE_A,
        maker=MAKER,
    )
    assert found["lot"]["remainingKg"] == pytest.approx(86)
    assert found["lot"]["then"] == 100
    assert found["module"]["status"] == "IN_SECOND_LIFE"
    assert found["vehicle"]["custody"]["totalCount"] == 2
    assert found["organization"]["name"] == "Minjiang Cell"
    assert found["unknown"] is None
    assert found["wrongKind"] is None


def test_node_and_nodes(data: Ask) -> None:
    ids = data(
        '{ a: item(key: "%s") { id } b: organization(key: "%s") { id } c: event(eventId: "story-45-recycling") { id } }'
        % (PACK_A, MAKER)
    )
    wanted = [ids["a"]["id"], ids["b"]["id"], ids["c"]["id"]]
    found = data(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Item { key } ... on Event { type } } }",
        ids=[*wanted, "SXRlbTpub25l"],
    )["nodes"]
    assert [one and one["__typename"] for one in found] == ["Battery", "Organization", "Event", None]
    assert [one["id"] for one in found[:3]] == wanted
    assert data("query ($id: ID!) { node(id: $id) { id } }", id=wanted[0])["node"]["id"] == wanted[0]


def test_an_event_and_its_evidence(data: Ask) -> None:
    found = data(
        '{ event(eventId: "story-56-transfer") { type status sequence hash previousHash occurredAt recordedAt payload'
        " actor { name } items { key status } problems { code message conflictsWith } } }"
    )["event"]
    assert found["status"] == "CONTESTED"
    assert found["problems"][0]["code"] == "ALREADY_ENDED"
    assert found["problems"][0]["conflictsWith"] == "story-45-recycling"
    assert found["payload"]["items"] == [module(3)]
    assert len(found["hash"]) == 64


def test_items_page_both_ways_while_others_write(data: Ask, store: Store) -> None:
    query = """query ($first: Int, $after: String, $last: Int, $before: String) {
      items(first: $first, after: $after, last: $last, before: $before, filter: {kind: CELL}) {
        totalCount edges { cursor node { key } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }"""
    seen: list[str] = []
    after = None
    while True:
        page = data(query, first=7, after=after)["items"]
        seen += [edge["node"]["key"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        send(store, [_cell(f"!{len(seen)}")])
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == sorted(seen)
    assert len(seen) == 18
    back = data(query, last=5, before=after)["items"]
    assert [edge["node"]["key"] for edge in back["edges"]] == seen[-6:-1]
    assert back["pageInfo"]["hasPreviousPage"]


def _cell(key: str) -> dict:
    return {
        "eventId": f"made-{key}", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "m",
        "outputs": [{"key": key, "kind": "CELL"}],
    }  # fmt: skip


def test_events_are_filtered_and_paged(data: Ask) -> None:
    found = data(
        """{ open: events(filter: {status: PENDING}) { totalCount edges { node { eventId } } }
             moved: events(first: 3, filter: {type: TRANSFER}) { totalCount pageInfo { hasNextPage endCursor } }
             about: events(filter: {item: "%s"}) { totalCount }
             by: events(filter: {actor: "%s", type: REGISTRATION}) { totalCount } }"""
        % (PACK_A, MAKER)
    )
    assert [edge["node"]["eventId"] for edge in found["open"]["edges"]] == ["story-57-inspection"]
    assert found["moved"]["pageInfo"]["hasNextPage"]
    assert found["about"]["totalCount"] == 13
    assert found["by"]["totalCount"] == 1


def test_a_trace_is_what_the_store_answers(data: Ask, store: Store) -> None:
    found = data(
        """query ($key: String!) { trace(key: $key, direction: FORWARD) {
          root { key } direction truncated
          nodes { key kind role depth label status at redacted }
          edges { source target kind from to massKg openedBy closedBy contested }
          attribution { key kind element massKg share basis direction }
          balance { element rootKg recoveredKg inUseKg usedInProductionKg disposedKg lossKg }
          unsettled { eventId } frontier { key } } }""",
        key=PACK_RECYCLED,
    )["trace"]
    wanted = ask(store, PACK_RECYCLED)
    assert [node["key"] for node in found["nodes"]] == [node.key for node in wanted.nodes]
    assert [edge["openedBy"] for edge in found["edges"]] == [edge.opened_by for edge in wanted.edges]
    assert len(found["attribution"]) == len(wanted.attribution)
    assert [row["lossKg"] for row in found["balance"]] == [row.loss_kg for row in wanted.balance]
    assert found["unsettled"] == [{"eventId": "story-56-transfer"}]


def test_a_bounded_trace_says_so(data: Ask) -> None:
    found = data(
        '{ trace(key: "%s", direction: BOTH, maxNodes: 5) { truncated nodes { key } balance { element }'
        " frontier { key unexploredEdges } } }" % BLACK_MASS
    )["trace"]
    assert found["truncated"]
    assert len(found["nodes"]) == 5
    assert found["frontier"]
    assert found["balance"] == []


def test_the_full_objects_of_a_trace(data: Ask) -> None:
    nodes = data(
        '{ trace(key: "%s", direction: FORWARD) { nodes { key kind node { __typename id ... on Item { key } } } } }'
        % PACK_NEW
    )["trace"]["nodes"]
    types = {"ORGANIZATION": "Organization", "EVENT": "Event", "BATTERY": "Battery", "MODULE": "Module", "CELL": "Cell"}
    assert all(node["node"]["__typename"] == types[node["kind"]] for node in nodes)


def test_path(data: Ask) -> None:
    query = "query ($a: String!, $b: String!) { path(from: $a, to: $b) { nodes { key } edges { kind } } }"
    found = data(query, a=PACK_RECYCLED, b=PACK_NEW)["path"]
    assert {PACK_RECYCLED, BLACK_MASS, PACK_NEW} <= {node["key"] for node in found["nodes"]}
    assert data(query, a=PACK_NEW, b=PACK_A)["path"]["nodes"] == []
    assert data(query, a=PACK_NEW, b="nothing")["path"] is None


def test_known_at(data: Ask) -> None:
    when = data('{ event(eventId: "story-57-inspection") { recordedAt } }')["event"]["recordedAt"]
    late = {
        "eventId": "late", "type": "REMOVAL", "occurredAt": "2026-05-30T00:00:00Z", "actor": "x", "part": module(3),
        "host": PACK_RECYCLED,
    }  # fmt: skip
    body = data(
        "mutation ($events: [EventInput!]!) { recordEvents(events: $events) { counts { status count } } }",
        events=[late],
    )
    assert body["recordEvents"]["counts"] == [{"status": "ACCEPTED", "count": 1}]
    query = "query ($key: String!, $known: DateTime) { trace(key: $key, direction: FORWARD, knownAt: $known) "
    query += "{ nodes { key } } item(key: $key, knownAt: $known) { status } }"
    before, now = data(query, key=module(3), known=when), data(query, key=module(3), known=None)
    assert BLACK_MASS in [node["key"] for node in before["trace"]["nodes"]]
    assert BLACK_MASS not in [node["key"] for node in now["trace"]["nodes"]]
    assert (before["item"]["status"], now["item"]["status"]) == ("ENDED", "RETIRED")


def test_null_is_as_left_out(data: Ask) -> None:
    """As the contract has them, with a default and without `!`: a client may send null for what it does not say."""
    query = "query ($key: String!, $claims: Claims) {"
    query += " trace(key: $key, direction: FORWARD, claims: $claims) { nodes { key } }"
    query += " item(key: $key) { trace(direction: FORWARD, claims: $claims) { nodes { key } } } }"
    found, plain = data(query, key=PACK_A, claims=None), data(query, key=PACK_A)
    assert found == plain
    assert found["trace"] == found["item"]["trace"]
    write = "mutation ($c: OnConflict, $a: Boolean) { recordEvents(events: [], onConflict: $c, allOrNothing: $a)"
    write += " { counts { count } } validateEvents(events: [], onConflict: $c, allOrNothing: $a) { counts { count } } }"
    assert data(write, c=None, a=None)["recordEvents"] == {"counts": []}
    typed = 'mutation { recordInspection(onConflict: null, event: {eventId: "n", item: "%s", actor: "A",'
    typed += ' occurredAt: "2020-01-01T00:00:00Z", measurements: {cycleCount: 1}}) { status } }'
    assert data(typed % "NOWHERE")["recordInspection"]["status"] == "PENDING", "kept, as the default says"


def test_a_path_is_bounded_as_a_trace(told: Store) -> None:
    query = '{ path(from: "%s", to: "%s") { truncated nodes { key } } }' % (PACK_RECYCLED, PACK_NEW)
    apps = {nodes: create_app(told, Settings(store=told.url, nodes_max=nodes)) for nodes in (20_000, 3)}
    with ExitStack() as stack:
        clients = {nodes: stack.enter_context(TestClient(app)) for nodes, app in apps.items()}
        found = {nodes: client.post("/graphql", json={"query": query}).json() for nodes, client in clients.items()}
    assert found[20_000]["data"]["path"]["truncated"] is False
    assert len(found[20_000]["data"]["path"]["nodes"]) > 3
    assert found[3]["data"]["path"] is None, "that nothing was found within the bound is not that there is nothing"
    assert found[3]["errors"][0]["extensions"]["code"] == "LIMIT"
