"""When limits are over, in the calendar of China."""

from datetime import UTC, date, datetime

import pytest

from graph_schema.days import day_at
from graph_schema.rules.deadlines import deadline, is_working_day, months_after, working_days_after
from graph_schema.rules.limits import CONFIRMATION, REPORTING, STANDSTILL, Limit


def test_holidays_and_make_up_days() -> None:
    assert not is_working_day(date(2024, 2, 12)), "Spring Festival, a Monday"
    assert is_working_day(date(2024, 2, 18)), "a Sunday that makes up for it"
    assert working_days_after(date(2024, 2, 6), 15) == date(2024, 3, 4)
    assert all(is_working_day(date(year, 3, 1)) is not None for year in range(2018, 2027))


def test_a_year_that_is_not_known_blames_nobody() -> None:
    with pytest.raises(ValueError, match="the public holidays of 2039 in China are not known"):
        working_days_after(date(2038, 12, 31), 1)


def test_months_end_with_the_month() -> None:
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2024, 12, 31), 12) == date(2025, 12, 31)
    assert months_after(date(2024, 11, 30), 3) == date(2025, 2, 28)


def test_the_day_itself_does_not_count_and_the_last_day_is_in_time() -> None:
    late = datetime.fromisoformat("2026-04-01T23:30:00+00:00")
    assert deadline(CONFIRMATION, late).isoformat() == "2026-05-03T00:00:00+08:00", "2026-04-02 in China"
    assert deadline(STANDSTILL, late).isoformat() == "2027-04-03T00:00:00+08:00"
    (first, *_) = [limit for limit in REPORTING if limit.event_type == "SCRAPPING"]
    assert (
        deadline(first, datetime.fromisoformat("2024-02-06T08:00:00+08:00")).isoformat() == "2024-03-05T00:00:00+08:00"
    )


@pytest.mark.parametrize("limit", [CONFIRMATION, STANDSTILL], ids=lambda limit: limit.unit.value)
@pytest.mark.parametrize("moment", ["9998-12-31T23:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"])
def test_no_limit_is_over_behind_the_end_of_the_calendar(limit: Limit, moment: str) -> None:
    assert deadline(limit, datetime.fromisoformat(moment)) == datetime.max.replace(tzinfo=UTC)


def test_the_last_day_of_the_calendar_in_china_is_that_of_what_is_behind_it() -> None:
    assert day_at(datetime.max.replace(tzinfo=UTC)) == date.max
    assert day_at(datetime(2026, 1, 1, 16, tzinfo=UTC)) == date(2026, 1, 2)
