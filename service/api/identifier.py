"""What an identifier says."""

from __future__ import annotations

import strawberry

from graph_schema.identifiers import TITLES, Identification, Scheme
from service import explaining

strawberry.enum(Scheme, name="IdentifierScheme", description="The schemes of identifiers that are known.")


@strawberry.type(description="A part of an identifier.")
class IdentifierField:
    """A field."""

    name: str = strawberry.field(description="What it is called, such as `serial number`.")
    first: int = strawberry.field(description="Where in `value` it begins; positions count from 1.")
    last: int = strawberry.field(description="Where it ends; `first` - 1 where it is empty.")
    value: str = strawberry.field(description="What stands there.")
    meaning: str = strawberry.field(description="What that means, in words.")


@strawberry.type(description="What a text says as an identifier.")
class IdentifierExplanation:
    """An explanation."""

    scheme: Scheme = strawberry.field(description="The scheme that it follows, or nearly follows.")
    title: str = strawberry.field(description="What such identifiers are called, with their standard.")
    value: str = strawberry.field(description="The text in the scheme's own spelling.")
    valid: bool = strawberry.field(description="Whether nothing is wrong with it.")
    fields: list[IdentifierField] = strawberry.field(description="Its parts, in their order.")
    faults: list[str] = strawberry.field(description="What is wrong with it, a sentence each.")


def explanation(text: str, scheme: Scheme | None) -> IdentifierExplanation | None:
    """What a text says, None where it looks like nothing known."""
    found = explaining.explain(text, scheme)
    return None if found is None else _shown(found)


def _shown(found: Identification) -> IdentifierExplanation:
    return IdentifierExplanation(
        scheme=found.scheme,
        title=TITLES[found.scheme],
        value=found.value,
        valid=found.valid,
        fields=[IdentifierField(**field._asdict()) for field in found.fields],
        faults=list(found.faults),
    )
