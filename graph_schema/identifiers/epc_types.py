"""The types of electronic product codes: GS1 EPC Tag Data Standard 2, chapter 6. A table, and nothing else."""

from __future__ import annotations

from typing import NamedTuple

_CHARACTER = r"(?:[A-Za-z0-9!'()*+,\-.:;=_]|%2[2567F]|%3[CEF])"
_COMPONENT = r"(?:[A-Z0-9\-]|%2F|%23)"
_CAGE = "[0-9A-HJ-NP-Z]{5,6}"


class Part(NamedTuple):
    """A part between dots: what it is called, its form as a regular expression, and in words."""

    name: str
    form: str
    said: str


class Type(NamedTuple):
    """A type of EPC.

    `digits`: so many have the first two parts together, and `key` is the GS1 key that they make with a check digit;
    `leading`: the first digit of the second part goes before the company prefix in it. `longest`: so many characters
    have the first two parts at most.
    """

    title: str
    parts: tuple[Part, ...]
    digits: int | None = None
    key: str | None = None
    leading: bool = False
    longest: int | None = None


def _digits(name: str, least: int = 0, most: int | None = None) -> Part:
    if least and most:
        return Part(
            name, f"[0-9]{{{least},{most}}}", f"{least} digits" if least == most else f"{least} to {most} digits"
        )
    return Part(name, "[0-9]*", "digits")


def _text(name: str, most: int) -> Part:
    return Part(
        name, f"{_CHARACTER}{{1,{most}}}", f"1 to {most} letters, digits and !'()*+,-.:;=_ or escapes such as %2F"
    )


def _number(name: str, most: int) -> Part:
    return Part(
        name, f"(?:0|[1-9][0-9]{{0,{most - 1}}})", f"a number of at most {most} digits, without zeros before it"
    )


COMPANY = _digits("company prefix", 6, 12)
_ITEM = _digits("item reference")
_SERIAL = _text("serial number", 20)

TYPES = {
    "sgtin": Type("a trade item with a serial number", (COMPANY, _ITEM, _SERIAL), 13, "GTIN", True),
    "sscc": Type("a logistic unit", (COMPANY, _digits("serial reference")), 17, "SSCC", True),
    "sgln": Type("a location", (COMPANY, _digits("location reference"), _text("extension", 20)), 12, "GLN"),
    "grai": Type("a returnable asset", (COMPANY, _digits("asset type"), _text("serial number", 16)), 12, "GRAI"),
    "giai": Type("an individual asset", (COMPANY, _text("asset reference", 24)), longest=30),
    "gsrn": Type("a recipient of services", (COMPANY, _digits("service reference")), 17, "GSRN"),
    "gsrnp": Type("a provider of services", (COMPANY, _digits("service reference")), 17, "GSRN"),
    "gdti": Type("a document", (COMPANY, _digits("document type"), _text("serial number", 17)), 12, "GDTI"),
    "cpi": Type(
        "a component or part",
        (
            COMPANY,
            Part("component reference", f"{_COMPONENT}{{1,24}}", "1 to 24 of 0-9, A-Z, -, %2F and %23"),
            _number("serial number", 12),
        ),
        longest=30,
    ),
    "sgcn": Type("a coupon", (COMPANY, _digits("coupon reference"), _digits("serial number", 1, 12)), 12, "GCN"),
    "ginc": Type("a consignment", (COMPANY, _text("consignment reference", 24)), longest=30),
    "gsin": Type("a shipment", (COMPANY, _digits("shipper reference")), 16, "GSIN"),
    "itip": Type(
        "a piece of a trade item",
        (COMPANY, _ITEM, _digits("piece", 2, 2), _digits("pieces", 2, 2), _SERIAL),
        13,
        "GTIN",
        True,
    ),
    "upui": Type("a unit pack", (COMPANY, _ITEM, _text("third party's serial number", 28)), 13, "GTIN", True),
    "pgln": Type("a party", (COMPANY, _digits("party reference")), 12, "GLN"),
    "gid": Type(
        "a thing of any kind", (_number("manager", 9), _number("object class", 8), _number("serial number", 11))
    ),
    "usdod": Type(
        "a thing of the US Department of Defense",
        (Part("CAGE code or DoDAAC", _CAGE, "5 or 6 of 0-9 and A-Z without I O"), _number("serial number", 11)),
    ),
    "adi": Type(
        "an aircraft part",
        (
            Part("CAGE code or DoDAAC", _CAGE, "5 or 6 of 0-9 and A-Z without I O"),
            Part("part number", "(?:[A-Z0-9-]|%2F){0,32}", "at most 32 of 0-9, A-Z, - and %2F"),
            Part("serial number", "(?:%23)?(?:[A-Z0-9-]|%2F){1,30}", "1 to 30 of 0-9, A-Z, - and %2F"),
        ),
    ),
    "bic": Type(
        "a freight container",
        (Part("BIC container code", "[A-Z]{3}[JUZ][0-9]{7}", "three letters, one of J U Z, and 7 digits"),),
    ),
    "imovn": Type("a vessel", (_digits("IMO vessel number", 7, 7),)),
}
"""What `urn:epc:id:` and `urn:epc:idpat:` name, by type."""

CLASSES = {"lgtin": Type("a lot of a trade item", (COMPANY, _ITEM, _text("lot number", 20)), 13, "GTIN", True)}
"""What `urn:epc:class:` names."""
