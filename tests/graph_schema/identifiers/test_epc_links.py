"""The Digital Link of an EPC."""

import pytest

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.digital_link import canonical, explain
from graph_schema.identifiers.epc_links import link
from service.readers.epcis.uris import canonical as key_of
from tests.graph_schema.identifiers.test_epc import EXAMPLES

LINKS = {
    "urn:epc:id:sgtin:0614141.112345.400": "/01/10614141123459/21/400",
    "urn:epc:id:sscc:0614141.1234567890": "/00/106141412345678908",
    "urn:epc:id:sgln:0614141.12345.400": "/414/0614141123452/254/400",
    "urn:epc:id:sgln:061414112345..0": "/414/0614141123452",
    "urn:epc:id:grai:0614141.12345.400": "/8003/00614141123452400",
    "urn:epc:id:giai:0614141.12345400": "/8004/061414112345400",
    "urn:epc:id:gsrn:0614141.1234567890": "/8018/061414112345678902",
    "urn:epc:id:gsrnp:0614141.1234567890": "/8017/061414112345678902",
    "urn:epc:id:gdti:0614141.12345.400": "/253/0614141123452400",
    "urn:epc:id:cpi:0614141.123ABC.123456789": "/8010/0614141123ABC/8011/123456789",
    "urn:epc:id:sgcn:4012345.67890.04711": "/255/401234567890104711",
    "urn:epc:id:ginc:0614141.xyz47%2F11": "/401/0614141xyz47%2F11",
    "urn:epc:id:gsin:0614141.123456789": "/402/06141411234567890",
    "urn:epc:id:itip:4012345.012345.01.02.987": "/8006/040123451234560102/21/987",
    "urn:epc:id:upui:1234567.089456.51qIgY)%3C%26Jp3*j7SDB": "/01/01234567894560/235/51qIgY%29%3C%26Jp3%2Aj7SDB",
    "urn:epc:id:pgln:1234567.89012": "/417/1234567890128",
    "urn:epc:class:lgtin:4012345.012345.998877": "/01/04012345123456/10/998877",
    "urn:epc:idpat:sgtin:0614141.112345.*": "/01/10614141123459",
}


@pytest.mark.parametrize("text", LINKS)
def test_links(text: str) -> None:
    found = link(text)
    assert found == f"https://id.gs1.org{LINKS[text]}"
    assert canonical(found) == found
    assert explain(found).faults == ()


def test_others_have_none() -> None:
    others = [text for text in EXAMPLES if text not in LINKS]
    assert {text.split(":")[3] for text in others} == {"gid", "usdod", "adi", "bic", "imovn", "grai", "sgtin"}
    assert [link(text) for text in others] == [None] * len(others)


@pytest.mark.parametrize("text", ["urn:epc:idpat:sscc:0614141.*", "urn:epc:idpat:itip:4012345.012345.*.*.*"])
def test_patterns_of_more_than_one_kind_of_thing_have_none(text: str) -> None:
    assert link(text) is None


def test_a_broken_one() -> None:
    with pytest.raises(BrokenIdentifier):
        link("urn:epc:id:sgtin:0614141.1.400")


@pytest.mark.parametrize("text", LINKS)
def test_it_is_the_key_that_the_reader_of_epcis_makes_of_it(text: str) -> None:
    key = key_of(text)
    assert key in (text, link(text)), "of types that hold no substance the reader makes no key"
    assert key != text or text.split(":")[3] in ("gsrn", "gsrnp", "gdti", "sgcn", "ginc", "gsin", "itip", "upui")
