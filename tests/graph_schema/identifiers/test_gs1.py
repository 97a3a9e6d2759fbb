"""GTIN and GLN."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import ean as independent

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.gs1 import (
    explain_gln,
    explain_gtin,
    fits_gln,
    fits_gtin,
    make_gln,
    make_gtin,
    parse_gln,
    parse_gtin,
)

STEMS = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda length: st.text(st.sampled_from("0123456789"), min_size=length, max_size=length)
)


@pytest.mark.parametrize("text", ["9506000134352", "09506000134352", "614141123452", "96385074", "19506000134359"])
def test_known_gtins(text: str) -> None:
    assert explain_gtin(text).faults == ()
    assert parse_gtin(text) == text.zfill(14)


def test_fields() -> None:
    assert explain_gtin("14012345666660").fields == (
        ("indicator", 1, 1, "1", "a level of packing"),
        ("reference", 2, 13, "401234566666", "company and item, assigned by GS1 Germany"),
        ("check digit", 14, 14, "0", "check digit"),
    )
    assert explain_gln("9521234000112").fields[0].meaning.startswith("company and location, used for demonstrations")
    assert "as GLN" in explain_gtin("9521234000112").fields[0].meaning


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("9506000134353", "the check digit (position 13) is 3; it should be 2"),
        ("950600013435", "the check digit (position 12) is 5; it should be 9"),
        ("95060001343", "it has 11 characters; a GTIN has 8, 12, 13 or 14 digits"),
        ("950600O134352", "position 7 is 'O'; allowed is a digit"),
        ("950600\u0661134352", "position 7 is '\u0661'; allowed is a digit"),
    ],
)
def test_what_is_wrong_with_a_gtin(text: str, fault: str) -> None:
    assert explain_gtin(text).faults == (fault,)
    with pytest.raises(BrokenIdentifier):
        parse_gtin(text)


def test_what_is_wrong_with_a_gln() -> None:
    assert explain_gln("952123400011").faults == ("it has 12 characters; a GLN has 13 digits",)
    assert explain_gln("9521234000113").faults == ("the check digit (position 13) is 3; it should be 2",)


@given(STEMS)
def test_what_is_made_is_read_the_same(stem: str) -> None:
    text = make_gtin(stem)
    assert parse_gtin(text) == text.zfill(14)
    assert fits_gtin(text)
    if len(stem) == 12:
        assert parse_gln(make_gln(stem)) == text
        assert fits_gln(text)


@given(STEMS)
def test_another_program_computes_the_same_check_digit(stem: str) -> None:
    assert make_gtin(stem) == stem + independent.calc_check_digit(stem)


@given(STEMS, st.integers(0, 7), st.sampled_from("0123456789"))
def test_a_change_of_one_digit_is_found(stem: str, place: int, digit: str) -> None:
    text = make_gtin(stem)
    assume(digit != text[place])
    assert explain_gtin(text[:place] + digit + text[place + 1 :]).faults


@pytest.mark.parametrize("stem", ["", "123", "12345678901A", "12345678"])
def test_what_cannot_be_made(stem: str) -> None:
    with pytest.raises(BrokenIdentifier):
        make_gtin(stem)
    with pytest.raises(BrokenIdentifier):
        make_gln(stem)


def test_many_numbers_are_none() -> None:
    assert not fits_gtin("20240131")  # a day
    assert not fits_gln("1700000000000")  # a time
    assert fits_gtin("9506000134353")  # 13 digits with a wrong check digit are told so
    assert not fits_gtin("")
