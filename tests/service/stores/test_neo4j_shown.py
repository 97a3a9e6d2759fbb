"""What the nodes show to people who query a Neo4j database by themselves."""

from collections.abc import Iterator
from typing import Any

import pytest

from graph_schema.neo4j import migrations
from service.ports import ItemFilter
from service.stores.contract.telling import event, lot, made, registered, unit, voided
from service.stores.neo4j import Neo4jStore, migrating
from service.stores.neo4j.migrating import migrate
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF, NEO4J_VERSIONS
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF
PLACE = {"site": '"region":"', "region": "CN-SH"}
ODD = [
    'say "a","b"]',
    'ends in "',
    '"',
    "C:\\no \\u0041 \\\\",
    "\\",
    '\\"',
    '"\\',
    '"b"q\\"b',
    "".join(map(chr, range(40))),
    "\x01\x02 \x7f\u2028 \u7535\u6c60 \U0001f50b",
    "",
    '"region":"X","roles":["Y"]',
    '"place":{',
    '"organization":{',
]
"""Texts that a place in a payload may be mistaken in."""
TOLD = [
    registered("r1", 1, "A", "BATTERY_MAKER", region="CN-GD", name='"region":"CN-XZ"') | {"place": PLACE},
    registered("r3", 3, "A", name="A at last"),
    {"place": PLACE} | registered("r2", 2, "A", region="CN-FJ"),
    registered("r4", 4, "B", "UTILIZER") | {"place": PLACE},
    registered("r5", 4, "C", "RECYCLER", "a;b, [1]"),
    registered("r6", 4, "D", *ODD, region=ODD[0]),
    *(registered(f"odd-{number}", 4, f"D{number}", *ODD[number:], region=text) for number, text in enumerate(ODD)),
    made("p", 5, unit("P", model="one", massKg=300, composition={"Li": 7.5, "Ni": 1e-05, "C": 0.0})),
    made("q", 5, unit("Q", composition={})),
    event("e", "ENROLMENT", 6, items=[lot("L", 10.0) | {"composition": {"Li": 1.0}}]),
    made("gone", 7, unit("GONE", composition={"Co": 1.0})),
    voided("v", 8, "gone"),
]
SHOWN = {
    "A": {"key": "A", "name": "A at last", "region": "CN-FJ"},
    "B": {"key": "B", "roles": ["UTILIZER"]},
    "C": {"key": "C", "roles": ["RECYCLER", "a;b, [1]"]},
    "D": {"key": "D", "roles": ODD, "region": ODD[0]},
    **{f"D{number}": {"key": f"D{number}", "roles": ODD[number:], "region": text} for number, text in enumerate(ODD)},
    "P": {"key": "P", "model": "one", "massKg": 300.0, "massLiKg": 7.5, "massNiKg": 1e-05, "massCKg": 0.0},
    "Q": {"key": "Q"},
    "L": {"key": "L", "material": "black mass", "massKg": 10.0, "massLiKg": 1.0},
    "GONE": {"key": "GONE"},
}
HIDE = """
MATCH (n:Item|Organization)
FOREACH (name IN [name IN keys(n) WHERE name IN ['name', 'region', 'roles'] OR name =~ 'mass..?Kg'] |
  SET n[name] = null)
WITH DISTINCT 1 AS each MATCH ()-[r:REGISTERS]->() REMOVE r.region
"""
REGIONS = "MATCH (e)-[r:REGISTERS]->() RETURN [e.eventId, r.region]"
LATE = [
    [registered("l1", 5, "L", "RECYCLER", region="CN-GD", name="five")],
    [registered("l2", 3, "L", "UTILIZER", region="CN-SH", name="three")],
    [registered("l3", 9, "L", "TRANSPORTER", region="CN-FJ")],
    [voided("lv", 10, "l3", "L")],
    [registered("l4", 5, "L", name="five, step 1") | {"step": 1}, registered("l5", 5, "L", name="five, no step")],
    [voided("lv2", 11, "lv", "L")],
    [voided("w1", 12, "l1", "L"), voided("w2", 12, "l2", "L"), voided("w3", 12, "l4", "L")],
    [voided("w4", 12, "lv2", "L"), voided("w5", 12, "l5", "L")],
]
"""What is registered, and voided, in another order than it holds in."""
THEN = [
    {"name": "five", "region": "CN-GD", "roles": ["RECYCLER"]},
    {"name": "five", "region": "CN-GD", "roles": ["RECYCLER"]},
    {"name": "five", "region": "CN-FJ", "roles": ["TRANSPORTER"]},
    {"name": "five", "region": "CN-GD", "roles": ["RECYCLER"]},
    {"name": "five, step 1", "region": "CN-GD"},
    {"name": "five, step 1", "region": "CN-FJ", "roles": ["TRANSPORTER"]},
    {"name": "five, no step", "region": "CN-FJ", "roles": ["TRANSPORTER"]},
    {},
]
"""What its node shows after each batch."""


@pytest.fixture
def store(neo4j_servers: Any) -> Iterator[Neo4jStore]:
    server: Server = neo4j_servers(NEO4J_VERSIONS[0])
    server.empty()
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


async def run(store: Neo4jStore, statement: str, **values: Any) -> list[Any]:
    async with store.connection.session(writes=True) as session:
        return [record[0] async for record in await session.run(statement, values)]


def shown(store: Neo4jStore) -> dict[str, dict[str, Any]]:
    found = RUNNER.run(run(store, "MATCH (n:Item|Organization) RETURN properties(n)"))
    own = {"state", "last", "changed"}
    return {one["key"]: {name: one[name] for name in one if name not in own} for one in found}


def test_nodes_show_what_was_stated_whatever_becomes_of_the_graph(store: Neo4jStore) -> None:
    send(store, TOLD)
    assert shown(store) == SHOWN
    assert RUNNER.run(store.verify()) == []
    RUNNER.run(store.rebuild())
    assert shown(store) == SHOWN
    send(store, [voided("v2", 9, "p"), made("again", 10, unit("GONE", composition={"Mn": 2.0}))])
    assert shown(store)["P"] == {"key": "P"}
    assert shown(store)["GONE"] == {"key": "GONE", "massMnKg": 2.0}
    assert RUNNER.run(store.verify()) == []


@pytest.mark.parametrize("together", [True, False], ids=["in one write", "in a write each"])
def test_an_organization_shows_what_counts_in_the_total_order(store: Neo4jStore, together: bool) -> None:
    """Whenever it was recorded, and whatever was voided: as a rebuild leaves it."""
    if together:
        send(store, [one for batch in LATE[:-2] for one in batch])
        assert shown(store)["L"] == {"key": "L", **THEN[-3]}
        send(store, [one for batch in LATE[-2:] for one in batch])
        assert shown(store)["L"] == {"key": "L", **THEN[-1]}
    else:
        for batch, then in zip(LATE, THEN, strict=True):
            send(store, batch)
            assert shown(store)["L"] == {"key": "L", **then}, batch
    assert RUNNER.run(store.verify()) == []
    RUNNER.run(store.rebuild())
    assert shown(store)["L"] == {"key": "L", **THEN[-1]}


@pytest.mark.parametrize("rows", [3, 10_000])
def test_a_database_of_an_older_version_shows_it_after_the_migration(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(migrating, "ROWS", rows)
    long = registered("long", 5, "LONG", region="\U0001f50b" * 40 + "x" * 40)
    send(store, [*TOLD, long, *(one for batch in LATE[:-3] for one in batch)])
    before, regions = shown(store), RUNNER.run(run(store, REGIONS))
    assert ["long", "\U0001f50b" * 40 + "x" * 24] in regions
    RUNNER.run(run(store, HIDE))
    assert shown(store) != before
    RUNNER.run(run(store, "MATCH (s:Schema) SET s.version = 7"))
    assert [step.number for step in RUNNER.run(migrate(store.connection))] == list(range(8, len(migrations()) + 1))
    assert shown(store) == before
    assert RUNNER.run(run(store, REGIONS)) == regions
    assert RUNNER.run(store.verify()) == []


def test_regions_that_an_index_has_in_part_are_told_apart(store: Neo4jStore) -> None:
    """However long they are: an index bears some thousand bytes, and a write that it does not bear fails as a whole."""
    regions = {"A": "x" * 64 + "a", "B": "x" * 64 + "b", "C": "x" * 40_000, "D": "x"}
    send(store, [registered(f"r{key}", 0, key, region=region) for key, region in regions.items()])
    send(store, [made(f"m{key}", 1, unit(f"P{key}"), actor=key) for key in regions])

    async def found(region: str) -> list[str]:
        async with store.snapshot() as snapshot:
            return [key for _, key in await snapshot.item_page(ItemFilter(region=region), None, 10)]

    assert {key: RUNNER.run(found(region)) for key, region in regions.items()} == {key: [f"P{key}"] for key in regions}
    assert RUNNER.run(found("x" * 64)) == []
