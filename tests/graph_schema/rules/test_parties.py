"""What an organization was, and was authorized for, at a moment: by the dates that are stated, whenever that was."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graph_schema.rules.parties import Party

DAY = 1_000
"""What occurs in the tests is at the position 1000, on 2026-05-01."""


def _party(*registrations: tuple[int, dict[str, Any]]) -> Party:
    return Party("PLANT", tuple((b"%06d" % at, {"key": "PLANT", **fields}) for at, fields in registrations))


def _authorized(*registrations: tuple[int, list[dict[str, Any]]]) -> bool:
    party = _party(*((at, {"authorizations": stated}) for at, stated in registrations))
    return party.authorized("RECYCLING", datetime(2026, 5, 1, tzinfo=UTC), b"%06d" % DAY)


def _for(begins: str | None = None, ends: str | None = None, scope: str = "RECYCLING") -> dict[str, Any]:
    dates = {"validFrom": begins, "validTo": ends}
    return {"scope": scope} | {name: f"{day}T00:00:00+00:00" for name, day in dates.items() if day is not None}


PAST = _for("2026-01-01", "2031-01-01")


@pytest.mark.parametrize(
    ("registrations", "authorized"),
    [
        ([], False),
        ([(1, [PAST])], True),
        ([(1, [_for(scope="COLLECTION")]), (2_000, [PAST])], True),
        ([(1, []), (2_000, [PAST])], True),
        ([(1, []), (2_000, [_for("2026-06-01")])], False),
        ([(1, []), (2_000, [_for()])], False),
        ([(2_000, [_for()])], True),
        ([(2_000, [_for("2026-06-01")])], False),
        ([(1, [PAST]), (2, [])], False),
        ([(1, [PAST]), (2, [_for(ends="2026-04-01")])], False),
        ([(1, [_for(ends="2026-06-30")]), (2, [_for("2026-07-01")])], True),
        ([(1, [_for(ends="2026-04-30")]), (2, [_for("2026-07-01")])], False),
        ([(1, [PAST]), (2_000, [])], True),
    ],
    ids=[
        "never", "before", "reported later, valid then", "reported later where none was known",
        "reported later, valid later", "reported later without a beginning where there was none",
        "first reported later without a beginning", "first reported later, valid later", "withdrawn before",
        "cut short before", "renewed ahead of time", "renewed too late", "withdrawn later",
    ],
)  # fmt: skip
def test_an_authorization_counts_by_its_own_dates(
    registrations: list[tuple[int, list[dict[str, Any]]]], authorized: bool
) -> None:
    assert _authorized(*registrations) is authorized


def test_what_was_stated_only_later_is_taken_to_have_been_so_field_by_field() -> None:
    """A file names the plant as of 1970; what it is was registered in 2026."""
    party = _party((1, {"name": "Plant"}), (2_000, {"roles": ["UTILIZER"], "region": "CN-44", "authorizations": []}))
    assert party.roles(b"%06d" % DAY) == {"UTILIZER"}
    assert party.stated(b"%06d" % DAY) == {
        "key": "PLANT", "name": "Plant", "roles": ["UTILIZER"], "region": "CN-44", "authorizations": [],
    }  # fmt: skip
    changed = _party((1, {"roles": ["OUTLET"]}), (2_000, {"roles": ["TRADER"]}))
    assert changed.roles(b"%06d" % DAY) == {"OUTLET"}
    assert changed.roles() == {"TRADER"}
