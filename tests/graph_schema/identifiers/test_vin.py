"""Vehicle identification numbers."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.vin import ALPHABET, Vin, check_digit, explain, fits, make, model_year, parse

KNOWN = ["1M8GDM9AXKP042788", "LFV3A23C083027701"]
VALUES = {letter: value for value, letters in enumerate(
    ["0", "1AJ", "2BKS", "3CLT", "4DMU", "5ENV", "6FW", "7GPX", "8HY", "9RZ"]) for letter in letters}  # fmt: skip
"""The transliteration of 49 CFR 565.15, written down a second time, by value."""


def letters(length: int, alphabet: str = ALPHABET) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), min_size=length, max_size=length)


def numbers(first: str) -> st.SearchStrategy[Vin]:
    manufacturer = st.builds(str.__add__, st.sampled_from(first), letters(2))
    serial = st.builds(str.__add__, letters(2), letters(4, "0123456789"))
    return st.builds(Vin, manufacturer, letters(5), letters(1), letters(1), serial)


@pytest.mark.parametrize("text", KNOWN)
def test_known_ones(text: str) -> None:
    assert explain(text).faults == ()
    assert make(parse(text)) == text


def test_each_field_with_its_place_and_meaning() -> None:
    assert explain(KNOWN[1]).fields == (
        ("manufacturer", 1, 3, "LFV", "a maker in China"),
        ("vehicle descriptor", 4, 8, "3A23C", "model, body and drive, defined by the maker"),
        ("check digit", 9, 9, "0", "check digit"),
        ("model year", 10, 10, "8", "2008 or 2038"),
        ("plant", 11, 11, "3", "defined by the maker"),
        ("serial number", 12, 17, "027701", "defined by the maker"),
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("LFV3A23C183027701", "the check digit (position 9) is 1; it should be 0"),
        ("1M8GDM9A5KP042788", "the check digit (position 9) is 5; it should be X"),
        ("7SAYGDEE5PA000001", "the check digit (position 9) is 5; it should be 3"),
        ("LFV3A23C08302770", "it has 16 characters; a vehicle identification number (ISO 3779) has 17"),
        ("LFV3A23CO83027701", "position 9 (check digit) is 'O'; allowed is 0-9 and A-Z without I O Q"),
        ("LFV3A23C08302770A", "its last four characters are 770A; they should be digits"),
    ],
)
def test_what_is_wrong(text: str, fault: str) -> None:
    assert fault in explain(text).faults
    with pytest.raises(BrokenIdentifier):
        parse(text)


@pytest.mark.parametrize("text", ["WVWZZZ1JZ3W386752", "VF1AAAAAA00000001", "JTEBU5JR9A5000000", "3ZZZZZZZ0ZZ000000"])
def test_a_check_digit_is_asked_for_in_north_america_and_china_only(text: str) -> None:
    assert text[8] != check_digit(text)
    assert explain(text).faults == ()
    assert "only North America and China" in explain(text).fields[2].meaning


@given(numbers(ALPHABET))
def test_what_is_made_is_read_the_same(number: Vin) -> None:
    assert parse(make(number)) == number


@given(numbers("1245L"), st.integers(1, 16), st.sampled_from(ALPHABET))
def test_a_change_of_one_character_to_another_value_is_found(number: Vin, place: int, letter: str) -> None:
    """A, J and 1 have one value, so that a change among them is not: the standard does not promise it."""
    text = make(number)
    assume(letter != text[place])
    assume(place == 8 or VALUES[letter] != VALUES[text[place]])
    assert explain(text[:place] + letter + text[place + 1 :]).faults


@given(numbers(ALPHABET))
def test_the_check_digit_is_the_remainder_of_the_weighted_sum(number: Vin) -> None:
    text = make(number)
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    rest = sum(VALUES[letter] * weight for letter, weight in zip(text, weights, strict=True)) % 11
    assert text[8] == ("X" if rest == 10 else str(rest))


def test_model_years() -> None:
    assert [model_year(year) for year in (1980, 2000, 2001, 2009, 2010, 2021, 2026)] == list("AY19AMT")


@pytest.mark.parametrize(
    "change", [{"manufacturer": "LFI"}, {"descriptor": "3A23"}, {"serial": "02770A"}, {"year": "O"}, {"plant": ""}]
)
def test_what_cannot_be_made(change: dict[str, str]) -> None:
    with pytest.raises(BrokenIdentifier):
        make(parse(KNOWN[1])._replace(**change))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (KNOWN[0], True),
        ("LFV3A23C183027701", True),  # a wrong check digit
        ("LFV3A23CO83027701", True),  # O for 0, and right with it
        ("LFV3A23CO83027702", False),
        ("LORRY000000000001", False),  # O, and wrong with 0
        ("20240131123456789", False),  # a time
        ("SERIALNUMBERABCDE", False),
        ("LFV3A23C08302770", False),
    ],
)
def test_what_has_the_form(text: str, form: bool) -> None:
    assert fits(text) is form
