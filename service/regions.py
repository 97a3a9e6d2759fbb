"""What regions are called: provinces of China by their code of GB/T 2260 (`CN-44`), countries by ISO 3166 (`DE`)."""

from __future__ import annotations

from graph_schema.identifiers.uscc import PROVINCES
from service.languages import Language
from service.phrases import translated

CHINA = "CN"
PROVINCE_CODES = tuple(f"{CHINA}-{code}" for code in PROVINCES if code != "10")
"""The provinces of China as organizations register them; 10 is the state."""


def region_name(region: str, language: Language) -> str:
    """A region in a language; one that nobody knows is its code."""
    country, _, part = region.partition("-")
    if country == CHINA and part[:2] in PROVINCES and part[:2].isdigit():
        name = PROVINCES[part[:2]]
        rest = part[2:]
        return (translated(language.tag, name) or name) + (f" ({region})" if rest else "")
    territory = language.locale.territories.get(country)
    if territory is None:
        return region
    return f"{territory} ({part})" if part else str(territory)
