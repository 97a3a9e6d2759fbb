"""The languages of pages and pictures: a catalogue of texts for each; dates and masses as its readers write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import orjson
from babel import Locale, UnknownLocaleError, dates, negotiate_locale, numbers
from babel.core import get_global

from graph_schema.days import CHINA_TIME, day_at, there

TAGS = ("en", "zh-Hans")
"""The languages there are, the one for everybody else first."""
_ALIASES = {
    **dict.fromkeys(["zh", "zh_cn", "zh_sg", "zh_hans_cn", "zh_tw", "zh_hk", "zh_hant"], "zh_Hans"),
    **dict.fromkeys(["en_us", "en_gb"], "en"),
}
"""In small letters, as they are looked up; who prefers traditional characters gets simplified ones before English."""


TONNES_FROM_KG = 10_000
BLANK = "\u00a0"
"""Between a number and its unit, which no line parts."""


class Language(NamedTuple):
    """A language: its tag (BCP 47), and the locale by which dates and numbers are written, which is that of a territory
    where the reader's is known."""

    tag: str
    locale: Locale
    texts: Mapping[str, str]

    def text(self, name: str, /, **values: object) -> str:
        """A text of the catalogue, values filled in. Raises KeyError for one that is not there."""
        return self.texts[name].format(**values)

    def named(self, group: str, name: str) -> str:
        """What a value is called, such as `BATTERY` of `kind`; one that has no text is its name in plain words."""
        return self.texts.get(f"{group}.{name}") or name.lower().replace("_", " ")

    def number(self, value: float) -> str:
        """A number of at most three decimals."""
        return str(numbers.format_decimal(value, "#,##0.###", locale=self.locale))

    def mass(self, kg: float | None) -> str:
        """A mass in kilograms, or grams below one; None is unknown."""
        if kg is None:
            return self.text("unknown")
        if 0 < abs(kg) < 1:
            return self.number(float(f"{kg * 1000:.4g}")) + f"{BLANK}g"
        return self.number(float(f"{kg:.6g}")) + f"{BLANK}kg"

    def weight(self, kg: float) -> str:
        """A mass that is a sum of many: in tonnes where it is large."""
        return f"{self.number(float(f'{kg / 1000:.4g}'))}{BLANK}t" if abs(kg) >= TONNES_FROM_KG else self.mass(kg)

    def share(self, part: float, whole: float) -> str:
        """A part of a whole, in per cent to one decimal; neither nothing nor all where it only nearly is."""
        share = 100 * part / whole
        if 0 < share < 0.05:
            return f"<{BLANK}{self.number(0.1)}{BLANK}%"
        if 99.95 <= share < 100 * (1 - 1e-9):
            return f">{BLANK}{self.number(99.9)}{BLANK}%"
        return f"{self.number(round(share, 1))}{BLANK}%"

    @property
    def is_english(self) -> bool:
        """Whether it is the language that the service itself speaks."""
        return self.tag == TAGS[0]

    @property
    def locale_tag(self) -> str:
        """The tag of the locale (BCP 47)."""
        return str(self.locale).replace("_", "-")

    def date(self, moment: date | None) -> str:
        """The day, that in China of a moment."""
        if moment is None:
            return self.text("unknown")
        return _medium(day_at(moment) if isinstance(moment, datetime) else moment, self.locale)

    def skeleton(self, moment: datetime, pattern: str) -> str:
        """The day of a moment in China as a skeleton of CLDR says, such as `yMMM`."""
        return str(dates.format_skeleton(pattern, datetime.combine(day_at(moment), time()), locale=self.locale))

    def time(self, moment: datetime | None) -> str:
        """The day and the minute, in China."""
        if moment is None:
            return self.text("unknown")
        joined = str(dates.get_datetime_format("medium", locale=self.locale))
        told = dates.format_time(there(moment), "short", tzinfo=CHINA_TIME, locale=self.locale)
        return f"{joined.replace('{0}', told).replace('{1}', self.date(moment))} {CHINA_TIME}"

    def moment(self, moment: datetime) -> str:
        """A moment that a trace is as of: the last microsecond of a day is its end."""
        told = there(moment)
        if told.time() == time.max:
            return self.text("note.end", day=self.date(told))
        return told.isoformat() if told.second or told.microsecond else self.time(told)


@lru_cache(16_384)
def _medium(day: date, locale: Locale) -> str:
    return str(dates.format_date(day, "medium", locale))


@cache
def language(tag: str) -> Language:
    """A language by one of TAGS."""
    stored = files("service").joinpath("texts", f"{tag}.json").read_bytes()
    return Language(tag, Locale.parse(tag, sep="-"), orjson.loads(stored))


@lru_cache(256)
def of_territory(tag: str, territory: str) -> Language:
    """A language as it is written in a territory (ISO 3166), where CLDR says how that is."""
    known = language(tag)
    try:
        return known._replace(locale=Locale.parse(f"{known.locale}_{territory}"))
    except (UnknownLocaleError, ValueError):
        return known


ENGLISH = language(TAGS[0])


def chosen(wanted: str | None, accepted: str | None) -> Language:
    """The language that was chosen (`wanted`, a tag), or the first that a browser accepts (`Accept-Language`); dates
    and numbers in it are written as in the territory of the tag that the browser prefers."""
    preferred = [tag.replace("-", "_") for tag in _preferred(accepted or "")]
    found = wanted
    if wanted not in TAGS:
        found = negotiate_locale(preferred, [tag.replace("-", "_") for tag in TAGS], aliases=_ALIASES)
    tag = (found or TAGS[0]).replace("_", "-")
    territory = _territory(preferred[0]) if preferred else None
    return language(tag) if territory is None else of_territory(tag, territory)


def _territory(tag: str) -> str | None:
    """The territory of a tag, or where most speak its language; None where there is none."""
    whole = tag if "_" in tag else get_global("likely_subtags").get(tag.lower(), "")
    return next((part.upper() for part in whole.split("_")[1:] if len(part) == 2 and part.isalpha()), None)


def _preferred(accepted: str) -> list[str]:
    """The tags of an `Accept-Language` header, the most wanted first."""
    ranked = []
    for entry in accepted[:400].split(","):
        tag, _, weight = entry.strip().partition(";q=")
        try:
            ranked.append((-float(weight or 1), tag))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(ranked, key=lambda one: one[0]) if tag and weight < 0]
