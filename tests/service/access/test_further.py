"""A name of which neighbours are asked for counts for what is in sight only, whatever else has that name."""

from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import ALUMINIUM, PACK_RECYCLED, RECYCLER, module, story
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


def test_a_way_through_many_names_is_walked_once(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
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
    walked: list[Any] = []
    find_trace = tracing.find_trace

    async def noted(reader: Any, question: Any) -> Any:
        walked.append(question.further)
        return await find_trace(reader, question)

    monkeypatch.setattr(tracing, "find_trace", noted)
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
