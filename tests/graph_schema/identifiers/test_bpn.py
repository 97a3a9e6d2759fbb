"""Business partner numbers."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.bpn import Bpn, explain, fits, make, parse
from graph_schema.identifiers.identification import ALPHANUMERIC

# Of the Catena-X test data, where the issuing service made them.
KNOWN = ["BPNL00000003AYRE", "BPNL00000003B6LU", "BPNL00000003CSGV", "BPNS00000003AXS3", "BPNS00000003B2OM"]
NUMBERS = st.builds(Bpn, st.sampled_from("LSA"), st.text(st.sampled_from(ALPHANUMERIC), min_size=10, max_size=10))


@pytest.mark.parametrize("text", KNOWN)
def test_known_ones(text: str) -> None:
    assert explain(text).faults == ()
    assert make(parse(text)) == text


def test_each_field_with_its_place_and_meaning() -> None:
    assert explain(KNOWN[0]).fields == (
        ("prefix", 1, 3, "BPN", "business partner number"),
        ("type", 4, 4, "L", "a legal entity"),
        ("number", 5, 14, "00000003AY", "counted by the issuer"),
        ("check characters", 15, 16, "RE", "check characters"),
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("BPNL000000002BR4", "the check characters (15, 16) are R4; they should be D0"),  # of test data, by hand
        ("BPNS123456789A", "it has 14 characters; a business partner number (Catena-X CX-0010) has 16"),
        ("BPNX00000003AYRE", "position 4 (type) is 'X'; allowed is L S A"),
        ("BNPL00000003AYRE", "it begins with BNP, not with BPN"),
    ],
)
def test_what_is_wrong(text: str, fault: str) -> None:
    assert explain(text).faults == (fault,)
    with pytest.raises(BrokenIdentifier):
        parse(text)


@given(NUMBERS)
def test_what_is_made_is_read_the_same(number: Bpn) -> None:
    assert parse(make(number)) == number


@given(NUMBERS, st.integers(4, 15), st.sampled_from(ALPHANUMERIC))
def test_a_change_of_one_character_is_found(number: Bpn, place: int, letter: str) -> None:
    text = make(number)
    assume(letter != text[place])
    assert explain(text[:place] + letter + text[place + 1 :]).faults


@given(NUMBERS, st.integers(4, 14))
def test_an_exchange_of_neighbours_is_found(number: Bpn, place: int) -> None:
    text = make(number)
    assume(text[place] != text[place + 1])
    assert explain(text[:place] + text[place + 1] + text[place] + text[place + 2 :]).faults


@pytest.mark.parametrize("bpn", [Bpn("X", "0000000000"), Bpn("L", "000000000"), Bpn("L", "00000000a0")])
def test_what_cannot_be_made(bpn: Bpn) -> None:
    with pytest.raises(BrokenIdentifier):
        make(bpn)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (KNOWN[0], True),
        ("BPNL000000002BR4", True),
        ("BPNS123456789A", True),
        ("BPNL-7", False),
        ("BPNLANDESBANK", False),
    ],
)
def test_what_has_the_form(text: str, form: bool) -> None:
    assert fits(text) is form
