"""Rows of flows as a store keeps them: what they are rows of, their key, and the row as compact JSON.

Rows follow from the graph alone (`service/gathering.py`), so they can be worked out again at any time; what is kept is
so that a report over many batteries need not.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from graph_schema.contents import Mixing, Portion
from graph_schema.flows.batteries import BatteryRow, Fate, Remains
from graph_schema.flows.bodies import Bodies
from graph_schema.flows.content import Made, NewBattery
from graph_schema.flows.transformations import DrawRow, LotRow, TransformationRow


class FlowKind(StrEnum):
    """What a row is of. TRANSFORMATION goes by the position of the event in hexadecimal, the others by an item's
    key."""

    BATTERY = "BATTERY"
    NEW_BATTERY = "NEW_BATTERY"
    TRANSFORMATION = "TRANSFORMATION"
    LOT = "LOT"


class FlowKey(NamedTuple):
    """Which row."""

    kind: FlowKind
    key: str


class FlowRow(NamedTuple):
    """A row as it is kept."""

    at: FlowKey
    body: bytes


class FlowsKept(NamedTuple):
    """How far rows were worked out, as `findings.Audited` says it of findings; `fingerprint` tells how."""

    sequence: int = 0
    key: str = ""
    fingerprint: str = ""
    base: int = 0
    until: int = 0


class FlowRevision(NamedTuple):
    """Rows that are not there any more, and then rows that are, in the place of older ones of their keys. `anew`: all
    that was kept goes first."""

    gone: tuple[FlowKey, ...]
    rows: tuple[FlowRow, ...]
    before: FlowsKept
    after: FlowsKept
    anew: bool = False


_FATES = {fate.value: fate for fate in Fate}


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else list(value)


def _kept(kind: FlowKind, key: str, row: Any) -> FlowRow:
    return FlowRow(FlowKey(kind, key), orjson.dumps(list(row), default=_plain))


def kept_battery(row: BatteryRow) -> FlowRow:
    """A battery."""
    return _kept(FlowKind.BATTERY, row.key, row)


def kept_new(row: NewBattery) -> FlowRow:
    """A battery as it was made."""
    return _kept(FlowKind.NEW_BATTERY, row.key, row)


def kept_transformation(row: TransformationRow) -> FlowRow:
    """A transformation."""
    return _kept(FlowKind.TRANSFORMATION, row.position.hex(), row._replace(units=list(row.units.items())))  # type: ignore[arg-type]


def kept_lot(row: LotRow) -> FlowRow:
    """A lot."""
    return _kept(FlowKind.LOT, row.key, row)


def battery(body: str | bytes) -> BatteryRow:
    """The battery of a kept row."""
    *plain, remains, fate = orjson.loads(body)
    told = tuple([Remains(_FATES[one], Bodies(*bodies)) for one, bodies in remains])
    return BatteryRow._make([*plain, told, None if fate is None else _FATES[fate]])


def new_battery(body: str | bytes) -> NewBattery:
    """The new battery of a kept row."""
    *plain, bodies = orjson.loads(body)
    return NewBattery._make([*plain, tuple([_made(*one) for one in bodies])])


def _made(body: Any, draws: Any, mixing: Any, yielded: Any) -> Made:
    drawn = tuple([(lot, Portion(*portion)) for lot, portion in draws])
    return Made(Portion(*body), drawn, None if mixing is None else Mixing(*mixing), Portion(*yielded))


def transformation(body: str | bytes) -> TransformationRow:
    """The transformation of a kept row."""
    position, actor, region, units, draws, outputs = orjson.loads(body)
    taken = {chemistry: Bodies(*bodies) for chemistry, bodies in units}
    drawn = tuple([DrawRow(lot, Portion(*portion)) for lot, portion in draws])
    return TransformationRow(bytes.fromhex(position), actor, region, taken, drawn, tuple(outputs))


def lot(body: str | bytes) -> LotRow:
    """The lot of a kept row."""
    key, material, content, *rest = orjson.loads(body)
    return LotRow(key, material, Portion(*content), *rest)
