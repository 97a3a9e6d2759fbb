"""Traction battery codes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.identifiers import BrokenIdentifier
from graph_schema.identifiers.gbt34014 import (
    BATTERY_TYPES,
    DAYS,
    MONTHS,
    PRODUCTS,
    YEARS,
    BatteryCode,
    explain,
    explain_reuse,
    fits,
    fits_reuse,
    make,
    parse,
    read,
    sound_code,
)
from graph_schema.identifiers.identification import ALPHANUMERIC

EVE = "04QCB76836300JBC40000903"


def letters(length: int) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(ALPHANUMERIC), min_size=length, max_size=length)


def codes(reused: bool) -> st.SearchStrategy[BatteryCode]:
    return st.builds(
        BatteryCode,
        letters(3),
        st.sampled_from(list(PRODUCTS)),
        st.sampled_from(list(BATTERY_TYPES)),
        letters(2),
        st.none() if reused else letters(7),
        st.dates(date(2011, 1, 1), date(2040, 12, 31)),
        st.integers(0, 9_999_999),
        st.sampled_from(list(PRODUCTS)) if reused else st.none(),
    )


@pytest.mark.parametrize(
    ("text", "maker", "made", "serial"),
    [
        (EVE, "EVE", date(2021, 12, 4), 903),
        ("001CB240000003B3C0221953", "CATL", date(2021, 3, 12), 221953),
        ("04QCB52091380JG120006435", "EVE", date(2026, 1, 2), 6435),
    ],
)
def test_real_codes(text: str, maker: str, made: date, serial: int) -> None:
    found = explain(text, date(2026, 11, 25))
    assert found.faults == ()
    assert found.fields[0].meaning == maker
    assert [field.meaning for field in found.fields[1:3]] == ["battery cell", "lithium iron phosphate (LFP)"]
    code = parse(text)
    assert (code.made, code.serial, code.kind) == (made, serial, "CELL")


def test_each_field_with_its_place() -> None:
    assert [field[:4] for field in explain(EVE).fields] == [
        ("manufacturer", 1, 3, "04Q"),
        ("product type", 4, 4, "C"),
        ("battery type", 5, 5, "B"),
        ("specification", 6, 7, "76"),
        ("traceability information", 8, 14, "836300J"),
        ("year", 15, 15, "B"),
        ("month", 16, 16, "C"),
        ("day", 17, 17, "4"),
        ("serial number", 18, 24, "0000903"),
    ]


def test_a_reuse_code() -> None:
    text = make(parse(EVE)._replace(traceability=None, reused_as="P"))
    assert text == "04QCB76BC40000903RP"
    assert parse(text) == BatteryCode("04Q", "C", "B", "76", None, date(2021, 12, 4), 903, "P")
    found = explain_reuse(text)
    assert [(field.name, field.first, field.last) for field in found.fields[-3:]] == [
        ("serial number", 11, 17),
        ("reuse", 18, 18),
        ("reused as", 19, 19),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (EVE[:-1], "it has 23 characters; a traction battery code (GB/T 34014-2017) has 24"),
        ("04QXB76836300JBC40000903", "position 4 (product type) is 'X'; allowed is P M C"),
        ("04QCH76836300JBC40000903", "position 5 (battery type) is 'H'; allowed is A B C D E F G Z"),
        ("04QCB76836300JOC40000903", "position 15 (year) is 'O'; allowed is 0-9 and A-Z without 0 I O Q U Z"),
        ("04QCB76836300JBD40000903", "position 16 (month) is 'D'; allowed is 1 2 3 4 5 6 7 8 9 A B C"),
        ("04QCB76836300JBCZ0000903", "position 17 (day) is 'Z'; allowed is 0-9 and A-Z without I O Q U Z"),
        ("04QCB76836300JBC4000090A", "position 24 (serial number) is 'A'; allowed is a digit"),
        ("04QCB76836300JB2Y0000903", "2021-02 has no day 30"),
        ("04QCB76836300JB600000903", "2021-06 has no day 31"),
        ("04QCB76836300JGBT0000903", "its date, 2026-11-26, lies after 2026-11-25"),
    ],
)
def test_what_is_wrong(text: str, fault: str) -> None:
    assert explain(text, date(2026, 11, 25)).faults == (fault,)
    with pytest.raises(BrokenIdentifier) as raised:
        parse(text, date(2026, 11, 25))
    assert fault in str(raised.value)


def test_all_that_is_wrong_is_said() -> None:
    assert len(explain("04QXH76836300JBD4000090A").faults) == 4


def test_without_a_day_no_date_is_too_late() -> None:
    assert explain("04QCB76836300JYBS0000903").faults == ()
    assert explain("04QCB76836300JGBS0000903", date(2026, 11, 25)).faults == ()


def test_the_calendar_of_the_standard() -> None:
    """2011 to 2040, twelve months, 31 days; no letter that looks like a digit."""
    assert (len(YEARS), len(MONTHS), len(DAYS)) == (30, 12, 31)
    assert [YEARS.index(letter) + 2011 for letter in "19ABHJY"] == [2011, 2019, 2020, 2021, 2027, 2028, 2040]
    assert [DAYS.index(letter) + 1 for letter in "19AHJY0"] == [1, 9, 10, 17, 18, 30, 31]
    assert not set("IOQUZ") & set(YEARS + DAYS)


@given(codes(reused=False) | codes(reused=True))
def test_what_is_made_is_read_the_same(code: BatteryCode) -> None:
    text = make(code)
    assert parse(text, code.made) == code
    assert make(parse(text)) == text
    assert fits(text) is (code.reused_as is None)
    assert fits_reuse(text) is (code.reused_as is not None)


@pytest.mark.parametrize(
    "change",
    [
        {"made": date(2010, 12, 31)},
        {"made": date(2041, 1, 1)},
        {"serial": 10_000_000},
        {"product": "X"},
        {"manufacturer": "04"},
        {"traceability": None},
        {"traceability": "836300j"},
        {"reused_as": "X"},
    ],
)
def test_what_cannot_be_made(change: dict[str, object]) -> None:
    with pytest.raises(BrokenIdentifier):
        make(parse(EVE)._replace(**change))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (EVE, True),
        ("04QCB76836300JZZZ0000903", True),  # no date, but a serial number
        ("04QCB76836300JBC4000090A", True),  # no serial number, but a date
        ("04QCB76836300JZZZ000090A", False),
        ("04QXB76836300JBC40000903", False),
        ("BATTERYSERIALNUMBER00012", False),
        ("123456789012345678901234", False),
        (EVE + "0", False),
        (EVE.lower(), False),
    ],
)
def test_what_has_the_form(text: str, form: bool) -> None:
    assert fits(text) is form


@given(codes(reused=False))
def test_a_sound_code_is_read_fast_as_it_is_explained(code: BatteryCode) -> None:
    assert sound_code(make(code)) == code == read(explain(make(code)))


@pytest.mark.parametrize(
    "text", [EVE.lower(), EVE + "0", EVE[:14] + "B2X" + EVE[17:], EVE[:3] + "X" + EVE[4:], EVE[:-1] + "X", f"{EVE}\n"]
)
def test_what_is_not_sound_as_it_stands_is_not_read_fast(text: str) -> None:
    assert sound_code(text) is None
