"""`voltrace audit`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click
import orjson
from rich.table import Table
from rich.text import Text

from graph_schema.days import day_at
from graph_schema.order import instant_us
from graph_schema.rules import Finding, RuleSet, holding
from graph_schema.windows import END
from service.auditing import findings_of
from service.cli.common import Moment, configured, err, finish, opened, out, store_option
from service.cli.progress import progress_bar
from service.enterprises import organization_findings
from service.failures import Failures
from service.findings import FindingFilter, FindingPlace, KeptFinding
from service.judging import Judge, judged_all
from service.keeping import Keeper
from service.kept import as_kept, found
from service.ports import ItemFilter, Snapshot, Store
from service.rule_sets import UnknownRuleSet, rule_sets
from service.running import run
from service.runs import outranked
from service.workers import judging

PAGE = 200
COLOURS = {"NOTICE": "cyan", "WARNING": "yellow", "VIOLATION": "red"}


class Audited:
    """What was found so far, and which keys are not known."""

    def __init__(self, at: datetime, where: FindingFilter) -> None:
        self.at = at
        self.where = where
        self.items = 0
        self.findings: list[Finding] = []
        self.failures = Failures()
        self.unknown: list[str] = []

    async def judge(self, snapshot: Snapshot, handles: list[Any], sets: tuple[RuleSet, ...]) -> None:
        """Judge some items."""
        judged = await findings_of(snapshot, handles, END, sets)
        self.items += len(judged.of)
        self.failures.add(judged.failures)
        self._take(await as_kept(snapshot, [one for each in judged.of.values() for one in each]))

    def _take(self, findings: Iterable[KeptFinding]) -> None:
        """Take what holds, and is asked for."""
        self.findings += holding([found(one) for one in findings if self.where.finds(one)], self.at)

    async def judge_all(self, store: Store, sequence: int, sets: tuple[RuleSet, ...], judges: Judge) -> None:
        """Judge all items and organizations there are, and keep nothing of it."""
        async with store.snapshot(sequence) as snapshot:
            total = await snapshot.item_count(ItemFilter())
        with progress_bar("items") as bar:
            task = bar.add_task("audit", total=total, count=0)
            async for parts in judged_all(store, judges, sequence):
                self.items += sum(part.items for part in parts)
                self.failures.add(failure for part in parts for failure in part.failures)
                self._take(one for part in parts for one in part.findings)
                bar.update(task, completed=self.items, count=self.items)
        async with store.snapshot(sequence) as snapshot:
            judged = await organization_findings(snapshot, sets=sets)
            self.failures.add(judged.failures)
            self._take(await as_kept(snapshot, [one for each in judged.of.values() for one in each]))

    async def bring_up_to_date(self, store: Store, sets: tuple[RuleSet, ...], judges: Judge) -> None:
        """Judge what changed since the last audit, and take what is kept then."""
        keeper, count = Keeper(store, sets, judges=judges), 0
        last = await store.sequence_at(None)
        async with store.snapshot(last) as snapshot:
            items = await snapshot.item_count(ItemFilter())
            first = await snapshot.audited()
        with progress_bar("items") as bar:
            task = bar.add_task("audit", total=items, count=0)
            while True:
                done = await keeper.step()
                if done.outranked:
                    raise outranked("the findings", done.audited.fingerprint)
                count += done.judged
                self.failures.add(done.failures)
                way, total = (done.audited.sequence - first.base, last - first.base) if first.base else (count, items)
                bar.update(task, completed=way, total=total, count=count)
                if done.finished and done.audited.until >= last:
                    told = await keeper.organizations()
                    self.failures.add(told.failures)
                    if not told.lost:
                        break
        where = self.where._replace(since_to_us=instant_us(self.at))
        async with store.snapshot() as snapshot:
            place: FindingPlace | None = None
            while page := await snapshot.finding_page(where, place, PAGE):
                self.findings += map(found, page)
                place = page[-1].place
            self.items = await snapshot.item_count(ItemFilter())


@click.command()
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@store_option
@click.option("--at", type=Moment(), help="the findings that hold then: a date, or a time  [default: now]")
@click.option("--known-at", type=Moment(), help="what the log held at that moment")
@click.option("--code", "codes", multiple=True, metavar="CODE", help="only these, such as CUSTODY_GAP; again for more")
@click.option("--rule-set", "rule_sets_", multiple=True, metavar="NAME", help="only by these, such as integrity")
@click.option(
    "--severity", "severities", type=click.Choice(list(COLOURS), case_sensitive=False), multiple=True, help="only these"
)
@click.option("--organization", metavar="KEY", help="only those that this organization is in")
@click.option("--region", metavar="CODE", help="only those of a region, such as CN-44")
@click.option("--fresh", is_flag=True, help="work all out anew, and keep nothing of it")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="processes that judge; one keeps what they find  [default: as many as there are cores]",
)
@click.option("--rules", "names", multiple=True, metavar="MODULE:NAME", help="a further rule set; again for more")
@click.option("--format", "format_name", type=click.Choice(["table", "json"]), default="table", show_default=True)
def audit(
    keys: tuple[str, ...],
    store_url: str | None,
    at: datetime | None,
    known_at: datetime | None,
    codes: tuple[str, ...],
    rule_sets_: tuple[str, ...],
    severities: tuple[str, ...],
    organization: str | None,
    region: str | None,
    fresh: bool,
    jobs: int | None,
    names: tuple[str, ...],
    format_name: str,
) -> None:
    """What the rulebook finds wrong, with all items and organizations, or with some items.

    KEY is an item's key, or another identifier of it. Findings on all items are kept in the store: what changed since
    the last audit is judged again, and one that is ended goes on where it was. With a KEY, --known-at, --rules or
    --fresh they are worked out for this call. docs/rules explains each finding. Exit 0: there are none; 1: there are
    some; 2: a key is not known, a rule set cannot be loaded, or a rule failed.

    \b
    voltrace audit
    voltrace audit --severity VIOLATION --region CN-44
    voltrace audit 0V1PE01VOLT001B5A0000003 --at 2026-01-01
    voltrace audit --code UNAUTHORIZED_RECIPIENT --format json
    """
    every_name = (*configured().rules.split(), *names)
    try:
        sets = rule_sets(every_name)
    except UnknownRuleSet as error:
        raise click.BadParameter(str(error), param_hint="--rules") from error
    _check("--code", codes, {rule.code for one in sets for rule in one.all})
    _check("--rule-set", rule_sets_, {one.name for one in sets})
    where = FindingFilter(codes or None, rule_sets_ or None, severities or None, party=organization, region=region)
    store = opened(store_url)
    audited = Audited(at or datetime.now(UTC), where)

    async def ask() -> None:
        with judging(store, every_name, jobs) as judges:
            if not (keys or known_at or names or fresh):
                await audited.bring_up_to_date(store, sets, judges)
                return
            sequence = await store.sequence_at(known_at)
            if not keys:
                await audited.judge_all(store, sequence, sets, judges)
                return
        async with store.snapshot(sequence) as snapshot:
            known = {key: await snapshot.find(key) for key in keys}
            audited.unknown = [key for key, handle in known.items() if handle is None]
            await audited.judge(snapshot, list({one for one in known.values() if one is not None}), sets)

    finish(store, lambda: run(store, ask))
    findings = in_order(audited.findings)
    if format_name == "json":
        click.echo(orjson.dumps([finding_json(one) for one in findings], option=orjson.OPT_INDENT_2).decode())
    else:
        _show(findings, audited.items)
    for key in audited.unknown:
        err.print(f"not known: {key}: no accepted event brought it in ({store.url})", markup=False)
    for line in audited.failures.lines():
        err.print(line, markup=False, soft_wrap=True)
    if audited.unknown or audited.failures:
        raise SystemExit(2)
    if findings:
        raise SystemExit(1)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by when they began to hold."""
    return sorted(findings, key=lambda one: (one.since, one.code, one.subject, one.evidence))


def _check(option: str, asked: tuple[str, ...], known: set[str]) -> None:
    """Bad input ends the command."""
    what = {"--code": "finding", "--rule-set": "rule set"}[option]
    for one in asked:
        if one not in known:
            raise click.BadParameter(f"{one} is no {what}; there are {', '.join(sorted(known))}", param_hint=option)


def as_table(findings: Iterable[Finding]) -> Table:
    """Findings for the terminal, a row each."""
    table = Table("since", "", "finding", "about", "what", box=None, pad_edge=False)
    table.columns[3].overflow = "fold"
    for one in findings:
        severity = Text(one.severity.lower(), COLOURS[one.severity])
        table.add_row(str(day_at(one.since)), severity, one.code, Text(one.subject), Text(one.sentence))
    return table


def _show(findings: list[Finding], items: int) -> None:
    if findings:
        out.print(as_table(findings))
    out.print(f"{len(findings)} findings on {items} items")


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON; times are RFC 3339."""
    return {
        "id": finding.id,
        "code": finding.code,
        "ruleSet": finding.rule_set,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "subjectKind": "ORGANIZATION" if finding.organization else "ITEM",
        "sentence": finding.sentence,
        "parties": finding.parties,
        "evidence": finding.evidence,
        "since": finding.since,
        "resolvedBy": finding.resolved_by,
        "legalBasis": finding.legal_basis,
    }
