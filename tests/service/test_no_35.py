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
