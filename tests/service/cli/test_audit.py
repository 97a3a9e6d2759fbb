"""`voltrace audit`."""

import json
from pathlib import Path

import pytest
from rich.progress import Progress

from seed.story import OUTLET, PACK_RECYCLED, PACK_VANISHED, RECYCLER, story
from service.failures import SHOWN
from tests.service.cli.test_cli import run


@pytest.fixture
def told(tmp_path: Path) -> str:
    """The URL of a store with the story."""
    file = tmp_path / "story.jsonl"
    file.write_text("\n".join(json.dumps(event) for event in story()))
    url = f"sqlite:{tmp_path / 'store.db'}"
    assert run("ingest", "--store", url, str(file)).exit_code == 0
    return url


def test_all_items_as_a_table(told: str) -> None:
    done = run("audit", "--store", told, "--at", "2026-11-01")
    assert done.exit_code == 1
    assert "CUSTODY_GAP" in done.output
    assert done.output.rstrip().endswith("6 findings on 40 items")


def test_one_item_at_a_moment_as_json(told: str) -> None:
    done = run("audit", PACK_VANISHED, "--store", told, "--at", "2025-03-10", "--format", "json")
    assert done.exit_code == 1
    rows = json.loads(done.output)
    assert [row["code"] for row in rows] == ["CUSTODY_GAP", "UNREGISTERED_ORGANIZATION"]
    assert rows[0]["since"] == "2025-03-04T00:00:00+00:00"
    assert rows[0]["evidence"] == ["story-54-transfer", "story-52-removal"]


def test_nothing_wrong_is_exit_0(told: str) -> None:
    done = run("audit", PACK_RECYCLED, "--store", told)
    assert (done.exit_code, done.output.strip()) == (0, "0 findings on 1 items")


def test_what_cannot_be_audited_is_exit_2(told: str) -> None:
    unknown = run("audit", "NOBODY", "--store", told)
    assert unknown.exit_code == 2
    assert "not known: NOBODY" in unknown.output
    assert run("audit", "--store", told, "--rules", "nothing").exit_code == 2
    wrong = run("audit", "--store", told, "--code", "GAP")
    assert wrong.exit_code == 2
    assert "GAP is no finding; there are BATTERY_MISSING_AT_SCRAPPING" in wrong.output


def test_only_one_kind(told: str) -> None:
    done = run("audit", "--store", told, "--code", "STALE_CUSTODY", "--format", "json")
    assert [row["code"] for row in json.loads(done.output)] == ["STALE_CUSTODY"]


def test_only_of_an_organization_or_a_region(told: str) -> None:
    def codes(*where: str) -> list[str]:
        rows = json.loads(run("audit", "--store", told, "--at", "2026-11-01", *where, "--format", "json").output)
        return sorted(row["code"] for row in rows)

    assert codes("--organization", RECYCLER) == ["CONFLICTING_CLAIMS"]
    assert codes("--organization", OUTLET) == ["MISSING_RECORD"]
    of_guangdong = ["CONFLICTING_CLAIMS", "CUSTODY_GAP", "MISSING_RECORD", "UNCONFIRMED_TRANSFER"]
    assert codes("--region", "CN-44") == of_guangdong, "that of its first party"
    assert codes("--region", "CN-43") == []


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "kept"])
def test_its_progress_is_told_to_the_end(told: str, monkeypatch: pytest.MonkeyPatch, fresh: bool) -> None:
    bar = Progress(disable=True)
    monkeypatch.setattr("service.cli.audit.progress_bar", lambda unit: bar)
    run("audit", "--store", told, *(["--fresh"] if fresh else []))
    (task,) = bar.tasks
    assert (task.completed, task.total, task.fields["count"]) == (40, 40, 40)


def test_a_rule_that_fails_is_told(told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[3] / "examples" / "rule_set" / "heavy_packs.py").read_text()
    (tmp_path / "broken_packs.py").write_text(text.replace("mass > ", "'5' > "))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("VOLTRACE_RULES", "broken_packs:HEAVY_PACKS")
    for more in ((), ("--fresh",)):
        done = run("audit", "--store", told, *more)
        assert done.exit_code == 2
        assert "CUSTODY_GAP" in done.output
        lines = [line for line in done.output.splitlines() if "TOO_HEAVY of workshop failed on" in line]
        assert len(lines) == SHOWN + 1
        assert all("TypeError: " in line and "(broken_packs.py:14)" in line for line in lines[:-1])
        assert lines[-1].endswith("more")


def test_an_unknown_rule_set_of_the_settings_ends_any_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLTRACE_RULES", "nothing:AT_ALL")
    done = run("verify", "--store", "memory:")
    assert done.exit_code == 1
    assert "'nothing:AT_ALL' is no rule set" in done.output


def test_organizations_are_judged_too_kept_or_fresh(told: str) -> None:
    asked = ("audit", "--store", told, "--at", "2027-02-01", "--format", "json")
    kept, fresh = (json.loads(run(*asked, *more).output) for more in ((), ("--fresh",)))
    assert kept == fresh
    found = [(row["code"], row["subject"]) for row in kept if row["subjectKind"] == "ORGANIZATION"]
    assert found == [("MISSING_RECORD", OUTLET), ("RECOVERY_BELOW_THRESHOLD", RECYCLER)]
