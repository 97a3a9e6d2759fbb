"""GS1 Digital Links at our own address: which item a path such as `/01/{gtin}/21/{serial}` names, and the other way."""

from __future__ import annotations

from urllib.parse import unquote

from graph_schema.identifiers import digital_link

KEYS = tuple(digital_link.KEYS)
"""What such paths begin with; docs/identifiers.md says how they go on."""
GIAI = "8004"
SERIAL = "21"


def spellings(base: str, path: str) -> list[str]:
    """Under which keys and identifiers an item may be known that a path (percent-encoded) names.

    The Digital Link at our address and at GS1's, and the GIAI alone, which is like no other.
    """
    found = [base + path, digital_link.CANONICAL + path]
    first, _, rest = path.removeprefix("/").partition("/")
    return [*found, unquote(rest)] if first == GIAI and "/" not in rest else found


def path_of(key: str) -> str | None:
    """The path of the Digital Link that a key is, if it names one item and no other; the public sees no identifiers."""
    if not digital_link.fits(key) or not digital_link.explain(key).valid:
        return None
    link = digital_link.canonical(key)
    elements = digital_link.parse(link)
    return link.removeprefix(digital_link.CANONICAL) if GIAI in elements or SERIAL in elements else None
