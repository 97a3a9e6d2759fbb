"""Rules about organizations: `cn-conditions-2024` (what recycling enterprises recover), `eu-2023-1542` (the same, and
recycled content of the batteries that a maker made), and what `integrity` says of organizations.

They judge reports on flows (`graph_schema.flows`), not the history of an item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from itertools import pairwise

from graph_schema.days import CHINA_TIME
from graph_schema.flows.content import ContentLine
from graph_schema.flows.recovery import ChemistryRecovery, ElementFlow
from graph_schema.identifiers import claim
from graph_schema.order import event_id_of
from graph_schema.rules.chemistries import category_of, is_iron_phosphate
from graph_schema.rules.enterprise import Enterprise, EnterpriseYear
from graph_schema.rules.finding import Finding, Severity
from graph_schema.rules.limits import (
    CONDITIONS_2024,
    CONTENT_EU,
    EU_ANNEX_XII,
    EU_ARTICLE_8,
    NOT_IN_IRON_PHOSPHATE,
    RECOVERY_2024,
    RECOVERY_EU,
    Share,
)
from graph_schema.rules.parties import Party
from graph_schema.rules.rule import Rule, RuleSet

SLACK = 1e-9
EUROPE = frozenset(
    "EU AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)  # fmt: skip
"""Regions (ISO 3166-1) of the European Union."""


def year_of(year: int, zone: tzinfo = CHINA_TIME) -> tuple[datetime, datetime]:
    """The first moment of a calendar year, and that of the next one."""
    return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)


def recovery_in_china(rule: Rule, enterprise: Enterprise) -> Iterator[Finding]:
    """What enterprises in China recover of each chemistry."""
    if enterprise.party.chinese:
        yield from _recovery_below_threshold(rule, enterprise, enterprise.years, lambda chemistry: chemistry)


def recovery_in_europe(rule: Rule, enterprise: Enterprise) -> Iterator[Finding]:
    """What enterprises in the European Union recover of each category of batteries."""
    if is_european(enterprise.party):
        yield from _recovery_below_threshold(rule, enterprise, enterprise.european_years, category_of)


def _recovery_below_threshold(
    rule: Rule, enterprise: Enterprise, years: Iterable[EnterpriseYear], group: Callable[[str | None], str | None]
) -> Iterator[Finding]:
    """One finding for a year, which names every element of which too little can come back, of which chemistries.

    What is still in process counts as if all of it will be recovered. Where something is unknown there is no rate, and
    no finding. It holds from the end of the year.
    """
    for begin, end, chemistries, events in years:
        limits = in_force(rule.shares, begin.date())
        missed = [
            sentence
            for what, flows in _grouped(chemistries, group).items()
            for sentence in _missed(what, flows.values(), limits)
        ]
        if missed:
            sentence = f"of what entered the plants of {enterprise.party.name} in {begin.year}, {'; '.join(missed)}"
            yield rule.finding(enterprise, sentence, events, end, [enterprise.key])


def _grouped(
    chemistries: Iterable[ChemistryRecovery], group: Callable[[str | None], str | None]
) -> dict[str | None, dict[str, ElementFlow]]:
    """The flows of the chemistries of each group, added up element by element; without what a chemistry is not made
    of."""
    found: dict[str | None, dict[str, ElementFlow]] = {}
    for chemistry, flows in chemistries:
        foreign = NOT_IN_IRON_PHOSPHATE if is_iron_phosphate(chemistry) else ()
        within = found.setdefault(group(chemistry), {})
        for flow in flows:
            if flow.element not in foreign:
                known = within.get(flow.element)
                within[flow.element] = flow if known is None else known.joined(flow)
    return found


def _missed(what: str | None, flows: Iterable[ElementFlow], limits: Mapping[str, Share]) -> Iterator[str]:
    of = "" if what is None else f" in {what}"
    for flow in flows:
        limit = limits.get(flow.element)
        if limit is None or flow.rate is None:
            continue
        best = (flow.recovered_kg + flow.in_process_kg) / flow.input_kg
        if best < limit.share - SLACK:
            yield f"at most {best:.1%} of {flow.element}{of} is recovered, where {limit.share:.0%} are asked for"


def in_force(limits: Iterable[Share], day: date) -> dict[str, Share]:
    """The limits of a day by element: of several the latest."""
    return {
        limit.element: limit
        for limit in sorted(limits, key=lambda limit: limit.valid_from)
        if limit.valid_from <= day
    }  # fmt: skip


def periods_of(first: int, last: int) -> Iterator[tuple[datetime, datetime]]:
    """The periods of calendar years (UTC) that recycled content is judged by, from the first limit on: a year in which
    a limit changes is two."""
    changes = sorted({limit.valid_from for limit in CONTENT_EU})
    days = {date(year, 1, 1) for year in range(max(first, changes[0].year), last + 2)}
    days |= {day for day in changes if first <= day.year <= last}
    cuts = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in sorted(days) if day >= changes[0]]
    yield from pairwise(cuts)


def is_european(party: Party) -> bool:
    """Whether an organization is registered in the European Union."""
    return party.country in EUROPE


def recycled_content_below_minimum(rule: Rule, enterprise: Enterprise) -> Iterator[Finding]:
    """One finding for a model and a period, which names every element of which too little is proven to be recycled.

    Batteries whose content or origin cannot be told are left out. It holds from the end of the period.
    """
    if not is_european(enterprise.party):
        return
    for one in enterprise.models:
        missed = list(_short(one.lines, one.begin.date()))
        if missed:
            until = one.end.date()
            sentence = (
                f"of the metal in the batteries of model {one.model or 'unknown'} ({one.chemistry or 'unknown'}) that "
                f"{enterprise.party.name} made from {one.begin.date()} and before {until}, {'; '.join(missed)}"
            )
            yield rule.finding(enterprise, sentence, one.events, one.end, [enterprise.key])


def _short(lines: Iterable[ContentLine], day: date) -> Iterator[str]:
    limits = in_force(CONTENT_EU, day)
    for line in lines:
        limit = limits.get(line.element)
        if limit is None or line.share is None:
            continue
        if line.share < limit.share - SLACK:
            yield (
                f"{line.share:.1%} of {line.element} in {line.batteries} batteries is proven to be recycled, where "
                f"{limit.share:.0%} are asked for"
            )


def waits_for_what_nobody_reported(rule: Rule, enterprise: Enterprise) -> Iterator[Finding]:
    """One finding for each pending event that is about no item that is known."""
    for event in enterprise.waiting:
        missing = ", ".join(event.missing)
        sentence = f"{event.type} by {enterprise.party.name} waits for {missing}, which nobody reported before it"
        yield rule.finding(enterprise, sentence, [event.event_id], event.position, [enterprise.key])


def organization_code_malformed(rule: Rule, enterprise: Enterprise) -> Iterator[Finding]:
    """One finding for all codes of an organization, as registered, that break their own scheme."""
    if not enterprise.party.registrations:
        return
    names = enterprise.party.names
    claims = [(text, claim(text, "ORGANIZATION" if scheme is None else None, scheme)) for text, scheme in names]
    faults = [
        f"{text} breaks its own scheme, {found.scheme.value}: {'; '.join(found.faults)}"
        for text, found in claims
        if found is not None and found.faults
    ]
    if faults:
        events = [event_id_of(position) for position, _ in enterprise.party.registrations]
        since = enterprise.party.registrations[0][0]
        yield rule.finding(enterprise, ". ".join(faults), events[-1:], since, [enterprise.key])


def _recovery(name: str, basis: str, judge: Callable[..., Iterable[Finding]], shares: tuple[Share, ...]) -> Rule:
    return Rule(
        "RECOVERY_BELOW_THRESHOLD", name, Severity.WARNING, "Too little comes back",
        "Of what entered an enterprise's plants in a calendar year of one chemistry, less of an element can come back "
        "than is asked for, even if all that is still in process will be recovered. Enterprises in China by the "
        "conditions of the white list, each chemistry as it is stated, in years of China's time; those in the European "
        "Union by its targets, all lithium-based batteries together and other categories each by itself, in years of "
        "UTC, each year by what was to be reached before it began. What nobody states a chemistry of is judged "
        "together. Nickel, cobalt and manganese in lithium iron phosphate are cans, connectors and steel: nothing is "
        "asked of them. Only where everything is known. It is followed through the plants of others, as "
        "docs/reports.md says.",
        basis, "What came out of the plants is reported, or what went in is corrected.",
        judge, valid_from=shares[0].valid_from, shares=shares,
    )  # fmt: skip


CN_CONDITIONS_2024 = RuleSet(
    "cn-conditions-2024",
    "Conditions for enterprises that utilize waste traction batteries, edition of 2024 (MIIT)",
    (),
    (_recovery("cn-conditions-2024", CONDITIONS_2024, recovery_in_china, RECOVERY_2024),),
)

EU_2023_1542 = RuleSet(
    "eu-2023-1542",
    "Regulation (EU) 2023/1542 on batteries",
    (),
    (
        Rule(
            "RECYCLED_CONTENT_BELOW_MINIMUM", "eu-2023-1542", Severity.WARNING, "Too little recycled metal",
            "In the batteries of a model that a maker in the European Union made in a year, less of an element is "
            "proven to come from waste than Art. 8 asks for: it is traced through lots to batteries that were "
            "recycled, and what no stated draw covers is not proven. Batteries whose content nobody states are left "
            "out. The regulation asks by model, year and plant, so this is about the maker and not about one battery.",
            EU_ARTICLE_8, "What the lots were made of is reported, or the draws of the productions.",
            recycled_content_below_minimum, valid_from=CONTENT_EU[0].valid_from, shares=CONTENT_EU,
        ),
        _recovery("eu-2023-1542", EU_ANNEX_XII, recovery_in_europe, RECOVERY_EU),
    ),
)  # fmt: skip
