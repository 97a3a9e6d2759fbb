"""Who keeps what is kept, where services of several versions run at once."""

import pytest

from graph_schema.rules import INTEGRITY, RULE_SETS, RuleSet
from seed.story import story
from service import flow_rows, runs
from service.findings import Audited
from service.flow_keeping import FlowKeeper
from service.flow_rows import FlowKey, FlowKind, FlowRow
from service.keeping import Keeper
from service.ports import LAST_KEY, Store
from service.reporting import Question, Reports
from service.runs import PATIENCE_S, Outranked, Precedence
from tests.service.test_enterprises import plant
from tests.service.test_keeping import kept
from tests.support import RUNNER, send, wait

OLD, NEW, OTHER = "1.9.0 a", "1.10.0 b", "1.10.0 c"
FEWER = (RuleSet(INTEGRITY.name, INTEGRITY.title, INTEGRITY.rules[:2]),)


class Clock:
    """Microseconds, put forward by hand."""

    def __init__(self) -> None:
        self.us = 1_000_000

    def __call__(self) -> int:
        return self.us

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.us += int(seconds * 1_000_000)


def audited(fingerprint: str, until: int = 5) -> Audited:
    return Audited(until, LAST_KEY, 1, fingerprint, until, until)


def test_the_newer_version_keeps() -> None:
    clock = Clock()
    assert Precedence(OLD, clock, insists=False).outranked(audited(NEW), 9)
    assert not Precedence(NEW, clock, insists=False).outranked(audited(OLD), 9)
    assert not Precedence(NEW, clock, insists=False).outranked(audited(""), 9)
    assert not Precedence(OLD, clock, insists=False).outranked(audited("of an unknown version"), 9)


def test_of_one_version_who_began_last_keeps() -> None:
    clock = Clock()
    first, last = (Precedence(one, clock, insists=False) for one in (NEW, OTHER))
    assert not first.outranked(audited(NEW), 9)
    assert not last.outranked(audited(NEW), 9)
    assert first.outranked(audited(OTHER), 9)


def test_what_is_left_behind_is_taken_over_after_a_while() -> None:
    clock = Clock()
    older = Precedence(OLD, clock, insists=False)
    assert older.outranked(audited(NEW, 5), 9)
    clock.wait(PATIENCE_S - 1)
    assert older.outranked(audited(NEW, 5), 9)
    assert older.outranked(audited(NEW, 7), 9), "it follows"
    clock.wait(PATIENCE_S - 1)
    assert older.outranked(audited(NEW, 9), 9), "it is up to date"
    clock.wait(2 * PATIENCE_S)
    assert older.outranked(audited(NEW, 9), 9), "and the log stands still"
    clock.wait(PATIENCE_S)
    assert not older.outranked(audited(NEW, 9), 10)


def test_a_person_begins_anew_whatever_is_kept_but_gives_way_afterwards() -> None:
    clock = Clock()
    insisting = Precedence(OLD, clock, insists=True)
    assert not insisting.outranked(audited(NEW), 9)
    insisting.took()
    assert insisting.outranked(audited(NEW), 9)
    clock.wait(2 * PATIENCE_S)
    assert insisting.outranked(audited(NEW), 9)


def keepers(store: Store, monkeypatch: pytest.MonkeyPatch, *insists: bool) -> list[Keeper]:
    """One of an older version of voltrace, with fewer rules, and one of a newer."""
    made = []
    for version, sets, insist in zip(("1.9.0", "1.10.0"), (FEWER, RULE_SETS), insists, strict=True):
        monkeypatch.setattr(runs, "__version__", version)
        made.append(Keeper(store, sets, page=10, insists=insist))
    return made


def test_services_of_two_versions_come_to_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    send(store, story())
    older, newer = keepers(store, monkeypatch, False, False)
    wait(store, older.step())
    steps = [(wait(store, newer.step()), wait(store, older.step())) for _ in range(8)]
    assert all(left.outranked for _, left in steps)
    assert steps[-1][0].finished
    assert steps[-1][0].audited.base == len(story())


def test_an_audit_by_hand_of_an_older_version_says_who_keeps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    send(store, story())
    older, newer = keepers(store, monkeypatch, True, False)
    wait(store, newer.step())
    assert wait(store, older.step()).judged == 10
    wait(store, newer.step())
    with pytest.raises(Outranked, match=r"kept by others meanwhile, by voltrace 1\.10\.0"):
        wait(store, older.run())


def test_rows_of_flows_are_left_to_the_newer_version(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    send(store, story())
    made = []
    for version in ("1.9.0", "1.10.0"):
        monkeypatch.setattr(runs, "__version__", version)
        made.append(FlowKeeper(store, page=1))
    older, newer = made
    wait(store, older.step())
    wait(store, newer.step())
    assert wait(store, older.step()).outranked
    assert wait(store, newer.run()).until == len(story())
    with pytest.raises(Outranked, match="the rows of flows of this store are kept by others"):
        wait(store, older.run())


@pytest.mark.parametrize("version", ["0.0.1", "99.0.0"])
def test_rows_of_flows_of_another_version_are_not_read(
    store: Store, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """They may have other fields: for findings and reports they are worked out."""
    send(store, plant(2025, 9.7))
    with monkeypatch.context() as other:
        other.setattr(runs, "__version__", version)
        other.setattr(flow_rows, "kept_lot", lambda row: FlowRow(FlowKey(FlowKind.LOT, row.key), b"[]"))
        wait(store, FlowKeeper(store).run())
    assert wait(store, Keeper(store).run()) == []
    assert ("RECOVERY_BELOW_THRESHOLD", "PLANT") in kept(store)
    flows = {flow.element: flow for flow in RUNNER.run(Reports(store, Question()).recovery()).flows}
    assert flows["Ni"].recovered_kg == pytest.approx(9.7)
