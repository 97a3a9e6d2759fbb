"""What rules about organizations see of them, and what they say: from registrations, from flows through plants, and
from events that wait for what nobody reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from graph_schema.canonical import parse_event
from graph_schema.days import CHINA_TIME, day_at
from graph_schema.flows.amounts import Scope
from graph_schema.flows.content import NewBattery, RecycledContent, Shares
from graph_schema.flows.recoveries import Recoveries
from graph_schema.flows.transformations import TransformationRow
from graph_schema.order import Position, event_id_of, moment_of, moment_of_us
from graph_schema.outcome import EventStatus
from graph_schema.rules import RULE_SETS, Failure, Finding, Party, RuleSet, judge_enterprise
from graph_schema.rules.enterprise import Enterprise, EnterpriseYear, ModelPeriod, Waiting
from graph_schema.rules.enterprises import is_european, periods_of, year_of
from graph_schema.rules.limits import CONTENT_EU, RECOVERY_2024, RECOVERY_EU
from graph_schema.windows import END
from service.flow_reading import FreshRows, Rows
from service.gathering import Gathering
from service.places import (
    OrganizationPlace,
)
from service.ports import (
    EventFilter,
    ItemFilter,
    ItemOrder,
    OrganizationFilter,
    Snapshot,
    StoredEvent,
)

PAGE = 500
NAMED = 20
"""So many events of a model's batteries are evidence; there may be thousands."""
ELEMENTS = sorted({limit.element for limit in (*RECOVERY_2024, *RECOVERY_EU)})
FIRST_YEAR = min(limit.valid_from.year for limit in RECOVERY_2024)
FIRST_EUROPEAN_YEAR = min(limit.valid_from.year for limit in RECOVERY_EU) + 1
"""Of the targets, the first is to be reached as its year ends."""
CONTENT_FROM = next(periods_of(0, CONTENT_EU[-1].valid_from.year))[0]
"""From when recycled content is judged."""


class _Model(NamedTuple):
    model: str | None
    chemistry: str | None


class Judged(NamedTuple):
    """What was found of organizations, by key (one without findings has an empty list), and what rules failed."""

    of: dict[str, list[Finding]]
    failures: list[Failure]


async def organization_findings(
    snapshot: Snapshot, rows: Rows | None = None, cut: Position = END, sets: Sequence[RuleSet] = RULE_SETS
) -> Judged:
    """What rule sets say of all organizations as of the cut; `rows` are those of flows as of it, None: they are worked
    out. The snapshot must be a whole one."""
    found = await enterprises(snapshot, rows, cut)
    judged = {one.key: judge_enterprise(one, sets) for one in found}
    failures = [failure for judgement in judged.values() for failure in judgement.failures]
    return Judged({key: judgement.findings for key, judgement in judged.items()}, failures)


async def enterprises(snapshot: Snapshot, rows: Rows | None = None, cut: Position = END) -> list[Enterprise]:
    """All organizations that acted, held something or registered, in the order of their keys."""
    gathering = Gathering(snapshot, cut)
    await gathering.all_registrations()
    keys = await _organizations(snapshot)
    parties = {key: Party(key, tuple(gathering.registrations.get(key, ()))) for key in keys}
    events, lots = await (rows or FreshRows(gathering, ItemFilter())).transformations()
    recoveries = Recoveries(events, lots, ELEMENTS)
    years: dict[str, tuple[EnterpriseYear, ...]] = {}
    european: dict[str, tuple[EnterpriseYear, ...]] = {}
    for key, acted in recoveries.acted():
        if parties[key].chinese:
            years[key] = _years(recoveries, key, acted, FIRST_YEAR, CHINA_TIME)
        if is_european(parties[key]):
            european[key] = _years(recoveries, key, acted, FIRST_EUROPEAN_YEAR, UTC)
    models = await _models(gathering, Shares(events, lots), parties)
    waiting = await _waiting(snapshot, cut)
    return [
        Enterprise(
            key,
            parties[key],
            years.get(key, ()),
            european.get(key, ()),
            models.get(key, ()),
            tuple(waiting.get(key, ())),
        )
        for key in keys
    ]


async def _organizations(snapshot: Snapshot) -> list[str]:
    keys: list[str] = []
    after = None
    while page := await snapshot.organization_page(OrganizationFilter(), after, PAGE):
        keys += page
        after = OrganizationPlace(page[-1])
    return keys


def _years(
    recoveries: Recoveries, key: str, acted: Iterable[TransformationRow], first: int, zone: tzinfo
) -> tuple[EnterpriseYear, ...]:
    """The years in which an enterprise recycled or refined, from the first that anything is asked of. The last one of
    the calendar has no end, so nothing is asked of it."""
    years: dict[int, list[str]] = defaultdict(list)
    for row in acted:
        years[day_at(moment_of(row.position), zone).year].append(event_id_of(row.position))
    judged = sorted(year for year in years if first <= year < date.max.year)
    flows = recoveries.flows(key, [_scope(key, *year_of(year, zone)) for year in judged])
    return tuple(
        EnterpriseYear(*year_of(year, zone), tuple(found), tuple(years[year]))
        for year, found in zip(judged, flows, strict=True)
    )


def _scope(organization: str, begin: datetime, end: datetime) -> Scope:
    return Scope(organization=organization, since=begin, until=end - timedelta(microseconds=1))


async def _models(
    gathering: Gathering, shares: Shares, parties: Mapping[str, Party]
) -> dict[str, tuple[ModelPeriod, ...]]:
    """What is recycled in the batteries of makers in the European Union, by model and period; of those made since there
    is a minimum."""
    made: dict[tuple[str, _Model], list[NewBattery]] = defaultdict(list)
    if any(is_european(party) for party in parties.values()):
        async for page in gathering.batteries(ItemFilter(produced_from=CONTENT_FROM), ItemOrder.PRODUCED_AT):
            for one in await gathering.new_batteries(page):
                if one.producer is not None and is_european(parties[one.producer]):
                    made[one.producer, _Model(one.model, one.chemistry)].append(one)
    found: dict[str, list[ModelPeriod]] = defaultdict(list)
    for (producer, model), batteries in sorted(made.items(), key=lambda one: repr(one[0])):
        years = sorted({moment_of_us(one.born_us).year for one in batteries})
        for begin, end in periods_of(years[0], years[-1]):
            report = RecycledContent(_scope(producer, begin, end), shares)
            theirs = [one for one in batteries if begin <= moment_of_us(one.born_us) < end]
            for one in theirs:
                report.add(one)
            if theirs:
                events = await _made_by(gathering.snapshot, theirs)
                found[producer].append(ModelPeriod(*model, begin, end, tuple(report.lines()), events))
    return {key: tuple(periods) for key, periods in found.items()}


async def _made_by(snapshot: Snapshot, batteries: list[NewBattery]) -> tuple[str, ...]:
    """The events that made the first ones."""
    first = [one.key for one in sorted(batteries, key=lambda one: (one.born_us, one.key))[:NAMED]]
    rows = await snapshot.items(list((await snapshot.keyed(first)).values()))
    return tuple(event_id_of(born) for born in sorted({row.born for row in rows}))


async def _waiting(snapshot: Snapshot, cut: Position) -> dict[str, list[Waiting]]:
    """Pending events, no item of which is known, by who reported them."""
    found: dict[str, list[Waiting]] = defaultdict(list)
    after: int | None = None
    while page := await snapshot.event_page(EventFilter(status=EventStatus.PENDING), after, PAGE):
        after = page[-1].sequence
        named = {event.event_id: _named(event) for event in page}
        known = await snapshot.keyed({key for keys in named.values() for key in keys})
        for event in page:
            if event.position < cut and not known.keys() & named[event.event_id]:
                missing = tuple(dict.fromkeys(one.key for one in event.problems if one.key is not None))
                found[event.actor].append(Waiting(event.event_id, event.type, event.position, missing))
    return {key: sorted(events, key=lambda one: one.position) for key, events in found.items()}


def _named(event: StoredEvent) -> set[str]:
    return set() if event.payload is None else set(parse_event(event.payload)[0].named_keys())
