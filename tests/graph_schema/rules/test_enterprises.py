"""Rules about organizations: limits by the day, periods, and codes that break their own scheme."""

from datetime import UTC, date, datetime

import pytest

from graph_schema.flows.content import ContentLine
from graph_schema.order import position_of
from graph_schema.rules import INTEGRITY, RULE_SETS, Enterprise, Finding, Party, judge_enterprise
from graph_schema.rules.enterprise import ModelPeriod
from graph_schema.rules.enterprises import in_force, periods_of
from graph_schema.rules.limits import CONTENT_EU

BORN = position_of(datetime(2024, 1, 1, tzinfo=UTC), "REGISTRATION", 0, "reg")


def enterprise(key: str, models: tuple[ModelPeriod, ...] = (), **fields: object) -> Enterprise:
    return Enterprise(key, Party(key, ((BORN, {"key": key, **fields}),)), models=models)


def found(one: Enterprise) -> list[Finding]:
    judged = judge_enterprise(one, RULE_SETS)
    assert judged.failures == []
    return judged.findings


def test_limits_of_a_day_are_the_latest_ones() -> None:
    assert in_force(CONTENT_EU, date(2031, 8, 17)) == {}
    assert in_force(CONTENT_EU, date(2031, 8, 18))["Ni"].share == 0.06
    assert in_force(CONTENT_EU, date(2036, 8, 17))["Ni"].share == 0.06
    assert in_force(CONTENT_EU, date(2036, 8, 18))["Ni"].share == 0.15


def test_a_year_in_which_a_limit_changes_is_two_periods() -> None:
    def days(first: int, last: int) -> list[str]:
        return [f"{begin.date()} {end.date()}" for begin, end in periods_of(first, last)]

    assert days(2020, 2032) == ["2031-08-18 2032-01-01", "2032-01-01 2033-01-01"]
    assert days(2036, 2036) == ["2036-01-01 2036-08-18", "2036-08-18 2037-01-01"]
    assert days(2020, 2030) == []


@pytest.mark.parametrize(
    ("region", "kg", "unknown", "told"),
    [
        ("DE-BY", 0.05, 0, 1),
        ("DE", 0.05, 2, 1),
        ("DE-BY", 0.06, 0, 0),
        ("CN-44", 0.05, 0, 0),
        (None, 0.05, 0, 0),
    ],
)
def test_recycled_content_is_asked_of_makers_in_europe(region: str | None, kg: float, unknown: int, told: int) -> None:
    line = ContentLine("M", "M1", "NMC622", "Li", 3, 1.0, kg, unknown)
    begin, end = datetime(2032, 1, 1, tzinfo=UTC), datetime(2033, 1, 1, tzinfo=UTC)
    findings = found(enterprise("M", (ModelPeriod("M1", "NMC622", begin, end, (line,), ("made",)),), region=region))
    assert [one.code for one in findings] == ["RECYCLED_CONTENT_BELOW_MINIMUM"] * told
    for one in findings:
        assert (one.organization, one.subject, one.since, one.evidence) == (True, "M", end, ("made",))
        assert "5.0% of Li in 3 batteries is proven to be recycled, where 6% are asked for" in one.sentence


def test_a_credit_code_that_breaks_its_own_scheme_is_told_of_the_organization() -> None:
    (one,) = found(enterprise("91350100M000100Y44", name="Maker"))
    assert (one.code, one.rule_set, one.evidence, one.organization) == ("CODE_MALFORMED", "integrity", ("reg",), True)
    assert one.sentence.startswith("91350100M000100Y44 breaks its own scheme")
    assert found(enterprise("91350100M000100Y43")) == []
    assert found(enterprise("ANY", identifiers=[{"scheme": "GLN", "value": "4012345000002"}])) != []
    assert found(Enterprise("91350100M000100Y44", Party("91350100M000100Y44"))) == [], "nobody registered it"


def test_findings_of_an_item_and_an_organization_of_one_key_differ() -> None:
    (one,) = found(enterprise("91350100M000100Y44"))
    assert one.id != one._replace(organization=False).id
    assert {rule.code for rule in INTEGRITY.of_organizations} == {"MISSING_RECORD", "CODE_MALFORMED"}
