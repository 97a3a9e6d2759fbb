"""Batteries retired and utilized by calendar year, and the flow from stage to stage, of all or of the viewer's own
organization, for the overview."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from graphql import GraphQLError

from graph_schema.days import begin_of, end_of
from service.api.context import Context
from service.explorer import stages
from service.explorer.asking import ask
from service.explorer.stages import Stage, stages_of

AT_ONCE_MAX = 100_000
"""Batteries of a store that are added up for a page without being asked for."""
SECONDS = 10
"""How long a page waits: what is worked out until then is kept for the next one."""
MASSES = ("retired", "recycled", "repurposed")
TONNES_FROM_KG = 100_000
"""Masses are in tonnes where one is as large."""
QUERY = f"""query ($organization: String) {{
  report(filter: {{ organization: $organization }}) {{
    yearly {{ year retired {" ".join(f"{name}Mass {{ kg unknown }}" for name in MASSES)} }}
  }}
}}"""
RECOVERED = """recovery {
      elements { element recoveredKg unknownInputs }
    }"""
"""What is recovered by now of what entered recycling in a period."""
RECOVERED_MAX = 25
"""Of so many years, the last ones, it is told what was recovered."""
KEPT_MAX = 200
_KEPT: WeakKeyDictionary[Any, dict[tuple[str, str | None], tuple[int, dict[str, Any]]]] = WeakKeyDictionary()
"""What was added up last, by store, query and whose report it is, with the number of the last record then."""


class Mass(NamedTuple):
    """A sum of masses: the known ones (kg), and of how many things it is not known."""

    kg: float = 0.0
    unknown: int = 0


class Year(NamedTuple):
    """A calendar year: batteries retired; masses by the names of MASSES; the lengths of their bars, in per cent."""

    year: int
    retired: int
    masses: dict[str, Mass]
    shares: dict[str, float]


class Years(NamedTuple):
    """What there is to show: years and stages in their order, or why there are none (`late`: they are still being
    added up). `recovered`: what is recovered by now of what entered recycling in a year, where that was added up."""

    years: list[Year]
    stages: list[Stage]
    organization: str | None
    message: str = ""
    late: bool = False
    asked: bool = True
    recovered: Mapping[int, Mass] = MappingProxyType({})

    @property
    def unit(self) -> tuple[str, int]:
        """The unit of masses that is fit to read them in, and how many kg it is."""
        large = any(mass.kg >= TONNES_FROM_KG for year in self.years for mass in year.masses.values())
        return ("t", 1000) if large else ("kg", 1)


async def years_of(context: Context, batteries: int, wanted: bool) -> Years | None:
    """The years, where the viewer may see any; not `asked` for where that takes long and nobody `wanted` it."""
    viewer = context.sight.viewer
    organization = None if viewer.sees_all else viewer.organization
    if not viewer.sees_all and organization is None:
        return None
    if batteries > AT_ONCE_MAX and not wanted:
        return Years([], [], organization, asked=False)
    try:
        async with asyncio.timeout(SECONDS):
            yearly = summed((await _added_up(context, QUERY, organization))["report"]["yearly"])
            found = Years(yearly, await _stages(context, organization), organization)
            return found._replace(recovered=await _recovered(context, [one.year for one in yearly], organization))
    except GraphQLError as error:
        return Years([], [], organization, error.message)
    except TimeoutError:
        return Years([], [], organization, late=True)


async def _stages(context: Context, organization: str | None) -> list[Stage]:
    """The stages; none where they cost more than one operation may, which is several times what the years cost."""
    try:
        return stages_of(await _added_up(context, stages.QUERY, organization))
    except GraphQLError as error:
        if (error.extensions or {}).get("code") == "LIMIT":
            return []
        raise


async def _recovered(context: Context, years: Sequence[int], organization: str | None) -> dict[int, Mass]:
    """What was recovered of what entered in each of the last years; of none where that costs more than one operation
    may."""
    told = years[-RECOVERED_MAX:]
    if not told:
        return {}
    asked = " ".join(
        f"y{year}: report(filter: {{ organization: $organization,"
        f' from: "{begin_of(date(year, 1, 1)).isoformat()}",'
        f' to: "{end_of(date(year, 12, 31)).isoformat()}" }}) {{ {RECOVERED} }}'
        for year in told
    )
    try:
        found = await _added_up(context, f"query ($organization: String) {{ {asked} }}", organization)
    except GraphQLError as error:
        if (error.extensions or {}).get("code") == "LIMIT":
            return {}
        raise
    flows = {year: found[f"y{year}"]["recovery"]["elements"] for year in told}
    return {
        year: Mass(one["recoveredKg"], one["unknownInputs"])
        for year, elements in flows.items()
        for one in elements
        if not one["element"]
    }


async def _added_up(context: Context, query: str, organization: str | None) -> dict[str, Any]:
    """The answer to a query of reports; nothing is added up again as long as nothing is recorded."""
    sequence = (await context.moment(None, None)).sequence
    kept = _KEPT.setdefault(context.store, {})
    found = kept.get((query, organization))
    if found is None or found[0] != sequence:
        if len(kept) >= KEPT_MAX:
            kept.clear()
        found = kept[query, organization] = sequence, await ask(context, query, organization=organization)
    return found[1]


def summed(lines: Iterable[dict[str, Any]]) -> list[Year]:
    """Lines of a year and a region as years."""
    retired: dict[int, int] = defaultdict(int)
    masses: dict[int, dict[str, Mass]] = defaultdict(lambda: dict.fromkeys(MASSES, Mass()))
    for line in lines:
        year = line["year"]
        retired[year] += line["retired"]
        for name in MASSES:
            more, so_far = line[f"{name}Mass"], masses[year][name]
            masses[year][name] = Mass(so_far.kg + (more["kg"] or 0.0), so_far.unknown + more["unknown"])
    longest = max((max(one["retired"].kg, _utilized(one)) for one in masses.values()), default=0.0) or 1.0
    return [
        Year(
            year,
            retired[year],
            masses[year],
            {name: round(100 * mass.kg / longest, 2) for name, mass in masses[year].items()},
        )
        for year in sorted(retired)
    ]


def _utilized(masses: dict[str, Mass]) -> float:
    """What the two bars of utilization are long together."""
    return masses["recycled"].kg + masses["repurposed"].kg
