"""The answer to a trace: nodes, edges, attribution and balance (names as in the GraphQL contract)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

Handle = Hashable
"""A store's own name for an item or event."""


class Direction(StrEnum):
    """Where the substance went, where it came from, or both."""

    FORWARD = "FORWARD"
    BACKWARD = "BACKWARD"
    BOTH = "BOTH"


class Role(StrEnum):
    """What a node is to the root; the strongest first (model 8.1)."""

    ROOT = "ROOT"
    SUBSTANCE = "SUBSTANCE"
    HOST = "HOST"
    CUSTODIAN = "CUSTODIAN"
    EVENT = "EVENT"


class TraceNode(NamedTuple):
    """An item, organization or event of the answer. `handle` is the store's own name for it."""

    key: str
    kind: str
    role: Role
    depth: int
    label: str
    status: str | None
    at: datetime | None
    handle: Handle = None
    redacted: bool = False


class TraceEdge(NamedTuple):
    """An edge of the answer, with the events that opened and closed it; `mass_kg` in kilograms."""

    source: str
    target: str
    kind: str
    from_: datetime
    to: datetime | None
    mass_kg: float | None
    opened_by: str
    closed_by: str | None
    contested: bool


class Attribution(NamedTuple):
    """How much of an element (`""`: total mass) of the root reached an item (forward), or came from it (backward)."""

    key: str
    kind: str
    element: str
    mass_kg: float
    share: float
    basis: str
    direction: Direction


class Balance(NamedTuple):
    """Where the root's kilograms of an element are: `root_kg` is the sum of the others (model 8.9)."""

    element: str
    root_kg: float
    recovered_kg: float
    in_use_kg: float
    used_in_production_kg: float
    disposed_kg: float
    loss_kg: float


class FrontierNode(NamedTuple):
    """A node whose edges a bound cut off, with an upper bound of how many, and whether it is an event."""

    key: str
    unexplored_edges: int
    is_event: bool = False


@dataclass
class Trace:
    """The answer to a trace. Nodes are in the order depth, kind, key; edges in the order of the events."""

    root: str
    direction: Direction
    nodes: list[TraceNode] = field(default_factory=list)
    edges: list[TraceEdge] = field(default_factory=list)
    attribution: list[Attribution] = field(default_factory=list)
    balance: list[Balance] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    truncated: bool = False
    frontier: list[FrontierNode] = field(default_factory=list)
