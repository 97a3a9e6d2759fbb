"""Documents that were parsed and found valid, and their measures, so that a second use of one costs neither."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any, Generic, TypeVar

from graphql import DocumentNode

T = TypeVar("T")
DOCUMENTS_MAX = 500
LENGTH_MAX = 20_000
"""Longer documents are not kept: together they would take too much memory."""


class Recent(Generic[T]):
    """What is known of the documents last used, by their text and what it depends on besides."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, T] = OrderedDict()

    def find(self, text: str | None, under: Hashable) -> T | None:
        """What is known of a document, None where nothing is."""
        found = self._known.get((text, under))
        if found is not None:
            self._known.move_to_end((text, under))
        return found

    def keep(self, text: str | None, under: Hashable, value: T) -> None:
        """Keep what was found of a document."""
        if text is not None and len(text) <= LENGTH_MAX:
            self._known[text, under] = value
            if len(self._known) > DOCUMENTS_MAX:
                self._known.popitem(last=False)


ValidDocuments = Recent[DocumentNode]
"""Valid documents, by their text and the settings that they are valid under."""


def sizes_in(variables: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What sizes may depend on of variables: numbers, and whether others are there; None where there are lists, which
    are not worth keeping."""
    found: dict[str, Any] = {}
    for name, value in (variables or {}).items():
        if isinstance(value, list | tuple):
            return None
        found[name] = value if value is None or type(value) is int else ""
    return found
