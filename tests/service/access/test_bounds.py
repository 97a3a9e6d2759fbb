"""What a bound of nodes cuts off tells nothing of the names of what is withheld."""

import pytest

from seed.story import RECYCLER, TAXI
from service.access.identity import Identity
from service.access.viewer import Role, Viewer
from service.ports import Store
from service.settings import Settings
from tests.service.access.conftest import AskAs, Tokens
from tests.support import send

LOT = "LOT-OF-ONES-OWN"
NAMES = [f"{letter}{number}" for number in range(3) for letter in "bdfhkmpr"]
DAY = "2026-08-01T00:00:00Z"


@pytest.fixture
def shared(told: Store) -> Store:
    """A lot of one's own, out of which oneself and others make cells, one by one, with names of one's choice."""
    lot = {"key": LOT, "kind": "LOT", "material": "black mass", "massKg": 1000}
    born = {"eventId": "born", "type": "PRODUCTION", "actor": TAXI, "outputs": [lot]}
    events = [{**born, "occurredAt": "2026-07-31T00:00:00Z"}]
    for number, name in enumerate(NAMES):
        made = {
            "outputs": [{"key": f"{name}-CELL", "kind": "CELL", "massKg": 1}],
            "inputs": [{"key": LOT, "massKg": 1}],
        }
        actor = RECYCLER if number % 2 else TAXI
        events.append({"eventId": f"{name}-event", "type": "PRODUCTION", "actor": actor, **made})
    parts = [f"{name}-CELL" for name in NAMES[1::2]]
    module = {"key": "a-MODULE", "kind": "MODULE", "massKg": len(parts), "parts": parts}
    events.append({"eventId": "built", "type": "PRODUCTION", "actor": RECYCLER, "outputs": [module]})
    events[-1]["occurredAt"] = "2026-08-02T00:00:00Z"
    results = send(told, [{"occurredAt": DAY, **event} for event in events])
    assert {one.status for one in results} == {"ACCEPTED"}
    return told


@pytest.mark.parametrize("depth", ["", ", maxDepth: 2"])
def test_what_comes_first_goes_by_pseudonyms(shared: Store, ask: AskAs, tokens: Tokens, depth: str) -> None:
    query = 'query ($n: Int) { trace(key: "%s", direction: FORWARD, maxNodes: $n%s) {' % (LOT, depth)
    query += " nodes { key kind } } }"
    ask(TAXI, "{ viewer { role } }")
    identity = Identity(Settings(tokens_file=str(tokens.path)))
    ones_own = {f"{name}-CELL" for name in NAMES[::2]}

    came: dict[str, None] = {}
    for bound in range(1, 2 * len(NAMES) + 4):
        nodes = ask(TAXI, query, n=bound)["data"]["trace"]["nodes"]
        came |= dict.fromkeys(node["key"] for node in nodes if node["kind"] == "CELL")

    def rank(key: str) -> str:
        return identity.pseudonym(Viewer(Role.PARTICIPANT, TAXI, TAXI), "ITEM", key)

    expected = sorted((f"{name}-CELL" for name in NAMES), key=rank)
    assert list(came) == [key if key in ones_own else f"withheld:{rank(key)}" for key in expected]
    assert expected != sorted(expected)


def test_the_frontier_is_in_that_order_too(shared: Store, ask: AskAs) -> None:
    query = '{ trace(key: "%s", direction: FORWARD, maxDepth: 2) { frontier { key } nodes { key kind } } }' % LOT
    trace = ask(TAXI, query)["data"]["trace"]
    keys = [node["key"] for node in trace["frontier"]]
    assert keys == [node["key"] for node in trace["nodes"] if node["kind"] == "CELL" and "withheld" in node["key"]]
    assert len(keys) == len(NAMES[1::2])
