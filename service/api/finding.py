"""Findings: what the rulebook says of an item."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry

from graph_schema.reader import ItemRow
from graph_schema.rules import Finding as Found
from graph_schema.rules import Severity, holding
from service.api.context import Moment, global_id
from service.api.event import Event, load_event
from service.api.item import Info, Node, item_of
from service.api.organization import Organization

strawberry.enum(Severity, description="How bad a finding is.")


@strawberry.type(
    description="What is wrong with an item or organization, as a rule judges what the log holds (docs/rules)."
)
class Finding:
    """A finding at a moment."""

    found: strawberry.Private[Found]
    row: strawberry.Private[ItemRow | None]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="Opaque; the same for the same code, rule set, subject and main evidence.")
    def id(self) -> strawberry.ID:
        """The identity."""
        return strawberry.ID(global_id("Finding", self.found.id))

    @strawberry.field(description="What kind of finding it is, such as CUSTODY_GAP; docs/rules has a page for each.")
    def code(self) -> str:
        """The code."""
        return self.found.code

    @strawberry.field(description="The rule set that says so, such as cn-order-73.")
    def rule_set(self) -> str:
        """The name of the rule set."""
        return self.found.rule_set

    @strawberry.field(description="How bad it is.")
    def severity(self) -> Severity:
        """The severity."""
        return self.found.severity

    @strawberry.field(description="What is wrong, with the parties, dates and numbers.")
    def sentence(self) -> str:
        """A sentence in English."""
        return self.found.sentence

    @strawberry.field(description="What it is about.")
    def subject(self) -> Node:
        """The item, or the organization."""
        if self.row is None:
            return Organization(key_text=self.found.subject, moment=self.moment)
        return item_of(self.row, self.moment)

    @strawberry.field(description="The organizations that it is about.")
    def parties(self) -> list[Organization]:
        """The parties."""
        return [Organization(key_text=key, moment=self.moment) for key in self.found.parties]

    @strawberry.field(description="The events that prove it, the main one first, as far as the viewer sees them.")
    async def evidence(self, info: Info) -> list[Event]:
        """The events."""
        events = [await load_event(info.context, self.moment, event_id) for event_id in self.found.evidence]
        return [event for event in events if event is not None]

    @strawberry.field(description="From when it holds.")
    def since(self) -> datetime:
        """The moment."""
        return self.found.since

    @strawberry.field(description="What would make it go away.")
    def resolved_by(self) -> str:
        """A sentence in English."""
        return self.found.resolved_by

    @strawberry.field(description="The document and article that it stands on.")
    def legal_basis(self) -> str:
        """The source."""
        return self.found.legal_basis


async def holding_findings(info: Info, row: ItemRow, moment: Moment, at: datetime | None) -> list[Finding]:
    """The findings of an item that hold at a moment."""
    found = await info.context.load.findings.load((moment, row.handle))
    when = at or moment.as_of or datetime.now(UTC)
    return [Finding(found=one, row=row, moment=moment) for one in holding(found, when)]
