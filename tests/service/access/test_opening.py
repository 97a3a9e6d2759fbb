"""What is in a history that a participant sees can be opened, and nothing else of others: one rule for both."""

import random

import pytest

from seed.story import WORKSHOP
from service.access.guard import Guarded
from service.access.viewer import Role, Viewer
from service.ports import EventFilter, ItemFilter, Snapshot, Store, StoredEvent
from tests.oracle.histories import ACTORS, random_history
from tests.service.access.conftest import AskAs
from tests.support import send, wait

MANY = 100_000
RECEIPT = "story-30-receipt"
OPENED = "query ($id: String!) { event(eventId: $id) { eventId payload } }"
Sights = dict[str, tuple[dict[str, StoredEvent], dict[str, StoredEvent], dict[str, StoredEvent]]]
"""Of each organization: what histories show it, what it can open by its id, and its part of the log."""


async def sights(snapshot: Snapshot) -> Sights:
    found: Sights = {}
    items = [handle for handle, _ in await snapshot.item_page(ItemFilter(), None, MANY)]
    events = await snapshot.event_page(EventFilter(), None, MANY)
    for organization in ACTORS:
        guard = Guarded(snapshot, Viewer(Role.PARTICIPANT, organization, organization))
        histories = (await guard.history(items)).values()
        opened = [one for event in events for one in await guard.stored([event.event_id])]
        listed = await guard.event_page(EventFilter(), None, MANY)
        found[organization] = (
            {event.event_id: event for history in histories for event in history},
            {event.event_id: event for event in opened},
            {event.event_id: event for event in listed},
        )
    return found


@pytest.mark.parametrize("seed", range(12))
def test_what_histories_show_is_what_can_be_opened(store: Store, seed: int) -> None:
    """And in the same form; beside them only what one reported oneself, and registrations. What the log lists is that,
    but for the history of what one was the first to report though the graph says another made it."""
    history = random_history(random.Random(seed), 80)
    send(store, history[:50])
    middle = wait(store, store.sequence_at(None))
    send(store, history[50:])

    async def look(sequence: int) -> tuple[Sights, list[str]]:
        async with store.snapshot(sequence) as snapshot:
            registrations = await snapshot.event_page(EventFilter(("REGISTRATION",)), None, MANY)
            return await sights(snapshot), [event.event_id for event in registrations]

    for sequence in (middle, wait(store, store.sequence_at(None))):
        found, registrations = wait(store, look(sequence))
        for organization, (shown, opened, listed) in found.items():
            own = {event_id for event_id, event in opened.items() if event.actor == organization}
            assert opened.keys() == shown.keys() | own | set(registrations), organization
            assert shown == {event_id: opened[event_id] for event_id in shown}, organization
            assert own | set(registrations) <= listed.keys() <= opened.keys(), organization
            assert listed == {event_id: opened[event_id] for event_id in listed}, organization


def test_through_the_service(told: Store, ask: AskAs) -> None:
    """Also what happened to the pack that a module was in, and voidings of receipts and of voidings."""
    void = {"eventId": "void", "type": "VOIDING", "actor": WORKSHOP, "voids": RECEIPT}
    other = {"eventId": "void-void", "type": "VOIDING", "actor": "STRANGER", "voids": "void"}
    send(told, [one | {"occurredAt": "2026-11-20T08:00:00Z"} for one in (void, other)])
    histories = "{ items(first: 100) { edges { node { history(first: 99) { edges { node { eventId payload } } } } } } }"
    items = [edge["node"] for edge in ask(WORKSHOP, histories)["data"]["items"]["edges"]]
    nodes = [edge["node"] for item in items for edge in item["history"]["edges"]]
    ids = {node["eventId"] for node in nodes}
    assert {"story-34-retirement", "story-37-dismantling", RECEIPT, "void", "void-void"} <= ids
    listed = ask(WORKSHOP, "{ events(first: 100) { edges { node { eventId payload } } } }")["data"]["events"]["edges"]
    for node in nodes:
        opened = ask(WORKSHOP, OPENED, id=node["eventId"])["data"]["event"]
        assert opened == node
        assert node in [edge["node"] for edge in listed]
