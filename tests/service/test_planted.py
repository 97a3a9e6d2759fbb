"""The rulebook on a synthetic nation: nothing is found in a clean one, and elsewhere what was planted and only that."""

import json
from datetime import timedelta
from pathlib import Path

from graph_schema.rules import RULE_SETS
from seed.nation import KINDS, SHOWN_AFTER, UNTIL
from tests.service.cli.test_cli import run

BATTERIES = "2000"
AT = str(UNTIL + timedelta(days=SHOWN_AFTER))
"""What was reported too late is so only when the time for it is over."""
OFTEN = {
    "RECOVERY_BELOW_THRESHOLD": 0.5,
    "UNAUTHORIZED_RECIPIENT": 0.3,
    "UNAUTHORIZED_PROCESSING": 0.15,
    "FORBIDDEN_USE": 0.15,
}
"""There are few recyclers, and half a year since the measures of 2026."""
JUDGED = sorted({rule.code for rules in RULE_SETS for rule in rules.all}.intersection(KINDS))


def _found(folder: Path, *planting: str) -> list[dict[str, str]]:
    """What `voltrace audit` finds in what `voltrace generate` wrote."""
    told, url = folder / "nation.jsonl", f"sqlite:{folder / 'nation.db'}"
    generated = run("generate", "--batteries", BATTERIES, *planting)
    assert generated.exit_code == 0, generated.output
    told.write_bytes(generated.stdout_bytes)
    assert run("ingest", str(told), "--store", url).exit_code == 0
    done = run("audit", "--store", url, "--at", AT, "--format", "json")
    assert done.exit_code in (0, 1), done.output
    findings: list[dict[str, str]] = json.loads(done.stdout)
    return findings


def test_a_clean_history_raises_no_finding(tmp_path: Path) -> None:
    assert _found(tmp_path) == []


def test_all_that_was_planted_is_found_and_nothing_else(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    rates = [argument for kind in JUDGED for argument in ("--trouble", f"{kind}={OFTEN.get(kind, 0.04)}")]
    found = _found(tmp_path, *rates, "--seed", "33", "--ledger", str(ledger))
    planted = [json.loads(line) for line in ledger.read_text().splitlines()]
    expected = {(one["code"], one["key"]) for one in planted}
    actual = {(one["code"], one["subject"]) for one in found}
    assert actual - expected == set(), "false alarms"
    assert expected - actual == set(), "missed"
    evidence: dict[tuple[str, str], set[str]] = {}
    for one in found:
        evidence.setdefault((one["code"], one["subject"]), set()).update(one["evidence"])
    unproven = [one for one in planted if not evidence[one["code"], one["key"]].issuperset(one["events"])]
    assert unproven == [], "without all the events that prove it"
    assert {code for code, _ in expected} == set(JUDGED), "this seed plants every kind"
