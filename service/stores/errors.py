"""Errors of stores."""

from __future__ import annotations


class StoreError(Exception):
    """A store that cannot be opened, read or written, with the place and the way out."""
