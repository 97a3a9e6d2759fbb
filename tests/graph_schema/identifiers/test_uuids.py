"""UUIDs."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.uuids import explain, fits, make, parse

KNOWN = "urn:uuid:4e390dab-707f-446e-bfbe-653f6f5b1f37"


@given(st.uuids())
def test_what_is_made_is_read_the_same(uuid: UUID) -> None:
    assert parse(make(uuid)) == uuid
    assert parse(str(uuid)) == uuid
    assert fits(make(uuid))
    assert fits(str(uuid))


def test_each_field_with_its_place_and_meaning() -> None:
    assert explain(KNOWN).fields == (
        ("prefix", 1, 9, "urn:uuid:", "a name of UUIDs"),
        ("value", 10, 45, "4e390dab-707f-446e-bfbe-653f6f5b1f37", "128 bits"),
        ("version", 24, 24, "4", "made at random"),
        ("variant", 29, 29, "b", "RFC 9562"),
    )


def test_other_variants_have_no_version() -> None:
    assert explain("00000000-0000-0000-0000-000000000000").fields[1].meaning == "not defined"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (KNOWN[:-1], "its groups have 8, 4, 4, 4, 11 characters; a UUID has 8, 4, 4, 4 and 12"),
        (KNOWN.replace("4e39", "4g3x"), "'g' (position 11) is none of 0-9, a-f and -, and 1 more"),
        ("urn:uuid:", "its groups have 0 characters; a UUID has 8, 4, 4, 4 and 12"),
    ],
)
def test_what_is_wrong(text: str, fault: str) -> None:
    assert explain(text).faults == (fault,)
    assert fits(text)
    with pytest.raises(BrokenIdentifier):
        parse(text)


def test_a_bare_text_has_the_form_only_if_it_is_right() -> None:
    assert not fits("4e390dab-707f-446e-bfbe-653f6f5b1f3")
