"""Rule sets `cn-2018-35` and `cn-order-73`: traceability and recovery of traction batteries in China.

They judge what parties in China do (`History.in_china`); the dates of the facts decide which of the two applies.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from operator import itemgetter
from typing import Any

from graph_schema.days import day_at
from graph_schema.rules.deadlines import deadline
from graph_schema.rules.finding import Finding, Severity
from graph_schema.rules.history import UNITS, History, Told
from graph_schema.rules.limits import BANNED_USES, NO_35, ORDER_73, REPORTING, TRANSPORT, Limit
from graph_schema.rules.parties import Party
from graph_schema.rules.recipients import UTILIZES, unauthorized_recipient
from graph_schema.rules.rule import Rule, RuleSet, day_of
from graph_schema.rules.scrapping import battery_missing_at_scrapping
from graph_schema.rules.thing import Thing

OLD, NEW = "cn-2018-35", "cn-order-73"


def late_report(rule: Rule, history: History) -> Iterator[Finding]:
    begins = history.log_begins
    for event in rule.events(history, *rule.limits_of, carried=True):
        party = history.party(event.actor)
        if begins is None or event.occurred_at < begins or not history.in_china(event):
            continue
        limits = [limit for limit in rule.limits_of[event.type] if _is_for(limit, event, party, history)]
        if not limits:
            continue
        over, limit = max(((deadline(one, event.occurred_at), one) for one in limits), key=itemgetter(0))
        if event.recorded_at >= over:
            yield rule.finding(
                history,
                f"{party.name} reported {event.type.lower()} {event.event_id} of {day_of(event.position)} only on "
                f"{day_at(event.recorded_at)}: the limit is {limit.number} {limit.unit.value} "
                f"({limit.source})",
                [event.event_id],
                over,
                [event.actor],
            )


def _is_for(limit: Limit, event: Told, party: Party, history: History) -> bool:
    if not limit.roles & party.roles(event.position):
        return False
    if limit.kinds and history.thing.kind not in limit.kinds:
        return False
    if event.type in ("PRODUCTION", "REPURPOSING"):
        if history.thing.born != event.position:
            return False
    elif not history.concerns(event):
        return False
    elif not limit.kinds and event.type != "RECEIPT" and history.carried_by(event):
        return False  # The limit is for anything, and that which it was in is told.
    if limit.second_life_only and not history.thing.second_life:
        return False
    if limit.reuser_only and not _reuses(party, event, limit.own_waste_only):
        return False
    if limit.own_waste_only and history.retired_by(event.position) != event.actor:
        return False
    return not limit.retired_only or history.retired_before(event.position)


def _reuses(party: Party, event: Told, alone: bool) -> bool:
    """Whether an enterprise may be one that reuses: authorized for REPURPOSING, or nobody stated for what. `alone`:
    only where that is known, and it does not recycle besides, for which there are other limits."""
    if party.authorized("REPURPOSING", event.occurred_at, event.position):
        return not alone or not party.authorized("RECYCLING", event.occurred_at, event.position)
    return not alone and not party.states_authorizations(event.position)


def unauthorized_processing(rule: Rule, history: History) -> Iterator[Finding]:
    for event in rule.events(history, *UTILIZES):
        if not _processed(event, history) or not history.in_china(event):
            continue
        party = history.party(event.actor)
        if party.authorized(event.type, event.occurred_at, event.position):
            continue
        yield rule.finding(
            history,
            f"{party.name} did {event.type.lower()} {event.event_id} with {history.key} on {day_of(event.position)} "
            f"without an authorization for {event.type} at that moment",
            [event.event_id],
            event.position,
            [event.actor],
        )
    yield from _built_of_waste(rule, history)


def _built_of_waste(rule: Rule, history: History) -> Iterator[Finding]:
    """What is made of waste batteries is repurposed, by whatever event it is told."""
    for event in rule.events(history, "PRODUCTION"):
        if event.position != history.thing.born or not history.built_of or not history.in_china(event):
            continue
        parts = history.built_of_waste
        if parts and history.laundered_before(event.position):
            yield rule.finding(
                history,
                f"{history.party(event.actor).name} made {history.key} of the waste {', '.join(parts)} by production "
                f"{event.event_id} on {day_of(event.position)}, without an authorization for REPURPOSING at that "
                "moment",
                [event.event_id],
                event.position,
                [event.actor],
            )


def _processed(event: Told, history: History) -> bool:
    """Whether the event worked on the item, and that is no scrap of the actor's own production."""
    if event.type == "REPURPOSING":
        return history.thing.born == event.position
    return history.concerns(event) and not _own_scrap(event, history)


def _own_scrap(event: Told, history: History) -> bool:
    """Whether the actor made the item, nobody else ever held it, and it was not used."""
    return history.thing.producer == event.actor and history.never_left(event.position)


def forbidden_use(rule: Rule, history: History) -> Iterator[Finding]:
    thing = history.thing
    banned = _banned(thing)
    born = history.event(thing.born) if banned else None
    made = born is not None and (thing.second_life or history.built_of_used)
    if made and born is not None and rule.holds_at(born.occurred_at) and history.in_china(born):
        sentence = f"{history.party(born.actor).name} made {thing.key} of used batteries for {banned}"
        yield rule.finding(history, sentence, [born.event_id], born.position, [born.actor])
    for stay in history.hosts:
        host = history.things.get(stay.host)
        use = None if host is None else _banned(host)
        event = None if use is None else history.event(stay.opened)
        if event is None or not rule.holds_at(event.occurred_at) or _is_own(thing, stay.opened):
            continue
        if history.used_before(stay.opened) and history.in_china(event):
            yield rule.finding(
                history,
                f"{history.party(event.actor).name} put the used {thing.key} into {stay.host} on "
                f"{day_of(event.position)}, which is for {use}",
                [event.event_id],
                stay.opened,
                [event.actor],
            )


def _is_own(thing: Thing, opened: bytes) -> bool:
    """Whether it came into being inside that host: then the host's own finding says so."""
    return thing.born == opened


def _banned(thing: Thing) -> str | None:
    for name in ("vehicleType", "application"):
        value: Any = thing.attributes.get(name)
        if isinstance(value, str) and value.upper().replace(" ", "_").replace("-", "_") in BANNED_USES:
            return value
    return None


def _late(name: str, basis: str, begins: date, ends: date | None) -> Rule:
    limits = tuple(limit for limit in REPORTING if limit.valid_from == begins)
    return Rule(
        "LATE_REPORT", name, Severity.NOTICE, "It was reported too late",
        "The log learned an event later than its type, the actor's role and the date allow. Of several limits the "
        "latest counts. A battery that is recycled, handed on or received inside something else is, too; of a limit "
        "for anything, that other thing is told. Who reuses and who recycles is told by authorizations for REPURPOSING "
        "and RECYCLING. What occurred before the log learned its first event was reported "
        "elsewhere and carried over: it is not judged. Working days are those of China, with public holidays and "
        "make-up working days.",
        basis, "Nothing: it stays late. If the event was a mistake, it is voided.", late_report, begins, ends,
        limits=limits,
    )  # fmt: skip


CN_2018_35 = RuleSet(
    OLD,
    "Traceability provisions of 2018, for facts until 2026-03-31",
    (_late(OLD, NO_35, date(2018, 8, 1), date(2026, 3, 31)),),
)

_BEGINS = date(2026, 4, 1)
CN_ORDER_73 = RuleSet(
    NEW,
    "Interim Measures for recycling and comprehensive utilization, for facts from 2026-04-01",
    (
        _late(NEW, ORDER_73, _BEGINS, None),
        Rule(
            "UNAUTHORIZED_RECIPIENT", NEW, Severity.VIOLATION, "It went to somebody who may not take it",
            "A party in China, or a carrier for one, handed a retired battery, by itself or inside a car or a pallet, "
            "to somebody who is, at that moment, neither an outlet, battery or vehicle maker or importer, nor "
            "authorized for COLLECTION, DISMANTLING, REPURPOSING or RECYCLING. An owner may leave it with a repairer, "
            "vehicle dismantler or swap operator, whose duty it is then. A carrier (role CARRIER) has it for who gave "
            "it: what is asked is to whom it brings it, and that it does within 30 days. An authority (role "
            "REGULATOR) may seize it, and who turns waste away in the time to confirm it may give it back to who "
            "handed it over, by carriers, too. What came out of something dismantled or scrapped is as good as "
            "retired, until it is put into something again; a maker's own parts that nobody else ever held are not. "
            "What is inside a battery goes with it.",
            f"{ORDER_73}, Art. 19 and the custody duties", "The recipient's registration or authorization is reported, "
            "if it had one.", unauthorized_recipient, _BEGINS, kinds=UNITS, limits=(TRANSPORT,),
        ),
        Rule(
            "UNAUTHORIZED_PROCESSING", NEW, Severity.VIOLATION, "It was worked on without authorization",
            "A party in China dismantled or recycled a battery, module or cell, by itself or inside what was recycled, "
            "or made second-life units, or a new one of waste, without an "
            "authorization for DISMANTLING, RECYCLING or REPURPOSING that covers the moment; whether a retirement was "
            "reported does not matter. A maker needs none for what it made itself, nobody else ever held and nobody "
            "retired, such as its own rejects. An actor that no registration locates is judged where the event was, "
            "else where the last holder before it of whom that is known is, else the producer.",
            f"{ORDER_73}, Art. 18", "The authorization is reported, if there was one.", unauthorized_processing,
            _BEGINS, kinds=UNITS,
        ),
        Rule(
            "BATTERY_MISSING_AT_SCRAPPING", NEW, Severity.VIOLATION, "Scrapped without its battery",
            "A vehicle was scrapped, dismantled or recycled without a battery that was once in it, at any depth, and "
            "that no other took the place of; and neither who did so nor another vehicle dismantler had taken it out. "
            "Vehicles of the battery-swap kind are exempt: `attributes.batterySwap`, or a swap operator put a battery "
            "into it. A vehicle of which no battery was ever recorded is not judged.",
            f"{ORDER_73}, duty of vehicle dismantlers", "The removal by the dismantler is reported, if it was so.",
            battery_missing_at_scrapping, _BEGINS, kinds=frozenset(["VEHICLE"]),
        ),
        Rule(
            "FORBIDDEN_USE", NEW, Severity.VIOLATION, "Used where that is banned",
            "A retired battery, a part of one, what came out of something dismantled or scrapped, a second-life unit, "
            "or what was built of any such, is in an electric bicycle, or made for one, as `attributes.vehicleType` or "
            "`attributes.application` says.",
            f"{ORDER_73}, Art. 22", "It was reported by mistake, and the event is voided.", forbidden_use, _BEGINS,
            kinds=UNITS,
        ),
    ),
)  # fmt: skip
