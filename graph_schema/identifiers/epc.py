"""Electronic product codes as URNs: `urn:epc:id:`, `urn:epc:class:` and `urn:epc:idpat:`.

GS1 EPC Tag Data Standard 2. What a tag carries (`urn:epc:tag:`, `urn:epc:raw:`) names no thing, and is not read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from graph_schema.identifiers.epc_types import CLASSES, COMPANY, TYPES, Part, Type
from graph_schema.identifiers.gs1 import assigned_by, completed, is_digits
from graph_schema.identifiers.identification import Field, Identification, Scheme, sound

_FORM = re.compile(r"(urn:epc:(id|class|idpat):)([^:]*)(:?)(.*)", re.IGNORECASE | re.DOTALL)
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


class Epc(NamedTuple):
    """The parts of a URN: `space` is id, class or idpat; a `*` in a pattern stands for anything."""

    space: str
    type: str
    parts: tuple[str, ...]


def normal(text: str) -> str:
    """The same with what is case-insensitive in one case; a serial number keeps its own."""
    read = _FORM.fullmatch(text)
    if read is None:
        return text
    prefix, _, name, colon, rest = read.groups()
    return prefix.lower() + name.lower() + colon + _ESCAPE.sub(lambda escape: escape[0].upper(), rest)


def fits(text: str) -> bool:
    """Whether a text begins as such URNs do."""
    return _FORM.fullmatch(text) is not None


def explain(text: str) -> Identification:
    """A URN, part by part."""
    read = _FORM.fullmatch(text)
    if read is None:
        return _said(text, (), ["it begins with none of urn:epc:id:, urn:epc:class: and urn:epc:idpat:"])
    prefix, space, name, _, rest = read.groups()
    types = CLASSES if space == "class" else TYPES
    kind = types.get(name)
    start = len(prefix)
    if kind is None:
        return _said(text, (), [f"there is no type {name!r} after {prefix}; there are {', '.join(types)}"])
    fields = [Field("type", start + 1, start + len(name), name, kind.title)]
    parts = rest.split(".", len(kind.parts) - 1)
    if len(parts) != len(kind.parts):
        names = ", ".join(part.name for part in kind.parts)
        return _said(text, fields, [f"it has {len(parts)} parts between dots; {name} has {len(kind.parts)}: {names}"])
    faults = _faults(kind, parts, space == "idpat")
    first = start + len(name) + 2
    for part, value in zip(kind.parts, parts, strict=True):
        fields.append(Field(part.name, first, first + len(value) - 1, value, _meaning(part, value)))
        first += len(value) + 1
    key = None if faults else _key(kind, parts)
    if key is not None:
        fields[2] = fields[2]._replace(meaning=f"with the company prefix {kind.key} {key}")
    return _said(text, fields, faults)


def parse(text: str) -> Epc:
    """The parts of a URN; raises `BrokenIdentifier`."""
    sound(explain(text))
    _, _, space, name, rest = text.split(":", 4)
    return Epc(space, name, tuple(rest.split(".", len((TYPES | CLASSES)[name].parts) - 1)))


def make(epc: Epc) -> str:
    """The text of a URN; raises `BrokenIdentifier`."""
    return sound(explain(f"urn:epc:{epc.space}:{epc.type}:{'.'.join(epc.parts)}")).value


def _faults(kind: Type, parts: list[str], pattern: bool) -> list[str]:
    stated = parts
    if pattern and "*" in parts:
        stated = parts[: parts.index("*")]
        if set(parts[len(stated) :]) != {"*"}:
            return ["after a * there can only be others"]
    faults = [
        f"its {part.name} is {value!r}; allowed is {part.said}"
        for part, value in zip(kind.parts, stated, strict=False)
        if not re.fullmatch(part.form, value)
    ]
    if faults or len(stated) < 2:
        return faults
    both = f"its {kind.parts[0].name} and its {kind.parts[1].name}"
    if kind.digits and len(stated[0]) + len(stated[1]) != kind.digits:
        return [f"{both} have {len(stated[0]) + len(stated[1])} digits together; they should have {kind.digits}"]
    size = len(_ESCAPE.sub("/", stated[0] + stated[1]))
    if kind.longest and size > kind.longest:
        return [f"{both} have {size} characters together; at most {kind.longest} are allowed"]
    return []


def _meaning(part: Part, value: str) -> str:
    if value == "*":
        return "any"
    if part == COMPANY:
        return assigned_by(value) if is_digits(value) else "no company prefix"
    return "given by the company"


def _key(kind: Type, parts: list[str]) -> str | None:
    """The GS1 key of the first two parts, with its check digit."""
    if kind.key is None or parts[1] == "*" or parts[0] == "*":
        return None
    if kind.leading:
        return completed(parts[1][0] + parts[0] + parts[1][1:])
    return completed(parts[0] + parts[1])


def _said(text: str, fields: tuple[Field, ...] | list[Field], faults: list[str]) -> Identification:
    return Identification(Scheme.EPC, text, tuple(fields), tuple(faults))
