"""Values as they are kept in the nodes and edges of Neo4j."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from graph_schema.order import Position, event_id_of, instant_of
from graph_schema.state import Link, State
from service.stores.values import dumps

LABELS = {
    "BATTERY": "Battery",
    "MODULE": "Module",
    "CELL": "Cell",
    "COMPONENT": "Component",
    "VEHICLE": "Vehicle",
    "LOT": "MaterialLot",
}
"""The label of each kind of item, beside `Item`."""
SHOWN = ("name", "region", "roles")
"""What the node of an organization shows of what it registered."""


def when(position: Position) -> list[int]:
    """The time inside a position, as `moment` reads it."""
    return seconds(instant_of(position))


def seconds(instant_us: int) -> list[int]:
    """Microseconds since 1970 as whole seconds and nanoseconds: ten times faster to send than a datetime."""
    whole, rest = divmod(instant_us, 1_000_000)
    return [whole, rest * 1000]


def moment(pair: str) -> str:
    """Cypher of the native time (in UTC) that a pair of `seconds` tells."""
    return f"datetime({{epochSeconds: {pair}[0], nanosecond: {pair}[1]}})"


def native(us: str) -> str:
    """Cypher of the native time (in UTC) of an expression of microseconds since 1970."""
    rest = f"({us} % 1000000 + 1000000) % 1000000"
    return f"datetime({{epochSeconds: ({us} - {rest}) / 1000000, nanosecond: ({rest}) * 1000}})"


def shown_of_item(stated: Mapping[str, Any]) -> dict[str, Any]:
    """What an item's node shows to people: the plain facts of its spec, and the mass of each element by its name."""
    plain = {
        name: value
        for name, value in stated.items()
        if isinstance(value, str | int | float) and name not in ("key", "kind", "position")
    }
    masses = {f"mass{element}Kg": float(kg) for element, kg in (stated.get("composition") or {}).items()}
    return plain | masses


def shown_of_organization(stated: Mapping[str, Any]) -> dict[str, Any]:
    """What a registration has the node of its organization show to people; what it leaves out stays.

    None stands for an empty list, which a node does not keep.
    """
    return {name: None if stated[name] == [] else stated[name] for name in SHOWN if stated.get(name) is not None}


def shown_by(registrations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the node of an organization shows after registrations in the total order (`shown_of_organization`)."""
    shown = {name: value for said in registrations for name, value in said.items()}
    return {name: value for name, value in shown.items() if value is not None}


def who(position: Position | None) -> str | None:
    """The id of the event inside a position."""
    return None if position is None else event_id_of(position)


def state_text(state: State | None) -> str | None:
    """An item's present state as one text, for the fold alone to read."""
    if state is None:
        return None
    host, holder = state.host, state.holder
    return dumps(
        [
            _text(state.born),
            state.kind,
            state.mass_kg,
            state.composition,
            state.second_life,
            state.body_mass_kg,
            state.body_composition,
            _text(state.ended),
            None if host is None else [host.key, _text(host.since)],
            _text(state.left),
            None if holder is None else [holder.key, _text(holder.since)],
            list(state.parts),
            _text(state.retired),
            state.drawn_kg,
            state.drawn_unknown,
            _text(state.last_draw),
        ]
    )


def state_of(text: str | None) -> State | None:
    """The state that a text tells."""
    if text is None:
        return None
    (born, kind, mass, composition, second, body, content, ended, host, left, holder, parts, retired, drawn, unknown,
     last_draw) = orjson.loads(text)  # fmt: skip
    state = State(bytes.fromhex(born), kind, mass, composition)
    state.second_life = second
    state.body_mass_kg, state.body_composition = body, content
    state.ended, state.left = _position(ended), _position(left)
    state.host = None if host is None else Link(host[0], bytes.fromhex(host[1]))
    state.holder = None if holder is None else Link(holder[0], bytes.fromhex(holder[1]))
    state.parts = dict.fromkeys(parts)
    state.retired = _position(retired)
    state.drawn_kg, state.drawn_unknown, state.last_draw = drawn, unknown, _position(last_draw)
    return state


def _text(position: Position | None) -> str | None:
    return None if position is None else position.hex()


def _position(text: str | None) -> Position | None:
    return None if text is None else bytes.fromhex(text)
