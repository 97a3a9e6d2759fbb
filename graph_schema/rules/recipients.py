"""To whom waste batteries go: Order No. 73, Art. 19 and the custody duties."""

from __future__ import annotations

from collections.abc import Iterator

from graph_schema.rules.deadlines import deadline
from graph_schema.rules.finding import Finding
from graph_schema.rules.history import History, Told
from graph_schema.rules.limits import CONFIRMATION, TRANSPORT
from graph_schema.rules.parties import Party
from graph_schema.rules.rule import Rule, day_in_china
from graph_schema.voiding import REGULATOR

TAKES_BACK = frozenset(["OUTLET", "BATTERY_MAKER", "VEHICLE_MAKER", "IMPORTER"])
TAKES_IN = frozenset(["REPAIRER", "VEHICLE_DISMANTLER", "SWAP_OPERATOR"])
"""Whom an owner may leave a battery with: the duty to hand it on is theirs then."""
HANDS_ON = frozenset([*TAKES_IN, *TAKES_BACK, "UTILIZER", "MATERIAL_MAKER"])
UTILIZES = ("REPURPOSING", "RECYCLING", "DISMANTLING")


def unauthorized_recipient(rule: Rule, history: History) -> Iterator[Finding]:
    """A finding for each hand-over of waste to who may not take it, and for each that a carrier did not pass on."""
    for event in rule.events(history, "TRANSFER", carried=True):
        to = history.receiver(event)
        if to is None or to == event.actor or not history.concerns(event):
            continue
        giver, taker = history.party(event.actor), history.party(to)
        if not history.in_china(event) or not _is_waste(event, history) or _may_take(taker, event):
            continue
        roles = taker.roles(event.position)
        if _gives_back(event, to, history):
            continue
        if roles & TAKES_IN and not _sender(event, history).roles(event.position) & HANDS_ON:
            continue
        waste = "retired" if history.retired_before(event.position) else "waste"
        handed = f"{giver.name} handed the {waste} {history.key} to {taker.name} on {day_in_china(event)}"
        if roles & TRANSPORT.roles:
            over = deadline(TRANSPORT, event.occurred_at)
            if not any(_passes_on(later, event, to, history) and later.occurred_at < over for later in history.handled):
                sentence = f"{handed}, a carrier, which did not hand it on within {TRANSPORT.number} days"
                yield rule.finding(history, sentence, [event.event_id], over, [event.actor, to])
            continue
        what = f"registered as {', '.join(sorted(roles))}" if roles else "which nobody registered as anything"
        yield rule.finding(
            history,
            f"{handed}, {what}: neither an outlet or maker nor a utilization enterprise authorized at that moment",
            [event.event_id],
            event.position,
            [event.actor, to],
        )


def _gives_back(event: Told, to: str, history: History) -> bool:
    """Whether who was handed waste turns it away in the time to confirm it: it goes back to who handed it over, whose
    own hand-over was judged."""
    before = [one for one in history.handled if one.type == "TRANSFER" and one.position < event.position]
    last = next((one for one in reversed(before) if history.concerns(one)), None)
    if last is None or last.actor != to or history.receiver(last) != event.actor or not _is_waste(last, history):
        return False
    return event.occurred_at < deadline(CONFIRMATION, last.occurred_at)


def _may_take(taker: Party, event: Told) -> bool:
    if taker.roles(event.position) & {*TAKES_BACK, REGULATOR}:
        return True
    scopes = ("COLLECTION", *UTILIZES)
    return any(taker.authorized(scope, event.occurred_at, event.position) for scope in scopes)


def _is_waste(event: Told, history: History) -> bool:
    """Whether what is handed on is waste. Inside a vehicle it is in use, unless somebody retired it."""
    carriers = history.carriers_before(event.position) if history.carried_by(event) else []
    if all(map(history.is_packaging, carriers)):
        return history.waste_before(event.position)
    return history.retired_before(event.position)


def _sender(event: Told, history: History) -> Party:
    """For whom something is handed over: of a carrier, who gave it to that one."""
    while history.party(event.actor).roles(event.position) & TRANSPORT.roles:
        brought = [
            one
            for one in history.handled
            if one.type == "TRANSFER" and one.position < event.position and history.receiver(one) == event.actor
        ]
        if not brought:
            break
        event = brought[-1]
    return history.party(event.actor)


def _passes_on(later: Told, event: Told, carrier: str, history: History) -> bool:
    """Whether an event shows that a carrier has brought it: it hands it over, or somebody else does something with it,
    of which the gap is told."""
    if later.position <= event.position or later.type in ("RECEIPT", "RETIREMENT") or not history.concerns(later):
        return False
    if later.actor != carrier:
        return True
    return later.type == "TRANSFER" and history.receiver(later) != carrier
