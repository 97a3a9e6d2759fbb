"""The story as the explorer shows it, with what the rulebook finds in it."""

from seed.story import story
from service.keeping import Keeper
from service.stores.memory import MemoryStore
from tests.support import send, wait


def audited_story() -> MemoryStore:
    """A store with the story and its findings."""
    store = MemoryStore()
    send(store, story())
    wait(store, Keeper(store).run())
    return store
