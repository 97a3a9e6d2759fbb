"""A name of which neighbours are asked for counts for what is in sight only, whatever else has that name."""

from datetime import date
from typing import Any

from starlette.testclient import TestClient

from seed.story import ALUMINIUM, PACK_RECYCLED, RECYCLER, module, story
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
