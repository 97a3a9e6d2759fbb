"""The public part of a battery's facts."""

from __future__ import annotations

import orjson

from graph_schema.reader import ItemRow

PUBLIC_KIND = "BATTERY"
"""The kind of item that has a digital ID, which everybody sees."""

PUBLIC_FACTS = frozenset(["key", "kind", "model", "chemistry", "massKg", "energyKwh", "material"])


def public_row(row: ItemRow) -> ItemRow:
    """Facts of an item without what is in it."""
    return row._replace(
        composition=None, body_mass_kg=None, body_mass_at=None, body_composition=None, body_composition_at=None
    )


def public_spec(spec: bytes) -> bytes:
    """The public part of what was stated of an item, as JSON text."""
    return orjson.dumps({name: value for name, value in orjson.loads(spec).items() if name in PUBLIC_FACTS})
