"""Codes that break their own scheme, contradict the record, or are lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from graph_schema.days import day_at
from graph_schema.identifiers import Scheme, claimed_scheme, identify_as
from graph_schema.identifiers.gbt34014 import BatteryCode, read, sound_code
from graph_schema.order import event_id_of, moment_of, type_of
from graph_schema.rules.chemistries import families_of
from graph_schema.rules.finding import Finding
from graph_schema.rules.history import UNITS, History
from graph_schema.rules.rule import Rule

TYPES_OF = {"LFP": "B", "NMC": "E", "NCA": "E", "NMC or NCA": "E", "LMO": "C", "LCO": "D", "LTO": "G"}
"""The battery type of a family of chemistries in GB/T 34014; the code has none of its own for the others."""


def code_malformed(rule: Rule, history: History) -> Iterator[Finding]:
    thing = history.thing
    names = [(thing.key, None), *((one["value"], one["scheme"]) for one in thing.spec.get("identifiers") or ())]
    faults: list[str] = []
    for text, stated in names:
        scheme = claimed_scheme(text, thing.kind if stated is None else None, stated)  # type: ignore[arg-type]
        if scheme is not None:
            faults += _faults(history, text, scheme)
    if faults:
        yield rule.finding(
            history, ". ".join(faults), [event_id_of(thing.born)], thing.born, [thing.producer]
        )  # fmt: skip


def _faults(history: History, text: str, scheme: Scheme) -> list[str]:
    """What is wrong with a text as an identifier of a scheme, in words."""
    code = sound_code(text) if scheme is Scheme.GBT_34014 else None
    if code is None:
        found = identify_as(scheme, text)
        if found.faults:
            return [f"{text} breaks its own scheme, {scheme.value}: {'; '.join(found.faults)}"]
        code = read(found) if scheme is Scheme.GBT_34014 else None
    return [] if code is None else [f"{text} says {fault}" for fault in _contradictions(history, code)]


def _contradictions(history: History, code: BatteryCode) -> Iterator[str]:
    """What the code of a new product says otherwise than its record."""
    thing = history.thing
    if thing.kind in UNITS and code.kind != thing.kind:
        yield f"that it is on a {code.kind.lower()}, but it is recorded as a {thing.kind.lower()}"
    chemistry = thing.spec.get("chemistry")
    letters = {TYPES_OF.get(family) for family in families_of(chemistry)}
    if len(letters) == 1 and letters.isdisjoint((None, code.battery_type)):
        yield f"battery type {code.battery_type}, but its chemistry is recorded as {chemistry}"
    made = day_at(moment_of(thing.born))
    if type_of(thing.born) == "PRODUCTION" and code.made - timedelta(days=1) > made:
        yield f"that it was made on {code.made}, but its production is recorded on {made}"


def original_code_lost(rule: Rule, history: History) -> Iterator[Finding]:
    thing = history.thing
    reuse = claimed_scheme(thing.key, thing.kind) is Scheme.GBT_34014_REUSE  # type: ignore[arg-type]
    if not thing.second_life and not reuse:
        return
    inside = any(stay.opened == thing.born for stay in history.parts)
    codes = [thing.attributes.get(name) for name in ("originalCode", "originalCodes")]
    if not inside and not any(codes):
        yield rule.finding(
            history,
            f"{history.key} is a second-life unit of {history.party(thing.producer).name} without any part or original "
            "code: which batteries it was made of is lost",
            [event_id_of(thing.born)],
            thing.born,
            [thing.producer],
        )
