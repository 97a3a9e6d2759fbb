"""`identifier`: what a text says, of which no store knows anything."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.api.conftest import Ask

QUERY = """query ($text: String!, $scheme: IdentifierScheme) { identifier(text: $text, scheme: $scheme) {
  scheme title value valid faults fields { name first last value meaning } } }"""


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(MemoryStore(), Settings(store="memory:"))) as made:
        yield made


def test_a_valid_one(data: Ask) -> None:
    found = data(QUERY, text=" ００１CB240000003B3C0221953")["identifier"]
    assert found["scheme"] == "GBT_34014"
    assert found["title"] == "traction battery code (GB/T 34014-2017)"
    assert found["value"] == "001CB240000003B3C0221953"
    assert found["valid"] is True
    assert found["faults"] == []
    assert found["fields"][0] == {"name": "manufacturer", "first": 1, "last": 3, "value": "001", "meaning": "CATL"}


def test_a_faulty_one(data: Ask) -> None:
    found = data(QUERY, text="91350100M000100Y44")["identifier"]
    assert (found["scheme"], found["valid"]) == ("CREDIT_CODE", False)
    assert found["faults"] == ["the check character (position 18) is 4; it should be 3"]


@pytest.mark.parametrize("text", ["", "PACK-1", "\u0000", "x" * 5000])
def test_nothing_known(data: Ask, text: str) -> None:
    assert data(QUERY, text=text) == {"identifier": None}


@pytest.mark.parametrize("text", ["", "PACK-1", "\u0000", "x" * 5000])
def test_as_an_identifier_of_a_scheme(data: Ask, text: str) -> None:
    found = data(QUERY, text=text, scheme="GLN")["identifier"]
    assert (found["scheme"], found["valid"]) == ("GLN", False)
    assert found["faults"]
