"""Unified social credit codes."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import uscc as independent

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.uscc import ALPHABET, AUTHORITIES, PROVINCES, CreditCode, explain, fits, make, parse

KNOWN = ["91350100M000100Y43", "91110108551385082Q", "91350900587527783P"]


def letters(length: int, alphabet: str = ALPHABET) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), min_size=length, max_size=length)


CODES = st.builds(CreditCode, letters(1, "123456789Y"), letters(1), letters(6, "0123456789"), letters(9))


@pytest.mark.parametrize("text", KNOWN)
def test_known_ones(text: str) -> None:
    assert explain(text).faults == ()
    assert make(parse(text)) == text


def test_each_field_with_its_place_and_meaning() -> None:
    assert explain(KNOWN[0]).fields == (
        ("registration authority", 1, 1, "9", "market regulation"),
        ("category", 2, 2, "1", "enterprise"),
        ("division", 3, 8, "350100", "Fujian"),
        ("organization", 9, 17, "M000100Y4", "organization code (GB 11714)"),
        ("check character", 18, 18, "3", "check character"),
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("91350100M000100Y44", "the check character (position 18) is 4; it should be 3"),
        ("91350100MOOO100Y43", "position 10 (organization) is 'O'; allowed is 0-9 and A-Z without I O S V Z"),
        ("913501X0M000100Y43", "position 7 (division) is 'X'; allowed is a digit"),
        ("91350100M000100Y4", "it has 17 characters; a unified social credit code (GB 32100-2015) has 18"),
    ],
)
def test_what_is_wrong(text: str, fault: str) -> None:
    assert fault in explain(text).faults
    with pytest.raises(BrokenIdentifier):
        parse(text)


@given(CODES)
def test_what_is_made_is_read_the_same(code: CreditCode) -> None:
    assert parse(make(code)) == code


@given(CODES.filter(lambda code: code.authority != "Y" and code.category in "0123456789"))
def test_another_program_computes_the_same_check_character(code: CreditCode) -> None:
    assert independent.is_valid(make(code))


@given(CODES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_a_change_of_one_character_is_found(code: CreditCode, place: int, letter: str) -> None:
    text = make(code)
    assume(letter != text[place])
    assert explain(text[:place] + letter + text[place + 1 :]).faults


@given(CODES, st.integers(0, 16), st.integers(0, 16))
def test_an_exchange_of_two_characters_is_found(code: CreditCode, one: int, other: int) -> None:
    text = list(make(code))
    assume(text[one] != text[other])
    text[one], text[other] = text[other], text[one]
    assert explain("".join(text)).faults


@pytest.mark.parametrize("stem", ["91350100M000100Y", "91350100M000100YI", ""])
def test_what_cannot_be_made(stem: str) -> None:
    with pytest.raises(BrokenIdentifier):
        make(CreditCode(stem[:1], stem[1:2], stem[2:8], stem[8:]))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        *((text, True) for text in KNOWN),
        ("91350100M000100Y44", True),
        ("91350100MOOO100Y43", True),
        ("B1350100M000100Y43", False),  # no such authority
        ("91990100M000100Y43", False),  # no such province
        ("201105061234567890", False),  # a time
        ("91350100M000100Y4", False),
    ],
)
def test_what_has_the_form(text: str, form: bool) -> None:
    assert fits(text) is form


def test_the_tables() -> None:
    assert set("".join(AUTHORITIES)) <= set(ALPHABET)
    assert len(PROVINCES) == 35
