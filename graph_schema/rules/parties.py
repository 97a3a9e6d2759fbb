"""Organizations, as rules see them: what was registered of them when, and for what they were authorized."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from graph_schema.identifiers import Scheme, claim
from graph_schema.order import Position
from graph_schema.rules.regions import CHINA, country_of

Authorizations = list[Mapping[str, Any]]
"""As a registration states them: each a scope, with `validFrom` and `validTo` (ISO 8601, None: open)."""


@dataclass(frozen=True)
class Party:
    """An organization: its accepted registrations in the total order, each with the fields that it states."""

    key: str
    registrations: tuple[tuple[Position, Mapping[str, Any]], ...] = ()

    @property
    def registered(self) -> bool:
        """Whether anybody ever registered it."""
        return bool(self.registrations)

    def stated(self, position: Position | None = None) -> Mapping[str, Any]:
        """The fields stated before a position (None: ever); of one that was stated only later, what was stated first.

        Later registrations replace the fields that they state. Reference data come late: who was a workshop in May
        is taken to have been one in April, whether or not a name was known before.
        """
        if position is None or not self.registrations or position > self.registrations[-1][0]:
            return self._latest
        return self._stated_before(position)

    @cached_property
    def _latest(self) -> Mapping[str, Any]:
        return self._stated_before(None)

    def _stated_before(self, position: Position | None) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for at, fields in self.registrations:
            known = position is None or at < position
            found |= {
                name: value for name, value in fields.items() if value is not None and (known or name not in found)
            }
        return found

    def roles(self, position: Position | None = None) -> frozenset[str]:
        """Its roles at a position."""
        return frozenset(self.stated(position).get("roles") or ())

    def authorized(self, scope: str, moment: datetime, position: Position) -> bool:
        """Whether an authorization of a scope covers a moment, by its own dates, whenever it was reported.

        One that a registration before the position leaves out was withdrawn; one that is renewed ahead of time holds
        until the new one does. One that is reported only later counts where it says from when it is valid, or where
        nothing was known of any before.
        """
        if any(_covering(self.stated(position).get("authorizations") or (), scope, moment)):
            return True
        lists = [(at, fields["authorizations"]) for at, fields in self.registrations if "authorizations" in fields]
        lists = [(at, stated or []) for at, stated in lists if stated is not None]
        later = (one for at, stated in lists if at > position for one in _covering(stated, scope, moment))
        if any(one.get("validFrom") is not None for one in later):
            return True
        return _before_its_renewal([stated for at, stated in lists if at < position], scope, moment)

    def states_authorizations(self, position: Position) -> bool:
        """Whether any authorization of it was stated before a position, or first after it."""
        return bool(self.stated(position).get("authorizations"))

    @cached_property
    def name(self) -> str:
        """What to call it in a sentence."""
        name = self.stated().get("name")
        return f"{name} ({self.key})" if name else self.key

    @property
    def names(self) -> list[tuple[str, str | None]]:
        """Its key and identifiers, each with the scheme that is stated of it (None: the key)."""
        return [(self.key, None), *((one["value"], one["scheme"]) for one in self.stated().get("identifiers") or ())]

    @cached_property
    def country(self) -> str | None:
        """The country of its region (ISO 3166-1, two letters); None where none is stated, or one that nobody knows."""
        return country_of(self.stated().get("region"))

    @cached_property
    def chinese(self) -> bool:
        """Whether Chinese rules are for it: registered in a region of China, or under a valid social credit code."""
        if self.country == CHINA:
            return True
        claims = (claim(text, "ORGANIZATION", scheme) for text, scheme in self.names)
        return any(one is not None and one.scheme is Scheme.CREDIT_CODE and one.valid for one in claims)

    @cached_property
    def located(self) -> bool:
        """Whether one knows in which country it is: that of its region, or it has a valid social credit code."""
        return self.country is not None or self.chinese


def covers(authorization: Mapping[str, Any], moment: datetime) -> bool:
    """Whether a stated authorization (`validFrom`, `validTo`: ISO 8601 or None, inclusive) is valid at a moment."""
    begins, ends = authorization.get("validFrom"), authorization.get("validTo")
    return (begins is None or _moment(begins) <= moment) and (ends is None or moment <= _moment(ends))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _covering(stated: Iterable[Mapping[str, Any]], scope: str, moment: datetime) -> Iterator[Mapping[str, Any]]:
    return (one for one in stated if one["scope"] == scope and covers(one, moment))


def _before_its_renewal(lists: list[Authorizations], scope: str, moment: datetime) -> bool:
    """Whether one of the lists, in the order of registrations, covers a moment that all later ones begin after."""
    for stated in reversed(lists):
        if any(_covering(stated, scope, moment)):
            return True
        begins = [one.get("validFrom") for one in stated if one["scope"] == scope]
        if not begins or any(begin is None or _moment(begin) <= moment for begin in begins):
            return False
    return False
