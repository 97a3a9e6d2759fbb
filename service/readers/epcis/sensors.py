"""Sensor readings of an event as measurements: two that the model names, and all of them as they were stated."""

from __future__ import annotations

import re

from service.readers.places import Json, number

_LOCAL = re.compile(r"[:/#]")
_PERCENT = ("stateofhealth", "soh", "sohpercentage")
_CYCLES = ("numberoffullcycles", "fullcycles", "cyclecount", "numberofcycles")
_RATIO = "C62"
"""Of a quantity without a unit, such as a share of 1."""


def measurements(body: Json) -> Json:
    """The measurements of an event, empty where it has none. A state of health is in percent."""
    elements = body.get("sensorElementList")
    if not isinstance(elements, list) or not elements:
        return {}
    found: Json = {}
    for element in elements:
        reports = element.get("sensorReport") if isinstance(element, dict) else None
        for report in reports if isinstance(reports, list) else []:
            if isinstance(report, dict):
                found |= _named(report)
    return {**found, "sensorElementList": elements}


def _named(report: Json) -> Json:
    name = _LOCAL.split(str(report.get("type", "")))[-1].lower().removeprefix("has")
    value = number(report.get("value"))
    if value is not None and name in _PERCENT:
        return {"stateOfHealthPercent": round(value * 100, 9) if report.get("uom") == _RATIO else value}
    if value is not None and name in _CYCLES:
        return {"cycleCount": value}
    return {}


def of_batteries(body: Json) -> bool:
    """Whether the readings are of the kinds that only a battery has, by the name of their vocabulary."""
    elements = body.get("sensorElementList")
    reports = [
        report.get("type")
        for element in (elements if isinstance(elements, list) else [])
        if isinstance(element, dict) and isinstance(element.get("sensorReport"), list)
        for report in element["sensorReport"]
        if isinstance(report, dict)
    ]
    return any(isinstance(kind, str) and ("eubat:" in kind or "/eu/battery/" in kind) for kind in reports)
