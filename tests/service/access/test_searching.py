"""Searches find what is in sight, whole and page by page."""

import pytest

from seed.story import FLEET, PACK_A, PACK_RECYCLED, PACK_VANISHED, RECYCLER, TAXI, module
from service.ports import Store
from tests.service.access.conftest import AskAs


def test_a_search_finds_what_is_in_sight(told: Store, ask: AskAs) -> None:
    query = "query ($text: String!) { search(text: $text) { ... on Item { key } ... on Organization { key } } }"

    def found(viewer: str, text: str) -> list[str]:
        return [one["key"] for one in ask(viewer, query, text=text)["data"]["search"]]

    assert found("public", PACK_A) == [PACK_A], "whoever knows the code of a battery finds its digital ID"
    assert found("public", PACK_A[:-1]) == [], "but nobody lists the batteries of others"
    assert found("public", module(1)) == []
    assert found("public", "metals") == found(TAXI, "metals") == [RECYCLER]
    assert found("public", "trader") == found(TAXI, "trader") == [], "nobody registered it"
    assert found(TAXI, "0V1P") == [PACK_RECYCLED, PACK_VANISHED]
    assert found(TAXI, "0000001") == [], "the pack of another"
    assert len(found("regulator", "0V1P")) > 3


PAGE_OF_SEARCH = """query ($text: String!, $first: Int, $after: String) {
  searchConnection(text: $text, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    edges { node { ... on Item { key } ... on Organization { key } } } } }"""


@pytest.mark.parametrize("text", [PACK_A, PACK_RECYCLED, "0V1P", "0000002", "metals", "M", "trader", "nothing"])
@pytest.mark.parametrize("viewer", ["public", TAXI, FLEET, "regulator"])
def test_a_search_pages_through_what_is_in_sight(told: Store, ask: AskAs, viewer: str, text: str) -> None:
    """However small its pages; what is withheld makes no gap in them and counts nowhere."""
    query = (
        "query ($text: String!) { search(text: $text, first: 100) { ... on Item { key } ... on Organization { key } } }"
    )
    whole = [one["key"] for one in ask(viewer, query, text=text)["data"]["search"]]
    paged: list[str] = []
    after = None
    while True:
        page = ask(viewer, PAGE_OF_SEARCH, text=text, first=2, after=after)["data"]["searchConnection"]
        assert page["totalCount"] == len(whole)
        paged += [edge["node"]["key"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(page["edges"]) == 2
    assert paged == whole


def test_a_search_among_more_than_are_looked_through(told: Store, ask: AskAs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best hits are others': what is in sight is found nevertheless, each once, and organizations, too."""
    monkeypatch.setattr("service.access.searching.SEARCHED", 2)
    monkeypatch.setattr("service.access.searching.MANY", 2)
    monkeypatch.setattr("service.searching.FEWEST", 0)
    for text, expected in (("0V1P", [PACK_RECYCLED, PACK_VANISHED]), ("Xiang", [RECYCLER]), ("metals", [RECYCLER])):
        for first in (1, 2, 100):
            paged: list[str] = []
            page = ask(TAXI, PAGE_OF_SEARCH, text=text, first=first)["data"]["searchConnection"]
            while True:
                paged += [edge["node"]["key"] for edge in page["edges"]]
                if not page["pageInfo"]["hasNextPage"]:
                    break
                after = page["pageInfo"]["endCursor"]
                page = ask(TAXI, PAGE_OF_SEARCH, text=text, first=first, after=after)["data"]["searchConnection"]
            assert paged == expected, (text, first)
