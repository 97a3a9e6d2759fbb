"""Values as every store keeps them: JSON text, and outcomes as four columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from graph_schema.contents import Mixing
from graph_schema.outcome import Claim, EventStatus, Outcome, Problem


def dumps(value: Any) -> str:
    """JSON text of a value."""
    return orjson.dumps(value).decode()


def loads(text: str | bytes | None) -> Any:
    """The value of JSON text; None stays None."""
    return None if text is None else orjson.loads(text)


class OutcomeColumns(NamedTuple):
    """An outcome without its effects, as it is stored; None is nothing."""

    status: str
    problems: str | None
    mixing: str | None
    claims: str | None


def outcome_columns(outcome: Outcome) -> OutcomeColumns:
    """The columns of an outcome."""
    return OutcomeColumns(
        outcome.status.value,
        dumps([tuple(problem) for problem in outcome.problems]) if outcome.problems else None,
        None if outcome.mixing is None else dumps(tuple(outcome.mixing)),
        dumps([tuple(claim) for claim in outcome.claims]) if outcome.claims else None,
    )


def outcome_of(status: str, problems: str | None, mixing: str | None, claims: str | None) -> Outcome:
    """A stored outcome, without its effects."""
    return Outcome(
        EventStatus(status),
        {},
        problems_of(problems),
        None if mixing is None else Mixing(*loads(mixing)),
        tuple(Claim(*claim) for claim in loads(claims) or ()),
    )


def problems_of(text: str | None) -> tuple[Problem, ...]:
    """Stored problems."""
    return tuple(Problem(*problem) for problem in loads(text) or ())


def differs(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are stored differently."""
    return one[:1] + one[2:] != other[:1] + other[2:]
