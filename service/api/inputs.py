"""Typed inputs, one for each event type, made of the event classes: what an event may state stands in one place."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import strawberry
from pydantic.fields import FieldInfo
from strawberry.scalars import JSON

from graph_schema.errors import MalformedEvent
from graph_schema.events import EVENT_CLASSES, BaseEvent
from graph_schema.rules.limits import ROLES, SCOPES
from graph_schema.specs import ItemSpec, Record
from service.recording import Submission, malformed

DESCRIPTIONS = {
    "actor": "Who reports that it did it: the key of an organization.",
    "at_position": "The place in the host.",
    "attributes": "Whatever else there is to say of it.",
    "authorizations": "What it may do, and when; replaces what was stated before.",
    "chemistry": "The cell chemistry, such as LFP or NMC622.",
    "composition": "Kilograms per element, each once. Missing: unknown; an element not listed: 0.",
    "energy_kwh": "The nominal energy in kilowatt-hours.",
    "event_id": "The sender's id of the event: sent twice, it is recorded once.",
    "grade": "The grade of the material.",
    "host": "The unit that it goes into, or comes out of: its key.",
    "identifiers": "Other names of it, by which it is found.",
    "inputs": "What goes in: whole units, and draws on lots.",
    "item": "The item, its key.",
    "items": "The items.",
    "key": "Its key: 1 to 128 printable characters without spaces.",
    "kind": "What it is.",
    "latitude": "Degrees north.",
    "longitude": "Degrees east.",
    "mass_kg": "Kilograms.",
    "material": "What it is: black mass, lithium carbonate, ...",
    "measurements": "What was measured, such as stateOfHealthPercent (a number from 0 to 150).",
    "method": "How.",
    "model": "The maker's model.",
    "name": "Its name.",
    "note": "A remark.",
    "occurred_at": "When it was true.",
    "organization": "The organization.",
    "outputs": "What comes into being.",
    "part": "The part, its key.",
    "parts": "The parts: new units, or the keys of units that exist.",
    "place": "Where it happened.",
    "position": "The place in the host.",
    "reason": "Why.",
    "region": "The region, such as CN-44.",
    "roles": f"Its roles: {', '.join(ROLES)}, or others.",
    "scheme": "What kind of identifier it is.",
    "scope": f"What it covers: {', '.join(SCOPES)}, or something else.",
    "site": "The site.",
    "step": "Orders events of one type at one time.",
    "to": "Who holds it from then: the key of an organization.",
    "transfer": "The id of the transfer that is confirmed.",
    "valid_from": "Since when.",
    "valid_to": "Until when, that moment included; before `validFrom` it never holds.",
    "value": "The identifier.",
    "voids": "The id of the event that no longer counts.",
}


@strawberry.input(description="Kilograms of a chemical element.")
class ElementMassInput:
    """One entry of a composition."""

    element: str = strawberry.field(description="The element's symbol.")
    mass_kg: float = strawberry.field(description="Kilograms.")


class _Masses(str):
    """The name of a field whose input is a list of `ElementMassInput`, and an object in the event."""


def stated(value: Any, path: str = "") -> Any:
    """What an input states, as `recordEvents` takes it: what is null is not stated. Raises MalformedEvent where that
    cannot say all of it; `path` is where in the event it stands."""
    if isinstance(value, list):
        return [stated(one, f"{path}.{index}") for index, one in enumerate(value)]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    aliases = getattr(type(value), "_aliases", None)
    if aliases is None:
        return value
    fields = ((alias, getattr(value, name), f"{path}.{alias}") for name, alias in aliases.items())
    return {
        str(alias): _composition(one, below) if isinstance(alias, _Masses) else stated(one, below)
        for alias, one, below in fields
        if one is not None
    }


def _composition(masses: list[ElementMassInput], path: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in masses:
        if one.element in found:
            raise MalformedEvent(path.removeprefix("."), f"the element {one.element} stands there twice")
        found[one.element] = one.mass_kg
    return found


@cache
def input_of(record: type[Record], name: str, optional: frozenset[str] = frozenset()) -> Any:
    """The input type of a record; `optional` fields need not be stated though the record wants them."""
    members: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    aliases: dict[str, str] = {}
    cls = type(name, (), {})
    for field, info in record.model_fields.items():
        if field == "type" or (field == "kind" and record is not ItemSpec) or _is_always_empty(info):
            continue
        kept = info.is_required() and field not in optional
        annotation = _type_of(_hints(record)[field], f"{name.removesuffix('Input')}{_pascal(field)}")
        annotations[field] = annotation if kept else annotation | None
        alias = aliases[field] = _alias(field, info)
        if strip(annotation) == list[ElementMassInput]:
            aliases[field] = _Masses(alias)
        default: Any = {} if kept else {"default": None}
        members[field] = strawberry.field(name=alias, description=DESCRIPTIONS[field], **default)
    order = sorted(annotations, key=lambda field: annotations[field] != strip(annotations[field]))
    cls.__annotations__ = {field: annotations[field] for field in order}
    for field in order:
        setattr(cls, field, members[field])
    made: Any = strawberry.input(cls, name=name, description=(record.__doc__ or "").strip().splitlines()[0])
    made._aliases = aliases
    return made


def _is_always_empty(info: FieldInfo) -> bool:
    return any(getattr(rule, "max_length", None) == 0 for rule in info.metadata)


def strip(annotation: Any) -> Any:
    """An annotation without `None`."""
    inner = [one for one in get_args(annotation) if one is not NoneType]
    return inner[0] if get_origin(annotation) in (UnionType, Union) and len(inner) == 1 else annotation


@cache
def _hints(record: type[Record]) -> dict[str, Any]:
    return get_type_hints(record, include_extras=False)


def _alias(field: str, info: FieldInfo) -> str:
    return info.alias or field


def _pascal(field: str) -> str:
    return "".join(part.capitalize() for part in field.split("_"))


def _type_of(annotation: Any, name: str) -> Any:
    """The input type of a field's annotation."""
    annotation = strip(annotation)
    while get_origin(annotation) is Annotated:
        annotation = strip(get_args(annotation)[0])
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is list:
        return list[_type_of(inner[0], name)]  # type: ignore[misc]
    if origin is dict:
        return list[ElementMassInput] if inner[1] is float else JSON
    if origin in (UnionType, Union):
        return _part(inner)
    if origin is Literal:
        return _choice(inner, name)
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return input_of(annotation, f"{annotation.__name__.removesuffix('Spec')}Input")
    return annotation


def _part(kinds: tuple[Any, ...]) -> Any:
    """A part: the key of a unit that exists, or (with a kind) a new unit."""
    known = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Record)]
    if ItemSpec in known:
        return Annotated["PartInput", strawberry.lazy("service.api.inputs")]
    return input_of(known[0], f"{known[0].__name__}Input")


@cache
def _choice(values: tuple[str, ...], name: str) -> Any:
    from service.api.scalars import ItemKind

    if set(values) <= {kind.value for kind in ItemKind}:
        return ItemKind
    return strawberry.enum(StrEnum(name, {value: value for value in values}), description="One of these.")  # type: ignore[call-overload]


PartInput = input_of(ItemSpec, "PartInput", frozenset(["kind"]))
EVENT_INPUTS: dict[type[BaseEvent], Any] = {cls: input_of(cls, f"{cls.__name__}Input") for cls in EVENT_CLASSES}
"""The input type of each event class."""


def event_of(cls: type[BaseEvent], value: Any) -> Submission:
    """An event as JSON, from its typed input; rejected where that says what an event cannot."""
    (name,) = get_args(cls.model_fields["type"].annotation)
    try:
        return {"type": name, **stated(value)}
    except MalformedEvent as error:
        return malformed(error)._replace(event_id=value.event_id)
