"""To whom waste batteries go: Order No. 73, Art. 19 and the custody duties."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from graph_schema.rules.deadlines import deadline
from graph_schema.rules.finding import Finding
from graph_schema.rules.history import History, Told
from graph_schema.rules.limits import CONFIRMATION, TRANSPORT
from graph_schema.rules.parties import Party
from graph_schema.rules.rule import Rule, day_of
from graph_schema.voiding import REGULATOR

TAKES_BACK = frozenset(["OUTLET", "BATTERY_MAKER", "VEHICLE_MAKER", "IMPORTER"])
TAKES_IN = frozenset(["REPAIRER", "VEHICLE_DISMANTLER", "SWAP_OPERATOR"])
"""Whom an owner may leave a battery with: the duty to hand it on is theirs then."""
HANDS_ON = frozenset([*TAKES_IN, *TAKES_BACK, "UTILIZER", "MATERIAL_MAKER"])
UTILIZES = ("REPURPOSING", "RECYCLING", "DISMANTLING")


class _Leg(NamedTuple):
    """A hand-over on the way of an item: for whom it is handed over (`sent`: of a carrier, the hand-over to it, and so
    on; else the event itself), and the hand-over before it."""

    sent: Told
    before: Told | None


def unauthorized_recipient(rule: Rule, history: History) -> Iterator[Finding]:
    """A finding for each hand-over of waste to who may not take it, and for each that a carrier did not pass on."""
    doubtful = [
        (event, to)
        for event in rule.events(history, "TRANSFER", carried=True)
        if (to := history.receiver(event)) not in (None, event.actor) and history.concerns(event)
        if _is_waste(event, history) and not _may_take(history.party(to), event)
    ]
    way = _way(history) if doubtful else {}
    for event, to in doubtful:
        giver, taker = history.party(event.actor), history.party(to)
        sent = way[event.event_id].sent
        if not (history.in_china(event) or history.in_china(sent)):
            continue
        roles = taker.roles(event.position)
        if roles & TAKES_IN and not history.party(sent.actor).roles(sent.position) & HANDS_ON:
            continue
        waste = "retired" if history.retired_before(event.position) else "waste"
        handed = f"{giver.name} handed the {waste} {history.key} to {taker.name} on {day_of(event.position)}"
        if roles & TRANSPORT.roles:
            over = deadline(TRANSPORT, event.occurred_at)
            after = bisect_right(history.handled, event.position, key=attrgetter("position"))
            later = islice(history.handled, after, None)
            if not any(_passes_on(one, to, history) and one.occurred_at < over for one in later):
                sentence = f"{handed}, a carrier, which did not hand it on within {TRANSPORT.number} days"
                yield rule.finding(history, sentence, [event.event_id], over, [event.actor, to])
            continue
        if _gives_back(event, to, way, history):
            continue
        what = f"registered as {', '.join(sorted(roles))}" if roles else "which nobody registered as anything"
        yield rule.finding(
            history,
            f"{handed}, {what}: neither an outlet or maker nor a utilization enterprise authorized at that moment",
            [event.event_id],
            event.position,
            [event.actor, to],
        )


def _gives_back(event: Told, to: str, way: Mapping[str, _Leg], history: History) -> bool:
    """Whether waste goes back to who handed it over, whose own hand-over was judged, since it was turned away in the
    time to confirm it or carriers did not get it there. Who handed it over, and who gives it back, may have carriers
    do it: `sent` is how it came to those that bring it back."""
    sent = way[event.event_id].sent
    if sent.actor == to:
        return _in_time(event, sent, history)
    came = way[sent.event_id].before
    if came is None or history.receiver(came) != sent.actor or way[came.event_id].sent.actor != to:
        return False
    return _in_time(sent, came, history)


def _in_time(back: Told, came: Told, history: History) -> bool:
    return _is_waste(came, history) and back.occurred_at < deadline(CONFIRMATION, came.occurred_at)


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


def _way(history: History) -> dict[str, _Leg]:
    """All hand-overs of it, by event, in one pass."""
    way: dict[str, _Leg] = {}
    last_to: dict[str | None, Told] = {}
    before = None
    for event in history.handled:
        if event.type != "TRANSFER" or not history.concerns(event):
            continue
        carries = history.party(event.actor).roles(event.position) & TRANSPORT.roles
        brought = last_to.get(event.actor) if carries else None
        way[event.event_id] = _Leg(event if brought is None else way[brought.event_id].sent, before)
        last_to[history.receiver(event)] = before = event
    return way


def _passes_on(later: Told, carrier: str, history: History) -> bool:
    """Whether an event shows that a carrier does not have it any more: it hands it over, that is its end, or somebody
    else does something with it or builds it in, of which the gap is told."""
    if later.type in ("RECEIPT", "RETIREMENT"):
        return False
    if later.actor != carrier and any(stay.opened == later.position for stay in history.hosts):
        return True
    if not history.concerns(later):
        return False
    if later.actor != carrier or history.ended == later.position:
        return True
    return later.type == "TRANSFER" and history.receiver(later) != carrier
