"""Which voidings count: resolved before the fold, from last to first in the order (model 7.5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple, Protocol

from graph_schema.events import AnyEvent, Registration, Voiding
from graph_schema.order import Position, event_id_of, type_of
from graph_schema.outcome import EventStatus, Outcome, Problem

REGULATOR = "REGULATOR"


class Target(NamedTuple):
    """The event that a voiding names."""

    position: Position
    actor: str


def resolve(
    voidings: Iterable[Voiding],
    target_of: Callable[[str], Target | None],
    is_regulator: Callable[[str], bool],
) -> tuple[dict[str, Outcome], dict[str, str]]:
    """The outcome of each voiding, and the voided events, each with the voiding that does it.

    `voidings` must hold, with each voiding, every voiding that names it. `target_of` answers for every stored event.
    """
    outcomes: dict[str, Outcome] = {}
    voided: dict[str, str] = {}
    for voiding in sorted(voidings, key=lambda voiding: voiding.position, reverse=True):
        outcome = _judge(voiding, target_of(voiding.voids), is_regulator)
        if voiding.event_id in voided:
            outcome = Outcome(EventStatus.VOIDED)
        outcomes[voiding.event_id] = outcome
        if outcome.status is EventStatus.ACCEPTED:
            voided.setdefault(voiding.voids, voiding.event_id)
    return outcomes, voided


def _judge(voiding: Voiding, target: Target | None, is_regulator: Callable[[str], bool]) -> Outcome:
    if target is None:
        problem = Problem("UNKNOWN_EVENT", f"no event {voiding.voids} in the log", "voids", voiding.voids)
        return Outcome(EventStatus.PENDING, problems=(problem,))
    if type_of(target.position) == "VOIDING" and target.position >= voiding.position:
        message = f"{voiding.voids} is no earlier voiding; only a later voiding can void one"
    elif voiding.actor != target.actor and not is_regulator(voiding.actor):
        message = f"{voiding.actor} is neither the actor of {voiding.voids} nor a regulator"
    else:
        return Outcome(EventStatus.ACCEPTED)
    problem = Problem("NOT_ENTITLED", message, "voids", voiding.voids, event_id_of(target.position))
    return Outcome(EventStatus.CONTESTED, problems=(problem,))


class VoidingSource(Protocol):
    """What settling voidings reads of the log, the new events among it."""

    async def targets(self, event_ids: Collection[str]) -> dict[str, Target]:
        """The events of the log among these ids."""

    async def voidings_of(self, event_ids: Collection[str]) -> list[Voiding]:
        """All voidings in the log that name any of the ids."""

    async def voidings_of_ids(self, event_ids: Collection[str]) -> list[Voiding]:
        """The voidings of these ids."""

    async def voidings_by(self, actors: Collection[str]) -> list[Voiding]:
        """All voidings in the log by these actors."""

    async def regulators(self, organizations: Collection[str]) -> set[str]:
        """Those of the organizations that any registration in the log makes a regulator."""


class Settled(NamedTuple):
    """What became of voidings: their outcomes, and for every event that they name whether it is voided now."""

    outcomes: dict[str, tuple[Voiding, Outcome]]
    voided: dict[str, bool]
    targets: dict[str, Target]


async def settle(source: VoidingSource, new: list[AnyEvent]) -> Settled:
    """Resolve the voidings that new events bear on: theirs, those that name them, and those by new regulators."""
    found = {event.event_id: event for event in new if isinstance(event, Voiding)}
    named = await source.voidings_of([event.event_id for event in new])
    raised = {
        event.organization.key
        for event in new
        if isinstance(event, Registration) and REGULATOR in (event.organization.roles or ())
    }
    named += await source.voidings_by(raised) if raised else []
    found.update({voiding.event_id: voiding for voiding in named})
    if not found:
        return Settled({}, {}, {})
    targets = await _close(source, found)
    regulators = await source.regulators({voiding.actor for voiding in found.values()})
    outcomes, voided = resolve(found.values(), targets.get, regulators.__contains__)
    return Settled(
        {event_id: (found[event_id], outcome) for event_id, outcome in outcomes.items()},
        {voiding.voids: voiding.voids in voided for voiding in found.values() if voiding.voids not in found},
        targets,
    )


async def _close(source: VoidingSource, found: dict[str, Voiding]) -> dict[str, Target]:
    """Add every voiding that bears on those found; their targets."""
    targets: dict[str, Target] = {}
    level = list(found.values())
    while level:
        aims = {voiding.voids for voiding in level}
        targets.update(await source.targets(aims))
        named = await source.voidings_of({*aims, *(voiding.event_id for voiding in level)})
        above = [aim for aim in aims if aim in targets and type_of(targets[aim].position) == "VOIDING"]
        named += await source.voidings_of_ids(above) if above else []
        level = []
        for voiding in named:
            if voiding.event_id not in found:
                found[voiding.event_id] = voiding
                level.append(voiding)
    return targets
