"""Rules and rule sets, and how they judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from traceback import extract_tb
from typing import Any

from graph_schema.days import begin_of, day_at, end_of
from graph_schema.order import Position, moment_of
from graph_schema.rules.enterprise import Enterprise
from graph_schema.rules.finding import Failure, Finding, Judgement, Severity
from graph_schema.rules.history import History, Told
from graph_schema.rules.limits import Limit, Share

Judge = Callable[["Rule", Any], Iterable[Finding]]
"""A pure function of the rule and of what it judges: the history of an item, or an enterprise."""


def day_of(position: Position) -> str:
    """The day of an event in China, as it is told in a sentence."""
    return str(day_at(moment_of(position)))


@dataclass(frozen=True)
class Rule:
    """One rule of one rule set. `judge` is a pure function of the rule and a history, or an enterprise."""

    code: str
    rule_set: str
    severity: Severity
    title: str
    explanation: str
    legal_basis: str
    resolved_by: str
    judge: Judge
    valid_from: date | None = None
    valid_until: date | None = None
    """Both inclusive, in the time of China: of the facts that it judges, not of the moment when one asks."""
    kinds: frozenset[str] = frozenset()
    """The kinds of items that it looks at; empty: all."""
    limits: tuple[Limit, ...] = ()
    shares: tuple[Share, ...] = ()

    def holds_at(self, moment: datetime) -> bool:
        """Whether what occurred at a moment falls under it."""
        begins, ends = self._validity
        return (begins is None or begins <= moment) and (ends is None or moment <= ends)

    @cached_property
    def _validity(self) -> tuple[datetime | None, datetime | None]:
        """The first and the last moment when it holds."""
        begins, ends = self.valid_from, self.valid_until
        return (
            None if begins is None else begin_of(begins),
            None if ends is None else end_of(ends),
        )

    @cached_property
    def limits_of(self) -> Mapping[str, tuple[Limit, ...]]:
        """Its limits by the type of the events that they are for."""
        types = dict.fromkeys(limit.event_type for limit in self.limits)
        return {name: tuple(limit for limit in self.limits if limit.event_type == name) for name in types}

    def events(self, history: History, *types: str, carried: bool = False) -> Iterator[Told]:
        """The accepted events of some types that fall under it; `carried`: also those of units that it was in."""
        events = history.handled if carried else history.accepted
        return (event for event in events if event.type in types and self.holds_at(event.occurred_at))

    def finding(
        self,
        history: History | Enterprise,
        sentence: str,
        evidence: Iterable[str],
        since: datetime | Position,
        parties: Iterable[str] = (),
    ) -> Finding:
        """A finding of this rule; the main evidence comes first."""
        return Finding(
            self.code,
            self.rule_set,
            self.severity,
            history.key,
            sentence,
            tuple(dict.fromkeys(parties)),
            tuple(dict.fromkeys(evidence)),
            moment_of(since) if isinstance(since, bytes) else since,
            self.resolved_by,
            self.legal_basis,
            organization=isinstance(history, Enterprise),
        )


@dataclass(frozen=True)
class RuleSet:
    """Rules with one source, about items (`rules`) and about organizations. Those for a country find nothing about
    parties elsewhere: the rules see to it."""

    name: str
    title: str
    rules: tuple[Rule, ...]
    of_organizations: tuple[Rule, ...] = ()

    @property
    def all(self) -> tuple[Rule, ...]:
        """All rules."""
        return self.rules + self.of_organizations


class Rulebook:
    """Rule sets that judge items, many of them."""

    def __init__(self, rule_sets: Iterable[RuleSet]) -> None:
        self._rules = [rule for rule_set in rule_sets for rule in rule_set.rules]
        self._of_kind: dict[str, Sequence[Rule]] = {}

    def judge(self, history: History) -> Judgement:
        """What they say of an item. A rule that raises is told as a failure, and the others judge on."""
        judgement = _judged(self._rules_of(history.thing.kind), history)
        if not judgement.findings:
            return judgement
        near = history.near()
        told = [one._replace(others=tuple(key for key in near if key in one.sentence)) for one in judgement.findings]
        return judgement._replace(findings=told)

    def _rules_of(self, kind: str) -> Sequence[Rule]:
        found = self._of_kind.get(kind)
        if found is None:
            found = self._of_kind[kind] = [rule for rule in self._rules if not rule.kinds or kind in rule.kinds]
        return found


def judge(history: History, rule_sets: Iterable[RuleSet]) -> Judgement:
    """What rule sets say of one item, as `Rulebook` does."""
    return Rulebook(rule_sets).judge(history)


def judge_enterprise(enterprise: Enterprise, rule_sets: Iterable[RuleSet]) -> Judgement:
    """What rule sets say of an organization, as `judge` does of an item."""
    return _judged((rule for rule_set in rule_sets for rule in rule_set.of_organizations), enterprise)


def _judged(rules: Iterable[Rule], what: History | Enterprise) -> Judgement:
    findings: dict[str, Finding] = {}
    failures: list[Failure] = []
    for rule in rules:
        try:
            found = [_checked(one) for one in rule.judge(rule, what)]
        except Exception as error:
            failures.append(Failure(rule.code, rule.rule_set, what.key, _told(error)))
            continue
        for one in found:
            known = findings.get(one.id)
            more = one if known is None else known._replace(sentence=f"{known.sentence}. {one.sentence}")
            findings[one.id] = more
    return Judgement(sorted(findings.values(), key=lambda one: (one.since, one.code, one.evidence)), failures)


def _checked(one: Any) -> Finding:
    """What a rule gives. Raises TypeError where that is nothing that can be kept and sorted."""
    if not isinstance(one, Finding):
        raise TypeError(f"it gives {one!r:.80}, which is no Finding; see Rule.finding")
    if not isinstance(one.since, datetime) or one.since.tzinfo is None:
        raise TypeError(f"its finding has since={one.since!r:.80}, which is no time with an offset")
    if not all(isinstance(text, str) for text in (one.sentence, *one.parties, *one.evidence)):
        raise TypeError("sentence, parties and evidence of its finding are not all texts")
    return one


def _told(error: Exception) -> str:
    """An error and the line of the rule that it came through, where it came from one."""
    within = (frame for frame in extract_tb(error.__traceback__) if frame.filename != __file__)
    place = next((f" ({Path(frame.filename).name}:{frame.lineno})" for frame in within), "")
    return f"{type(error).__name__}: {error}{place}"


def holding(findings: Iterable[Finding], at: datetime) -> list[Finding]:
    """Those that hold at a moment."""
    return [finding for finding in findings if finding.since <= at]
