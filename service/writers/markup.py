"""Text in XML: escaped, without the characters that XML 1.0 cannot hold."""

from __future__ import annotations

import re
from html import escape

_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """A text as the content of an element or of an attribute in double quotes; what XML cannot hold becomes U+FFFD."""
    return escape(_UNFIT.sub("�", text))
