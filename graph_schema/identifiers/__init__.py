"""Identifiers of batteries, vehicles, organizations and lots: recognised, explained, made, and spelled for search.

A module for each scheme has `explain` (field by field, never an error), `parse` (raises `BrokenIdentifier`), `make` and
`fits` (whether a text has its form); `recognising` tells them apart.
"""

from graph_schema.identifiers.identification import (
    TITLES,
    BrokenIdentifier,
    Field,
    Identification,
    Scheme,
    Subject,
)
from graph_schema.identifiers.recognising import (
    claim,
    claimed_scheme,
    identify,
    identify_as,
    normalised,
    scheme_named,
    spellings,
)

__all__ = [
    "TITLES",
    "BrokenIdentifier",
    "Field",
    "Identification",
    "Scheme",
    "Subject",
    "claim",
    "claimed_scheme",
    "identify",
    "identify_as",
    "normalised",
    "scheme_named",
    "spellings",
]
