"""Which way a list goes."""

from __future__ import annotations

from enum import StrEnum

import strawberry


@strawberry.enum(description="Which way.")
class OrderDirection(StrEnum):
    """The directions."""

    ASC = "ASC"
    DESC = "DESC"
