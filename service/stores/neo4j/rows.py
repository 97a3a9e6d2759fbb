"""Values as they are kept in the nodes and edges of Neo4j."""

from __future__ import annotations

from typing import Any

import orjson

from graph_schema.contents import Mixing
from graph_schema.order import Position, event_id_of, moment_of
from graph_schema.outcome import Claim, EventStatus, Outcome, Problem
from graph_schema.state import Link, State

LABELS = {
    "BATTERY": "Battery",
    "MODULE": "Module",
    "CELL": "Cell",
    "COMPONENT": "Component",
    "VEHICLE": "Vehicle",
    "LOT": "MaterialLot",
}
"""The label of each kind of item, beside `Item`."""


def dumps(value: Any) -> str:
    """JSON text of a value."""
    return orjson.dumps(value).decode()


def loads(text: str | None) -> Any:
    """The value of JSON text; None stays None."""
    return None if text is None else orjson.loads(text)


def when(position: Position | None) -> Any:
    """The time inside a position."""
    return None if position is None else moment_of(position)


def who(position: Position | None) -> str | None:
    """The id of the event inside a position."""
    return None if position is None else event_id_of(position)


def outcome_of(status: str, problems: str | None, mixing: str | None, claims: str | None) -> Outcome:
    """A stored outcome, without its effects."""
    return Outcome(
        EventStatus(status),
        {},
        tuple(Problem(*problem) for problem in loads(problems) or ()),
        None if mixing is None else Mixing(*loads(mixing)),
        tuple(Claim(*claim) for claim in loads(claims) or ()),
    )


def outcome_properties(outcome: Outcome) -> dict[str, Any]:
    """An outcome as properties of its event."""
    return {
        "status": outcome.status.value,
        "problems": dumps([tuple(problem) for problem in outcome.problems]) if outcome.problems else None,
        "mixing": None if outcome.mixing is None else dumps(tuple(outcome.mixing)),
        "claims": dumps([tuple(claim) for claim in outcome.claims]) if outcome.claims else None,
    }


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
