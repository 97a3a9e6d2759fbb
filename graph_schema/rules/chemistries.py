"""Names of the chemistries of batteries, however they are written: families of lithium-ion ones, and the categories of
the European Union."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

IRON_PHOSPHATE = "LFP"
_NAMES = {
    IRON_PHOSPHATE: (("lfp", "lifepo4", "lithium iron phosphate"), ("磷酸铁锂",)),
    "LMFP": (("lmfp", "lithium manganese iron phosphate"), ("磷酸锰铁锂", "磷酸铁锰锂")),
    "NMC": (
        ("nmc", "ncm", "lithium nickel manganese cobalt oxides?", "lithium nickel cobalt manganese oxides?"),
        ("镍钴锰", "镍锰钴"),
    ),
    "NCA": (("nca", "lithium nickel cobalt alumini?um oxides?"), ("镍钴铝",)),
    "NMC or NCA": (("ternary",), ("三元",)),
    "LMO": (("lmo", "limn2o4", "lithium manganese oxides?"), ("(?<![镍钴])锰酸锂",)),
    "LCO": (("lco", "licoo2", "lithium cobalt oxides?"), ("(?<![镍锰])钴酸锂",)),
    "LTO": (("lto", "li4ti5o12", "lithium titanate"), ("钛酸锂",)),
}
"""Of each family, patterns of names that are words of their own, and of those that may stand among other characters."""
LITHIUM_BASED = "lithium-based batteries"
_CATEGORIES = {
    "lead-acid batteries": (("lead(?: ?acid)?", "pb.*", "vrla", "sla", "agm"), ("铅",)),
    "nickel-cadmium batteries": (("ni[ /]?cd", "nicad", "nickel[ /]?cadmium"), ("镍镉", "镉镍")),
    "other batteries": (
        ("ni[ /]?mh", "ni(?:ckel)?(?:[ /]metal)? hydride", "na ?ion", r"na(?:\d|ni|fe|mn|x).*", "na[ /]?s", "sodium.*"),
        ("镍氢", "氢镍", "钠"),
    ),
}
"""The same of each category of Annex XII of Regulation (EU) 2023/1542 that is not lithium-based."""


def _patterns(names: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]) -> dict[str, re.Pattern[str]]:
    return {
        name: re.compile("|".join([rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])", *characters]))
        for name, (words, characters) in names.items()
    }


_FAMILY_PATTERNS, _CATEGORY_PATTERNS = _patterns(_NAMES), _patterns(_CATEGORIES)
_APART = re.compile(r"[\s_\u2010-\u2015\u2212-]+")
"""Spaces, underscores, hyphens and dashes."""


@lru_cache(maxsize=4096)
def families_of(chemistry: str | None) -> frozenset[str]:
    """The families that a stated chemistry names; several of what is mixed, none of what is not known here."""
    name = _plain(chemistry or "")
    return frozenset(family for family, pattern in _FAMILY_PATTERNS.items() if pattern.search(name))


def is_iron_phosphate(chemistry: str | None) -> bool:
    """Whether a stated chemistry is lithium iron phosphate and nothing else."""
    return families_of(chemistry) == {IRON_PHOSPHATE}


def category_of(chemistry: str | None) -> str | None:
    """The category of a chemistry in Annex XII: lithium-based where it names a family, or no other one; None: not
    stated."""
    if not chemistry:
        return None
    name = "" if families_of(chemistry) else _plain(chemistry)
    return next((category for category, pattern in _CATEGORY_PATTERNS.items() if pattern.search(name)), LITHIUM_BASED)


def _plain(chemistry: str) -> str:
    return _APART.sub(" ", unicodedata.normalize("NFKC", chemistry).casefold())
