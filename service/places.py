"""Places in lists of organizations, and in what a search finds."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple


class OrganizationOrder(StrEnum):
    """By key, or by the name that was registered last and then by key, in the order of code points; those without a
    name come after all others."""

    KEY = "KEY"
    NAME = "NAME"


class OrganizationPlace(NamedTuple):
    """Where an organization stands in an order: its key, and its name, which the order by key leaves out."""

    key: str
    name: str | None = None

    def rank(self, order: OrganizationOrder) -> tuple[bool, str, str]:
        """What compares as the order does."""
        if order is OrganizationOrder.KEY:
            return False, "", self.key
        return self.name is None, self.name or "", self.key

    def is_beyond(self, other: OrganizationPlace, order: OrganizationOrder, reverse: bool) -> bool:
        """Whether it comes after another; before it, where the order is turned round."""
        mine, its = self.rank(order), other.rank(order)
        return mine < its if reverse else mine > its


class FoundPlace(NamedTuple):
    """A place in the order of what a search found: by rank and then key, an item before an organization of that key."""

    rank: int
    key: str
    organization: bool = False


class Found(NamedTuple):
    """An item (its handle) or an organization (None) that a search found; the lower the rank the better."""

    rank: int
    key: str
    handle: Any = None

    @property
    def place(self) -> FoundPlace:
        """Where it stands."""
        return FoundPlace(self.rank, self.key, self.handle is None)


EXACT, PREFIX, WITHIN = range(3)
"""The ranks: a name is the text, begins with it, or has it somewhere in any case."""
NO_ITEMS = -1
"""A rank that no item has."""
