"""How lots of a material look: a colour, and beyond eight a pattern, too; one that is known looks the same always."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from zlib import crc32

from service.writers.svg.scope import SCOPE

COLOURS = 8
"""So many colours of lots there are."""
PATTERNS = (
    "",
    '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6"/>',
    '<path d="M4 2v4M2 4h4"/>',
    '<path d="M0 2h8"/>',
)
"""What is drawn on a colour, on tiles of eight pixels; nothing on the first."""
LOOKS = COLOURS * len(PATTERNS)
KNOWN = {
    "black mass": 0,
    "aluminium scrap": 1,
    "lithium carbonate": 2,
    "nickel sulphate": 3,
    "cobalt sulphate": 4,
    "manganese sulphate": 5,
    "copper scrap": 6,
    "cathode active material": 7,
    "graphite": 8,
    "aluminium": 9,
    "lithium hydroxide": 10,
    "nickel cobalt sulphate": 11,
    "steel": 12,
    "iron phosphate": 13,
    "copper": 14,
}
"""The looks of materials that many traces have: their colour, and eight more for each pattern."""


def looks(names: Iterable[str]) -> dict[str, int]:
    """How each material of a picture looks, by number; two look the same only where there are more than `LOOKS`.

    One that is not known has the colour that its name leads to, with the first pattern that no other has.
    """
    found: dict[str, int] = {}
    rest = []
    for name in sorted(set(names)):
        known = KNOWN.get(name.casefold())
        if known is None or known in found.values():
            rest.append(name)
        else:
            found[name] = known
    for name in rest:
        first = crc32(name.encode()) % COLOURS
        wanted = [(first + at % COLOURS) % COLOURS + COLOURS * pattern for at, pattern in _steps()]
        taken = set(found.values())
        found[name] = next((look for look in wanted if look not in taken), first)
    return dict(sorted(found.items()))


def _steps() -> Iterator[tuple[int, int]]:
    """Every pattern on the first colour, then on the next one."""
    return ((colour, pattern) for colour in range(COLOURS) for pattern in range(len(PATTERNS)))


def patterns(used: Collection[int]) -> str:
    """The patterns of looks, as definitions."""
    return "".join(
        f'<pattern id="{SCOPE}-material-{look}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect class="lot-{look % COLOURS}" width="8" height="8"/><g class="lot-sign">{PATTERNS[look // COLOURS]}</g>'
        "</pattern>"
        for look in sorted(used)
        if look >= COLOURS
    )


def rules(used: Collection[int]) -> list[str]:
    """What looks are filled with, where that is a pattern."""
    return [
        f".material-{look} > rect {{ fill: url(#{SCOPE}-material-{look}); }}"
        for look in sorted(used)
        if look >= COLOURS
    ]
