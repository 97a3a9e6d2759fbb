"""What rules know of an item besides what was said of it: light facts, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graph_schema.identifiers.containers import is_container
from graph_schema.identifiers.names import Name, names_of
from graph_schema.order import Position, type_of


@dataclass(frozen=True)
class Thing:
    """Light facts of an item: `spec` is what the event that brought it in stated of it, without parts."""

    key: str
    kind: str
    born: Position
    producer: str
    spec: Mapping[str, Any]
    second_life: bool = False

    @cached_property
    def packaging(self) -> bool:
        """Whether things travel in it and are no part of it: a component whose key or identifier says so."""
        return self.kind == "COMPONENT" and any(
            map(is_container, [self.key, *(one["value"] for one in self.spec.get("identifiers") or ())])
        )

    @cached_property
    def names(self) -> list[Name]:
        """What it is called, and no other thing should be."""
        return names_of(self.kind, self.key, self.spec.get("identifiers") or ())

    def shares(self, name: Name, other: Thing) -> bool:
        """Whether another thing has a name of it, so that the two may be one. What each maker numbers on its own, such
        as serial numbers, says nothing of things of two makers, nor of a module and a cell. A second-life unit may bear
        the code of what it was made of."""
        if self.second_life != other.second_life:
            return False
        made = type_of(self.born) == type_of(other.born) == "PRODUCTION"
        unlike = self.kind != other.kind or (made and self.producer != other.producer)
        return any(
            name.is_that_of(one) and not (unlike and (name.by_its_maker or one.by_its_maker)) for one in other.names
        )

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What else was stated of it."""
        return self.spec.get("attributes") or {}
