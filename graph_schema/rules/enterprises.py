"""Rule set `cn-conditions-2024`: what recycling enterprises recover, judged by enterprise, element and calendar year.

It judges reports on flows (`graph_schema.flows`), not the history of an item; its findings are about organizations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from graph_schema.flows.recovery import ElementFlow
from graph_schema.rules.finding import Finding, Severity
from graph_schema.rules.history import CHINA
from graph_schema.rules.limits import RECOVERY_2024
from graph_schema.rules.rule import CHINA_TIME

CODE, NAME = "RECOVERY_BELOW_THRESHOLD", "cn-conditions-2024"
RESOLVED_BY = "What came out of the plants is reported, or what went in is corrected."
SLACK = 1e-9


class EnterpriseYear(NamedTuple):
    """What became of what entered an enterprise's plants in a calendar year (China time), element by element, and the
    events of that year by which it entered or was treated there."""

    organization: str
    region: str | None
    year: int
    flows: tuple[ElementFlow, ...]
    events: tuple[str, ...]


def year_of(year: int) -> tuple[datetime, datetime]:
    """The first moment of a calendar year in China, and that of the next one."""
    return datetime(year, 1, 1, tzinfo=CHINA_TIME), datetime(year + 1, 1, 1, tzinfo=CHINA_TIME)


def recovery_below_threshold(one: EnterpriseYear) -> Iterator[Finding]:
    """One finding for a year, which names every element of which too little can come back.

    What is still in process counts as if all of it will be recovered. Where something is unknown there is no rate, and
    no finding. It holds from the end of the year.
    """
    begin, end = year_of(one.year)
    if one.region is None or not one.region.startswith(CHINA):
        return
    missed = list(_missed(one.flows, begin, end))
    if missed:
        sentence = f"of what entered the plants of {one.organization} in {one.year}, {'; '.join(missed)}"
        yield Finding(
            CODE, NAME, Severity.WARNING, one.organization, sentence, (one.organization,), one.events, end, RESOLVED_BY,
            RECOVERY_2024[0].source,
        )  # fmt: skip


def _missed(flows: Iterable[ElementFlow], begin: datetime, end: datetime) -> Iterator[str]:
    limits = {limit.element: limit for limit in RECOVERY_2024 if limit.valid_from < end.date()}
    for flow in flows:
        limit = limits.get(flow.element)
        if limit is None or flow.rate is None or begin.date() < limit.valid_from:
            continue
        best = (flow.recovered_kg + flow.in_process_kg) / flow.input_kg
        if best < limit.share - SLACK:
            yield f"at most {best:.1%} of {flow.element} is recovered, where {limit.share:.0%} are asked for"
