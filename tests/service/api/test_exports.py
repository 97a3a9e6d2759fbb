"""`GET /trace/{key}.{extension}`: files, and what is told where there is none."""

import asyncio
from collections.abc import Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from seed.story import BLACK_MASS, PACK_A, PACK_RECYCLED, story
from service import tracing
from service.api import exports
from service.app import create_app
from service.settings import Settings
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore
from service.writers.formats import FORMATS
from tests.service.api.conftest import Ask
from tests.support import send

TRACE = """query($key: String!, $direction: TraceDirection!) { trace(key: $key, direction: $direction) {
  nodes { key kind role depth label status at redacted }
  edges { source target kind from to massKg openedBy closedBy contested }
  attribution { key kind element massKg share basis direction } truncated frontier { key unexploredEdges } } }"""


@pytest.fixture
def over_memory() -> Iterator[TestClient]:
    """The service over the story in memory, for what is no question of the store."""
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store=store.url, nodes_max=500))) as made:
        yield made


def message(response: object) -> str:
    return response.json()["errors"][0]["message"]  # type: ignore[attr-defined, no-any-return]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("direction", ["FORWARD", "BACKWARD", "BOTH"])
def test_json_is_what_graphql_answers(client: TestClient, data: Ask, direction: str) -> None:
    found = client.get(f"/trace/{BLACK_MASS}.json?direction={direction.lower()}").json()
    asked = data(TRACE, key=BLACK_MASS, direction=direction)["trace"]
    assert {name: found[name] for name in asked} == asked


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_every_format_has_a_media_type_and_a_name(over_memory: TestClient, one: object) -> None:
    response = over_memory.get(f"/trace/{PACK_A}.{one.extension}")  # type: ignore[attr-defined]
    assert response.status_code == 200
    assert response.headers["content-type"] == one.media_type  # type: ignore[attr-defined]
    assert f'filename="{PACK_A}.{one.extension}"' in response.headers["content-disposition"]  # type: ignore[attr-defined]
    assert response.headers["cache-control"] == "private, no-cache"
    assert response.content


def test_parameters_bound_and_move_the_trace(over_memory: TestClient) -> None:
    whole = over_memory.get(f"/trace/{PACK_A}.json").json()
    near = over_memory.get(f"/trace/{PACK_A}.json?maxDepth=1&maxNodes=4").json()
    then = over_memory.get(f"/trace/{PACK_A}.json?direction=forward&asOf=2022-01-01T00:00:00Z").json()
    assert near["truncated"]
    assert len(near["nodes"]) <= 4 < len(whole["nodes"])
    assert not [node for node in then["nodes"] if node["kind"] == "EVENT"]
    assert over_memory.get(f"/trace/{PACK_A}.json?knownAt=2001-01-01T00:00:00Z").status_code == 404


def test_links_of_the_picture_lead_to_pictures(over_memory: TestClient) -> None:
    picture = over_memory.get(f"/trace/{PACK_A}.svg?direction=forward&asOf=2027-01-01T00:00:00Z&claims=all").text
    links = [one.get("href") for one in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}a")]
    assert links
    for link in links:
        assert over_memory.get(str(link)).status_code == 200
    assert "as of Jan 1, 2027, 8:00\u202fAM UTC+08:00, contested claims included" in picture


def test_keys_are_percent_encoded() -> None:
    store, keys = MemoryStore(), ["https://id.example/01/09506000134352/21/A.B?x#y", "锂-1", "a%b", "x.json"]
    items = [{"key": key, "kind": "BATTERY"} for key in keys]
    send(
        store,
        [{"eventId": "e", "type": "ENROLMENT", "occurredAt": "2024-01-01T00:00:00Z", "actor": "A", "items": items}],
    )
    with TestClient(create_app(store, Settings(store=store.url))) as client:
        for key in keys:
            response = client.get(f"/trace/{quote(key, safe='')}.json")
            assert response.status_code == 200, key
            assert response.json()["root"] == {"key": key}
            assert quote(key, safe="") in response.headers["content-disposition"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("direction=up", "direction: 'up' is none of FORWARD, BACKWARD, BOTH"),
        ("claims=some", "claims: 'some' is none of ACCEPTED, ALL"),
        ("asOf=2024-01-01", "asOf: '2024-01-01' is not an RFC 3339 time"),
        ("knownAt=2024-01-01T00:00:00+08:00", "in an address + is written %2B"),
        ("maxDepth=x", "maxDepth: 'x' is no whole number"),
        ("maxDepth=-1", "maxDepth: -1 is below 0"),
        ("maxNodes=0", "maxNodes: 0 is below 1"),
        ("maxNodes=501", "maxNodes: 501 is too much: the limit is 500 (VOLTRACE_NODES_MAX)"),
        ("maxNodes=1&maxNodes=2", "maxNodes: it is stated more than once"),
        ("depth=1", "depth: there is no such parameter; there are direction, asOf"),
        ("asOf=", "asOf: it is empty"),
        ("maxNodes=5&further=a&further=", "further: it is empty"),
        ("maxNodes=401&further=a", "with maxNodes 501 in all, which is too much: the limit is 500"),
        ("maxNodes=5" + "&further=a" * 41, "further: 41 names are too many; 40 can be"),
    ],
)
def test_a_bad_parameter_is_named(over_memory: TestClient, query: str, told: str) -> None:
    response = over_memory.get(f"/trace/{PACK_A}.svg?{query}")
    assert response.status_code == 400
    assert told in message(response)


def test_further_neighbours_of_one_node_alone(over_memory: TestClient) -> None:
    near = over_memory.get(f"/trace/{PACK_A}.json?maxNodes=4").json()
    onward = next(one["key"] for one in near["frontier"] if one["key"].startswith("0V1ME"))
    more = over_memory.get(f"/trace/{PACK_A}.json?maxNodes=4&further={onward}").json()
    assert [node for node in near["nodes"] if node not in more["nodes"]] == []
    assert len(more["nodes"]) > 4
    assert onward not in {one["key"] for one in more["frontier"]}


def test_what_is_not_there(over_memory: TestClient) -> None:
    unknown = over_memory.get("/trace/NOBODY.svg")
    assert (unknown.status_code, unknown.json()["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")
    assert "NOBODY" in message(unknown)
    strange = over_memory.get(f"/trace/{PACK_A}.pdf")
    assert strange.status_code == 404
    assert ".prov.json" in message(strange)


@pytest.mark.parametrize("extension", ["json", "svg"])
def test_it_costs_what_the_same_question_costs(extension: str) -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store=store.url, cost_max=10_000))) as client:
        refused = client.get(f"/trace/{PACK_A}.{extension}")
        assert refused.status_code == 400
        assert "VOLTRACE_COST_MAX" in message(refused)
        assert client.get(f"/trace/{PACK_A}.{extension}?maxNodes=100").status_code == 200
        fields = "nodes { key kind role depth label status at redacted }"
        fields += " edges { source target kind from to massKg openedBy closedBy contested }"
        if extension == "json":
            fields += " attribution { key kind element massKg share basis direction }"
            fields += " balance { element rootKg recoveredKg inUseKg usedInProductionKg disposedKg lossKg }"
        query = f'{{ trace(key: "{PACK_A}", direction: BOTH) {{ {fields} }} }}'
        asked = client.post("/graphql", json={"query": query}).json()["errors"][0]["extensions"]
        assert refused.json()["errors"][0]["extensions"] == asked


def test_custody_beyond_the_bound_is_charged_as_over_graphql() -> None:
    """The hand-overs of one battery are edges that no maxNodes tells of."""
    store = MemoryStore()
    made = {"eventId": "p", "type": "PRODUCTION", "actor": "A", "outputs": [{"key": "P", "kind": "BATTERY"}]}
    handed = ({"eventId": f"t{n}", "type": "TRANSFER", "actor": "A", "items": ["P"], "to": "A"} for n in range(300))
    send(store, [one | {"occurredAt": "2024-01-01T00:00:00Z"} for one in (made, *handed)])
    with TestClient(create_app(store, Settings(store=store.url, cost_max=2_000))) as client:
        fields = "nodes { key kind role depth label status at redacted }"
        fields += " edges { source target kind from to massKg openedBy closedBy contested }"
        query = f'{{ trace(key: "P", direction: BOTH, maxNodes: 3) {{ {fields} }} }}'
        (asked,) = client.post("/graphql", json={"query": query}).json()["errors"]
        assert asked["extensions"]["code"] == "LIMIT"
        refused = client.get("/trace/P.csv?maxNodes=3")
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["extensions"] == asked["extensions"]
        assert "edges" in message(refused)
        assert "the operation costs" in client.get("/explore?key=P&view=timeline&maxNodes=3").text
    with TestClient(create_app(store, Settings(store=store.url))) as client:
        for address in ("/trace/P.csv?maxNodes=3", "/explore?key=P&view=timeline&maxNodes=3"):
            assert client.get(address).status_code == 200


def test_the_rate_of_a_client_is_limited() -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store=store.url, rate_per_s=1, rate_burst=2))) as client:
        assert [client.get(f"/trace/{PACK_A}.csv").status_code for _ in range(4)][2:] == [429, 429]


def test_it_ends_when_its_time_is_over(over_memory: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(*arguments: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(tracing, "trace", forever)
    store = MemoryStore()
    with TestClient(create_app(store, Settings(store=store.url, execution_timeout_s=1))) as client:
        response = client.get(f"/trace/{PACK_A}.svg")
    assert response.status_code == 503
    assert "VOLTRACE_EXECUTION_TIMEOUT_S" in message(response)


def test_a_store_that_is_away(over_memory: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*arguments: object) -> None:
        raise StoreError("bolt://secret:7687 refuses")

    monkeypatch.setattr(exports.tracing, "trace", away)
    response = over_memory.get(f"/trace/{PACK_A}.svg")
    assert response.status_code == 503
    assert response.json()["errors"][0]["extensions"]["code"] == "STORE_UNAVAILABLE"


@pytest.mark.usefixtures("told")
def test_each_store_draws_the_same(client: TestClient) -> None:
    drawn = client.get(f"/trace/{PACK_RECYCLED}.svg?direction=forward").text
    memory = MemoryStore()
    send(memory, story())
    with TestClient(create_app(memory, Settings(store=memory.url))) as other:
        assert other.get(f"/trace/{PACK_RECYCLED}.svg?direction=forward").text == drawn
