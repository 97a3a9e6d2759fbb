"""What is kept of findings: replaced by subject, listed by when they came to light, counted; one audit at a time."""

from __future__ import annotations

from service.findings import (
    Audited,
    CountBy,
    FindingFilter,
    FindingOrder,
    FindingPlace,
    KeptFinding,
    Revision,
    Subject,
)
from service.ports import ItemFilter, ItemOrder, Store
from service.stores.contract.telling import made, tell, unit
from service.stores.memory import MemoryStore

DAY_US = 86_400_000_000
P1, P2, ACME = Subject("P1"), Subject("P2"), Subject("ACME", organization=True)
SAME = Subject("P1", organization=True)
"""Items and organizations do not share a namespace."""


def _finding(name: str, subject: Subject, day: int, code: str, *parties: str) -> KeptFinding:
    severity = "WARNING" if code == "LATE_REPORT" else "ERROR"
    body = f'{{"of":"{name}"}}'.encode()
    return KeptFinding(name, code, "integrity", severity, subject, day * DAY_US, parties=parties, body=body)


def _at(day: int, sequence: int = 1, key: str = "") -> Audited:
    return Audited(sequence, key, day * DAY_US, "rules 1")


REVISIONS = (
    Revision(
        (P1, P2, ACME, SAME),
        (
            _finding("gap", P1, 3, "CUSTODY_GAP", "A", "B")._replace(region="CN-44"),
            _finding("late", P1, 4, "LATE_REPORT", "B")._replace(rule_set="cn-order-73"),
            _finding("stale", P2, 40, "STALE_CUSTODY", "B"),
            _finding("stranger", ACME, 5, "UNREGISTERED_ORGANIZATION", "ACME"),
            _finding("namesake", SAME, 5, "UNREGISTERED_ORGANIZATION", "P1")._replace(region="CN-31"),
        ),
        Audited(),
        _at(10, key="P2"),
    ),
    Revision(
        (P1, P2),
        (
            _finding("gap", P1, 3, "CUSTODY_GAP", "A", "C"),
            _finding("lost", P1, 2, "LEFT_THE_LOOP", "C"),
            _finding("stale", P2, 45, "STALE_CUSTODY", "B"),
        ),
        _at(10, key="P2"),
        _at(20, 7),
    ),
    Revision((ACME,), (), _at(20, 7), _at(50, 9)),
    Revision((P2,), (_finding("stale", P2, 45, "STALE_CUSTODY", "B"),), _at(50, 9), _at(60, 11)),
)

FILTERS = (
    FindingFilter(),
    FindingFilter(codes=("CUSTODY_GAP", "STALE_CUSTODY")),
    FindingFilter(codes=()),
    FindingFilter(rule_sets=("cn-order-73",)),
    FindingFilter(severities=("WARNING",)),
    FindingFilter(subject=P1),
    FindingFilter(subject=SAME),
    FindingFilter(among=(P2, SAME)),
    FindingFilter(among=(P1, ACME), codes=("CUSTODY_GAP", "UNREGISTERED_ORGANIZATION")),
    FindingFilter(among=()),
    FindingFilter(organizations=True),
    FindingFilter(organizations=False, party="B"),
    FindingFilter(party="B"),
    FindingFilter(party="C", codes=("LEFT_THE_LOOP",)),
    FindingFilter(party="NOBODY"),
    FindingFilter(region="CN-44"),
    FindingFilter(since_from_us=4 * DAY_US, since_to_us=5 * DAY_US),
    FindingFilter(shown_to_us=30 * DAY_US),
)


async def _list(
    store: Store, where: FindingFilter, reverse: bool = False, order: FindingOrder = FindingOrder.SHOWN_AT
) -> list[KeptFinding]:
    """Page by page, two at a time."""
    found: list[KeptFinding] = []
    after: FindingPlace | None = None
    async with store.snapshot() as snapshot:
        while page := await snapshot.finding_page(where, after, 2, reverse, order):
            found += page
            after = page[-1].place_in(order)
        assert await snapshot.finding_counts(where) == [(None, len(found))]
    return found


async def check_findings_are_kept_listed_and_counted(store: Store) -> None:
    memory = MemoryStore()
    for each in (memory, store):
        await tell(each, made("make", 1, unit("P1"), unit("P2")))
    for turn, revision in enumerate(REVISIONS):
        assert await memory.keep(revision)
        assert await store.keep(revision)
        for number, where in enumerate(FILTERS):
            # One order, both ways, and two counts for each filter: all pairs make queries by the hundred, and a server
            # plans each of them.
            order, by = tuple(FindingOrder)[number % 2], tuple(CountBy)[(number + turn % 2) % 6]
            expected = await _list(memory, where, order=order)
            assert expected == sorted(expected, key=lambda one, by=order: one.place_in(by))  # type: ignore[misc]
            assert await _list(store, where, order=order) == expected, (where, order)
            assert await _list(store, where, True, order) == expected[::-1], (where, order)
            async with memory.snapshot() as known, store.snapshot() as snapshot:
                assert await snapshot.audited() == revision.after
                counts = await snapshot.finding_counts(where, by)
                assert counts == await known.finding_counts(where, by), (where, by)
                assert by is CountBy.PARTY or sum(count for _, count in counts) == len(expected)


async def check_items_are_found_by_findings(store: Store) -> None:
    """By those that are kept now, whatever the moment of the snapshot; organizations of that key have their own."""
    await tell(store, made("make", 1, unit("P1"), unit("P2")), made("more", 2, unit("P3"), actor="B"))
    found = [
        {("CUSTODY_GAP",): ["P1"], ("STALE_CUSTODY", "LATE_REPORT"): ["P1", "P2"], ("UNREGISTERED_ORGANIZATION",): []},
        {("CUSTODY_GAP",): ["P1"], ("LATE_REPORT",): [], ("LEFT_THE_LOOP", "STALE_CUSTODY"): ["P1", "P2"], (): []},
    ]
    for revision, expected in zip(REVISIONS, found, strict=False):
        assert await store.keep(revision)
        async with store.snapshot() as snapshot:
            for codes, keys in expected.items():
                where = ItemFilter(findings=codes)
                assert [key for _, key in await snapshot.item_page(where, None, 9)] == keys, codes
                assert await snapshot.item_count(where) == len(keys)
            where = ItemFilter(findings=("STALE_CUSTODY",), producer="B")
            assert await snapshot.item_page(where, None, 9) == []
            where = ItemFilter(findings=("STALE_CUSTODY", "CUSTODY_GAP"), kind="MODULE")
            (last,) = (await snapshot.item_page(where, None, 9, reverse=True, order=ItemOrder.PRODUCED_AT))[1:]
            assert last[1] == "P1"


async def check_findings_come_to_light_once(store: Store) -> None:
    """What was shown keeps its place; what comes later is behind all that an audit before it could have shown."""
    await tell(store, made("make", 1, unit("P1"), unit("P2")))
    days: list[dict[str, float]] = []
    for revision in REVISIONS:
        await store.keep(revision)
        days.append({one.id: one.shown_us / DAY_US for one in await _list(store, FindingFilter())})
    assert days[0] == {"gap": 10, "late": 10, "stranger": 10, "namesake": 10, "stale": 40}
    assert days[1] == {"gap": 10, "lost": 20, "stranger": 10, "namesake": 10, "stale": 45}
    assert days[2] == {"gap": 10, "lost": 20, "namesake": 10, "stale": 45}
    assert days[3] == days[2]


async def check_an_audit_goes_on_from_where_it_is(store: Store) -> None:
    first, second, *_ = REVISIONS
    assert await store.keep(first)
    assert not await store.keep(first)
    assert not await store.keep(second._replace(before=Audited()))
    assert {one.id for one in await _list(store, FindingFilter())} == {one.id for one in first.findings}
    assert await store.keep(second)


async def check_findings_outlast_a_rebuild(store: Store) -> None:
    await tell(store, made("make", 1, unit("P1"), unit("P2")))
    await store.keep(REVISIONS[0])
    before = [await _list(store, where) for where in FILTERS]
    await store.rebuild()
    assert [await _list(store, where) for where in FILTERS] == before
