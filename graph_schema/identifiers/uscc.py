"""Unified social credit codes of organizations in China: GB 32100-2015."""

from __future__ import annotations

from typing import NamedTuple

from graph_schema.identifiers.identification import (
    ALPHANUMERIC,
    DIGITS,
    BrokenIdentifier,
    Identification,
    Scheme,
    Slot,
    read_slots,
    sound,
)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
AUTHORITIES = {
    "1": "the office of public establishments",
    "2": "foreign affairs",
    "3": "judicial administration",
    "4": "culture",
    "5": "civil affairs",
    "6": "tourism",
    "7": "religious affairs",
    "8": "trade unions",
    "9": "market regulation",
    "A": "the military",
    "N": "agriculture",
    "Y": "another authority",
}
CATEGORIES = {"91": "enterprise", "92": "individual business", "93": "farmers' cooperative"}
PROVINCES = {
    "10": "the state",
    "11": "Beijing",
    "12": "Tianjin",
    "13": "Hebei",
    "14": "Shanxi",
    "15": "Inner Mongolia",
    "21": "Liaoning",
    "22": "Jilin",
    "23": "Heilongjiang",
    "31": "Shanghai",
    "32": "Jiangsu",
    "33": "Zhejiang",
    "34": "Anhui",
    "35": "Fujian",
    "36": "Jiangxi",
    "37": "Shandong",
    "41": "Henan",
    "42": "Hubei",
    "43": "Hunan",
    "44": "Guangdong",
    "45": "Guangxi",
    "46": "Hainan",
    "50": "Chongqing",
    "51": "Sichuan",
    "52": "Guizhou",
    "53": "Yunnan",
    "54": "Tibet",
    "61": "Shaanxi",
    "62": "Gansu",
    "63": "Qinghai",
    "64": "Ningxia",
    "65": "Xinjiang",
    "71": "Taiwan",
    "81": "Hong Kong",
    "82": "Macao",
}


class CreditCode(NamedTuple):
    """The fields of a code; the check character is computed. `division` is a code of GB/T 2260, six digits."""

    authority: str
    category: str
    division: str
    organization: str


def explain(text: str) -> Identification:
    """A code, field by field."""
    fields, faults = read_slots(Scheme.CREDIT_CODE, text, _SLOTS)
    if fields:
        category = CATEGORIES.get(text[:2], "defined by the authority")
        told = [field._replace(meaning=category) if field.name == "category" else field for field in fields]
        if not faults and text[17] != check_character(text[:17]):
            faults.append(f"the check character (position 18) is {text[17]}; it should be {check_character(text[:17])}")
            told[-1] = told[-1]._replace(meaning="not the check character")
        fields = tuple(told)
    return Identification(Scheme.CREDIT_CODE, text, fields, tuple(faults))


def parse(text: str) -> CreditCode:
    """The fields of a code; raises `BrokenIdentifier`."""
    sound(explain(text))
    return CreditCode(text[0], text[1], text[2:8], text[8:17])


def make(code: CreditCode) -> str:
    """The text of a code; raises `BrokenIdentifier`."""
    return completed("".join(code))


def completed(stem: str) -> str:
    """A code from its first 17 characters; raises `BrokenIdentifier`."""
    if len(stem) != 17 or any(letter not in ALPHABET for letter in stem):
        raise BrokenIdentifier(Scheme.CREDIT_CODE, stem, [f"before the check character are 17 of {ALPHABET}"])
    return stem + check_character(stem)


def check_character(stem: str) -> str:
    """The last character that belongs to the first 17."""
    total = sum(ALPHABET.index(letter) * weight for letter, weight in zip(stem, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def fits(text: str) -> bool:
    """Whether a text has the form of a code: 18 characters, an authority and a category first, and then a province."""
    return (
        len(text) == 18
        and all(letter in ALPHANUMERIC for letter in text)
        and text[0] in AUTHORITIES
        and text[1] != "0"
        and text[2:4] in PROVINCES
    )


_WEIGHTS = [pow(3, place, 31) for place in range(17)]
_SLOTS = [
    Slot("registration authority", 1, ALPHABET, lambda value: AUTHORITIES.get(value, "an authority not in our list")),
    Slot("category", 1, ALPHABET, lambda _: ""),
    Slot("division", 6, DIGITS, lambda value: PROVINCES.get(value[:2], "a province not in our list")),
    Slot("organization", 9, ALPHABET, lambda _: "organization code (GB 11714)"),
    Slot("check character", 1, ALPHABET, lambda _: "check character"),
]
