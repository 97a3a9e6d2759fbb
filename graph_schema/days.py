"""Days are those of China, whose rules count them: what is told to people as a day, and a day that people write."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo

CHINA_TIME = timezone(timedelta(hours=8))


def day_at(moment: datetime, zone: tzinfo = CHINA_TIME) -> date:
    """The day of a moment, in China or elsewhere; of one that is beyond the calendar there, its last day or first."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return date.max if moment.year == date.max.year else date.min


def day_of_text(text: str) -> date:
    """The day that an RFC 3339 time is on, or that a text is. Raises ValueError where it is neither."""
    return date.fromisoformat(text) if len(text) == len("2026-04-01") else day_at(datetime.fromisoformat(text))
