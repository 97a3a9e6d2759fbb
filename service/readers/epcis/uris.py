"""GS1 identifiers: of two ways to write one, the same key.

EPC URNs (`urn:epc:id:sgtin:9521234.000200.7`) and GS1 Digital Link URIs on any domain
(`https://example.com/01/09521234002000/21/7?x=y`) become the canonical Digital Link URI,
`https://id.gs1.org/01/09521234002000/21/7` (GS1 Digital Link 1.2, section 5). The way back is not open: a
Digital Link URI does not say how long the company prefix is. What is neither, or is malformed, stays as it is.
Source: GS1 EPC Tag Data Standard 2.0, sections 6 and 7.
"""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import quote, unquote

from graph_schema.identifiers.containers import is_container

DOMAIN = "https://id.gs1.org"


class Level(StrEnum):
    """What an identifier tells apart."""

    UNIT = "UNIT"
    CONTAINER = "CONTAINER"
    """A logistic unit (SSCC) or a returnable asset (GRAI): what other things travel in."""
    LOT = "LOT"
    CLASS = "CLASS"
    """A kind of thing, not one of them."""
    PLACE = "PLACE"


def check_digit(digits: str) -> str:
    """The GS1 check digit: weights 3 and 1 from the right."""
    total = sum(int(digit) * (1 if index % 2 else 3) for index, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def _checked(digits: str, length: int) -> str | None:
    return digits + check_digit(digits) if len(digits) == length and digits.isdecimal() and digits.isascii() else None


def _moved(prefix: str, reference: str) -> str:
    """A GTIN or SSCC begins with the first digit of the reference."""
    return reference[:1] + prefix + reference[1:]


def _part(text: str) -> str:
    return quote(unquote(text), safe="")


def _path(scheme: str, parts: list[str]) -> str | None:
    """The Digital Link path of an EPC's parts; None where they make none."""
    prefix, reference = parts[0], parts[1] if len(parts) > 1 else ""
    tail = _part(".".join(parts[2:]))
    match scheme:
        case "id:sgtin" | "class:lgtin" if tail:
            gtin = _checked(_moved(prefix, reference), 13)
            return gtin and f"/01/{gtin}/{'21' if scheme == 'id:sgtin' else '10'}/{tail}"
        case "idpat:sgtin" if tail == "%2A":
            gtin = _checked(_moved(prefix, reference), 13)
            return gtin and f"/01/{gtin}"
        case "id:sscc":
            sscc = _checked(_moved(prefix, reference), 17)
            return sscc and f"/00/{sscc}"
        case "id:sgln" if tail:
            gln = _checked(prefix + reference, 12)
            return gln and f"/414/{gln}" + ("" if tail == "0" else f"/254/{tail}")
        case "id:pgln":
            gln = _checked(prefix + reference, 12)
            return gln and f"/417/{gln}"
        case "id:grai" if tail:
            grai = _checked(prefix + reference, 12)
            return grai and f"/8003/0{grai}{tail}"
        case "id:giai":
            asset = _part(".".join(parts[1:]))
            return f"/8004/{prefix}{asset}" if asset and prefix.isdecimal() else None
        case "id:cpi" if tail:
            return f"/8010/{prefix}{_part(reference)}/8011/{tail}"
    return None


_URN = re.compile(r"urn:epc:((?:id|class|idpat):[a-z]+):(.+)")
_LINK = re.compile(
    r"https?://[^/?#]+(?:/[^?#]*?)?/(?:"
    r"(?P<gtin>01/(?:\d{8}|\d{12,14})(?:/(?:22|10|21|235)/[^/?#]+)*)"
    r"|(?P<plain>(?:00/\d{18}|417/\d{13}|8003/\d{14}[^/?#]*|8004/[^/?#]+|8010/[^/?#]+/8011/[^/?#]+))"
    r"|(?P<place>414/\d{13}(?:/254/[^/?#]+)?)"
    r")/?(?:[?#].*)?"
)


def canonical(uri: str) -> str:
    """The one form of a GS1 identifier; anything else as it is."""
    urn = _URN.fullmatch(uri)
    if urn is not None:
        path = _path(urn[1], urn[2].split("."))
        return uri if path is None else DOMAIN + path
    link = _LINK.fullmatch(uri)
    if link is None:
        return uri
    path = link["gtin"] or link["plain"] or link["place"]
    keys, values = path.split("/")[::2], path.split("/")[1::2]
    pairs = dict(zip(keys, (_part(value) for value in values), strict=True))
    if "01" in pairs:
        pairs["01"] = pairs["01"].zfill(14)
        rest = "21" if "21" in pairs else "10" if "10" in pairs else None
        pairs = {key: value for key, value in pairs.items() if key in ("01", rest)}
    return DOMAIN + "".join(f"/{key}/{value}" for key, value in pairs.items())


_LEVELS = (
    (re.compile(rf"{DOMAIN}/01/\d{{14}}/10/.+|urn:epc:class:lgtin:.+"), Level.LOT),
    (re.compile(rf"{DOMAIN}/01/\d{{14}}|{DOMAIN}/8003/\d{{14}}|urn:epc:idpat:.+"), Level.CLASS),
    (re.compile(rf"{DOMAIN}/(414|417)/.+|urn:epc:id:(sgln|pgln):.+|geo:.+"), Level.PLACE),
)


def level_of(key: str) -> Level | None:
    """What a canonical identifier tells apart; None where its form does not say."""
    if is_container(key):
        return Level.CONTAINER
    known = next((level for pattern, level in _LEVELS if pattern.fullmatch(key)), None)
    if known is None and key.startswith((DOMAIN + "/", "urn:epc:id:")):
        return Level.UNIT
    return known


_GLN = re.compile(rf"{DOMAIN}/(?:414|417)/(\d{{13}})(?:/254/.+)?")


def party_key(uri: str) -> str:
    """The key of a party or of who is at a place: the GLN of a GS1 identifier, else the identifier itself."""
    gln = _GLN.fullmatch(canonical(uri))
    return uri if gln is None else gln[1]


def material_of(uri: str) -> str | None:
    """What an LGTIN that is none names in place of an item reference: `recycled-copper`."""
    parts = uri.removeprefix("urn:epc:class:lgtin:").split(".")
    return parts[1] if uri.startswith("urn:epc:class:lgtin:") and len(parts) > 2 and not parts[1].isdecimal() else None
