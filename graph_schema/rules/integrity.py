"""Rule set `integrity`: what contradicts itself, is missing or was passed by; always on, for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph_schema.order import event_id_of, moment_of
from graph_schema.outcome import EventStatus
from graph_schema.rules.codes import code_malformed, original_code_lost
from graph_schema.rules.contents import composition_rule, content_rule
from graph_schema.rules.custody import custody_gap, missing_removal, told
from graph_schema.rules.deadlines import deadline
from graph_schema.rules.enterprises import organization_code_malformed, waits_for_what_nobody_reported
from graph_schema.rules.finding import Finding, Severity
from graph_schema.rules.history import UNITS, History, Told
from graph_schema.rules.limits import CONFIRMATION, STANDSTILL
from graph_schema.rules.rule import Rule, RuleSet, day_of

NAME = "integrity"


def conflicting_claims(rule: Rule, history: History) -> Iterator[Finding]:
    for event in history.events:
        if event.status is not EventStatus.CONTESTED:
            continue
        own = [problem for problem in event.problems if problem.key == history.key] or list(event.problems)
        against = [problem.conflicts_with for problem in own if problem.conflicts_with is not None]
        what = "; ".join(dict.fromkeys(f"{problem.message} ({problem.code})" for problem in own))
        stands = f", against event {', '.join(dict.fromkeys(against))}" if against else ""
        yield rule.finding(
            history,
            f"{history.party(event.actor).name} claims {told(event)} about {history.key}, which cannot be: "
            f"{what}{stands}",
            [event.event_id, *against],
            event.position,
            [event.actor, *(other.actor for other in history.events if other.event_id in against)],
        )


def missing_record(rule: Rule, history: History) -> Iterator[Finding]:
    if history.enrolled and not history.thing.packaging:
        yield rule.finding(
            history,
            f"{history.key} was enrolled by {history.party(history.thing.producer).name} without a production record",
            [event_id_of(history.thing.born)],
            history.thing.born,
            [history.thing.producer],
        )
    for event in history.events:
        if event.status is EventStatus.PENDING:
            missing = ", ".join(dict.fromkeys(problem.key for problem in event.problems if problem.key is not None))
            yield rule.finding(
                history,
                f"{told(event)} by {history.party(event.actor).name} names {history.key} and waits for {missing}, "
                "which nobody reported before it",
                [event.event_id],
                event.position,
                [event.actor],
            )


def unregistered_organization(rule: Rule, history: History) -> Iterator[Finding]:
    seen: dict[str, list[Told]] = {}
    for event in history.accepted:
        # Who received a part alone has nothing to do with what it was in.
        received = event.keys("to")
        if received and history.key not in event.keys("items"):
            received = []
        for key in [event.actor, *received]:
            if not history.party(key).registered:
                seen.setdefault(key, []).append(event)
    for key, events in seen.items():
        first = events[0]
        role = "reported" if first.actor == key else "received it by"
        yield rule.finding(
            history,
            f"{key}, which nobody registered, {role} {told(first)} about {history.key}",
            [event.event_id for event in events],
            first.position,
            [key],
        )


def shared_identifier(rule: Rule, history: History) -> Iterator[Finding]:
    for name, others in sorted(history.namesakes.items()):
        yield rule.finding(
            history,
            f"{history.key} and {', '.join(sorted(others))} are both called {name}: perhaps one thing under two keys",
            [event_id_of(born) for born in (history.thing.born, *(others[key] for key in sorted(others)))],
            history.thing.born,
            [history.thing.producer],
        )


def unconfirmed_transfer(rule: Rule, history: History) -> Iterator[Finding]:
    handled = history.handled
    for place, event in enumerate(handled):
        if event.type != "TRANSFER" or not history.retired_before(event.position) or not history.concerns(event):
            continue
        to = history.receiver(event)
        if to in (None, event.actor) or any(_confirms(later, event, to) for later in handled[place + 1 :]):
            continue
        over = deadline(CONFIRMATION, event.occurred_at)
        yield rule.finding(
            history,
            f"{history.party(event.actor).name} handed the retired {history.key} to {history.party(to).name} on "
            f"{day_of(event.position)}, which did not confirm it within {CONFIRMATION.number} days",
            [event.event_id],
            over,
            [event.actor, to],
        )


def stale_custody(rule: Rule, history: History) -> Iterator[Finding]:
    last = max((event.position for event in history.handled), default=history.thing.born)
    end = last + b"\xff"
    if history.ended is not None or not history.retired_before(end):
        return
    if not all(map(history.is_packaging, history.hosts_before(end))):
        return
    span = history.custody_before(end)
    holder = [] if span is None else [span.organization]
    who = f", when {history.party(holder[0]).name} had it" if holder else ""
    yield rule.finding(
        history,
        f"nothing was heard of the retired {history.key} for {STANDSTILL.number} months since {day_of(last)}{who}",
        [event_id_of(last)],
        deadline(STANDSTILL, moment_of(last)),
        holder,
    )


def left_the_loop(rule: Rule, history: History) -> Iterator[Finding]:
    ways = {"LANDFILL": "was put into a landfill", "EXPORT": "was exported", "LOSS": "was lost", "THEFT": "was stolen"}
    for event in history.accepted:
        method = event.payload.get("method")
        if event.type == "DISPOSAL" and method in ways and _lost(event, history):
            actor = history.party(event.actor).name
            yield rule.finding(
                history,
                f"{history.key} {ways[method]}, says {actor} on {day_of(event.position)}: its materials left the loop",
                [event.event_id],
                event.position,
                [event.actor],
            )


def _lost(event: Told, history: History) -> bool:
    """Whether a disposal is of the item: by itself, packed, or as waste inside something else. What is inside a battery
    is lost with it, and a vehicle with the battery that it drives with: said once."""
    if not history.concerns(event):
        return False
    packed = all(map(history.is_packaging, history.carriers_before(event.position)))
    return not history.carried_by(event) or packed or history.retired_before(event.position)


def _confirms(later: Told, transfer: Told, to: str) -> bool:
    """Whether an event shows that a transfer arrived: its receipt, or that the receiver did something with it."""
    if later.actor != to:
        return False
    return later.type != "RECEIPT" or later.payload.get("transfer") == transfer.event_id


_ITEMS = (
    Rule(
        "CONFLICTING_CLAIMS", NAME, Severity.WARNING, "Two reports cannot both be true",
        "An event was kept without effect because it is physically impossible after what comes before it: one "
        "battery in two vehicles, a module used after it was recycled. It stands on every item that the event "
        "names. One of the two is wrong, and which one is for the parties to find out.",
        "model, section 5", "One of the two events is voided by who reported it, or by a regulator.",
        conflicting_claims,
    ),
    Rule(
        "MISSING_RECORD", NAME, Severity.NOTICE, "Something was not reported",
        "An item, but for packaging, entered without a record of its production, or an event about it waits for an "
        "item or event that nobody reported. Such an event has no effect until then. Of what is about nothing that is "
        "known, the organization that reported it is told.",
        "model, section 5", "The missing production or event is reported.", missing_record,
    ),
    Rule(
        "UNREGISTERED_ORGANIZATION", NAME, Severity.NOTICE, "Nobody knows who that is",
        "An organization acted on an item or received it that no registration names, before or after.",
        "model, section 5", "The organization is registered.", unregistered_organization,
    ),
    Rule(
        "SHARED_IDENTIFIER", NAME, Severity.WARNING, "One name, two things",
        "Two items carry one identifier of one scheme, or one is called what is the other's key: perhaps one battery "
        "that two parties brought in under two keys, so that its history is in two halves. A valid battery code, VIN "
        "or UUID is the same under any scheme; what names a model, a batch of units or an organization is no name of "
        "one thing, and serial numbers are each maker's own. docs/identifiers.md has the rules.",
        "model, section 2", "The production or enrolment of one of them is voided, or its identifiers corrected.",
        shared_identifier,
    ),
    Rule(
        "CUSTODY_GAP", NAME, Severity.WARNING, "It changed hands unseen",
        "Somebody hands over, takes apart, recycles or builds in what another party was holding: the mark of an "
        "informal channel. Nobody holding it is no gap, and neither is a workshop that takes a part out of a "
        "customer's vehicle. Nor is a new part that its maker still held when another built it in or enrolled it: "
        "files of parts leave deliveries out; of what was recovered they are to be told. A battery that appears where "
        "nobody handed it to counts, too: somebody enrols what another holds, or confirms a transfer that went to "
        "another, and that one does not hand it over next. Of a lot, which can be sold in parts, a transfer does not "
        "say how much went: who ever had some of it may act on it, until all was drawn. Where somebody does something "
        "with a part inside what another held, or disposes of it, the missing removal explains it: only "
        "`MISSING_REMOVAL` is told, and names both.",
        "model, section 5", "The transfer between the two is reported.", custody_gap,
    ),
    Rule(
        "MISSING_REMOVAL", NAME, Severity.NOTICE, "It was taken out unseen",
        "A unit was handed over, taken apart, recycled, scrapped or disposed of while it was recorded inside a host. "
        "The removal is implied at that moment. Who held the host, if it was another, is a party, too. What was "
        "packed in a component that is a logistic unit or returnable asset (SSCC, GRAI or container code) may be "
        "unpacked without a word: then only who held it counts, for `CUSTODY_GAP`.",
        "model, section 5", "The removal is reported.", missing_removal,
    ),
    Rule(
        "UNCONFIRMED_TRANSFER", NAME, Severity.WARNING, "Did it arrive?",
        "The receiver of a retired battery, by itself or inside a car or a pallet, neither confirmed it in time nor "
        "did anything with it later.",
        CONFIRMATION.source, "The receiver reports its receipt.", unconfirmed_transfer,
        kinds=UNITS, limits=(CONFIRMATION,),
    ),
    Rule(
        "STALE_CUSTODY", NAME, Severity.WARNING, "Where is it?",
        "Nothing was heard of a retired battery for long. What is inside a vehicle or another battery "
        "is not told apart; what lies on a pallet is.",
        STANDSTILL.source, "Anything about it is reported.", stale_custody, kinds=UNITS, limits=(STANDSTILL,),
    ),
    Rule(
        "LEFT_THE_LOOP", NAME, Severity.WARNING, "Lost for recycling",
        "A battery, module or cell went into a landfill, abroad, or was lost or stolen: by itself, on a pallet, or, "
        "where it was retired, inside a vehicle.",
        "model, section 4", "It was reported by mistake, and the disposal is voided.", left_the_loop, kinds=UNITS,
    ),
    Rule(
        "CODE_MALFORMED", NAME, Severity.NOTICE, "The code is wrong",
        "A key or identifier claims a scheme and breaks it, such as a VIN with a wrong check digit; or a GB/T "
        "34014 code says another type, chemistry or date than the record. docs/identifiers.md says "
        "what claims a scheme.",
        "GB/T 34014-2017, GB 32100-2015, ISO 3779", "The item is reported with the right code.", code_malformed,
    ),
    Rule(
        "ORIGINAL_CODE_LOST", NAME, Severity.WARNING, "Second life of what?",
        "A second-life unit, or one with a reuse code, has no recorded parts and names no original code "
        "(`attributes.originalCode`).",
        "GB/T 34014-2017: the original code must be kept and linked", "The repurposing is reported with its parts.",
        original_code_lost, kinds=UNITS,
    ),
    Rule(
        "CONTENT_MISMATCH", NAME, Severity.NOTICE, "The masses do not add up",
        "Parts heavier than their host, as they were when they went in: what was taken out or swapped before counts as "
        "it is. More of an element out of recycling or refining than went in, within the tolerance of 5 % or where "
        "only some inputs list it. Lithium iron phosphate with more than 0.1 % cobalt, or more than 2 % nickel: less "
        "of that is in plated cans, connectors and steel.",
        "model, sections 7.11 and 8.6", "The masses or compositions are reported as they are.",
        lambda rule, history: [*content_rule(rule, history), *composition_rule(rule, history)],
    ),
)  # fmt: skip

_ORGANIZATIONS = {
    "MISSING_RECORD": waits_for_what_nobody_reported,
    "CODE_MALFORMED": organization_code_malformed,
}

INTEGRITY = RuleSet(
    NAME,
    "What contradicts itself, is missing or was passed by",
    _ITEMS,
    tuple(replace(rule, judge=_ORGANIZATIONS[rule.code]) for rule in _ITEMS if rule.code in _ORGANIZATIONS),
)
