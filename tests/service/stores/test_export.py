"""What is exported and imported is what recording the same log makes, to the type of every property."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import neo4j
import pytest

from graph_schema.order import moment_of_us
from seed.story import PACK_A, PACK_RECYCLED, RECYCLER, story
from service.ports import Store
from service.stores.contract.telling import made, registered, unit, voided
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j.migrating import migrate
from service.stores.sqlite import SqliteStore
from service.testing.neo4j import VERSIONS, local
from service.testing.neo4j.server import Server
from service.writers.neo4j_admin import Export
from tests.conftest import NEO4J_ITSELF
from tests.oracle.histories import random_history
from tests.support import everything, send, wait

pytestmark = NEO4J_ITSELF
IMPORTERS = [version for version in VERSIONS if local.java_for(version) is not None] or [VERSIONS[0]]
BATCH = 25
START_US = 1_700_000_000_000_000
STEP_US = 1_000_003

Events = list[dict[str, Any]]
Graph = Counter[str]
S = TypeVar("S", bound=Store)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time of both stores, in microseconds."""
    now = [START_US]
    monkeypatch.setattr("service.chain.now_us", lambda: now[0])
    return now


@contextmanager
def closing(store: S) -> Iterator[S]:
    try:
        yield store
    finally:
        wait(store, store.close())


@pytest.fixture
def stores(server: Server, tmp_path: Path) -> Iterator[tuple[SqliteStore, Neo4jStore]]:
    with closing(SqliteStore(tmp_path / "store.db")) as source, closing(server.store()) as recorded:
        yield source, recorded


def telling(clock: list[int], *stores: Store) -> Callable[[Events], None]:
    """Records the same batches into stores, at the same times."""

    def tell(events: Events) -> None:
        for start in range(0, len(events), BATCH):
            clock[0] += STEP_US
            first, *others = [send(store, events[start : start + BATCH]) for store in stores]
            assert all(other == first for other in others)

    return tell


def odd() -> Events:
    """Texts, numbers and times that a file of lines and commas could lose."""
    texts = {"model": "", "chemistry": 'a\nb\r\nc\rd"e"\\', "material": "\x00\u2028\x85\uffff 'x', ;", "grade": " pad "}
    names = [{"scheme": "", "value": "\ufeff\n"}] + [{"scheme": "a,b", "value": "\U0001f50b"}] * 2
    parts = [{"key": "odd-part", "kind": "CELL", "position": ""}, {"key": '"', "kind": "CELL", "position": ","}]
    early = made("odd", 1, unit("odd-unit", parts=parts, massKg=5e-324, identifiers=names[1:], **texts))
    long = unit("odd-long", attributes={"long": "Ü" * 4_300_000}, energyKwh=1.7976931348623157e308)
    return [
        {**early, "occurredAt": "0001-01-01T00:00:00Z"},
        {**made("odd, too", 2, long), "occurredAt": "9999-12-31T23:59:59.999999Z"},
        registered("name-2", 6, "NAMED", name="second"),
        registered("name-1", 5, "NAMED", name="first"),
        registered("name-3", 7, "NAMED"),
        registered("name-4", 8, "EMPTY", name="", region="CN-GD", roles=["RECYCLER", "a;b, c"]),
        registered("name-6", 9, "EMPTY", region="CN-FJ"),
        registered("name-7", 9, "NOBODY", roles=[]),
    ]


def trouble() -> Events:
    """The story and a random history, shuffled, so that much comes late; voidings, and voidings of those."""
    rng = random.Random(7)
    told = [*story(), *random_history(rng, 100)]
    rng.shuffle(told)
    return [*told, *odd(), voided("undo", 2, "story-45-recycling", RECYCLER), voided("redo", 3, "undo", RECYCLER)]


def dump(server: Server) -> Graph:
    """Every node and every edge with its properties; a node is named by what is unique to it."""
    user = server.login.user
    auth = None if user is None else (user, server.login.password)
    found: Graph = Counter()
    names: dict[str, str] = {}
    with (
        neo4j.GraphDatabase.driver(server.url, auth=auth, notifications_min_severity="OFF") as driver,
        driver.session(database=server.login.database) as session,
    ):
        for element, labels, properties in session.run("MATCH (n) RETURN elementId(n), labels(n), properties(n)"):
            properties.pop("writers", None)
            if labels != ["Schema"]:
                facts = f"{sorted(labels)} {sorted(properties.items())}"
                unique = [properties[name] for name in ("eventId", "key", "value") if name in properties]
                names[element] = f"{sorted(labels)} {unique}" if unique else facts
                found[facts] += 1
        edges = "MATCH (n)-[r]->(m) RETURN elementId(n), type(r), properties(r), elementId(m)"
        for start, kind, properties, end in session.run(edges):
            found[f"{names[start]} {kind} {sorted(properties.items())} {names[end]}"] += 1
    return found


def same(found: Graph, expected: Graph) -> bool:
    """Whether two graphs are one; prints what only one of them has."""
    for name, only in (("missing", expected - found), ("too much", found - expected)):
        for facts in list(only)[:5]:
            print(name, facts[:2000])
    return found == expected


@pytest.mark.parametrize("version", IMPORTERS)
def test_the_imported_graph_is_the_recorded_one(
    version: str, server: Server, stores: tuple[SqliteStore, Neo4jStore], clock: list[int], tmp_path: Path
) -> None:
    source, recorded = stores
    telling(clock, source, recorded)(trouble())
    assert wait(recorded, recorded.verify()) == []
    files, home = tmp_path / "files", tmp_path / "home"
    done = Export(source, files).run()
    assert "--multiline-fields=true" in (files / "import.args").read_text()
    local.load(version, home, files)
    with local.started(version, home) as imported, closing(imported.store()) as store:
        assert same(dump(imported), dump(server))
        assert done.nodes + done.relationships == dump(imported).total()
        with pytest.raises(StoreError, match="voltrace migrate"):
            wait(store, store.sequence_at(None))
        wait(store, migrate(store.connection))
        assert wait(store, store.verify()) == []
        for batches in (2, 4, 100):
            sequence = wait(source, source.sequence_at(moment_of_us(START_US + batches * STEP_US)))
            keys = [PACK_A, PACK_RECYCLED]
            assert everything(store, sequence, keys) == everything(source, sequence, keys), "what was known then"
        more = [voided("late", 9, "story-45-recycling", RECYCLER), registered("name-5", 4, "NAMED", name="last")]
        telling(clock, recorded, store)([*more, *random_history(random.Random(8), 30)])
        assert same(dump(imported), dump(server)), "recording goes on"
        assert wait(store, store.verify()) == []


def test_compressed_files_of_single_lines(
    server: Server, stores: tuple[SqliteStore, Neo4jStore], clock: list[int], tmp_path: Path
) -> None:
    telling(clock, *stores)(story())
    files, home = tmp_path / "files", tmp_path / "home"
    Export(stores[0], files, compressed=True).run()
    assert "multiline" not in (files / "import.args").read_text()
    assert (files / "event.csv.gz").exists()
    local.load(IMPORTERS[0], home, files)
    with local.started(IMPORTERS[0], home) as imported:
        assert same(dump(imported), dump(server))
