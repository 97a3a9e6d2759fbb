"""What rules about organizations see of one: its registrations, its years as a recycler, the models that it made, and
what it reported in vain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from graph_schema.flows.content import ContentLine
from graph_schema.flows.recovery import ChemistryRecovery
from graph_schema.order import Position
from graph_schema.rules.parties import Party


class EnterpriseYear(NamedTuple):
    """What became of what entered an enterprise's plants in a calendar year, [begin, end), chemistry by chemistry and
    element by element; and the events of that year by which it entered or was treated there."""

    begin: datetime
    end: datetime
    chemistries: tuple[ChemistryRecovery, ...]
    events: tuple[str, ...]


class ModelPeriod(NamedTuple):
    """What is recycled in the batteries of a model that were made in [begin, end), element by element, and some of the
    events that made them, the first ones first."""

    model: str | None
    chemistry: str | None
    begin: datetime
    end: datetime
    lines: tuple[ContentLine, ...]
    events: tuple[str, ...]


class Waiting(NamedTuple):
    """A pending event of the organization, no item of which is known; and what it waits for."""

    event_id: str
    type: str
    position: Position
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Enterprise:
    """An organization."""

    key: str
    party: Party
    years: tuple[EnterpriseYear, ...] = ()
    """Of one in China, in the time of China."""
    european_years: tuple[EnterpriseYear, ...] = ()
    """Of one in the European Union, in UTC."""
    models: tuple[ModelPeriod, ...] = ()
    waiting: tuple[Waiting, ...] = ()
