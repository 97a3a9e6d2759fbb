"""Findings on organizations: what the rulebook says of enterprises, from the flows through their plants."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from graph_schema.flows.amounts import Scope
from graph_schema.flows.recovery import CHAIN, recovery
from graph_schema.flows.transformations import TransformationRow
from graph_schema.order import Position, event_id_of, moment_of
from graph_schema.rules.enterprises import EnterpriseYear, recovery_below_threshold, year_of
from graph_schema.rules.finding import Finding
from graph_schema.rules.limits import RECOVERY_2024
from graph_schema.rules.rule import CHINA_TIME
from graph_schema.windows import END
from service.gathering import Gathering
from service.ports import Snapshot

ELEMENTS = sorted({limit.element for limit in RECOVERY_2024})


async def organization_findings(
    snapshot: Snapshot, organizations: Collection[str], cut: Position = END
) -> dict[str, list[Finding]]:
    """What is found of organizations, by key, in the order of years; one without findings has an empty list.

    It reads all transformations once, and follows them for every year in which an organization recycled or refined.
    """
    gathering = Gathering(snapshot, cut)
    await gathering.all_registrations()
    rows, lots = await gathering.transformations()
    registered = await snapshot.registered(organizations, cut)
    found: dict[str, list[Finding]] = {}
    for key in organizations:
        found[key] = []
        region = registered.get(key, {}).get("region")
        for year, events in sorted(_by_year(rows, key).items()):
            begin, end = year_of(year)
            scope = Scope(organization=key, since=begin, until=end - timedelta(microseconds=1))
            flows = recovery(rows, lots, scope, ELEMENTS).flows
            found[key] += recovery_below_threshold(EnterpriseYear(key, region, year, tuple(flows), tuple(events)))
    return found


def _by_year(rows: list[TransformationRow], organization: str) -> dict[int, list[str]]:
    years: dict[int, list[str]] = {}
    for row in rows:
        if row.actor == organization and row.type in CHAIN:
            year = moment_of(row.position).astimezone(CHINA_TIME).year
            years.setdefault(year, []).append(event_id_of(row.position))
    return years
