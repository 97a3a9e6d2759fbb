"""Rules judge each for itself; identities are stable; time is asked for, not known."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from graph_schema.order import position_of
from graph_schema.rules import RULE_SETS, History, Rule, RuleSet, Severity, Thing, holding, judge
from graph_schema.rules.examples import EXAMPLES

BORN = position_of(datetime(2024, 1, 2, tzinfo=UTC), "PRODUCTION", 0, "made")
HISTORY = History(Thing("PACK", "BATTERY", BORN, "MAKER", {"key": "PACK"}), [])


def rule(code: str, judged: object, **more: object) -> Rule:
    return Rule(code, "own", Severity.NOTICE, "t", "e", "b", "r", judged, **more)  # type: ignore[arg-type]


def says(rule: Rule, history: History) -> list[object]:
    return [rule.finding(history, "one", ["made"], BORN), rule.finding(history, "another", ["made"], BORN)]


def breaks(rule: Rule, history: History) -> list[object]:
    raise KeyError("massKg")


def test_a_rule_that_raises_is_told_and_hides_nothing() -> None:
    found = judge(HISTORY, [RuleSet("own", "", (rule("BROKEN", breaks), rule("GOOD", says)))])
    assert [one.code for one in found.findings] == ["GOOD"]
    (failure,) = found.failures
    assert failure[:3] == ("BROKEN", "own", "PACK")
    assert re.fullmatch(r"KeyError: 'massKg' \(test_judging\.py:\d+\)", failure.error)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda rule, history: ["too heavy"], "gives 'too heavy', which is no Finding"),
        (lambda rule, history: None, "'NoneType' object is not iterable"),
        (lambda rule, history: [says(rule, history)[0]._replace(since=datetime(2026, 1, 1))], "no time with an offset"),
        (lambda rule, history: [says(rule, history)[0]._replace(evidence=(1,))], "are not all texts"),
    ],
)
def test_a_rule_that_gives_no_finding_is_told_and_hides_nothing(given: Any, told: str) -> None:
    found = judge(HISTORY, [RuleSet("own", "", (rule("BROKEN", given), rule("GOOD", says)))])
    assert [one.code for one in found.findings] == ["GOOD"]
    (failure,) = found.failures
    assert told in failure.error


def test_two_findings_of_one_identity_are_one_with_both_sentences() -> None:
    (found,) = judge(HISTORY, [RuleSet("own", "", (rule("GOOD", says),))]).findings
    assert found.sentence == "one. another"
    assert found.id == judge(HISTORY, [RuleSet("own", "", (rule("GOOD", says),))]).findings[0].id


def test_a_rule_looks_at_its_kinds_only() -> None:
    assert judge(HISTORY, [RuleSet("own", "", (rule("GOOD", says, kinds=frozenset(["CELL"])),))]).findings == []


def test_a_finding_holds_from_its_moment_on() -> None:
    found = judge(HISTORY, [RuleSet("own", "", (rule("GOOD", says),))]).findings
    assert holding(found, datetime(2024, 1, 1, tzinfo=UTC)) == []
    assert holding(found, datetime(2024, 1, 2, tzinfo=UTC)) == found


def test_every_finding_has_an_example_and_names_its_source() -> None:
    rules = [each for rule_set in RULE_SETS for each in rule_set.all]
    assert sorted({each.code for each in rules}) == sorted(EXAMPLES)
    assert [each.code for each in rules if not each.legal_basis or not each.resolved_by] == []
    assert [each.code for rule_set in RULE_SETS for each in rule_set.all if each.rule_set != rule_set.name] == []


@pytest.mark.parametrize(("day", "held"), [("2018-07-31", False), ("2018-08-01", True), ("2026-03-31", True)])
def test_which_rule_set_holds_goes_by_the_day_in_china(day: str, held: bool) -> None:
    old, new = (next(one for one in each.rules if one.code == "LATE_REPORT") for each in RULE_SETS[1:3])
    assert old.holds_at(datetime.fromisoformat(f"{day}T23:59:59+08:00")) is held
    assert not new.holds_at(datetime.fromisoformat(f"{day}T23:59:59+08:00"))
    assert new.holds_at(datetime.fromisoformat("2026-03-31T16:00:00+00:00"))
