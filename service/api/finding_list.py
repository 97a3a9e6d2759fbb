"""Lists and counts of findings, as they are kept up to date."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry

from graph_schema.order import instant_us, moment_of_us
from graph_schema.rules import Finding as Found
from graph_schema.rules import Severity
from service.access.findings import KeptInSight
from service.api.codes import check_codes, check_rule_sets
from service.api.connection import DIGITS_MAX, Page, PageInfo, cursor, from_cursor, not_of_this_list, page_info
from service.api.context import Context, Moment
from service.api.counting import charge
from service.api.finding import Finding
from service.api.item import Info, key_named
from service.api.order import OrderDirection
from service.findings import CountBy, FindingPlace, Subject
from service.findings import FindingFilter as Filter
from service.findings import FindingOrder as Field

FindingCountBy = strawberry.enum(CountBy, name="FindingCountBy", description="What findings are counted by.")


@strawberry.input(
    description="Which findings: all that are given must hold. Texts must be the same to the letter, but for `key`."
)
class FindingFilter:
    """A filter."""

    codes: list[str] | None = strawberry.field(default=None, description="Of any of these codes (docs/rules).")
    rule_sets: list[str] | None = strawberry.field(default=None, description="By any of these rule sets.")
    severities: list[Severity] | None = strawberry.field(default=None, description="Of any of these severities.")
    key: str | None = strawberry.field(default=None, description="About an item, by its key or another identifier.")
    organizations: bool | None = strawberry.field(
        default=None, description="About organizations (true), or about items (false)."
    )
    organization: str | None = strawberry.field(
        default=None, description="With an organization in it, exactly this key."
    )
    region: str | None = strawberry.field(
        default=None, description="Of a region, such as CN-44: where the first of its organizations is registered."
    )
    from_: datetime | None = strawberry.field(
        default=None, name="from", description="That began to hold at that time or later."
    )
    to: datetime | None = strawberry.field(
        default=None, description="That began to hold at that time or earlier. Default: now."
    )


strawberry.enum(
    Field, name="FindingOrderField", description="By when findings came to light, or by when they began to hold."
)


@strawberry.input(description="An order of findings.")
class FindingOrder:
    """An order."""

    field: Field = strawberry.field(default=Field.SHOWN_AT, description="By what.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which way.")


@strawberry.type(description="An edge of a connection.")
class FindingEdge:
    """One edge."""

    cursor: str = strawberry.field(description="Go on `after` it.")
    node: Finding = strawberry.field(description="The finding.")


@strawberry.type(description="How many findings have a value.")
class FindingCount:
    """One count."""

    value: str | None = strawberry.field(description="The value; null where they have none.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How far findings were worked out.")
class AuditProgress:
    """The progress of the audit."""

    sequence: int | None = strawberry.field(
        description="Findings on items and on organizations are at least as of this record of the log; null where"
        " anything of the log is withheld."
    )
    at: datetime | None = strawberry.field(description="When something was worked out last; null: never.")
    up_to_date: bool = strawberry.field(description="Whether that is the last record.")


@strawberry.type(description="A page of findings.")
class FindingConnection:
    """A page."""

    edges: list[FindingEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    where: strawberry.Private[Filter]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="How many there are in all; counted only where it is asked for.")
    async def total_count(self, info: Info) -> int:
        """The count."""
        found = await info.context.read(self.moment, lambda snapshot: KeptInSight(snapshot).counts(self.where))
        charge(info, found[0][1], "totalCount")
        return found[0][1]

    @strawberry.field(
        description="How many there are by a value of theirs, the most first; one with several organizations counts for"
        " each."
    )
    async def counts(self, info: Info, by: FindingCountBy) -> list[FindingCount]:  # type: ignore[valid-type]
        """Counts by value."""
        found = await info.context.read(self.moment, lambda snapshot: KeptInSight(snapshot).counts(self.where, by))
        charge(info, sum(count for _, count in found), "counts")
        return [FindingCount(value=value, count=count) for value, count in found]

    @strawberry.field(description="How far findings were worked out: those of later records may be missing.")
    async def audited(self, info: Info) -> AuditProgress:
        """The progress."""
        done = await info.context.read(self.moment, lambda snapshot: KeptInSight(snapshot).audited())
        at = moment_of_us(done.at_us) if done.at_us else None
        base = min(done.base, done.organizations)
        sequence = base if info.context.sight.viewer.sees_all else None
        return AuditProgress(sequence=sequence, at=at, up_to_date=base >= self.moment.sequence)


async def chosen_findings(context: Context, where: FindingFilter | None, moment: Moment) -> Filter:
    """The filter that a store understands, but for `to`. Raises GraphQLError for a code or rule set that is none."""
    if where is None:
        return Filter()
    check_codes(context, "codes", where.codes)
    check_rule_sets(context, "ruleSets", where.rule_sets)
    return Filter(
        codes=None if where.codes is None else tuple(where.codes),
        rule_sets=None if where.rule_sets is None else tuple(where.rule_sets),
        severities=None if where.severities is None else tuple(one.value for one in where.severities),
        subject=None if where.key is None else Subject(await key_named(context, where.key, moment)),
        organizations=where.organizations,
        party=where.organization,
        region=where.region,
        since_from_us=None if where.from_ is None else instant_us(where.from_),
    )


async def findings_page(
    info: Info, where: FindingFilter | None, page: Page, order: FindingOrder | None
) -> FindingConnection:
    """A page of the findings that hold, in an order (that in which they came to light)."""
    context = info.context
    order = order or FindingOrder()
    size = page.size(context.settings.page_max)
    edge = place_of(*page.edge, order.field)
    reverse = page.backward is not (order.direction is OrderDirection.DESC)
    until = datetime.now(UTC) if where is None or where.to is None else where.to
    moment = await context.moment(None, None)
    chosen = (await chosen_findings(context, where, moment))._replace(since_to_us=instant_us(until))
    found = await context.read(
        moment, lambda snapshot: KeptInSight(snapshot).page(chosen, edge, size + 1, reverse, order.field)
    )
    shown = found[:size][::-1] if page.backward else found[:size]
    edges = await edges_of(context, moment, shown, order.field)
    place = page_info([one.cursor for one in edges], len(found) > size, edge is not None, page.backward)
    return FindingConnection(edges=edges, page_info=place, where=chosen, moment=moment)


async def edges_of(
    context: Context,
    moment: Moment,
    found: list[tuple[FindingPlace, Found]],
    field: Field = Field.SHOWN_AT,
) -> list[FindingEdge]:
    """Findings with what they are about."""
    items = [(moment, finding.subject) for _, finding in found if not finding.organization]
    rows = dict(zip(items, await context.load.keyed.load_many(items), strict=True))
    return [
        FindingEdge(cursor=place_cursor(place, field), node=Finding(found=finding, row=row, moment=moment))
        for place, finding in found
        if (row := rows.get((moment, finding.subject))) is not None or finding.organization
    ]


_OF = {Field.SHOWN_AT: "", Field.SINCE: "since:"}
"""What cursors of an order begin with: a place in one is none in another."""


def place_cursor(place: FindingPlace, field: Field = Field.SHOWN_AT) -> str:
    """The cursor of a place in an order."""
    return cursor(f"{_OF[field]}{place.at_us}.{place.id}")


def place_of(text: str | None, argument: str = "after", field: Field = Field.SHOWN_AT) -> FindingPlace | None:
    """The place in a cursor of an order. Raises GraphQLError naming the argument."""
    value = from_cursor(text, argument)
    if value is None:
        return None
    number, dot, finding_id = value.removeprefix(_OF[field]).partition(".")
    digits = number.removeprefix("-") if field is Field.SINCE else number
    there = value.startswith(_OF[field]) and dot and digits.isascii() and digits.isdigit()
    if not there or len(digits) > DIGITS_MAX:
        raise not_of_this_list(text, argument, f"findings by {field.value}")
    return FindingPlace(int(number), finding_id)
