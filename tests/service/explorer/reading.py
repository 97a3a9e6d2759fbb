"""What a page says, as it is read."""

from __future__ import annotations

import re

LINK = re.compile("</?a(?: [^>]*)?>")
"""The marks of a link, whose text stays."""
