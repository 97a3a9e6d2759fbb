"""`voltrace audit`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
import orjson
from rich.table import Table
from rich.text import Text

from graph_schema.rules import Failure, Finding, RuleSet, holding
from graph_schema.windows import END
from service.auditing import UnknownRuleSet, findings_of, rule_sets
from service.cli.common import Moment, configured, err, finish, opened, out, store_option
from service.ports import ItemFilter, ItemPlace, Snapshot
from service.running import run

PAGE = 200
COLOURS = {"NOTICE": "cyan", "WARNING": "yellow", "VIOLATION": "red"}


class Audited:
    """What was found so far, and which keys are not known."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.items = 0
        self.findings: list[Finding] = []
        self.failures: list[Failure] = []
        self.unknown: list[str] = []

    async def judge(self, snapshot: Snapshot, handles: list[Any], sets: tuple[RuleSet, ...]) -> None:
        """Judge some items."""
        found = await findings_of(snapshot, handles, END, sets)
        self.items += len(found.of)
        self.findings += [one for each in found.of.values() for one in holding(each, self.at)]
        self.failures += found.failures


@click.command()
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@store_option
@click.option("--at", type=Moment(), help="the findings that hold then: a date, or a time  [default: now]")
@click.option("--known-at", type=Moment(), help="what the log held at that moment")
@click.option("--code", "codes", multiple=True, metavar="CODE", help="only these, such as CUSTODY_GAP; again for more")
@click.option("--rules", "names", multiple=True, metavar="MODULE:NAME", help="a further rule set; again for more")
@click.option("--format", "format_name", type=click.Choice(["table", "json"]), default="table", show_default=True)
def audit(
    keys: tuple[str, ...],
    store_url: str | None,
    at: datetime | None,
    known_at: datetime | None,
    codes: tuple[str, ...],
    names: tuple[str, ...],
    format_name: str,
) -> None:
    """What the rulebook finds wrong, with all items or some.

    KEY is an item's key, or another identifier of it. docs/rules explains each finding. Exit 0: there are none; 1:
    there are some; 2: a key is not known, a rule set cannot be loaded, or a rule failed.

    \b
    voltrace audit
    voltrace audit 0V1PE01VOLT001B5A0000003 --at 2026-01-01
    voltrace audit --code UNAUTHORIZED_RECIPIENT --format json
    """
    try:
        sets = rule_sets([*configured().rules.split(), *names])
    except UnknownRuleSet as error:
        raise click.BadParameter(str(error), param_hint="--rules") from error
    known = sorted({rule.code for one in sets for rule in one.rules})
    wrong = [code for code in codes if code not in known]
    if wrong:
        raise click.BadParameter(f"{wrong[0]} is no finding; there are {', '.join(known)}", param_hint="--code")
    store = opened(store_url)
    audited = Audited(at or datetime.now(UTC))

    async def ask() -> None:
        sequence = await store.sequence_at(known_at)
        async with store.snapshot(sequence) as snapshot:
            if keys:
                found = {key: await snapshot.find(key) for key in keys}
                audited.unknown = [key for key, handle in found.items() if handle is None]
                await audited.judge(snapshot, list({one for one in found.values() if one is not None}), sets)
                return
            after: ItemPlace | None = None
            while page := await snapshot.item_page(ItemFilter(), after, PAGE):
                await audited.judge(snapshot, [handle for handle, _ in page], sets)
                after = ItemPlace(page[-1][1])

    finish(store, lambda: run(store, ask))
    findings = [one for one in audited.findings if not codes or one.code in codes]
    findings.sort(key=lambda one: (one.since, one.code, one.subject, one.evidence))
    if format_name == "json":
        click.echo(orjson.dumps([finding_json(one) for one in findings], option=orjson.OPT_INDENT_2).decode())
    else:
        _show(findings, audited.items)
    for key in audited.unknown:
        err.print(f"not known: {key}: no accepted event brought it in ({store.url})", markup=False)
    for failure in audited.failures:
        err.print(
            f"rule {failure.code} of {failure.rule_set} failed on {failure.subject}: {failure.error}", markup=False
        )
    if audited.unknown or audited.failures:
        raise SystemExit(2)
    if findings:
        raise SystemExit(1)


def _show(findings: list[Finding], items: int) -> None:
    table = Table("since", "", "finding", "what", box=None, pad_edge=False)
    for one in findings:
        severity = Text(one.severity.lower(), COLOURS[one.severity])
        table.add_row(str(one.since.date()), severity, one.code, Text(one.sentence))
    if findings:
        out.print(table)
    out.print(f"{len(findings)} findings on {items} items")


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON; times are RFC 3339."""
    return {
        "id": finding.id,
        "code": finding.code,
        "ruleSet": finding.rule_set,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "sentence": finding.sentence,
        "parties": finding.parties,
        "evidence": finding.evidence,
        "since": finding.since,
        "resolvedBy": finding.resolved_by,
        "legalBasis": finding.legal_basis,
    }
