"""Names of the chemistries of lithium-ion batteries, however they are written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

IRON_PHOSPHATE = "LFP"
_NAMES = {
    IRON_PHOSPHATE: (("lfp", "lifepo4", "lithium iron phosphate"), ("磷酸铁锂",)),
    "LMFP": (("lmfp", "lithium manganese iron phosphate"), ("磷酸锰铁锂", "磷酸铁锰锂")),
    "NMC": (
        ("nmc", "ncm", "lithium nickel manganese cobalt oxide", "lithium nickel cobalt manganese oxide"),
        ("镍钴锰", "镍锰钴"),
    ),
    "NCA": (("nca", "lithium nickel cobalt aluminium oxide"), ("镍钴铝",)),
    "NMC or NCA": (("ternary",), ("三元",)),
    "LMO": (("lmo", "limn2o4", "lithium manganese oxide"), ("(?<![镍钴])锰酸锂",)),
    "LCO": (("lco", "licoo2", "lithium cobalt oxide"), ("(?<![镍锰])钴酸锂",)),
    "LTO": (("lto", "li4ti5o12", "lithium titanate"), ("钛酸锂",)),
}
"""Of each family, names that are words of their own, and patterns of those that may stand among other characters."""
_PATTERNS = {
    family: re.compile("|".join([rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])", *characters]))
    for family, (words, characters) in _NAMES.items()
}
_APART = re.compile(r"[\s_-]+")


@lru_cache(maxsize=4096)
def families_of(chemistry: str | None) -> frozenset[str]:
    """The families that a stated chemistry names; several of what is mixed, none of what is not known here."""
    name = _APART.sub(" ", unicodedata.normalize("NFKC", chemistry or "").casefold())
    return frozenset(family for family, pattern in _PATTERNS.items() if pattern.search(name))


def is_iron_phosphate(chemistry: str | None) -> bool:
    """Whether a stated chemistry is lithium iron phosphate and nothing else."""
    return families_of(chemistry) == {IRON_PHOSPHATE}
