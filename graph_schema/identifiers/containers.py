"""What an identifier says is packaging: a logistic unit, a returnable asset, a freight container."""

from __future__ import annotations

import re

_URN = re.compile(r"urn:epc:id:(?:sscc|grai|bic):.+", re.IGNORECASE)
_LINK = re.compile(r"https?://[^?#]+/(?:00/\d{18}|8003/\d{14}[^/?#]+)/?(?:[?#].*)?", re.IGNORECASE)
"""A GRAI with a serial number; without one it is a kind of asset."""


def is_container(text: str) -> bool:
    """Whether a text is the SSCC of a logistic unit, the GRAI of a returnable asset or a BIC container code, as EPC URN
    or GS1 Digital Link: things travel in it, and are no part of it."""
    return bool(_URN.fullmatch(text) or _LINK.fullmatch(text))
