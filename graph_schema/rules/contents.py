"""Masses and compositions that do not add up."""

from __future__ import annotations

from collections.abc import Iterator

from graph_schema.order import event_id_of, type_of
from graph_schema.rules.chemistries import is_iron_phosphate
from graph_schema.rules.finding import Finding
from graph_schema.rules.history import History
from graph_schema.rules.rule import Rule

SLACK = 1 + 1e-6
SLACK_KG = 1e-6
FOREIGN_SHARES = {"Ni": 0.02, "Co": 0.001}
"""So much of the mass is neither an impurity any more nor, of nickel, plated cans and connectors or stainless steel; in
packs of nickel chemistries it is 8 % and more of nickel, 1.5 % and more of cobalt (docs/generator.md)."""


def content_rule(rule: Rule, history: History) -> Iterator[Finding]:
    """Parts heavier than their host; more out of a transformation than went in."""
    thing = history.thing
    parts = [history.things[stay.part] for stay in history.parts if stay.opened == thing.born]
    masses = [history.built_in_kg.get(part.key, part.spec.get("massKg")) for part in parts]
    stated = thing.spec.get("massKg")
    total = sum(mass for mass in masses if mass is not None)
    evidence = [event_id_of(thing.born)]
    if stated is not None and total > stated * SLACK:
        sentence = f"{history.key} is said to weigh {stated:g} kg, but its parts {total:g} kg"
        yield rule.finding(history, sentence, evidence, thing.born, [thing.producer])
    excess = list(_excess(history)) if thing.kind == "LOT" else []
    if excess:
        sentence = f"more came out of what {history.key} is from than went in: {'; '.join(excess)}"
        yield rule.finding(history, sentence, evidence, thing.born, [thing.producer])


def _excess(history: History) -> Iterator[str]:
    """Elements of this lot of which all outputs hold more than all inputs list.

    A production may take in primary material that nobody need state (model 8.7), so that more may come out of it.
    """
    if type_of(history.thing.born) == "PRODUCTION":
        return
    if not history.inputs or any(portion.composition is None for portion in history.inputs):
        return
    for element in sorted(history.thing.spec.get("composition") or {}):
        went_in = sum((portion.composition or {}).get(element, 0.0) for portion in history.inputs)
        came_out = sum((portion.composition or {}).get(element, 0.0) for portion in history.outputs)
        if came_out > went_in * SLACK + SLACK_KG:
            yield f"{came_out:g} kg of {element} out, {went_in:g} kg in"


def composition_rule(rule: Rule, history: History) -> Iterator[Finding]:
    """A composition that does not fit the chemistry."""
    spec = history.thing.spec
    composition, mass = spec.get("composition") or {}, spec.get("massKg")
    chemistry = spec.get("chemistry")
    if not is_iron_phosphate(chemistry) or mass is None:
        return
    foreign = {element: composition.get(element, 0.0) for element in FOREIGN_SHARES}
    if any(kg > FOREIGN_SHARES[element] * mass for element, kg in foreign.items()):
        found = " and ".join(f"{kg:g} kg of {element}" for element, kg in foreign.items() if kg)
        sentence = f"{history.key} is recorded as {chemistry}, which has neither nickel nor cobalt, but with {found}"
        yield rule.finding(
            history, sentence, [event_id_of(history.thing.born)], history.thing.born, [history.thing.producer]
        )
