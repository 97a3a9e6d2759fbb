"""What each viewer sees, and that there is no way around it."""

from datetime import datetime
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from seed.story import (
    ALUMINIUM,
    BLACK_MASS,
    CARBONATE,
    CATHODE,
    FLEET,
    MAKER,
    PACK_A,
    PACK_NEW,
    PACK_RECYCLED,
    RECYCLER,
    STORAGE,
    STORAGE_UNIT,
    SULPHATE,
    TAXI,
    TRADER,
    VEHICLE_A,
    VEHICLE_C,
    module,
    story,
)
from service.access.tokens import Tokens
from service.api.connection import cursor
from service.api.context import global_id
from service.api.custody import CUSTODY
from service.api.event import HISTORY
from service.ports import Store
from service.stores.memory import MemoryStore
from tests.conftest import MakeStore
from tests.service.access.conftest import AskAs, asking, served
from tests.support import send

ITEM = """
  id key kind status massKg producedAt attributes composition { element massKg } identifiers { scheme value }
  producer { key name } endedBy { eventId payload } holder { key name }
  custody { totalCount edges { cursor node { from to openedBy closedBy holder { key } } } }
  history { totalCount edges { cursor node { eventId payload problems { message } actor { key } } } }
  ... on Unit { model stateOfHealth host { key } parts { key kind } vehicle { key } }
  ... on EnergyUnit { chemistry energyKwh }
  ... on Battery { modules { key parts { key } } }
"""
TRACE = """
  root { key } truncated
  nodes { key kind role label status at redacted node { id ... on Item { key } } }
  edges { source target kind massKg openedBy closedBy }
  attribution { key element massKg share } balance { element rootKg }
  unsettled { eventId payload } frontier { key unexploredEdges }
"""


def item(ask: AskAs, viewer: str, key: str) -> Any:
    answer = ask(viewer, f"query ($key: String!) {{ item(key: $key) {{ {ITEM} }} }}", key=key)
    assert "errors" not in answer, answer
    return answer["data"]["item"]


def test_who_asks_is_told(told: Store, ask: AskAs) -> None:
    query = "{ viewer { role organization } }"
    assert ask("public", query)["data"]["viewer"] == {"role": "PUBLIC", "organization": None}
    assert ask(TAXI, query)["data"]["viewer"] == {"role": "PARTICIPANT", "organization": TAXI}
    assert ask("regulator", query)["data"]["viewer"]["role"] == "REGULATOR"


def test_the_public_sees_the_public_part_of_a_digital_id(told: Store, ask: AskAs) -> None:
    found = item(ask, "public", PACK_A)
    shown = {name: value for name, value in found.items() if value not in (None, [], {"totalCount": 0, "edges": []})}
    assert shown == {
        "id": global_id("Item", PACK_A),
        "key": PACK_A,
        "kind": "BATTERY",
        "status": "ENDED",
        "massKg": 15.0,
        "producedAt": "2021-05-10T00:00:00Z",
        "producer": {"key": MAKER, "name": "Minjiang Cell"},
        "model": "MJ-3",
        "chemistry": "NMC",
        "energyKwh": 3.0,
    }


@pytest.mark.parametrize("key", [VEHICLE_A, module(1), BLACK_MASS, "no such key"])
def test_of_other_things_the_public_sees_nothing(told: Store, ask: AskAs, key: str) -> None:
    assert item(ask, "public", key) is None


def test_a_participant_sees_what_it_made_holds_or_held_in_full(told: Store, ask: AskAs) -> None:
    everything = {key: item(ask, "regulator", key) for key in (PACK_RECYCLED, module(3))}
    for key in (PACK_RECYCLED, module(3)):
        mine, all_ = item(ask, TAXI, key), everything[key]
        for name in ("composition", "producer", "custody", "stateOfHealth", "status"):
            assert mine[name] == all_[name], (key, name)
        assert mine["endedBy"]["eventId"] == all_["endedBy"]["eventId"]
        assert mine["endedBy"]["payload"] is None, "it names what others put in"
        ids = [edge["node"]["eventId"] for edge in all_["history"]["edges"]]
        assert [edge["node"]["eventId"] for edge in mine["history"]["edges"]] == ids


HIDDEN_FROM_TAXI = (
    BLACK_MASS, CARBONATE, SULPHATE, ALUMINIUM, CATHODE, module(2), module(7), VEHICLE_A, STORAGE, FLEET,
)  # fmt: skip
"""Others' items and parties: of none of them the taxi operator ever had anything."""

LISTS = [
    "{ items(first: 100) { totalCount edges { cursor node { %s } } } }" % ITEM,
    "{ items(last: 100, filter: {kind: LOT}) { totalCount edges { node { key } } } }",
    '{ items(filter: {text: "LOT"}) { totalCount edges { node { key } } } }',
    "{ events(first: 100) { totalCount edges { cursor node { eventId type payload actor { key }"
    " items { key } problems { message key conflictsWith } } } } }",
    *(
        "{ trace(key: %s, direction: %s, claims: %s) { %s } }" % (orjson.dumps(key).decode(), way, claims, TRACE)
        for key in (PACK_RECYCLED, VEHICLE_C)
        for way in ("FORWARD", "BACKWARD", "BOTH")
        for claims in ("ACCEPTED", "ALL")
    ),
    *(
        f"{{ trace(key: {orjson.dumps(PACK_RECYCLED).decode()}, direction: FORWARD, maxNodes: {bound}) {{ {TRACE} }} }}"
        for bound in (20,)
    ),
    *(
        "{ search(text: %s, first: 100) { __typename id ... on Item { key } ... on Organization { key } } }"
        % orjson.dumps(text).decode()
        for text in ("0V1", "LVT", "LOT", "e")
    ),
    "{ affected(keys: [%s, %s], first: 100) {"
    " counts { kinds { kind count } vehicles holders ended byHolder { count holder { key label } } } unknown"
    " items { totalCount edges { cursor node { suspects ended node { key label node { id } } outermost { key label }"
    " vehicle { key } holder { key label } } } } } }"
    % (orjson.dumps(PACK_RECYCLED).decode(), orjson.dumps(BLACK_MASS[:-1]).decode()),
    '{ trace(key: %s, direction: BOTH, asOf: "2026-07-01T12:00:00Z") { %s } }'
    % (orjson.dumps(PACK_RECYCLED).decode(), TRACE),
    '{ traceChanges(key: %s, direction: BOTH, from: {asOf: "2022-01-01T00:00:00Z"}, to: {}) {'
    " nodesAdded { key label node { id } } nodesChanged { before { key } after { key label } fields }"
    " edgesAdded { source target openedBy } edgesChanged { after { source target closedBy } fields } } }"
    % orjson.dumps(PACK_RECYCLED).decode(),
]


@pytest.mark.parametrize("query", LISTS)
def test_nothing_of_others_is_in_any_answer(told: Store, ask: AskAs, query: str) -> None:
    told_all = orjson.dumps(ask("regulator", query)).decode()
    told_taxi = orjson.dumps(ask(TAXI, query)).decode()
    registered = (STORAGE, FLEET) if "events(" in query or "search(" in query else ()
    found = [key for key in HIDDEN_FROM_TAXI if key in told_taxi and key not in registered]
    assert not found
    assert any(key in told_all for key in HIDDEN_FROM_TAXI), "there is something to withhold"


def test_every_store_withholds_alike(make_store: MakeStore, tokens: Tokens) -> None:
    stores = make_store(), MemoryStore()
    with TestClient(served(stores[0], tokens)) as one, TestClient(served(stores[1], tokens)) as other:
        for store in stores:
            send(store, story())
        ours, theirs = asking(one, tokens), asking(other, tokens)
        for viewer in ("public", TAXI, MAKER, STORAGE):
            for query in LISTS[-14:] + LISTS[1:4]:
                assert ours(viewer, query) == theirs(viewer, query)


@pytest.mark.parametrize("key", [*HIDDEN_FROM_TAXI[:8], "no such key"])
def test_what_is_withheld_is_as_if_it_did_not_exist(told: Store, ask: AskAs, key: str) -> None:
    """By key, by global id, by path, by trace, by filter, as an organization, in a recording."""
    ids = [global_id(kind, key) for kind in ("Item", "Event", "Organization")]
    answer = ask(
        TAXI,
        "query ($key: String!, $ids: [ID!]!, $mine: String!) { item(key: $key) { key } lot(key: $key) { key }"
        " nodes(ids: $ids) { id } organization(key: $key) { key } trace(key: $key, direction: BOTH) { truncated }"
        " there: path(from: $mine, to: $key) { truncated } back: path(from: $key, to: $mine) { truncated }"
        " items(filter: {text: $key}) { totalCount } events(filter: {item: $key}) { totalCount }"
        " search(text: $key) { id } affected(keys: [$key]) { unknown items { totalCount } counts { holders } }"
        " traceChanges(key: $key, direction: BOTH, from: {}, to: {}) { truncated } }",
        key=key,
        ids=ids,
        mine=PACK_RECYCLED,
    )
    assert "errors" not in answer
    assert {"data": answer["data"]} == {
        "data": {
            "item": None, "lot": None, "nodes": [None, None, None], "organization": None, "trace": None,
            "there": None, "back": None, "items": {"totalCount": 0}, "events": {"totalCount": 0},
            "search": [], "affected": {"unknown": [key], "items": {"totalCount": 0}, "counts": {"holders": 0}},
            "traceChanges": None,
        }
    }  # fmt: skip


def test_events_of_others_are_not_there(told: Store, ask: AskAs) -> None:
    all_ids = [
        edge["node"]["eventId"]
        for edge in ask("regulator", "{ events(first: 100) { edges { node { eventId } } } }")["data"]["events"]["edges"]
    ]
    query = "{ events(first: 100) { totalCount edges { node { eventId } } } }"
    page = ask(TAXI, query)["data"]["events"]
    seen = {edge["node"]["eventId"] for edge in page["edges"]}
    assert page["totalCount"] == len(seen)
    for event_id in all_ids:
        found = ask(TAXI, "query ($id: String!) { event(eventId: $id) { eventId } }", id=event_id)["data"]["event"]
        registered = "registration" in event_id
        assert (found is not None) == (event_id in seen or registered), event_id


def test_a_trace_keeps_its_structure(told: Store, ask: AskAs) -> None:
    query = "query ($key: String!) { trace(key: $key, direction: FORWARD) { %s } }" % TRACE
    whole = ask("regulator", query, key=PACK_RECYCLED)["data"]["trace"]
    mine = ask(TAXI, query, key=PACK_RECYCLED)["data"]["trace"]
    again = ask(TAXI, query, key=PACK_RECYCLED)["data"]["trace"]
    other = ask(FLEET, query, key=PACK_A)["data"]["trace"]
    assert mine == again, "pseudonyms stay"
    for trace in (whole, mine):
        assert len({node["key"] for node in trace["nodes"]}) == len(trace["nodes"])
    kinds = [[node["kind"] for node in trace["nodes"] if node["kind"] != "ORGANIZATION"] for trace in (whole, mine)]
    assert sorted(kinds[0]) == sorted(kinds[1])
    assert len(mine["edges"]) == len(whole["edges"])
    keys = {node["key"] for node in mine["nodes"]}
    assert {edge[end] for edge in mine["edges"] for end in ("source", "target")} <= keys
    hidden = [node for node in mine["nodes"] if node["redacted"]]
    assert hidden
    assert all(node["key"].startswith("withheld:") and node["label"] == "withheld" for node in hidden)
    assert all(node["status"] is node["at"] is node["node"] is None for node in hidden)
    assert {node["key"] for node in hidden}.isdisjoint(node["key"] for node in other["nodes"])
    assert mine["balance"] == whole["balance"], "of one's own substance the balance is whole, and closes"
    masses = [edge["massKg"] for edge in mine["edges"] if edge["source"].startswith("withheld:") and edge["massKg"]]
    assert masses
    assert all(mass == float(f"{mass:.1e}") for mass in masses)


def test_of_what_is_withheld_nobody_is_named_and_the_day_is_told(told: Store, ask: AskAs) -> None:
    """Who held one's own pack is named there, and not as who held what came of it later."""
    query = "query ($key: String!) { trace(key: $key, direction: FORWARD) { nodes { key redacted }"
    query += " edges { kind source target from to openedBy closedBy } } }"
    later = {"occurredAt": "2026-10-05T13:45:10Z", "actor": RECYCLER, "items": [CARBONATE], "to": STORAGE}
    send(told, [{"eventId": "later", "type": "TRANSFER", **later}])
    assert later["occurredAt"] in str(ask("regulator", query, key=PACK_RECYCLED))
    mine = ask(TAXI, query, key=PACK_RECYCLED)["data"]["trace"]
    held = [edge for edge in mine["edges"] if edge["kind"] == "HELD_BY"]
    assert RECYCLER in {edge["target"] for edge in held if edge["source"] == PACK_RECYCLED}
    others = [edge for edge in held if edge["source"].startswith("withheld:")]
    assert others
    assert all(edge["target"].startswith("withheld:") for edge in others)
    hidden = {node["key"] for node in mine["nodes"] if node["redacted"]}
    assert {edge["target"] for edge in others} <= hidden
    told_of = {event["eventId"]: event["occurredAt"] for event in story()}
    for edge in mine["edges"]:
        for moment, by in ((edge["from"], edge["openedBy"]), (edge["to"], edge["closedBy"])):
            if by is not None and by.startswith("withheld:"):
                assert moment.endswith("T00:00:00Z")
            elif by is not None:
                assert datetime.fromisoformat(moment) == datetime.fromisoformat(told_of[by])
    assert any(edge["from"] == "2026-10-05T00:00:00Z" for edge in others)


def test_an_identifier_that_others_state_hides_nothing(told: Store, ask: AskAs) -> None:
    """Of several items of one identifier the viewer gets the first that it sees, and its trace begins there."""
    stated = [{"scheme": "SN", "value": "SN-1"}]
    when = {"occurredAt": "2026-10-01T08:00:00+08:00", "type": "ENROLMENT"}
    theirs = {"key": "AAA", "kind": "MODULE", "identifiers": stated}
    ours = {"key": "ZZZ", "kind": "MODULE", "identifiers": stated}
    send(told, [{**when, "eventId": "1", "actor": FLEET, "items": [theirs]}])
    send(told, [{**when, "eventId": "2", "actor": TAXI, "items": [ours]}])
    query = (
        '{ item(key: "SN-1") { key } trace(key: "SN-1", direction: BOTH) { root { key } nodes { key redacted } }'
        ' path(from: "SN-1", to: "SN-1") { root { key } }'
        ' affected(keys: ["SN-1"]) { unknown items { edges { node { node { key } } } } } }'
    )
    for viewer, key in ((TAXI, "ZZZ"), (FLEET, "AAA"), ("regulator", "AAA")):
        found = ask(viewer, query)["data"]
        assert found["item"] == found["trace"]["root"] == found["path"]["root"] == {"key": key}
        assert key in {node["key"] for node in found["trace"]["nodes"]}
        assert found["affected"] == {"unknown": [], "items": {"edges": [{"node": {"node": {"key": key}}}]}}
    assert ask(MAKER, query)["data"]["item"] is None


def test_an_organization_holds_what_the_viewer_sees_of_it(told: Store, ask: AskAs) -> None:
    query = "query ($key: String!) { organization(key: $key) { holdings(first: 100) { totalCount edges { node { key"
    query += " } } } } items(first: 100) { edges { node { key } } } }"
    held: dict[str, set[str]] = {}
    for viewer in ("regulator", TAXI, MAKER, "public"):
        held[viewer] = set()
        for organization in (MAKER, RECYCLER, STORAGE, TAXI, FLEET):
            data = ask(viewer, query, key=organization)["data"]
            seen = {edge["node"]["key"] for edge in data["items"]["edges"]}
            page = data["organization"]["holdings"]
            keys = {edge["node"]["key"] for edge in page["edges"]}
            assert page["totalCount"] == len(keys)
            assert keys <= seen, "only what it sees in full"
            held[viewer] |= keys
    assert held["regulator"] > held[TAXI] > held["public"] == set()
    assert held["regulator"] > held[MAKER]


def test_a_cursor_of_something_withheld_finds_what_follows_of_ones_own(told: Store, ask: AskAs) -> None:
    """Whoever makes a cursor up learns where a name would stand among those that it sees, and no more."""
    query = "query ($after: String) { items(first: 100, after: $after) { totalCount edges { cursor node { key } } } }"
    whole = ask("regulator", query, after=None)["data"]["items"]
    every = ask(TAXI, query, after=None)["data"]["items"]
    assert len(whole["edges"]) > len(every["edges"]) > 0
    for number, edge in enumerate(whole["edges"], 1):
        rest = ask(TAXI, query, after=edge["cursor"])["data"]["items"]
        assert rest["totalCount"] == every["totalCount"]
        assert rest["edges"] == [one for one in whole["edges"][number:] if one in every["edges"]]


def test_a_cursor_of_others_events_finds_ones_own(told: Store, ask: AskAs) -> None:
    query = (
        "query ($after: String) { events(first: 100, after: $after) { totalCount edges { cursor node { sequence } } } }"
    )
    every = ask(TAXI, query, after=None)["data"]["events"]
    for sequence in range(1, len(list(story())) + 1):
        rest = ask(TAXI, query, after=cursor(sequence))["data"]["events"]
        assert rest["edges"] == [edge for edge in every["edges"] if edge["node"]["sequence"] > sequence]
    other = "query ($key: String!, $after: String, $custody: String) { item(key: $key) {"
    other += " history(after: $after) { edges { node { sequence } } }"
    other += " custody(after: $custody) { edges { node { openedBy } } } } }"
    for made_up in ("ff" * 40, "00" * 40):
        places = {"after": cursor(made_up, HISTORY), "custody": cursor(made_up, CUSTODY)}
        answer = ask(TAXI, other, key=module(2), **places)
        assert answer["data"] == {"item": None}


def test_a_maker_follows_what_it_made(told: Store, ask: AskAs) -> None:
    query = "query ($key: String!) { trace(key: $key, direction: FORWARD) { nodes { key redacted } } }"
    nodes = ask(MAKER, query, key=PACK_RECYCLED)["data"]["trace"]["nodes"]
    hidden = {node["key"] for node in nodes if node["redacted"]}
    seen = {node["key"] for node in nodes} - hidden
    assert {PACK_RECYCLED, CARBONATE, SULPHATE, PACK_NEW, RECYCLER} <= seen, "also the salts that it bought back"
    assert BLACK_MASS not in seen
    assert STORAGE_UNIT not in seen


def test_the_public_does_not_trace(told: Store, ask: AskAs) -> None:
    for key in (PACK_A, "no such key"):
        query = "query ($key: String!) { trace(key: $key, direction: BOTH) { truncated } }"
        assert ask("public", query, key=key)["data"] == {"trace": None}
    below = """{ battery(key: "%s") { key model trace(direction: BOTH, maxNodes: 9) {
      withheld root { key } nodes { key } edges { source } attribution { key } balance { rootKg }
      unsettled { id } } } }"""
    battery = ask("public", below % PACK_A)["data"]["battery"]
    assert battery["model"] == "MJ-3", "the rest of the item is answered"
    nothing = {name: [] for name in ("nodes", "edges", "attribution", "balance", "unsettled")}
    assert battery["trace"] == {"withheld": True, "root": {"key": PACK_A}, **nothing}
    for query in ("{ items { totalCount edges { node { key } } } }", "{ events { totalCount edges { node { id } } } }"):
        assert all(page == {"totalCount": 0, "edges": []} for page in ask("public", query)["data"].values())


def test_a_recall_keeps_its_structure(told: Store, ask: AskAs) -> None:
    query = (
        "query ($key: String!) { affected(keys: [$key]) { counts { kinds { kind count } vehicles holders }"
        " items { totalCount edges { node { node { key redacted } ended } } } } }"
    )
    whole, mine = (ask(viewer, query, key=PACK_RECYCLED)["data"]["affected"] for viewer in ("regulator", TAXI))
    assert mine["counts"] == whole["counts"]
    assert mine["items"]["totalCount"] == whole["items"]["totalCount"]
    nodes = [edge["node"] for edge in mine["items"]["edges"]]
    hidden = [one for one in nodes if one["node"]["redacted"]]
    assert hidden
    assert all(one["ended"] is None and one["node"]["key"].startswith("withheld:") for one in hidden)


def test_registered_organizations_are_public(told: Store, ask: AskAs) -> None:
    query = "query ($key: String!) { organization(key: $key) { name region authorizations { scope } } }"
    found = ask("public", query, key=RECYCLER)["data"]["organization"]
    assert found["name"] == "Xiang Metals"
    assert ask("public", query, key=TRADER)["data"]["organization"] is None
    assert ask("regulator", query, key=TRADER)["data"]["organization"] is not None


def test_the_budget_goes_by_the_role(told: Store, ask: AskAs) -> None:
    for viewer, budget in (("public", 100_000), (TAXI, 2_000_000), ("regulator", 20_000_000)):
        assert ask(viewer, "{ viewer { role } }")["extensions"]["cost"]["budget"] == budget
    (error,) = ask("public", "{ items(first: 100) { edges { node { history(first: 100) { edges { node {"
                   " items { history(first: 100) { totalCount } } } } } } } } }")["errors"]  # fmt: skip
    assert error["extensions"]["setting"] == "VOLTRACE_COST_MAX_PUBLIC"
