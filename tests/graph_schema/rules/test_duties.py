"""Every limit stands among the duties, and what judges a duty is there."""

import pytest

from graph_schema.rules import RULE_SETS
from graph_schema.rules import limits as table
from graph_schema.rules.duties import DUTIES, Duty
from graph_schema.rules.limits import REPORTING, Limit, Share


def test_every_limit_of_the_table_is_a_duty_that_is_judged() -> None:
    values = [one for value in vars(table).values() for one in (value if isinstance(value, tuple) else [value])]
    sources = {one.source for one in [*values, *REPORTING] if isinstance(one, Limit | Share)}
    assert len(sources) > 10
    assert sources <= {duty.source for duty in DUTIES if duty.codes}


@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: duty.asked)
def test_a_duty_is_judged_by_a_rule_that_there_is_or_says_why_not(duty: Duty) -> None:
    there = {(one.name, rule.code) for one in RULE_SETS for rule in one.all}
    assert all((duty.rule_set, code) in there for code in duty.codes)
    assert duty.codes or duty.remark


def test_every_rule_that_stands_on_law_judges_a_duty() -> None:
    judged = {(duty.rule_set, code) for duty in DUTIES for code in duty.codes}
    rules = {(one.name, rule.code) for one in RULE_SETS for rule in one.all if one.name != "integrity"}
    assert rules <= judged
