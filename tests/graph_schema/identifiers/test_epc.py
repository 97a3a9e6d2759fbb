"""Electronic product codes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.epc import Epc, explain, fits, make, normal, parse
from graph_schema.identifiers.epc_types import CLASSES, TYPES, Type

# One of each type, of the EPC Tag Data Standard's own examples.
EXAMPLES = [
    "urn:epc:id:sgtin:0614141.112345.400",
    "urn:epc:id:sscc:0614141.1234567890",
    "urn:epc:id:sgln:0614141.12345.400",
    "urn:epc:id:sgln:061414112345..0",
    "urn:epc:id:grai:0614141.12345.400",
    "urn:epc:id:giai:0614141.12345400",
    "urn:epc:id:gsrn:0614141.1234567890",
    "urn:epc:id:gsrnp:0614141.1234567890",
    "urn:epc:id:gdti:0614141.12345.400",
    "urn:epc:id:cpi:0614141.123ABC.123456789",
    "urn:epc:id:sgcn:4012345.67890.04711",
    "urn:epc:id:ginc:0614141.xyz47%2F11",
    "urn:epc:id:gsin:0614141.123456789",
    "urn:epc:id:itip:4012345.012345.01.02.987",
    "urn:epc:id:upui:1234567.089456.51qIgY)%3C%26Jp3*j7SDB",
    "urn:epc:id:pgln:1234567.89012",
    "urn:epc:id:gid:95100000.12345.400",
    "urn:epc:id:usdod:CJ123.45678",
    "urn:epc:id:adi:W81X9C.3KL984PX1.2WMA52",
    "urn:epc:id:bic:CSQU3054383",
    "urn:epc:id:imovn:9176187",
    "urn:epc:class:lgtin:4012345.012345.998877",
    "urn:epc:idpat:sgtin:0614141.112345.*",
    "urn:epc:idpat:grai:0614141.*.*",
    "urn:epc:idpat:sgtin:*.*.*",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples(text: str) -> None:
    assert explain(text).faults == ()
    assert make(parse(text)) == text
    assert fits(text)


def test_every_type_has_an_example() -> None:
    assert {text.split(":")[3] for text in EXAMPLES} == set(TYPES) | set(CLASSES)


def test_each_field_with_its_place_and_meaning() -> None:
    assert explain(EXAMPLES[0]).fields == (
        ("type", 12, 16, "sgtin", "a trade item with a serial number"),
        ("company prefix", 18, 24, "0614141", "assigned by GS1 US"),
        ("item reference", 26, 31, "112345", "with the company prefix GTIN 10614141123459"),
        ("serial number", 33, 35, "400", "given by the company"),
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("urn:epc:id:sscc:0614141.1234567890", "SSCC 106141412345678908"),
        ("urn:epc:id:sgln:0614141.12345.400", "GLN 0614141123452"),
        ("urn:epc:id:grai:0614141.12345.400", "GRAI 0614141123452"),
        ("urn:epc:id:gsin:0614141.123456789", "GSIN 06141411234567890"),
    ],
)
def test_the_key_that_it_stands_for(text: str, key: str) -> None:
    assert explain(text).fields[2].meaning == f"with the company prefix {key}"


@pytest.mark.parametrize("text", EXAMPLES)
def test_places_are_those_of_the_text(text: str) -> None:
    for field in explain(text).fields:
        assert text[field.first - 1 : field.last] == field.value


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        # of a published example of recycled lots, where words stand for numbers
        ("urn:epc:class:lgtin:6000001.recycled-aluminum.batch-2032-03",
         "its item reference is 'recycled-aluminum'; allowed is digits"),
        ("urn:epc:id:sgtin:0614141.11234.400",
         "its company prefix and its item reference have 12 digits together; they should have 13"),
        ("urn:epc:id:sgtin:06141.11234567.400", "its company prefix is '06141'; allowed is 6 to 12 digits"),
        ("urn:epc:id:sgtin:0614141.112345",
         "it has 2 parts between dots; sgtin has 3: company prefix, item reference, serial number"),
        ("urn:epc:id:sgtin:0614141.112345.", None),
        ("urn:epc:id:sgtin:0614141.112345.123456789012345678901", None),
        ("urn:epc:id:sgtin:0614141.112345.a/b", None),
        ("urn:epc:idpat:sgtin:*.112345.*", "after a * there can only be others"),
        ("urn:epc:idpat:sgtin:0614141.*.400", "after a * there can only be others"),
        ("urn:epc:id:giai:0614141.123456789012345678901234", "its company prefix and its asset reference have 31 "
         "characters together; at most 30 are allowed"),
        ("urn:epc:id:lgtin:4012345.012345.998877", None),
        ("urn:epc:class:sgtin:4012345.012345.998877", "there is no type 'sgtin' after urn:epc:class:; there are lgtin"),
        ("urn:epc:id:cpi:0614141.123ABC.0123", None),
        ("urn:epc:id:imovn:917618", "its IMO vessel number is '917618'; allowed is 7 digits"),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789",
         "it begins with none of urn:epc:id:, urn:epc:class: and urn:epc:idpat:"),
    ],
)  # fmt: skip
def test_what_is_wrong(text: str, fault: str | None) -> None:
    (told,) = explain(text).faults
    assert fault in (None, told)
    with pytest.raises(BrokenIdentifier):
        parse(text)


def filled(kind: Type, draw: st.DrawFn) -> tuple[str, ...]:
    parts = [draw(st.from_regex(re.compile(part.form, re.ASCII), fullmatch=True)) for part in kind.parts]
    if kind.digits:
        parts[1] = draw(st.text(st.sampled_from("0123456789"), min_size=20, max_size=20))[: kind.digits - len(parts[0])]
    if kind.longest:
        parts[1] = parts[1].replace("%", "")[: kind.longest - 12]
    return tuple(parts)


@given(st.data(), st.sampled_from([("id", name) for name in TYPES] + [("class", name) for name in CLASSES]))
def test_what_is_made_is_read_the_same(data: st.DataObject, which: tuple[str, str]) -> None:
    space, name = which
    epc = Epc(space, name, data.draw(st.composite(lambda draw: filled((TYPES | CLASSES)[name], draw))()))
    text = make(epc)
    assert parse(text) == epc
    assert normal(text.replace("urn:epc", "URN:EPC")) == text


def test_case() -> None:
    assert normal("URN:EPC:ID:SGTIN:0614141.112345.aB%2f") == "urn:epc:id:sgtin:0614141.112345.aB%2F"
    assert normal("something else") == "something else"
