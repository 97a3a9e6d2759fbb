"""Sentences that the service makes in English - what a code says, why something is refused, what a rule found - in the
language of a reader.

`texts/phrases.TAG.json` has a translation for each form of a sentence. A part in braces stands for any text, and is
kept as it is; one whose name begins with `said` is a phrase itself, and is translated, too: without that, the form does
not fit. `number` and `count` stand for digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import orjson

from service.languages import ENGLISH, language

LENGTH_MAX = 2000
"""A longer text is left as it is."""
TRIES_MAX = 80
"""So many parts of a sentence are looked at, before it is given up: what people write into keys must not take long."""
JOINTS = (("; ", "；"), (". ", "。"), (", ", "、"))
"""What stands between phrases in a row, and what stands there instead."""
_GROUPS = ("event.", "kind.")
"""Texts of the catalogue that sentences name things by, in small letters."""
_NUMBERS = frozenset(["number", "count"])
_PART = re.compile(r"\{(\w+)\}")


class Form(NamedTuple):
    """A form of a sentence: the texts between its parts (one more than there are parts), the names of the parts, and
    the translation."""

    between: tuple[str, ...]
    parts: tuple[str, ...]
    translation: str

    def read(self, text: str) -> dict[str, str] | None:
        """The parts of a text of this form, each as short as can be; None where it is of another."""
        first, *middle, last = self.between
        if not text.startswith(first) or not text.endswith(last) or len(text) <= len(first) + len(last):
            return None
        values, place, end = [], len(first), len(text) - len(last)
        for between in middle:
            found = text.find(between, place + 1, end)
            if found < 0:
                return None
            values.append(text[place:found])
            place = found + len(between)
        if place >= end:
            return None
        parts = dict(zip(self.parts, [*values, text[place:end]], strict=True))
        return parts if all(parts[name].isdecimal() for name in _NUMBERS.intersection(parts)) else None


class Phrases(NamedTuple):
    """The phrases of a language: those without parts, and forms, the longest first."""

    whole: Mapping[str, str]
    forms: tuple[Form, ...]

    def said(self, text: str) -> str | None:
        """A sentence in the language; None where there is no translation of it."""
        found = _Saying(self).said(text)
        return found and found.text


class _Said(NamedTuple):
    """A translation, and how many characters of the sentence were kept as they are."""

    text: str
    kept: int


class _Saying:
    """One sentence that is being translated. Of several forms that fit the one counts that keeps least as it is."""

    def __init__(self, phrases: Phrases) -> None:
        self.phrases, self.tries = phrases, TRIES_MAX
        self._known: dict[str, _Said | None] = {}

    def said(self, text: str) -> _Said | None:
        """A part of it, or all."""
        if text not in self._known:
            self._known[text] = self._sought(text)
        return self._known[text]

    def _sought(self, text: str) -> _Said | None:
        whole = self.phrases.whole.get(text) or self.phrases.whole.get(text.lower())
        if whole is not None:
            return _Said(whole, 0)
        self.tries -= 1
        if self.tries < 0:
            return None
        found = [one for one in (self._filled(form, text) for form in self.phrases.forms) if one is not None]
        return min(found, key=lambda one: one.kept) if found else self._joined(text)

    def _filled(self, form: Form, text: str) -> _Said | None:
        values = form.read(text)
        if values is None:
            return None
        told: dict[str, str] = {}
        kept = 0
        for name, value in values.items():
            said = self.said(value) if name.startswith("said") else _Said(value, len(value))
            if said is None:
                return None
            told[name], kept = said.text, kept + said.kept
        return _Said(form.translation.format(**told), kept)

    def _joined(self, text: str) -> _Said | None:
        for joint, written in JOINTS:
            for first, rest in _cuts(text, joint):
                told = self.said(first)
                more = None if told is None else self.said(rest)
                if told is not None and more is not None:
                    return _Said(told.text + written + more.text, told.kept + more.kept)
        return None


def _cuts(text: str, joint: str) -> Iterator[tuple[str, str]]:
    place = text.find(joint)
    while place > 0:
        yield text[:place], text[place + len(joint) :]
        place = text.find(joint, place + 1)


@cache
def phrases(tag: str) -> Phrases:
    """The phrases of a language, by its tag; English has none, since all are in it."""
    stored = files("service").joinpath("texts", f"phrases.{tag}.json")
    told: dict[str, str] = orjson.loads(stored.read_bytes())
    named = {ENGLISH.texts[name]: text for name, text in language(tag).texts.items() if name.startswith(_GROUPS)}
    forms = [_form(text, translation) for text, translation in told.items() if "{" in text]
    forms.sort(key=lambda form: -sum(map(len, form.between)))
    return Phrases(named | {text: one for text, one in told.items() if "{" not in text}, tuple(forms))


def _form(text: str, translation: str) -> Form:
    pieces = _PART.split(text)
    return Form(tuple(pieces[::2]), tuple(pieces[1::2]), translation)


@lru_cache(maxsize=4096)
def translated(tag: str, text: str) -> str | None:
    """A sentence in a language by its tag, itself in English; None where there is no translation of it."""
    if tag == ENGLISH.tag:
        return text
    return phrases(tag).said(text) if len(text) <= LENGTH_MAX else None
