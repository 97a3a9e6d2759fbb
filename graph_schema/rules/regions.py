"""In which country a region is, however it is spelled: rules of a country ask that of organizations and places."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from graph_schema.identifiers.uscc import PROVINCES

CHINA = "CN"
_OWN_CODES = {"EL": "GR"}
"""What the European Union writes in place of ISO 3166."""
_APART = frozenset(["10", "71", "81", "82"])
"""Divisions of GB/T 2260 that are told as `CN-...` only: their bare names and numbers may mean something else."""
_IN_CHINESE = (
    "北京市 天津市 河北省 山西省 内蒙古自治区 辽宁省 吉林省 黑龙江省 "
    "上海市 江苏省 浙江省 安徽省 福建省 江西省 山东省 河南省 "
    "湖北省 湖南省 广东省 广西壮族自治区 海南省 重庆市 四川省 贵州省 "
    "云南省 西藏自治区 陕西省 甘肃省 青海省 宁夏回族自治区 新疆维吾尔自治区"
).split()
"""The other divisions of the first level (GB/T 2260), with what they are."""
_SEPARATORS = str.maketrans(dict.fromkeys(" _/.:–—", "-"))


@lru_cache(maxsize=4096)
def country_of(region: str | None) -> str | None:
    """The country of a region (ISO 3166-1, two letters); None where nobody knows it.

    A country by two or three letters or by its English or Chinese name, alone or before a subdivision (`DE-BY`), or a
    province of China by its name or number (`Guangdong`, `44`, `440300`); case, width and spaces do not matter.
    """
    if region is None:
        return None
    text = " ".join(unicodedata.normalize("NFKC", region).split()).upper()
    named = _names().get(text) or _province(text)
    if named is not None:
        return named
    code = text.translate(_SEPARATORS).partition("-")[0]
    return _code(code)


def _code(text: str) -> str | None:
    if len(text) == 2 and text in _countries():
        return text
    others = list(get_global("territory_aliases").get(text, ()))
    return _OWN_CODES.get(text) or (str(others[0]) if len(others) == 1 and text.isalpha() else None)


def _province(text: str) -> str | None:
    """China where a text is the name of one of its provinces, in English or Chinese, or the number of a division."""
    if text.isdigit() and len(text) in (2, 4, 6):
        return CHINA if text[:2] in PROVINCES and text[:2] not in _APART else None
    if len(text) >= 2 and any(name.startswith(text) for name in _IN_CHINESE):
        return CHINA
    return None


@cache
def _countries() -> frozenset[str]:
    names = map(str, Locale("en").territories)
    return frozenset(code for code in names if len(code) == 2 and code.isalpha() and code not in ("ZZ", "XA", "XB"))


@cache
def _names() -> dict[str, str]:
    """What countries and provinces of China are called, in capitals."""
    found = {PROVINCES[code].upper(): CHINA for code in PROVINCES if code not in _APART}
    for language in ("en", "zh"):
        territories = Locale(language).territories
        found |= {str(territories[code]).upper(): code for code in sorted(_countries()) if code in territories}
    return found
