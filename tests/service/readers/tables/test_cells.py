"""Cells as JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.readers.tables.cells import (
    Numbers,
    Times,
    boolean_of,
    integer_of,
    list_with,
    number_with,
    text_of,
    time_with,
)

BEIJING = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("cell", "numbers", "factor", "value"),
    [
        ("12.5", Numbers(), None, 12.5),
        (" 1e3 ", Numbers(), None, 1000.0),
        ("1.234,5", Numbers(",", "."), None, 1234.5),
        ("1 234,5", Numbers(",", " "), None, 1234.5),
        ("1,234.5", Numbers(".", ","), None, 1234.5),
        ("0.145", Numbers(), Decimal("0.001"), 0.000145),
        ("78", Numbers(), Decimal("0.001"), 0.078),
        (78, Numbers(","), Decimal("0.001"), 0.078),
        (Decimal("2.5"), Numbers(), Decimal("1000"), 2500.0),
        (3, Numbers(), None, 3.0),
    ],
)
def test_numbers_are_read_as_they_are_written(cell: object, numbers: Numbers, factor: Decimal, value: float) -> None:
    assert number_with(numbers, factor)(cell) == value


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("1,5", Numbers()),
        ("1.5", Numbers(",")),
        ("12 kg", Numbers()),
        ("1_000", Numbers()),
        ("1_000,5", Numbers(",")),
        ("nan", Numbers()),
        ("1e999", Numbers()),
        (True, Numbers()),
        ([1], Numbers()),
    ],
)
def test_what_is_no_number_is_not_guessed(cell: object, numbers: Numbers) -> None:
    for factor in (None, Decimal("0.001")):
        with pytest.raises(ValueError, match=r"is no (finite )?number"):
            number_with(numbers, factor)(cell)


@given(st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10**9), places=3))
def test_grams_are_kilograms_to_the_last_digit(grams: Decimal) -> None:
    assert number_with(Numbers(), Decimal("0.001"))(str(grams)) == float(grams / 1000)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_is_what_it_was_written_from(number: float) -> None:
    assert number_with(Numbers())(repr(number)) == number
    assert number_with(Numbers(","))(repr(number).replace(".", ",")) == number


@pytest.mark.parametrize(
    ("cell", "times", "text"),
    [
        ("2026-04-01T08:30:00+08:00", Times(), "2026-04-01T08:30:00+08:00"),
        ("2026-04-01T00:30:00Z", Times(None, BEIJING), "2026-04-01T00:30:00Z"),
        ("2026-04-01 08:30", Times(None, BEIJING), "2026-04-01T08:30:00+08:00"),
        ("2026-04-01", Times(None, BEIJING), "2026-04-01T00:00:00+08:00"),
        ("01.04.2026 08:30", Times("%d.%m.%Y %H:%M", UTC), "2026-04-01T08:30:00Z"),
        ("2026/4/1 +0900", Times("%Y/%m/%d %z", BEIJING), "2026-04-01T00:00:00+09:00"),
        (datetime(2026, 4, 1, 8, tzinfo=UTC), Times(), "2026-04-01T08:00:00Z"),
        (date(2026, 4, 1), Times("%Y", BEIJING), "2026-04-01T00:00:00+08:00"),
    ],
)
def test_times_have_an_offset(cell: object, times: Times, text: str) -> None:
    assert time_with(times)(cell) == text


@pytest.mark.parametrize(
    ("cell", "times", "reason"),
    [
        ("2026-04-01", Times(), "has no offset, and .time. in the mapping gives none"),
        ("2026-02-30", Times(None, UTC), "is no time such as"),
        ("2026-04-01", Times("%d.%m.%Y", UTC), r"is no time of the format %d\.%m\.%Y"),
        (5, Times(None, UTC), "is no time"),
        (["2026-04-01"], Times(None, UTC), "is no time"),
    ],
)
def test_a_time_that_is_none_says_what_would_be(cell: object, times: Times, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        time_with(times)(cell)


def test_codes_that_a_table_holds_as_numbers_are_texts_unless_digits_may_be_lost() -> None:
    assert text_of(21) == "21"
    assert text_of("021") == "021"
    for cell in (21.0, True, b"x", {"a": 1}):
        with pytest.raises(ValueError, match="is no text"):
            text_of(cell)


def test_whole_numbers_and_booleans() -> None:
    assert (integer_of("3"), integer_of(3.0), integer_of(Decimal(4))) == (3, 3, 4)
    assert (boolean_of("是"), boolean_of(False), boolean_of("NO")) == (True, False, False)
    for cell in ("3.5", "three", "1_000", True, float("inf")):
        with pytest.raises(ValueError, match="is no whole number"):
            integer_of(cell)
    assert (integer_of(str(2**64 - 1)), integer_of(-(2**63))) == (2**64 - 1, -(2**63))
    for cell in (str(2**64), Decimal(-(2**63) - 1), "1e999999"):
        with pytest.raises(ValueError, match="beyond 64 bits"):
            integer_of(cell)
    with pytest.raises(ValueError, match="neither true nor false"):
        boolean_of("perhaps")


def test_lists_of_a_text_with_separators_or_of_a_list() -> None:
    entries = list_with(text_of, "|")
    assert entries("m1| m2||m3 ") == ["m1", "m2", "m3"]
    assert entries(["m1", None, 2]) == ["m1", "2"]
    assert entries(7) == ["7"]
