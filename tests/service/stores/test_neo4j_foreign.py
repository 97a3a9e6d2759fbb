"""What others have in a database, and what they took away: it is told before anything is done, with the way out."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from graph_schema.neo4j import migrations, rules
from service.ports import EventFilter, ItemFilter, ItemOrder
from service.stores.contract.telling import made, registered, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Login, Neo4jStore
from service.stores.neo4j import store as store_module
from service.stores.neo4j.guarding import Made, refuse_in_the_way
from service.stores.neo4j.migrating import migrate
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.service.stores.test_neo4j_shared import forget_everything, run
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF
RULES = rules(migrations())


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


@pytest.fixture
def bare(store: Neo4jStore) -> Iterator[Neo4jStore]:
    """A database that nobody prepared yet."""
    RUNNER.run(forget_everything(store))
    yield store
    RUNNER.run(forget_everything(store))


async def answer(store: Neo4jStore, query: str) -> list[Any]:
    async with store.connection.session(writes=False) as session:
        return [record[0] async for record in await session.run(query)]


def names(store: Neo4jStore) -> set[str]:
    """Of all constraints and indexes."""
    indexes = RUNNER.run(answer(store, "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"))
    return {*RUNNER.run(answer(store, "SHOW CONSTRAINTS YIELD name RETURN name")), *indexes}


@pytest.mark.parametrize(
    ("label", "node"),
    [
        ("Organization", "(:Organization {key: 'A', name: 'theirs', region: 'EU', roles: ['boss']})"),
        ("Identifier", "(:Identifier {value: '1'}), (:Identifier {value: '1'})"),
        ("Component", "(:Component {name: 'button'})"),
    ],
)
def test_nodes_of_others_are_left_as_they_are(bare: Neo4jStore, label: str, node: str) -> None:
    RUNNER.run(run(bare, f"CREATE {node}"))
    before = RUNNER.run(answer(bare, "MATCH (n) RETURN properties(n)"))
    told = f"nodes with the label {label} that are not of voltrace, .*VOLTRACE_NEO4J_DATABASE"
    with pytest.raises(StoreError, match=told):
        send(bare, [registered("r", 1, "A", name="ours")])
    with pytest.raises(StoreError, match=told):
        RUNNER.run(migrate(bare.connection))
    assert RUNNER.run(answer(bare, "MATCH (n) RETURN properties(n)")) == before
    assert names(bare) == set()


def test_a_migration_shows_only_what_was_registered_here(store: Neo4jStore) -> None:
    """As where organizations of others came in after a log was begun."""
    send(store, [registered("r", 1, "A", name="ours")])
    theirs = {"name": "theirs", "region": "EU", "roles": ["boss"]}
    RUNNER.run(run(store, "CREATE (o:Organization) SET o = $theirs", theirs=theirs))
    RUNNER.run(run(store, "MATCH (s:Schema) SET s.version = 12"))
    RUNNER.run(migrate(store.connection))
    shown = RUNNER.run(answer(store, "MATCH (o:Organization) RETURN properties(o)"))
    assert sorted(shown, key=len) == [{"key": "A", "name": "ours"}, theirs]


@pytest.mark.parametrize(
    ("made_by_others", "told"),
    [
        (
            "CREATE INDEX mine FOR (e:Event) ON (e.eventId)",
            r"an index of others on Event\.eventId.*`DROP INDEX `mine``",
        ),
        (
            "CREATE CONSTRAINT mine FOR (e:Event) REQUIRE e.actor IS UNIQUE",
            r"a constraint of others on Event\.actor.*`DROP CONSTRAINT `mine``",
        ),
        (
            "CREATE INDEX voltrace_event_actor FOR (x:Other) ON (x.key)",
            r"an index of others on Other\.key.*`DROP INDEX `voltrace_event_actor``",
        ),
    ],
)
def test_what_others_made_in_the_way_is_named(bare: Neo4jStore, made_by_others: str, told: str) -> None:
    RUNNER.run(run(bare, made_by_others))
    before = names(bare)
    with pytest.raises(StoreError, match=told):
        send(bare, [made("p", 1, unit("P"))])
    assert names(bare) == before
    assert RUNNER.run(answer(bare, "MATCH (n) RETURN n")) == []


def test_what_others_made_beside_it_is_no_matter(bare: Neo4jStore) -> None:
    """A full-text index of theirs, and one of our own under another name."""
    RUNNER.run(run(bare, "CREATE FULLTEXT INDEX words FOR (i:Item) ON EACH [i.key]"))
    RUNNER.run(run(bare, "CREATE INDEX mine FOR (e:Event) ON (e.actor)"))
    RUNNER.run(run(bare, "CREATE CONSTRAINT other FOR (o:Other) REQUIRE o.key IS UNIQUE"))
    send(bare, [made("p", 1, unit("P"))])
    assert names(bare) == {*RULES, "words", "mine", "other"} - {"voltrace_event_actor"}
    assert RUNNER.run(migrate(bare.connection)) == []


def test_the_database_system_is_refused(server: Server) -> None:
    login = Login(server.login.user, server.login.password, "system")
    with pytest.raises(StoreError, match="holds no graph; name another with VOLTRACE_NEO4J_DATABASE"):
        Neo4jStore(server.url, login)


@pytest.mark.parametrize("name", ["voltrace_item_key", "voltrace_item_changes"])
def test_what_was_dropped_is_noticed_and_made_again(
    server: Server, store: Neo4jStore, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a service that runs, and by one that starts; each goes on by itself once it is there again."""
    send(store, [made("p", 1, unit("P"))])
    RUNNER.run(run(store, f"DROP {'CONSTRAINT' if RULES[name].unique else 'INDEX'} {name}"))
    told = f"what was dropped: {name}; run `voltrace migrate`"
    other = server.store()
    monkeypatch.setattr(store_module, "LOOK_AGAIN_S", 0.0)
    for one in (store, other):
        with pytest.raises(StoreError, match=told):
            RUNNER.run(one.sequence_at(None))
        with pytest.raises(StoreError, match=told):
            send(one, [made("q", 1, unit("Q"))])
    assert [step.name for step in RUNNER.run(migrate(store.connection, dry_run=True))] == [f"what was dropped: {name}"]
    assert name not in names(store)
    RUNNER.run(migrate(store.connection))
    assert name in names(store)
    assert RUNNER.run(migrate(store.connection)) == []
    assert [RUNNER.run(one.sequence_at(None)) for one in (store, other)] == [1, 1]
    RUNNER.run(other.close())


def test_what_came_in_twice_meanwhile_is_named(store: Neo4jStore) -> None:
    send(store, [made("p", 1, unit("P"))])
    RUNNER.run(run(store, "DROP CONSTRAINT voltrace_item_key"))
    RUNNER.run(run(store, "CREATE (:Item {key: 'P'})"))
    try:
        with pytest.raises(
            StoreError, match=r"Both Node.*`Item`.*'P'.*; delete one of the two, and run `voltrace migr"
        ):
            RUNNER.run(migrate(store.connection))
    finally:
        RUNNER.run(run(store, "MATCH (i:Item) DETACH DELETE i"))
        RUNNER.run(migrate(store.connection))


def test_what_others_add_later_is_no_item_and_named_by_a_check(store: Neo4jStore) -> None:
    send(store, [made("p", 1, unit("P")), made("q", 2, unit("Q"))])
    theirs = (
        "(:Event {occurredAt: datetime('2024-03-01T01:30:00Z'), actor: 'A', type: 'PRODUCTION', status: 'ACCEPTED'})"
    )
    RUNNER.run(run(store, f"CREATE {theirs}-[:YIELDED {{knownFrom: 0}}]->(:Item {{name: 'x'}})"))

    async def read() -> None:
        async with store.snapshot() as snapshot:
            for where in (ItemFilter(), ItemFilter(producer="A"), ItemFilter(party="A")):
                assert await snapshot.item_count(where) == 2
                for order in ItemOrder:
                    assert await snapshot.item_page(where, None, 9, order=order) == [("P", "P"), ("Q", "Q")]
            assert await snapshot.event_count(EventFilter()) == 2
            assert [one.event_id for one in await snapshot.event_page(EventFilter(actor="A"), None, 9)] == ["p", "q"]

    RUNNER.run(read())
    faults = RUNNER.run(store.verify())
    assert [re.sub(r"'.*?'", "ID", fault.what) for fault in faults] == [
        f"it has the label {label} and is not of voltrace; take the label away (MATCH (n) WHERE elementId(n) = "
        f"ID REMOVE n:{label}), or delete it"
        for label in ("Event", "Item")
    ]
    for fault in faults:
        RUNNER.run(
            run(store, "MATCH (n) WHERE elementId(n) = $id DETACH DELETE n", id=fault.where.removeprefix("node "))
        )
    assert RUNNER.run(store.verify()) == []


EDGES = [
    ("(:Study {name: 'theirs'})-[:MENTIONS {page: 3}]->(i)", "MENTIONS, from Study to Item"),
    ("({name: 'theirs'})-[:IDENTIFIES {knownFrom: 1}]->(i)", "IDENTIFIES, from no label to Item"),
    (
        "(i)-[:PART_OF {opened: e.position}]->(:Fleet:Depot {name: 'theirs'})",
        "PART_OF, from Item:Module to Depot:Fleet",
    ),
    ("(i)-[:HELD_BY]->(:Bank {name: 'theirs'})", "HELD_BY, from Item:Module to Bank"),
    ("(i)<-[:MARKED]-(:Bank {name: 'theirs'})", "MARKED, from Bank to Item:Module"),
    ("(e)-[:REGISTERS]->(:Bank {name: 'theirs'})", "REGISTERS, from Event to Bank"),
    ("(:Portal {name: 'theirs'})-[:REGISTERS]->(o)", "REGISTERS, from Portal to Organization"),
    ("(e)-[:MENTIONS {named: true}]->(i)", "MENTIONS, from Event to Item:Module"),
    ("(i)-[:PART_OF]->(i)", "PART_OF, from Item:Module to Item:Module"),
    ("(i)-[:HELD_BY {since: 2020}]->(o)", "HELD_BY, from Item:Module to Organization"),
    ("(i)-[:CONSUMED_IN]->(e)", "CONSUMED_IN, from Item:Module to Event"),
    ("(e)-[:YIELDED]->(i)", "YIELDED, from Event to Item:Module"),
    ("(:Identifier {value: 'SN'})-[:IDENTIFIES {knownFrom: 1}]->(i)", "IDENTIFIES, from Identifier to Item:Module"),
]


def test_edges_of_others_are_no_damage_that_a_rebuild_would_mend(store: Neo4jStore) -> None:
    """Of each type: between nodes of ours, too, where they have nothing by which they would be ours."""
    send(store, [registered("r", 1, "A", name="ours", region="EU"), made("p", 2, unit("P"))])
    ours = "MATCH (i:Item {key: 'P'}), (e:Event {eventId: 'r'}), (o:Organization {key: 'A'})"
    for edge, told in EDGES:
        RUNNER.run(run(store, f"{ours} CREATE {edge}"))
        (fault,) = RUNNER.run(store.verify())
        assert f"it has the type {told}" in fault.what, edge
        assert "is not of voltrace; give it another type, or delete it" in fault.what
        assert "rebuild" not in fault.what
        found = re.search(r"\((MATCH .* DELETE r)\)", fault.what)
        assert found is not None
        RUNNER.run(run(store, found[1]))
        assert RUNNER.run(store.verify()) == [], edge
    RUNNER.run(run(store, "MATCH ()-[r:REGISTERS|HELD_BY|YIELDED]->() SET r.risk = 1"))
    RUNNER.run(run(store, "MATCH (i:Item) CREATE (i)-[:SEEN_IN]->(:Study {name: 'theirs'})"))
    RUNNER.run(run(store, "CREATE (:Product)-[:PART_OF]->(:Assembly), (:Paper)-[:MENTIONS]->(:Person)"))
    assert RUNNER.run(store.verify()) == [], "what has a name of their own is none of ours"


def test_the_index_of_a_constraint_that_another_service_is_making_is_nobody_elses() -> None:
    """It is there for a moment before the constraint that owns it; what has another name is in the way."""
    rule = next(rule for rule in RULES.values() if rule.unique)
    half = Made(rule.name, "RANGE", (rule.of,), rule.properties, constrains=False)
    refuse_in_the_way([half], [rule], "bolt://here", begun=False)
    with pytest.raises(StoreError, match="DROP INDEX `theirs`"):
        refuse_in_the_way([half._replace(name="theirs")], [rule], "bolt://here", begun=False)
