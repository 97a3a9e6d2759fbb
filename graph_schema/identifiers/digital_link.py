"""GS1 Digital Link URIs, on any host: a GS1 key in the path, what qualifies it, and attributes in the query.

GS1 Digital Link Standard, URI Syntax 1.4. Application identifiers and their formats are those of the library biip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_element_strings import GS1ElementString

from graph_schema.identifiers.gs1 import GTIN_LENGTHS, assigned_by, completed, is_checked, is_digits
from graph_schema.identifiers.identification import BrokenIdentifier, Field, Identification, Scheme, sound

CANONICAL = "https://id.gs1.org"
KEYS: dict[str, tuple[str, ...]] = {
    "00": (),
    "01": ("22", "10", "21", "235"),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": ("254", "7040"),
    "415": ("8020",),
    "417": ("7040",),
    "8003": (),
    "8004": ("7040",),
    "8006": ("22", "10", "21"),
    "8010": ("8011",),
    "8013": (),
    "8017": ("8019",),
    "8018": ("8019",),
}
"""The keys that a path can name, and what may qualify each, in this order."""
_CHECKED = {"00": 18, "01": 14, "253": 13, "255": 13, "402": 17, "414": 13, "415": 13, "417": 13}
_CHECKED |= {"8003": 14, "8006": 14, "8017": 18, "8018": 18}
"""So many digits of a key end in a check digit."""
_TELLING = ("21", "235", "10", "254", "8011", "8019", "8020")
"""What tells one thing from another of its key, the most telling first."""
_FORM = re.compile(r"(https?)://([^/?#]+)(/[^?#]*)?(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


class Element(NamedTuple):
    """An application identifier with its value, and where the value stands in the text."""

    ai: str
    value: str
    first: int
    raw: str


def normal(text: str) -> str:
    """The same with what is case-insensitive in one case."""
    read = _FORM.fullmatch(text)
    if read is None:
        return text
    scheme, host = read[1].lower(), read[2].lower()
    return f"{scheme}://{host}" + _ESCAPE.sub(lambda escape: escape[0].upper(), text[read.end(2) :])


def fits(text: str) -> bool:
    """Whether a text is such a URI: one of id.gs1.org, or one whose path ends in a key and what qualifies it.

    The value must look like the key's: `/2024/01/report` names no GTIN. A number of 13 or 14 digits does, also with a
    wrong check digit; one of 8 or 12 digits only with the right one.
    """
    read = _FORM.fullmatch(text)
    if read is None:
        return False
    if f"{read[1]}://{read[2]}" == CANONICAL:
        return True
    key = next(_path(text), None)
    if key is None:
        return False
    if key.ai in _CHECKED:
        sizes = (13, 14) if key.ai == "01" else (_CHECKED[key.ai],)
        head = key.value[: _CHECKED[key.ai]]
        return is_digits(head) and (
            len(head) in sizes or (key.ai == "01" and len(head) in (8, 12) and is_checked(head))
        )
    return is_digits(key.value[:6]) and len(key.value) > 6


def explain(text: str) -> Identification:
    """A URI, element by element."""
    path, attributes = list(_path(text)), list(_query(text))
    if not path:
        names = ", ".join(f"/{ai}/" for ai in KEYS)
        return Identification(Scheme.DIGITAL_LINK, text, (), (f"its path names no GS1 key, such as {names}",))
    fields, faults = [], []
    for element in [*path, *attributes]:
        title, meaning, fault = _told(element)
        last = element.first + len(element.raw) - 1
        fields.append(Field(title, element.first, last, element.raw, meaning))
        faults += fault
    return Identification(Scheme.DIGITAL_LINK, text, tuple(fields), (*faults, *_disorder(path)))


def parse(text: str) -> dict[str, str]:
    """The key, its qualifiers and the attributes, by application identifier; raises `BrokenIdentifier`."""
    sound(explain(text))
    return {element.ai: _wide(element) for element in [*_path(text), *_query(text)]}


def make(elements: dict[str, str], stem: str = CANONICAL) -> str:
    """A URI from values by application identifier, the key first; raises `BrokenIdentifier`."""
    key = next(iter(elements), "")
    if key not in KEYS:
        raise BrokenIdentifier(Scheme.DIGITAL_LINK, key, [f"the first is a key: {', '.join(KEYS)}"])
    path = [key, *(ai for ai in KEYS[key] if ai in elements)]
    query = "&".join(f"{ai}={quote(value, safe='')}" for ai, value in elements.items() if ai not in path)
    text = stem + "".join(f"/{ai}/{quote(elements[ai], safe='')}" for ai in path)
    return sound(explain(f"{text}?{query}" if query else text)).value


def canonical(text: str) -> str:
    """The one URI at id.gs1.org for what a valid URI names: the key, and what makes it a name of one thing or lot.

    A serial number says it all; the lot that the thing is of, variants and attributes are left out.
    """
    key, *rest = _path(text)
    stated = {element.ai: element.value for element in rest}
    part = next((ai for ai in _TELLING if ai in stated), None)
    return make({key.ai: _wide(key)} | ({} if part is None else {part: stated[part]}))


def _path(text: str) -> Iterator[Element]:
    """The key of a path and its qualifiers; nothing where it does not end in them."""
    read = _FORM.fullmatch(text)
    if read is None or not read[3]:
        return
    segments, firsts, first = read[3].rstrip("/").split("/"), [], read.start(3) + 1
    for segment in segments:
        firsts.append(first)
        first += len(segment) + 1
    for start in range(1, len(segments) - 1):
        names = segments[start::2]
        if (len(segments) - start) % 2 == 0 and names[0] in KEYS and all(name in _QUALIFIERS for name in names[1:]):
            for place in range(start, len(segments), 2):
                raw = segments[place + 1]
                yield Element(segments[place], unquote(raw), firsts[place + 1], raw)
            return


def _query(text: str) -> Iterator[Element]:
    """The attributes of a query that are application identifiers; others mean nothing here."""
    read = _FORM.fullmatch(text)
    if read is None or not read[4]:
        return
    first = read.start(4) + 2
    for pair in read[4][1:].split("&"):
        name, _, raw = pair.partition("=")
        if is_digits(name) and _identifier(name) is not None:
            yield Element(name, unquote(raw), first + len(name) + 1, raw)
        first += len(pair) + 1


def _identifier(ai: str) -> GS1ApplicationIdentifier | None:
    try:
        found = GS1ApplicationIdentifier.extract(ai)
    except ParseError:
        return None
    return found if found.ai == ai else None


def _wide(element: Element) -> str:
    return element.value.zfill(14) if element.ai == "01" else element.value


def _told(element: Element) -> tuple[str, str, list[str]]:
    """The title of an element, what its value means, and what is wrong with it."""
    identifier = _identifier(element.ai)
    assert identifier is not None, "only known ones are read"
    title, meaning, value = f"({element.ai}) {identifier.data_title}", identifier.description, _wide(element)
    if element.ai == "01" and len(element.value) not in GTIN_LENGTHS:
        return title, meaning, [f"{title} has {len(element.value)} characters; a GTIN has 8, 12, 13 or 14 digits"]
    try:
        read = GS1ElementString.parse(f"{element.ai}{value}")
    except ParseError:
        form = identifier.format.partition("+")[2]
        return title, meaning, [f"{title} is {element.value!r}; its format is {form} ({identifier.description})"]
    if read.date is not None:
        meaning = f"{meaning}: {read.date}"
    if element.ai not in _CHECKED:
        return title, meaning, []
    digits = value[: _CHECKED[element.ai]]
    meaning = f"{meaning}; {assigned_by(digits[1:] if len(digits) in (14, 18) else digits)}"
    if is_checked(digits):
        return title, meaning, []
    return title, meaning, [f"the check digit of {title} is {digits[-1]}; it should be {completed(digits[:-1])[-1]}"]


def _disorder(path: list[Element]) -> list[str]:
    """What is wrong with the order of what qualifies a key."""
    key, allowed = path[0].ai, KEYS[path[0].ai]
    faults = [f"({ai}) does not qualify ({key})" for ai, *_ in path[1:] if ai not in allowed]
    places = [allowed.index(ai) for ai, *_ in path[1:] if ai in allowed]
    if places != sorted(set(places)):
        faults.append(f"what qualifies ({key}) stands once, in the order {', '.join(allowed)}")
    return faults


_QUALIFIERS = frozenset(ai for qualifiers in KEYS.values() for ai in qualifiers)
