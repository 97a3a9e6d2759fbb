"""What the traceability provisions of 2018 ask is judged by when each thing was reported."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from graph_schema.rules.examples import Event

JUDGED = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "rules.py"))["judged"]


def _on(day: str, kind: str, recorded: str | None = None, actor: str = "STORAGE", **fields: Any) -> Event:
    times = {"occurredAt": f"{day}T08:00:00+08:00", "recordedAt": f"{recorded or day}T09:00:00+08:00"}
    return {"type": kind, "actor": actor, **times, **fields}


def _reused(made_reported: str, sent_reported: str, item: str = "UNIT") -> list[Event]:
    """A second-life unit is made on 2025-06-03 and handed on on 2025-09-01."""
    storage = {"key": "STORAGE", "roles": ["UTILIZER"], "region": "CN-32"}
    module = {"key": "MODULE", "kind": "MODULE"}
    unit = {"key": "UNIT", "kind": "BATTERY", "parts": ["MODULE"]}
    return [
        _on("2025-01-01", "REGISTRATION", organization=storage),
        _on("2025-01-02", "PRODUCTION", outputs=[module, {"key": "NEW", "kind": "BATTERY"}]),
        _on("2025-06-03", "REPURPOSING", made_reported, outputs=[unit]),
        _on("2025-09-01", "TRANSFER", sent_reported, items=[item], to="OWNER"),
    ]


@pytest.mark.parametrize(
    ("made_reported", "sent_reported", "item", "late"),
    [
        ("2025-06-03", "2025-09-22", "UNIT", []),
        ("2025-06-03", "2025-09-23", "UNIT", ["UNIT"]),
        ("2025-08-20", "2025-09-01", "UNIT", []),
        ("2025-06-03", "2025-09-23", "NEW", []),
    ],
    ids=["on the last day", "a day later", "made long before it is handed on", "no second-life unit"],
)
def test_a_reuse_product_is_reported_within_15_working_days_of_its_way_out(
    made_reported: str, sent_reported: str, item: str, late: list[str]
) -> None:
    found = JUDGED(_reused(made_reported, sent_reported, item))
    assert [one.subject for one in found if one.code == "LATE_REPORT"] == late


def _own_waste(retired_reported: str, sent_reported: str, *scopes: str, retired_by: str = "STORAGE") -> list[Event]:
    """A pack is retired on 2025-06-03 where it is held, and handed on on 2025-09-01."""
    storage: Event = {"key": "STORAGE", "roles": ["UTILIZER"], "region": "CN-32"}
    storage["authorizations"] = [{"scope": scope} for scope in scopes]
    return [
        _on("2025-01-01", "REGISTRATION", organization=storage),
        _on("2025-01-02", "PRODUCTION", outputs=[{"key": "PACK", "kind": "BATTERY"}]),
        _on("2025-06-03", "RETIREMENT", retired_reported, retired_by, item="PACK"),
        _on("2025-09-01", "TRANSFER", sent_reported, items=["PACK"], to="PLANT"),
    ]


@pytest.mark.parametrize(
    ("reported", "scopes", "late"),
    [
        (("2025-06-24", "2025-09-22"), ("REPURPOSING",), 0),
        (("2025-06-25", "2025-09-22"), ("REPURPOSING",), 1),
        (("2025-06-24", "2025-09-23"), ("REPURPOSING", "DISMANTLING"), 1),
        (("2025-06-25", "2025-09-23"), ("REPURPOSING", "RECYCLING"), 0),
        (("2025-06-25", "2025-09-23"), ("RECYCLING",), 0),
        (("2025-06-25", "2025-09-23"), (), 0),
    ],
)
def test_its_own_waste_is_reported_within_15_working_days_by_who_only_reuses(
    reported: tuple[str, str], scopes: tuple[str, ...], late: int
) -> None:
    found = JUDGED(_own_waste(*reported, *scopes))
    assert [one.code for one in found].count("LATE_REPORT") == late


def test_what_others_retired_is_not_its_own_waste() -> None:
    found = JUDGED(_own_waste("2025-06-03", "2025-09-23", "REPURPOSING", retired_by="OWNER"))
    assert "LATE_REPORT" not in [one.code for one in found]


@pytest.mark.parametrize(("scope", "late"), [("REPURPOSING", 1), ("RECYCLING", 0)])
def test_a_recycler_that_hands_on_a_second_life_unit_is_no_reuse_enterprise(scope: str, late: int) -> None:
    events = _reused("2025-06-03", "2025-09-23")
    events[0]["organization"]["authorizations"] = [{"scope": scope}]
    assert [one.code for one in JUDGED(events)].count("LATE_REPORT") == late
