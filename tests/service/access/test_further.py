"""A name of which neighbours are asked for counts for what is in sight only, whatever else has that name."""

from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import ALUMINIUM, PACK_RECYCLED, RECYCLER, TAXI, module, story
from service import tracing
from service.access.tokens import Tokens
from service.stores.memory import MemoryStore
from tests.service.access.conftest import asking, served
from tests.support import send

QUERY = (
    """query ($n: Int, $further: [String!]) {
  trace(key: "%s", direction: FORWARD, maxNodes: $n, further: $further) { nodes { key } frontier { key } }
}"""
    % PACK_RECYCLED
)
HIDDEN = module(1, date(2026, 9, 10))
"""Of the battery maker, made of what the recycler sold."""


def told(tokens: Tokens, name: str) -> list[tuple[int, int]]:
    """How many nodes, and how many more of one's own event of that name, within bounds of one node after another."""
    store = MemoryStore()
    gone: dict[str, Any] = {"type": "DISPOSAL", "actor": RECYCLER, "items": [ALUMINIUM], "method": "LOSS"}
    (result,) = send(store, [*story(), {"eventId": name, "occurredAt": "2026-06-02T00:00:00Z", **gone}])[-1:]
    assert result.status == "ACCEPTED", result
    with TestClient(served(store, tokens)) as client:
        ask = asking(client, tokens)
        whole = {node["key"] for node in ask("regulator", QUERY, n=200)["data"]["trace"]["nodes"]}
        assert {name, HIDDEN} <= whole
        found = [
            [ask(RECYCLER, QUERY, n=bound, further=further)["data"]["trace"] for further in ([], [name])]
            for bound in range(8, 30)
        ]
    return [(len(without["nodes"]), len(more["nodes"])) for without, more in found]


def test_an_event_of_ones_own_confirms_no_guess_of_an_items_name(tokens: Tokens) -> None:
    assert told(tokens, HIDDEN) == told(tokens, f"{HIDDEN}-event")


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The names that each walk of a trace was asked with."""
    noted: list[Any] = []
    find_trace = tracing.find_trace

    async def walk(reader: Any, question: Any) -> Any:
        noted.append(question.further)
        return await find_trace(reader, question)

    monkeypatch.setattr(tracing, "find_trace", walk)
    return noted


@pytest.mark.parametrize("drawn", [("H1",), ("H1", "OTHER-LOT")])
def test_an_item_of_ones_own_confirms_no_guess_of_an_events_id(
    tokens: Tokens, walked: list[Any], drawn: tuple[str, ...]
) -> None:
    """Neither where the event is withheld nor where one is told of it elsewhere: by what is not in this trace."""
    query = """query ($depth: Int) {
      trace(key: "OWN-LOT", direction: FORWARD, maxDepth: $depth, maxNodes: 100, further: ["GUESS"]) {
        nodes { key } frontier { unexploredEdges } } }"""
    answers = []
    for event_id in ("GUESS", "ANOTHER"):
        store = MemoryStore()
        events = _sold_on(event_id, drawn)
        assert [one.status for one in send(store, [*story(), *events])[-len(events) :]] == ["ACCEPTED"] * len(events)
        with TestClient(served(store, tokens)) as client:
            ask = asking(client, tokens)
            for depth in (2, 3, 4):
                walked.clear()
                body = ask(RECYCLER, query, depth=depth)
                assert "errors" not in body, body
                trace = body["data"]["trace"]
                edges = sorted(one["unexploredEdges"] for one in trace["frontier"])
                answers.append((len(trace["nodes"]), edges, len(walked) if len(drawn) == 1 else None))
    assert answers[:3] == answers[3:]
    assert answers[1][1] == [4 + len(drawn)], "there is more to tell of the event"


def _sold_on(event_id: str, drawn: tuple[str, ...]) -> list[dict[str, Any]]:
    """Lots of the recycler and a cell named GUESS; the buyer makes five cells of what they became, in that event."""
    nickel = {"kind": "LOT", "material": "NICKEL_SULPHATE"}
    lots = [{**nickel, "key": key, "massKg": 100} for key in ("OWN-LOT", "OTHER-LOT")]
    steps: list[dict[str, Any]] = [
        {"eventId": "lots", "type": "PRODUCTION", "actor": RECYCLER, "outputs": lots},
        {
            "eventId": "cell", "type": "PRODUCTION", "actor": RECYCLER, "inputs": [{"key": "OWN-LOT", "massKg": 10}],
            "outputs": [{"key": "GUESS", "kind": "CELL", "massKg": 1}],
        },
        {"eventId": "sold", "type": "TRANSFER", "actor": RECYCLER, "items": ["OWN-LOT", "OTHER-LOT"], "to": TAXI},
        {
            "eventId": "mixed", "type": "PRODUCTION", "actor": TAXI, "inputs": [{"key": "OWN-LOT", "massKg": 10}],
            "outputs": [{**nickel, "key": "H1", "massKg": 9}],
        },
        {
            "eventId": event_id, "type": "PRODUCTION", "actor": TAXI,
            "inputs": [{"key": key, "massKg": 9} for key in drawn],
            "outputs": [{"key": f"H2-{number}", "kind": "CELL", "massKg": 1} for number in range(5)],
        },
    ]  # fmt: skip
    return [{**one, "occurredAt": f"2026-08-0{day}T00:00:00Z"} for day, one in enumerate(steps, 1)]


def test_a_way_through_many_names_is_walked_once(tokens: Tokens, walked: list[Any]) -> None:
    """Each name leads to the next; one that is withheld is dropped with what only it leads to."""
    store = MemoryStore()
    when = {"actor": RECYCLER, "occurredAt": "2026-08-01T00:00:00Z"}
    lots = [{"key": f"L{number}", "material": "NICKEL_SULPHATE", "massKg": 1} for number in range(11)]
    enrolled = {"eventId": "lots", "type": "ENROLMENT", "items": [{**lots[0], "kind": "LOT"}]}
    steps = [
        {"eventId": f"r{number}", "type": "REFINING", "step": number, "inputs": [{"key": f"L{number}", "massKg": 1}],
         "outputs": [lots[number + 1]]} for number in range(10)
    ]  # fmt: skip
    told = send(store, [*story(), *({**when, **one} for one in (enrolled, *steps))])
    assert {one.status for one in told[-11:]} == {"ACCEPTED"}
    query = """query ($further: [String!]) {
      trace(key: "L0", direction: FORWARD, maxDepth: 1, maxNodes: 50, further: $further) { nodes { key } } }"""
    further = [name for number in range(10) for name in (f"r{number}", f"L{number + 1}")]
    with TestClient(served(store, tokens)) as client:
        ask = asking(client, tokens)
        expected = {"L0", *further, RECYCLER}
        for names, traces in ((further, 1), ([*further, "nobody's"], 2)):
            walked.clear()
            body = ask(RECYCLER, query, further=names)
            assert "errors" not in body, body
            nodes = body["data"]["trace"]["nodes"]
            assert {node["key"] for node in nodes} == expected
            assert len(walked) == traces
