"""Which scheme a text follows, or claims to follow.

Two questions, and two answers. *Recognising* is for people who ask what a text is: it goes by the form alone, and says
what is wrong with a code that nearly is one. *Claiming* is for findings, where a false alarm does harm: there it counts
what the text is the key of, or which scheme somebody said that it follows. docs/identifiers.md has the rules in words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from graph_schema.identifiers import bpn, digital_link, epc, epc_links, gbt34014, gs1, uscc, uuids, vin
from graph_schema.identifiers.identification import Identification, Scheme, Subject

LENGTH_MAX = 512
"""No longer text is an identifier; the longest key of an item has 128 characters, an identifier 256."""

_HYPHENS = "-\u2010\u2011\u2012\u2013\u2212"
_UNSEEN = frozenset(["Cc", "Cf", "Cs"])
_UNITS = frozenset[Subject](("CELL", "MODULE", "BATTERY"))


class Reader(NamedTuple):
    """How a scheme is read: its own spelling of a text, whether a text has its form, and what it says.

    `keys`: the key of what claims the scheme by having its form; `evident`: a text of this form claims it, whatever
    it is the key of.
    """

    tidy: Callable[[str], str]
    fits: Callable[[str], bool]
    explain: Callable[[str, date | None], Identification]
    keys: frozenset[Subject] = frozenset()
    evident: bool = False


def identify(text: str, day: date | None = None) -> Identification | None:
    """What a text is by its form, valid or not, None where it looks like nothing known; no date may lie after `day`."""
    clean = cleaned(text)
    for scheme, reader in _READERS.items():
        if scheme is not Scheme.GLN and reader.fits(reader.tidy(clean)):
            return reader.explain(reader.tidy(clean), day)
    return None


def identify_as(scheme: Scheme, text: str, day: date | None = None) -> Identification:
    """What a text says, and what is wrong with it, as an identifier of a scheme."""
    reader = _READERS[scheme]
    if len(text) > LENGTH_MAX:
        fault = f"it has {len(text)} characters; no identifier has more than {LENGTH_MAX}"
        return Identification(scheme, cleaned(text[:LENGTH_MAX]), (), (fault,))
    return reader.explain(reader.tidy(cleaned(text)), day)


def claimed_scheme(text: str, kind: Subject | None = None, stated: str | None = None) -> Scheme | None:
    """Which scheme a text claims to follow: the `stated` one where that is known, else by its form and what it is of.

    `kind`: what the text is the key of; without it only those count whose form says it all, such as `urn:uuid:`.
    """
    clean = cleaned(text)
    named = None if stated is None else scheme_named(stated, clean)
    return named or _evident_scheme(clean, kind)


@lru_cache(maxsize=1024)
def _evident_scheme(clean: str, kind: Subject | None) -> Scheme | None:
    for scheme, reader in _readers_of(kind):
        if reader.fits(reader.tidy(clean)):
            return scheme
    return None


@cache
def _readers_of(kind: Subject | None) -> list[tuple[Scheme, Reader]]:
    """The schemes that a key may claim by its form, the likeliest first: no two of them fit one text."""
    found = [(scheme, reader) for scheme, reader in _READERS.items() if reader.evident or kind in reader.keys]
    return sorted(found, key=lambda one: one[1].evident)


def claim(
    text: str, kind: Subject | None = None, stated: str | None = None, day: date | None = None
) -> Identification | None:
    """What a text says as an identifier of the scheme that it claims, None where it claims none."""
    scheme = claimed_scheme(text, kind, stated)
    return None if scheme is None else identify_as(scheme, text, day)


def scheme_named(name: str, text: str = "") -> Scheme | None:
    """The scheme that people mean by a name, None where it is none of ours; GB/T 34014 has two, told by the length."""
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    if plain in _GBT_NAMES:
        return Scheme.GBT_34014_REUSE if len("".join(text.split())) == 19 else Scheme.GBT_34014
    return _NAMES.get(plain)


def normalised(text: str) -> str:
    """A text as it is searched for: in its scheme's own spelling, else without full-width forms and needless spaces."""
    found = identify(text)
    return " ".join(cleaned(text).split()) if found is None else found.value


def spellings(text: str) -> list[str]:
    """What is worth looking up for a text that somebody typed, pasted or scanned: each once, the likeliest first.

    As written, as its scheme spells it, in capitals, without spaces; a UUID with and without `urn:uuid:`; a GS1 Digital
    Link or an EPC as the Digital Link at id.gs1.org, too, which is the key of what EPCIS files bring in. None for an
    empty text.
    """
    clean = cleaned(text)
    found = identify(text)
    variants = [text.strip(), normalised(text), clean, clean.upper(), _upper(clean)]
    if found is not None and found.valid and found.scheme is Scheme.UUID:
        bare = found.value.removeprefix(uuids.PREFIX)
        variants += [uuids.PREFIX + bare, bare]
    if found is not None and found.valid and found.scheme is Scheme.DIGITAL_LINK:
        variants.append(digital_link.canonical(found.value))
    if found is not None and found.valid and found.scheme is Scheme.EPC:
        variants.append(epc_links.link(found.value) or "")
    return [variant for variant in dict.fromkeys(variants) if variant]


def cleaned(text: str) -> str:
    """A text in compatibility form (no full-width letters), without what cannot be seen and spaces around it.

    Empty where it is too long for an identifier.
    """
    if len(text) > LENGTH_MAX:
        return ""
    if text.isascii() and text.isprintable():
        return text.strip()
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        letter for letter in plain if letter.isspace() or unicodedata.category(letter) not in _UNSEEN
    ).strip()


def _upper(text: str) -> str:
    return "".join(text.split()).upper()


def _unhyphened(text: str) -> str:
    return "".join(letter for letter in _upper(text) if letter not in _HYPHENS)


def _number(text: str) -> str:
    """Digits without hyphens, where they are a number of GS1 then: a day or a part number has hyphens, too."""
    plain = _unhyphened(text)
    return plain if gs1.is_checked(plain) else _upper(text)


def _timeless(explain: Callable[[str], Identification]) -> Callable[[str, date | None], Identification]:
    return lambda text, _: explain(text)


_READERS = {
    Scheme.UUID: Reader(str.lower, uuids.fits, _timeless(uuids.explain), evident=True),
    Scheme.EPC: Reader(epc.normal, epc.fits, _timeless(epc.explain), evident=True),
    Scheme.DIGITAL_LINK: Reader(digital_link.normal, digital_link.fits, _timeless(digital_link.explain), evident=True),
    Scheme.BPN: Reader(_upper, bpn.fits, _timeless(bpn.explain), evident=True),
    Scheme.GBT_34014: Reader(_upper, gbt34014.fits, gbt34014.explain, _UNITS),
    Scheme.GBT_34014_REUSE: Reader(_upper, gbt34014.fits_reuse, gbt34014.explain_reuse, _UNITS),
    Scheme.CREDIT_CODE: Reader(_unhyphened, uscc.fits, _timeless(uscc.explain), frozenset[Subject](["ORGANIZATION"])),
    Scheme.VIN: Reader(_upper, vin.fits, _timeless(vin.explain), frozenset[Subject](["VEHICLE"])),
    Scheme.GLN: Reader(_number, gs1.fits_gln, _timeless(gs1.explain_gln), frozenset[Subject](["ORGANIZATION"])),
    Scheme.GTIN: Reader(_number, gs1.fits_gtin, _timeless(gs1.explain_gtin)),
}
"""In the order in which they are tried; no two fit the same text, but GLN and GTIN."""

_GBT_NAMES = frozenset(["gbt34014", "gbt340142017", "gb34014", "gbt34014reuse", "batterycode", "tractionbatterycode"])
_NAMES = {
    "vin": Scheme.VIN,
    "uscc": Scheme.CREDIT_CODE,
    "creditcode": Scheme.CREDIT_CODE,
    "unifiedsocialcreditcode": Scheme.CREDIT_CODE,
    "gb32100": Scheme.CREDIT_CODE,
    "gb321002015": Scheme.CREDIT_CODE,
    "统一社会信用代码": Scheme.CREDIT_CODE,
    "bpn": Scheme.BPN,
    "bpnl": Scheme.BPN,
    "bpns": Scheme.BPN,
    "bpna": Scheme.BPN,
    "gln": Scheme.GLN,
    "gtin": Scheme.GTIN,
    "ean": Scheme.GTIN,
    "epc": Scheme.EPC,
    "epcuri": Scheme.EPC,
    "epcurn": Scheme.EPC,
    "digitallink": Scheme.DIGITAL_LINK,
    "gs1digitallink": Scheme.DIGITAL_LINK,
    "uuid": Scheme.UUID,
}
