"""A rule set in one file: `voltrace audit --rules heavy_packs:HEAVY_PACKS`."""

from collections.abc import Iterator

from graph_schema.order import event_id_of
from graph_schema.rules import Finding, History, Rule, RuleSet, Severity

LIFTED_BY_ONE_KG = 25


def too_heavy(rule: Rule, history: History) -> Iterator[Finding]:
    """A module that one person may not lift."""
    mass = history.thing.spec.get("massKg")
    if mass is not None and mass > LIFTED_BY_ONE_KG:
        sentence = f"{history.key} weighs {mass:g} kg; one person lifts {LIFTED_BY_ONE_KG} kg"
        yield rule.finding(history, sentence, [event_id_of(history.thing.born)], history.thing.born)


HEAVY_PACKS = RuleSet(
    "workshop",
    "What our own workshop wants to know",
    (
        Rule(
            code="TOO_HEAVY",
            rule_set="workshop",
            severity=Severity.NOTICE,
            title="Two people, please",
            explanation="A module that is too heavy for one person.",
            legal_basis="our own safety instruction",
            resolved_by="The mass is reported as it is.",
            judge=too_heavy,
            kinds=frozenset(["MODULE"]),
        ),
    ),
)
