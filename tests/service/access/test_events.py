"""A participant's part of the log: found without looking through all of it, the same from both ends, and counted."""

from itertools import pairwise
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from seed.story import MAKER, PACK_A, PACK_RECYCLED, PACK_VANISHED, RECYCLER, STORAGE, TAXI, TRADER, WORKSHOP, story
from service.access.guard import guarded
from service.access.records import Records
from service.access.tokens import Tokens
from service.access.viewer import Role, Viewer
from service.api.counting import AN_EVENT
from service.app import create_app
from service.ports import EventFilter, Store, StoredEvent
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.service.access.conftest import AskAs, asking
from tests.support import send, wait

EVENTS = "{ events(%s) { totalCount edges { node { eventId payload } } } }"


@pytest.mark.parametrize("viewer", [MAKER, RECYCLER, STORAGE, TAXI, WORKSHOP])
def test_all_of_it_is_what_is_shown_of_every_event(told: Store, viewer: str) -> None:
    """As if every event of the log were looked at."""

    async def both() -> tuple[list[StoredEvent], list[StoredEvent], list[StoredEvent], int]:
        async with told.snapshot() as snapshot:
            guard: Any = guarded(snapshot, Viewer(Role.PARTICIPANT, viewer, viewer))
            every = await guard.records.shown(await snapshot.event_page(EventFilter(), None, 10_000))
            found = await guard.event_page(EventFilter(), None, 10_000)
            back = await guard.event_page(EventFilter(), None, 10_000, reverse=True)
            return every, found, back, await guard.event_count(EventFilter())

    every, found, back, count = wait(told, both())
    assert found == every
    assert back == every[::-1]
    assert count == len(every) > 10


def test_pages_and_counts(told: Store, ask: AskAs) -> None:
    whole = ask(TAXI, EVENTS % "first: 100")["data"]["events"]
    ids = [edge["node"]["eventId"] for edge in whole["edges"]]
    assert whole["totalCount"] == len(ids)
    newest = ask(TAXI, EVENTS % "first: 3, orderBy: { direction: DESC }")["data"]["events"]
    assert [edge["node"]["eventId"] for edge in newest["edges"]] == ids[:-4:-1]
    assert newest["totalCount"] == len(ids)
    assert ask("public", EVENTS % "first: 3")["data"]["events"] == {"totalCount": 0, "edges": []}


def test_of_a_withheld_event_ones_own_items_are_told(told: Store, ask: AskAs) -> None:
    """A sale of three packs, of which the taxi operator sees two in full; that there is a third everybody may know, and
    not that it was sold with these. What is about that sale says no more; neither does who guesses its name."""
    history = '{ battery(key: "%s") { history(first: 100) { edges { node { eventId type payload items { key } } } } } }'
    guess = {"eventId": "guess", "type": "RECEIPT", "occurredAt": "2026-10-01T08:00:00Z", "actor": WORKSHOP}
    found = ask("regulator", history % PACK_RECYCLED)["data"]["battery"]["history"]["edges"]
    sale, receipt = [edge["node"] for edge in found if edge["node"]["type"] in ("TRANSFER", "RECEIPT")][:2]
    assert len(sale["items"]) == len(receipt["items"]) == 3
    send(told, [guess | {"transfer": sale["eventId"]}])
    mine = [{"key": key} for key in sorted([PACK_RECYCLED, PACK_VANISHED])]
    for one in ask(TAXI, history % PACK_RECYCLED)["data"]["battery"]["history"]["edges"]:
        if one["node"]["eventId"] in (sale["eventId"], receipt["eventId"], "guess"):
            assert (one["node"]["payload"], one["node"]["items"]) == (None, mine)
    query = '{ event(eventId: "guess") { payload items { key } } }'
    assert [one["key"] for one in ask("regulator", query)["data"]["event"]["items"]] == sorted([PACK_A, *(
        one["key"] for one in mine)])  # fmt: skip
    told_to_workshop = ask(WORKSHOP, query)["data"]["event"]
    assert (told_to_workshop["payload"]["transfer"], told_to_workshop["items"]) == (sale["eventId"], [])


def test_no_hash_lets_anybody_check_a_guess_of_a_payload(told: Store, ask: AskAs) -> None:
    """Not even one's own: those before and after another's event hold its digest between them."""
    query = "{ %s { edges { node { eventId payload hash previousHash } } } }" % "events(first: 100)"
    history = '{ battery(key: "%s") { history(first: 100) { edges { node { hash previousHash } } } } }' % PACK_RECYCLED
    for asked, path in ((query, ("events",)), (history, ("battery", "history"))):
        for viewer in (TAXI, MAKER):
            page = ask(viewer, asked)["data"]
            for name in path:
                page = page[name]
            assert len(page["edges"]) > 3
            assert {(edge["node"]["hash"], edge["node"]["previousHash"]) for edge in page["edges"]} == {("", "")}
    nodes = [edge["node"] for edge in ask("regulator", query)["data"]["events"]["edges"]]
    assert all(one["hash"] == other["previousHash"] != "" for one, other in pairwise(nodes))


def test_little_is_read_of_a_log_of_others(tmp_path: Any) -> None:
    store = SqliteStore(tmp_path / "log.db")
    small = {"eventId": "own", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "SMALL",
             "outputs": [{"key": "mine", "kind": "BATTERY"}]}  # fmt: skip
    others = [small | {"eventId": f"e{n}", "actor": "LARGE", "outputs": [{"key": f"x{n}", "kind": "BATTERY"}]}
              for n in range(3_000)]  # fmt: skip
    send(store, [*others, small])
    assert _read(store) == (["own"], 1)


def test_the_specification_says_the_same(told: Store) -> None:
    if isinstance(told, MemoryStore):
        return

    async def all_of(store: Store) -> list[str]:
        async with store.snapshot() as snapshot:
            return [one.event_id for one in await snapshot.event_page(EventFilter(about=TAXI), None, 10_000)]

    memory = MemoryStore()
    from seed.story import story

    send(memory, story())
    assert wait(told, all_of(told)) == wait(memory, all_of(memory))


def _read(store: SqliteStore) -> tuple[list[str], int]:
    """The ids that a small party is shown, and how many records were read for them."""

    async def look() -> tuple[list[str], int]:
        async with store.snapshot() as snapshot:
            records = 0
            whole = snapshot.event_page

            async def counting(*arguments: Any, **named: Any) -> list[StoredEvent]:
                nonlocal records
                found = await whole(*arguments, **named)
                records += len(found)
                return found

            snapshot.event_page = counting  # type: ignore[method-assign]
            guard = guarded(snapshot, Viewer(Role.PARTICIPANT, "SMALL", "SMALL"))
            return [one.event_id for one in await guard.event_page(EventFilter(), None, 1)], records

    return wait(store, look())


def test_a_problem_of_a_withheld_event_names_nothing_else(told: Store, ask: AskAs) -> None:
    """An event of another about one's own pack and something else: who and what, and not what else it is about."""
    when = {"occurredAt": "2026-10-01T08:00:00+08:00", "actor": TRADER}
    secret = {"eventId": "built in", "type": "INSTALLATION", "part": PACK_RECYCLED, "host": "SECRET-VEHICLE", **when}
    send(told, [secret])
    query = """{ item(key: %s) { history(last: 1) { edges { node { eventId payload items { key }
      problems { code message field key conflictsWith } } } } } }""" % orjson.dumps(PACK_RECYCLED).decode()
    query = query.replace("(last: 1)", "(first: 100)")
    for viewer in ("regulator", TAXI):
        nodes = [edge["node"] for edge in ask(viewer, query)["data"]["item"]["history"]["edges"]]
        (found,) = [node for node in nodes if node["eventId"] == "built in"]
        (problem,) = found["problems"]
        if viewer == "regulator":
            assert (problem["code"], problem["key"]) == ("UNKNOWN_ITEM", "SECRET-VEHICLE")
        else:
            assert found["payload"] is None
            assert problem == {
                "code": "WITHHELD", "message": "withheld: it concerns another party",
                "field": None, "key": None, "conflictsWith": None,
            }  # fmt: skip


def test_a_count_makes_nothing_of_what_it_counts(told: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = Viewer(Role.PARTICIPANT, MAKER, MAKER)

    async def count(where: EventFilter) -> int:
        async with told.snapshot() as snapshot:
            return await guarded(snapshot, viewer).event_count(where)

    async def listed(where: EventFilter) -> int:
        async with told.snapshot() as snapshot:
            return len(await guarded(snapshot, viewer).event_page(where, None, 10_000))

    filters = [EventFilter(), EventFilter(item=PACK_A), EventFilter(types=("TRANSFER",)), EventFilter(party=TAXI)]
    found = [wait(told, listed(where)) for where in filters]
    monkeypatch.setattr(Records, "shown", None)
    monkeypatch.setattr(Records, "told", None)
    assert [wait(told, count(where)) for where in filters] == found
    assert min(found) > 0


def test_counts_are_charged_and_end_with_the_budget(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    send(store, story())
    counted: list[EventFilter] = []
    count = Records.count

    async def noted(records: Records, where: EventFilter) -> int:
        counted.append(where)
        return await count(records, where)

    monkeypatch.setattr(Records, "count", noted)
    query = "{ a: events { totalCount } b: events(filter: {type: TRANSFER}) { totalCount } c: events { totalCount } }"
    with TestClient(create_app(store, Settings(store=store.url, tokens_file=str(tokens.path)))) as client:
        answer = asking(client, tokens)(TAXI, query)
    whole, some, again = (answer["data"][name]["totalCount"] for name in "abc")
    assert whole == again > some > 0
    cost = answer["extensions"]["cost"]
    assert cost["charged"] == AN_EVENT * (whole + some + again)
    assert len(counted) == 2, "the same filter is counted once"
    counted.clear()
    settings = Settings(store=store.url, tokens_file=str(tokens.path), cost_max=cost["computed"] + 1)
    with TestClient(create_app(store, settings)) as client:
        answer = asking(client, tokens)(TAXI, query)
    assert answer["errors"][0]["extensions"]["setting"] == "VOLTRACE_COST_MAX"
    assert len(counted) == 1, "nothing more is counted"
