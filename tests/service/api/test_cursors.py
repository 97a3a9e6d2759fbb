"""A cursor is of one list in one order; any other list refuses it, and says which cursors it takes."""

from itertools import permutations

import pytest

from seed.story import BLACK_MASS, PACK_A, PACK_RECYCLED
from service.api.connection import cursor
from service.keeping import Keeper
from service.ports import Store
from service.stores.memory import MemoryStore
from tests.service.api.conftest import Ask
from tests.support import wait

LISTS = {
    "items by KEY": "items(first: 1 %s)",
    "items by PRODUCED_AT": "items(first: 1, orderBy: { field: PRODUCED_AT } %s)",
    "organizations by KEY": "organizations(first: 1 %s)",
    "organizations by NAME": "organizations(first: 1, orderBy: { field: NAME } %s)",
    "the log": "events(first: 1 %s)",
    "findings by SHOWN_AT": "findings(first: 1 %s)",
    "findings by SINCE": "findings(first: 1, orderBy: { field: SINCE } %s)",
    "a search": 'searchConnection(text: "VOLT", first: 1 %s)',
    "a history": f'item(key: "{PACK_RECYCLED}") {{ page: history(first: 1 %s)',
    "a custody": f'item(key: "{PACK_RECYCLED}") {{ page: custody(first: 1 %s)',
    "a recall": f'affected(keys: ["{BLACK_MASS}"], first: 1 %s) {{ page: items',
}


def query(name: str, after: str = "") -> str:
    asked = LISTS[name] % (f', after: "{after}"' if after else "")
    return f"{{ {asked} {{ edges {{ cursor }} }} {'}' if '{ page:' in asked else ''} }}"


@pytest.fixture
def store() -> Store:
    """A store with findings; what a cursor says is above the stores."""
    return MemoryStore()


@pytest.fixture
def cursors(told: Store, data: Ask) -> dict[str, str]:
    """One cursor of each list."""
    wait(told, Keeper(told).run())
    found = {}
    for name in LISTS:
        (page,) = data(query(name)).values()
        (edge,) = page.get("page", page)["edges"]
        found[name] = edge["cursor"]
    return found


def test_a_list_takes_its_own_cursor_and_no_other(cursors: dict[str, str], answer: Ask) -> None:
    for name, own in cursors.items():
        assert "errors" not in answer(query(name, own)), name
    for name, other in permutations(cursors, 2):
        (error,) = answer(query(name, cursors[other]))["errors"]
        told = f"after: {cursors[other]!r} is no cursor of {name}; take one from an edge of the same list and order"
        assert (error["message"], error["extensions"]["code"]) == (told, "BAD_USER_INPUT"), (name, other)


@pytest.mark.parametrize("place", ["9" * 20 + ":abc", "-" + "9" * 20 + ":abc", "٣:abc", "²:abc", "5", ":", ""])
@pytest.mark.parametrize("page", ['first: 1, after: "%s"', 'last: 1, before: "%s"'])
def test_a_made_up_place_of_items(answer: Ask, told: Store, place: str, page: str) -> None:
    """Whatever a number is, it is no unexpected error."""
    made = page % cursor(place, "items by KEY")
    holdings = f'{{ organization(key: "91350900MA0000R01Y") {{ holdings({made}) {{ totalCount }} }} }}'
    for asked in (f"{{ items({made}) {{ totalCount }} }}", holdings):
        (error,) = answer(asked)["errors"]
        assert "is no cursor of items by KEY; take one from an edge" in error["message"]


def test_cursors_that_followers_kept_stay_valid(answer: Ask, told: Store) -> None:
    """Of the log and of findings, as voltrace 0.1 gave them."""
    assert cursor(0) == "djE6MA"
    assert "errors" not in answer(
        '{ events(after: "djE6MA") { totalCount } findings(after: "djE6MC4w") { totalCount } }'
    )


def test_the_same_place_in_both_directions(data: Ask, told: Store) -> None:
    (edge,) = data(f'{{ items(first: 1, filter: {{ text: "{PACK_A}" }}) {{ edges {{ cursor }} }} }}')["items"]["edges"]
    newest = f'items(first: 1, orderBy: {{ direction: DESC }}, after: "{edge["cursor"]}") {{ edges {{ cursor }} }}'
    assert data(f"{{ {newest} }}")["items"]["edges"]
