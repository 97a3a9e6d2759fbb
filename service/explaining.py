"""What an identifier says, as of today."""

from __future__ import annotations

from datetime import datetime

from graph_schema.days import CHINA_TIME
from graph_schema.identifiers import Identification, Scheme, identify, identify_as


def explain(text: str, scheme: Scheme | None = None) -> Identification | None:
    """A text field by field, by its form or as an identifier of a scheme; None where it looks like nothing known."""
    today = datetime.now(CHINA_TIME).date()
    return identify(text, today) if scheme is None else identify_as(scheme, text, today)
