"""Whether two things are called the same: what a name is in which scheme, and in which spellings it may be written.

A number says nothing without its scheme: serial number 7 and part number 7 are two things. A code that says itself what
it is, such as a valid VIN, is the same under whatever scheme it is stated, and as a bare key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from graph_schema.identifiers import uuids
from graph_schema.identifiers.identification import Scheme
from graph_schema.identifiers.recognising import identify, identify_as, normalised, scheme_named

_OF_ONE_THING = frozenset([Scheme.GBT_34014, Scheme.GBT_34014_REUSE, Scheme.VIN, Scheme.UUID])
"""Valid codes of these are what they are, whatever they are stated as; letter case means nothing in them."""
_CODE_LENGTHS, _UUID_LENGTH = (17, 19, 24), 36
_OF_OTHERS = frozenset([Scheme.GTIN, Scheme.GLN, Scheme.BPN, Scheme.CREDIT_CODE])
"""What names a kind of thing, or an organization."""
_OF_KINDS = frozenset(
    "partnumber partno partid manufacturerpartid customerpartid articlenumber productnumber sku model modelnumber "
    "type typeid ordernumber drawingnumber manufacturer manufacturerid supplierid originalcode originalcodes "
    "型号 零件号 原编码".split()
)
"""Names of schemes for what several things have: their model, maker, or the code of what they were made of."""
_OF_BATCHES = frozenset("batch batchid batchnumber batchno lot lotid lotnumber lotno 批号 批次号".split())
_OF_MAKERS = _OF_BATCHES | frozenset("sn serial serialnumber serialno partinstance partinstanceid 序列号".split())
"""Numbers that each maker gives on its own: two makers may give the same one."""


class Name(NamedTuple):
    """What a thing is called: as it is written, and the scheme that is stated of it (None: it is a key)."""

    written: str
    stated: str | None = None

    @property
    def spellings(self) -> frozenset[str]:
        """How the same name may be written: as it is; a code in capitals and in small letters, a UUID with and without
        `urn:uuid:`. It is told by the length, so that nothing need be read where nobody else has the name."""
        text = self.written
        bare = text.lower().removeprefix(uuids.PREFIX)
        if len(bare) == _UUID_LENGTH and bare.count("-") == 4:
            return frozenset([text, bare, bare.upper(), uuids.PREFIX + bare])
        if len(text) in _CODE_LENGTHS and text.isascii() and text.isalnum():
            return frozenset([text, text.upper(), text.lower()])
        return frozenset([text])

    @property
    def by_its_maker(self) -> bool:
        """Whether it says something only together with who made the thing."""
        return _read(self)[0] in _OF_MAKERS

    def is_that_of(self, other: Name) -> bool:
        """Whether two things that are called so may be one: each is a spelling of the other, in one scheme. A key that
        follows no known scheme may be of any."""
        if self.written not in other.spellings or other.written not in self.spellings:
            return False
        (scheme, value), (another, its_value) = _read(self), _read(other)
        return value == its_value and (scheme == another or None in (scheme, another))


def names_of(kind: str, key: str, identifiers: Iterable[Mapping[str, str]]) -> list[Name]:
    """What an item of a kind is called: its key, and those of its identifiers that are of this one thing. What names
    its model, its batch (but of a lot) or an organization is left out."""
    stated = (Name(one["value"], one["scheme"]) for one in identifiers)
    return [Name(key), *(name for name in stated if _is_of_one(name, kind))]


def _is_of_one(name: Name, kind: str) -> bool:
    scheme = _plain(name.stated or "")
    if scheme in _OF_OTHERS | _OF_KINDS or (kind != "LOT" and scheme in _OF_BATCHES):
        return False
    return not name.written.upper().startswith("BPN") or _read(name)[0] is not Scheme.BPN


@lru_cache(maxsize=1024)
def _plain(stated: str) -> str:
    """The scheme that is meant by a name, else that name in small letters and digits."""
    return scheme_named(stated) or "".join(letter for letter in stated.casefold() if letter.isalnum())


@lru_cache(maxsize=1024)
def _read(name: Name) -> tuple[str | None, str]:
    """The scheme of a name and its value in the scheme's own spelling; None for a key that follows none."""
    found = identify(name.written)
    if found is not None and found.valid and found.scheme in _OF_ONE_THING:
        return found.scheme, found.value.removeprefix(uuids.PREFIX)
    if found is not None and found.valid and found.scheme is Scheme.BPN:
        return found.scheme, found.value
    scheme = None if name.stated is None else scheme_named(name.stated, name.written)
    if scheme is not None:
        return scheme, identify_as(scheme, name.written).value
    return None if name.stated is None else _plain(name.stated), normalised(name.written)
