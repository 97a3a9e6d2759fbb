"""Documents that were parsed and found valid, so that a client's second use of one costs neither."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from graphql import DocumentNode

DOCUMENTS_MAX = 500
LENGTH_MAX = 20_000
"""Longer documents are not kept: together they would take too much memory."""


class ValidDocuments:
    """The documents last used, by their text and the settings that they are valid under."""

    def __init__(self) -> None:
        self._documents: OrderedDict[Hashable, DocumentNode] = OrderedDict()

    def find(self, text: str | None, under: Hashable) -> DocumentNode | None:
        """A valid document, None where it is not known to be one."""
        found = self._documents.get((text, under))
        if found is not None:
            self._documents.move_to_end((text, under))
        return found

    def keep(self, text: str | None, under: Hashable, document: DocumentNode) -> None:
        """Keep a document that is valid."""
        if text is not None and len(text) <= LENGTH_MAX:
            self._documents[text, under] = document
            if len(self._documents) > DOCUMENTS_MAX:
                self._documents.popitem(last=False)
