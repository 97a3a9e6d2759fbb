"""When a limit is over: days, months, and working days of China with holidays and make-up working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import chinese_calendar

from graph_schema.days import begin_of, day_at
from graph_schema.rules.limits import Limit, Unit

LAST_YEAR = date.max.year - 1
"""No limit is over by the end of the calendar for what is in this year, or later."""
NEVER = datetime.max.replace(tzinfo=UTC)


def deadline(limit: Limit, moment: datetime) -> datetime:
    """The first moment that is too late. A day is a day in China, the day of the fact itself does not count. Of what is
    within two years of the end of the calendar, that end.

    Raises ValueError for working days of a year whose holidays are not known (`chinesecalendar` knows 2004 to 2026):
    nobody is blamed by a calendar that was guessed.
    """
    day = day_at(moment)
    if day.year >= LAST_YEAR:
        return NEVER
    if limit.unit is Unit.DAYS:
        last = day + timedelta(days=limit.number)
    elif limit.unit is Unit.MONTHS:
        last = months_after(day, limit.number)
    else:
        last = working_days_after(day, limit.number)
    return begin_of(last + timedelta(days=1))


def months_after(day: date, number: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


@lru_cache(maxsize=4096)
def working_days_after(day: date, number: int) -> date:
    """The so-manieth working day in China after a day. Raises ValueError outside the known years."""
    while number:
        day += timedelta(days=1)
        number -= is_working_day(day)
    return day


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Whether people work in China that day. Raises ValueError outside the known years."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        raise ValueError(f"the public holidays of {day.year} in China are not known") from None
