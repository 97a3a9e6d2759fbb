"""Vehicles that come to their end without a battery that was in them."""

from __future__ import annotations

from collections.abc import Iterator

from graph_schema.order import Position
from graph_schema.rules.finding import Finding
from graph_schema.rules.history import History, Told
from graph_schema.rules.rule import Rule, day_of

ENDS = {"SCRAPPING": "scrapped", "DISMANTLING": "dismantled", "RECYCLING": "recycled"}
SWAP_KINDS = frozenset([True, "true", "SWAP", "BATTERY_SWAP"])


def battery_missing_at_scrapping(rule: Rule, history: History) -> Iterator[Finding]:
    for event in rule.events(history, *ENDS):
        if history.ended != event.position or not history.in_china(event) or _is_swap(history):
            continue
        missing = [
            (battery, out)
            for battery, left in _missing_before(event.position, history)
            if (out := history.event(left)) is not None and not _by_a_dismantler(out, event, history)
        ]
        if missing:
            did = f"{history.party(event.actor).name} {ENDS[event.type]} {history.key} on {day_of(event.position)}"
            sentences = [
                f"{did} without its battery {battery}, which left it by {out.type.lower()} {out.event_id} of "
                f"{history.party(out.actor).name} on {day_of(out.position)}"
                for battery, out in missing
            ]
            yield rule.finding(
                history,
                ". ".join(sentences),
                [event.event_id, *(out.event_id for _, out in missing)],
                event.position,
                [event.actor, *(out.actor for _, out in missing)],
            )


def _missing_before(position: Position, history: History) -> list[tuple[str, Position]]:
    """The batteries that left the vehicle before and did not come back, each with the event; what came in after one
    left stands for it, the first for the first."""
    moves = [
        (at, goes_in, battery)
        for battery, since, until in history.batteries()
        for at, goes_in in ((since, True), (until, False))
        if at < position
    ]
    missing: dict[str, Position] = {}
    for at, goes_in, battery in sorted(moves):
        if not goes_in:
            missing[battery] = at
        elif missing:
            del missing[battery if battery in missing else next(iter(missing))]
    return list(missing.items())


def _by_a_dismantler(out: Told, event: Told, history: History) -> bool:
    """Whether it was for them to take the battery out: who ends the vehicle, or another vehicle dismantler."""
    removed = out.type == "REMOVAL" and "VEHICLE_DISMANTLER" in history.party(out.actor).roles(out.position)
    return removed or out.actor == event.actor


def _is_swap(history: History) -> bool:
    """Whether a vehicle is of the battery-swap kind: stated, or a swap operator put a battery into it."""
    stated = [history.thing.attributes.get(name) for name in ("batterySwap", "energySupply")]
    if any(isinstance(value, bool | str) and value in SWAP_KINDS for value in stated):
        return True
    opened = {since for _, since, _ in history.batteries()}
    swapped = (event for event in history.accepted if event.type == "INSTALLATION" and event.position in opened)
    return any("SWAP_OPERATOR" in history.party(event.actor).roles(event.position) for event in swapped)
