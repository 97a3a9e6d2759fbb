"""Who had it when: hand-overs that nobody reported, and parts that were taken out unseen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graph_schema.life import Custody
from graph_schema.order import Position, event_id_of, type_of
from graph_schema.rules.finding import Finding
from graph_schema.rules.history import NAMED, History, Told
from graph_schema.rules.rule import Rule, day_of
from graph_schema.voiding import REGULATOR
from graph_schema.windows import END

ACTED_ON = {
    "TRANSFER": "hands over",
    "DISMANTLING": "dismantles",
    "SCRAPPING": "scraps",
    "RECYCLING": "recycles",
    "REFINING": "refines",
    "PRODUCTION": "uses in production",
    "INSTALLATION": "installs",
    "DISPOSAL": "disposes of",
}
"""What an event does with what it names."""
DELIVERED_UNSEEN = ("INSTALLATION", "PRODUCTION", "REPURPOSING")
APPEARS = {"ENROLMENT": "enrols", "RECEIPT": "confirms to have received"}
"""What an event says of where something is that it does nothing with."""


class Lot(NamedTuple):
    """Who may have a part of a lot. A transfer does not say how much went, so who ever had some may have kept it, until
    all was drawn. Several may enrol what they bought of one lot that nobody reported to have made."""

    since: dict[str, Position]
    """From after which event each organization may have some."""
    until: Position
    """The last event before which some was left, as far as the lot's mass and all draws are stated."""
    enrolled: bool

    @classmethod
    def of(cls, history: History) -> Lot:
        """Worked out once, since a lot may be drawn on very often."""
        got = [(span.opened, span.organization) for span in history.custody]
        if history.enrolled:
            got += [(event.position, event.actor) for event in history.accepted if event.type == "ENROLMENT"]
        since: dict[str, Position] = {}
        for position, organization in sorted(got):
            since.setdefault(organization, position)
        return cls(since, _last_left(history), history.enrolled)

    def may_be_with(self, event: Told) -> bool:
        """Whether who acts may have some."""
        if event.type == "ENROLMENT" and self.enrolled:
            return True
        return self.since.get(event.actor, END) < event.position <= self.until


def _last_left(history: History) -> Position:
    """The draw that took the last of a lot; the end of time where nobody can say."""
    left = history.thing.spec.get("massKg")
    slack = 1e-9 * (left or 0.0)
    for event in history.accepted:
        for draw in event.payload.get("inputs") or ():
            if draw["key"] == history.key:
                if left is None or draw.get("massKg") is None:
                    return END
                left -= draw["massKg"]
        if left is not None and left <= slack:
            return event.position
    return END


def custody_gap(rule: Rule, history: History) -> Iterator[Finding]:
    """A finding for each event that says that somebody has what another was holding."""
    appeared: set[tuple[str, Position]] = set()
    lot = Lot.of(history) if history.thing.kind == "LOT" else None
    for event in history.accepted:
        span = history.custody_before(event.position)
        if span is None or span.organization == event.actor or (event.actor, span.opened) in appeared:
            continue
        did = _acted_on(event, history) or _appears(event, span, history)
        if did is None or _moved_out(event, history) or _first_delivery(event, span.opened, span.organization, history):
            continue
        if lot is not None and lot.may_be_with(event):
            continue
        if event.type in APPEARS:
            appeared.add((event.actor, span.opened))
        yield rule.finding(
            history,
            f"{history.party(event.actor).name} {did} {history.key} on {day_of(event.position)}, which "
            f"{history.party(span.organization).name} was holding since {day_of(span.opened)}: nobody reported how it "
            "got from one to the other",
            [event.event_id, event_id_of(span.opened)],
            event.position,
            [event.actor, span.organization],
        )


def missing_removal(rule: Rule, history: History) -> Iterator[Finding]:
    """A finding for each event that takes the item out of a host without saying so."""
    for event in history.accepted:
        stay = history.stay_before(event.position)
        if stay is None or _acted_on(event, history) is None or not _moved_out(event, history):
            continue
        host = history.hosts_before(event.position)[0]
        span = history.custody_before(event.position)
        holder = [] if span is None or span.organization == event.actor else [span.organization]
        held = f" and held by {history.party(holder[0]).name}" if holder else ""
        yield rule.finding(
            history,
            f"{told(event)} by {history.party(event.actor).name} names {history.key}, which was inside {host}{held}: "
            "nobody reported that it was taken out",
            [event.event_id, event_id_of(stay.opened)],
            event.position,
            [event.actor, *holder],
        )


def _acted_on(event: Told, history: History) -> str | None:
    """What an event does with the item, where one may only do that with what one holds."""
    if event.type in ACTED_ON and history.key in event.keys(NAMED[event.type]):
        return ACTED_ON[event.type]
    if event.type in ("PRODUCTION", "REPURPOSING") and any(stay.opened == event.position for stay in history.hosts):
        return "builds in" if history.thing.born != event.position else None
    return None


def _moved_out(event: Told, history: History) -> bool:
    """Whether an event takes the item out of a host without saying so. To unpack is nothing that is to be reported."""
    stay = history.stay_before(event.position)
    if stay is None or event.type in ("INSTALLATION", "REMOVAL", *DELIVERED_UNSEEN, *APPEARS):
        return False
    if history.is_packaging(stay.host):
        return False
    named = {*event.keys("items"), *event.keys("item"), *event.keys("inputs")}
    return not named.intersection(history.hosts_before(event.position))


def _first_delivery(event: Told, opened: Position, holder: str, history: History) -> bool:
    """Whether a new part that its maker still held was built in or enrolled elsewhere: a delivery that files of parts,
    and of what was made before there was a log, leave out. What was recovered is no part, and its way is to be told."""
    new = opened == history.thing.born and holder == history.thing.producer
    new = new and type_of(history.thing.born) not in ("RECYCLING", "REFINING")
    unused = not history.enrolled and not history.retired_before(event.position)
    return new and unused and event.type in (*DELIVERED_UNSEEN, "ENROLMENT")


def _appears(event: Told, span: Custody, history: History) -> str | None:
    """What an event says of where the item is now, where its holder does not hand it over there next. Who oversees
    others reports for them, and who sent something has not received it."""
    if event.type not in APPEARS or event.position == history.thing.born:
        return None
    if REGULATOR in history.party(event.actor).roles(event.position):
        return None
    if event.type == "ENROLMENT" and history.key not in event.keys("items"):
        return None
    if event.type == "RECEIPT" and not _is_by_another(event, history):
        return None
    following = min((one for one in history.custody if one.opened >= event.position), default=None, key=_opened)
    brought = None if following is None else history.event(following.opened)
    comes = brought is not None and brought.type == "TRANSFER" and brought.actor == span.organization
    if comes and following is not None and following.organization == event.actor:
        return None
    return APPEARS[event.type]


def _opened(span: Custody) -> Position:
    return span.opened


def _is_by_another(receipt: Told, history: History) -> bool:
    """Whether somebody confirms a transfer of the item that neither sent nor was to receive it, and never had it
    since."""
    sent = receipt.payload.get("transfer")
    transfer = next((one for one in history.accepted if one.type == "TRANSFER" and one.event_id == sent), None)
    if transfer is None or receipt.actor in (transfer.actor, history.receiver(transfer)):
        return False
    since = (span.organization for span in history.custody if transfer.position < span.opened < receipt.position)
    return receipt.actor not in since


def told(event: Told) -> str:
    """An event in a sentence."""
    return f"{event.type.lower()} {event.event_id} of {day_of(event.position)}"
