"""Findings on their way into what stores keep of them, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from graph_schema.order import instant_us
from graph_schema.rules import Finding, Severity
from graph_schema.windows import END
from service.findings import KeptFinding, Subject
from service.ports import Snapshot


def kept(finding: Finding, registered: Mapping[str, Mapping[str, Any]]) -> KeptFinding:
    """A finding as it is kept; it counts for the region of the first of its parties that has one, as registered."""
    regions = (registered.get(party, {}).get("region") for party in finding.parties)
    body = orjson.dumps(finding._asdict())
    return KeptFinding(
        finding.id,
        finding.code,
        finding.rule_set,
        finding.severity.value,
        Subject(finding.subject, finding.organization),
        instant_us(finding.since),
        next(filter(None, regions), None),
        finding.parties,
        body,
    )


async def as_kept(snapshot: Snapshot, findings: Sequence[Finding]) -> list[KeptFinding]:
    """Findings as they are kept, in their order, by what a snapshot has registered of their parties."""
    parties = {party for finding in findings for party in finding.parties}
    registered = await snapshot.registered(parties, END)
    return [kept(finding, registered) for finding in findings]


def found(one: KeptFinding) -> Finding:
    """What was kept, as the rule told it."""
    body = orjson.loads(one.body)
    lists = {name: tuple(body[name]) for name in ("parties", "evidence", "others")}
    since = datetime.fromisoformat(body["since"])
    return Finding(**body | lists | {"severity": Severity(body["severity"]), "since": since})
