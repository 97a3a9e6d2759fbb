"""Days are those of China, whose rules count them: what is told to people as a day, and a day that people write."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone, tzinfo

CHINA_TIME = timezone(timedelta(hours=8))


def there(moment: datetime, zone: tzinfo = CHINA_TIME) -> datetime:
    """A moment by the clocks of China or elsewhere; one that is beyond the calendar there is its last or first."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return (datetime.max if moment.year == date.max.year else datetime.min).replace(tzinfo=zone)


def day_at(moment: datetime, zone: tzinfo = CHINA_TIME) -> date:
    """The day of a moment, in China or elsewhere."""
    return there(moment, zone).date()


def begin_of(day: date) -> datetime:
    """The first moment of a day in China."""
    return datetime.combine(day, time(), CHINA_TIME)


def end_of(day: date) -> datetime:
    """The last microsecond of a day in China."""
    return datetime.combine(day, time.max, CHINA_TIME)


def day_of_text(text: str) -> date:
    """The day that an RFC 3339 time is on, or that a text is. Raises ValueError where it is neither."""
    return date.fromisoformat(text) if len(text) == len("2026-04-01") else day_at(datetime.fromisoformat(text))
