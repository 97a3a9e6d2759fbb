"""Errors of stores."""

from __future__ import annotations


class StoreError(Exception):
    """A store that cannot be opened, read or written, with the place and the way out."""


class UnknownBookmark(StoreError):
    """A bookmark to follow (`service.causality`) that is none of the store."""
