"""Each format, read by somebody else's library: all nodes and edges are in it, and nothing gets out of its place."""

import csv
import io
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import networkx
import prov.model
import pydot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema.answer import Direction, Role, Trace, TraceEdge, TraceNode
from service.api.exports import PARAMETERS
from service.writers.csv import COLUMNS
from service.writers.formats import BY_NAME, FORMATS, Options, parted
from service.writers.mermaid import quoted
from tests.service.writers.written import of_catena_x, of_random, of_story

MOMENT = datetime(2026, 4, 1, tzinfo=UTC)
TRACES = [*of_story(), of_catena_x()[0], *of_random(36)]
PYDOT = pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")
"""pydot's parser calls pyparsing by names of old."""
NASTY = '=1+1"];end`<b>&%"\\\n|-->x[%%{init}]'


def written(name: str, trace: Trace) -> str:
    return BY_NAME[name].write(trace, Options()).decode()


def nasty(text: str) -> Trace:
    """A lot and an event that are called anything."""
    nodes = [
        TraceNode(text, "LOT", Role.ROOT, 0, text, "AVAILABLE", MOMENT),
        TraceNode(text, "EVENT", Role.EVENT, 1, "REFINING", "ACCEPTED", MOMENT),
        TraceNode(text, "ORGANIZATION", Role.CUSTODIAN, 1, text, None, None),
    ]
    edges = [
        TraceEdge(text, text, "CONSUMED_IN", MOMENT, MOMENT, 1.5, text, text, False),
        TraceEdge(text, text, "HELD_BY", MOMENT, None, None, text, None, True),
    ]
    return Trace(text, Direction.FORWARD, nodes, edges)


def kinds(trace: Trace) -> Counter[str]:
    return Counter(edge.kind for edge in trace.edges)


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: f"{trace.root}-{trace.direction.value}")
def test_graphml_by_networkx(trace: Trace) -> None:
    graph = networkx.parse_graphml(written("graphml", trace))
    assert graph.is_directed()
    assert [(data["kind"], data["key"], data["role"]) for _, data in graph.nodes(data=True)] == [
        (node.kind, node.key, node.role.value) for node in trace.nodes
    ]
    ends = Counter(
        (graph.nodes[source]["key"], graph.nodes[target]["key"], data["kind"], data.get("massKg"), data["contested"])
        for source, target, data in graph.edges(data=True)
    )
    assert ends == Counter((e.source, e.target, e.kind, e.mass_kg, e.contested) for e in trace.edges)


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: f"{trace.root}-{trace.direction.value}")
def test_prov_json_by_prov(trace: Trace) -> None:
    document = prov.model.ProvDocument.deserialize(content=written("prov-json", trace), format="json")
    again = prov.model.ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    assert again == document
    counted = Counter(type(record) for record in document.get_records())
    nodes = Counter(node.kind if node.kind in ("EVENT", "ORGANIZATION") else "ITEM" for node in trace.nodes)
    assert counted[prov.model.ProvEntity] == nodes["ITEM"]
    assert counted[prov.model.ProvActivity] == nodes["EVENT"]
    assert counted[prov.model.ProvAgent] == nodes["ORGANIZATION"]
    assert counted[prov.model.ProvUsage] == kinds(trace)["CONSUMED_IN"]
    assert counted[prov.model.ProvGeneration] == kinds(trace)["YIELDED"]
    assert counted[prov.model.ProvAttribution] == kinds(trace)["HELD_BY"]
    assert counted[prov.model.ProvMembership] == kinds(trace)["PART_OF"]
    assert counted[prov.model.ProvInfluence] == kinds(trace)["PART_OF"]


@PYDOT
@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: f"{trace.root}-{trace.direction.value}")
def test_dot_by_pydot(trace: Trace) -> None:
    (graph,) = pydot.graph_from_dot_data(written("dot", trace)) or []
    keys = [node.get("key").strip('"') for node in graph.get_nodes() if node.get_name() not in ("node", '"\\n"')]
    assert keys == [node.key for node in trace.nodes]
    assert len(graph.get_edges()) == len(trace.edges)


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: f"{trace.root}-{trace.direction.value}")
def test_csv(trace: Trace) -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", trace), newline="")))
    assert list(rows[0]) == list(COLUMNS)
    edges = [(row["source"], row["target"], row["kind"], row["contested"] == "true") for row in rows if row["kind"]]
    assert edges == [(edge.source, edge.target, edge.kind, edge.contested) for edge in trace.edges]
    masses = [float(row["massKg"]) if row["massKg"] else None for row in rows if row["kind"]]
    assert masses == [edge.mass_kg for edge in trace.edges]
    named = {row["source"] for row in rows} | {row["target"] for row in rows if row["target"]}
    assert named == {node.key for node in trace.nodes}


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: f"{trace.root}-{trace.direction.value}")
def test_mermaid(trace: Trace) -> None:
    first, *lines = written("mermaid", trace).splitlines()
    assert first == "flowchart LR"
    nodes = [line for line in lines if re.fullmatch(r'  n\d+(\(\[|\[)"[^"]*"(\]\)|\])(:::\w+)?', line)]
    edges = [line for line in lines if re.fullmatch(r'  n\d+ (-->|-\.->)\|"[^"]*"\| n\d+', line)]
    assert (len(nodes), len(edges)) == (len(trace.nodes), len(trace.edges))
    contested = [number for number, edge in enumerate(trace.edges) if edge.contested]
    assert len(lines) == len(nodes) + len(edges) + 3 + bool(contested)
    assert not contested or lines[-1] == f"  linkStyle {','.join(map(str, contested))} stroke:#c81e1e"


@PYDOT
def test_what_was_inside_is_told_apart_from_what_is() -> None:
    stays = [(edge, edge.to is not None) for edge in TRACES[2].edges if edge.kind == "PART_OF" and not edge.contested]
    assert {over for _, over in stays} == {True, False}
    (graph,) = pydot.graph_from_dot_data(written("dot", TRACES[2])) or []
    drawn = [edge for edge in graph.get_edges() if edge.get("label").startswith('"PART_OF') and not edge.get("color")]
    arrows = [line for line in written("mermaid", TRACES[2]).splitlines() if '|"part of' in line]
    arrows = [line for line, edge in zip(arrows, _parts(TRACES[2]), strict=True) if not edge.contested]
    for told, arrow, (edge, over) in zip(drawn, arrows, stays, strict=True):
        assert (told.get("style") == '"dotted"') is over
        assert (" -.->|" in arrow) is over
        for text in (told.get("label"), arrow):
            assert (f"inside until {edge.to:%Y-%m-%d}" in text) if over else ("until" not in text)


def _parts(trace: Trace) -> list[TraceEdge]:
    return [edge for edge in trace.edges if edge.kind == "PART_OF"]


def test_json_has_the_names_of_graphql() -> None:
    found = json.loads(written("json", TRACES[0]))
    assert {"root", "direction", "nodes", "edges", "attribution", "balance", "truncated", "frontier"} <= found.keys()


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(min_size=1, max_size=40), st.just(NASTY)))
def test_what_is_written_anywhere_stays_there(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    trace = nasty(text)
    graph = networkx.parse_graphml(written("graphml", trace))
    assert (len(graph.nodes), len(graph.edges)) == (3, 2)
    document = prov.model.ProvDocument.deserialize(content=written("prov-json", trace), format="json")
    assert len(list(document.get_records())) == 5
    rows = list(csv.reader(io.StringIO(written("csv", trace), newline="")))
    assert [len(row) for row in rows] == [len(COLUMNS)] * 3
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert re.fullmatch(r"(\w|[ .,+\-/=]|#\d+;)*", quoted(text))
    assert len(written("mermaid", trace).splitlines()) == 1 + 3 + 2 + 3 + 1


@PYDOT
def test_dot_keeps_quotes_and_breaks() -> None:
    (graph,) = pydot.graph_from_dot_data(written("dot", nasty(NASTY))) or []
    assert [node.get_name() for node in graph.get_nodes() if node.get_name() != "node"] == ["n0", "n1", "n2"]
    assert graph.get_node("n0")[0].get("key") == '"' + NASTY.replace("\\", "\\\\").replace('"', '\\"').replace(
        "\n", "\\n"
    ) + '"'  # fmt: skip


def test_a_node_without_edges_has_a_row() -> None:
    trace = Trace("A", Direction.FORWARD, [TraceNode("A", "LOT", Role.ROOT, 0, "A", "AVAILABLE", MOMENT)])
    _, row = csv.reader(io.StringIO(written("csv", trace), newline=""))
    assert row == ["", "A", "LOT", "A", "ROOT", "AVAILABLE", "0"] + [""] * 12


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("PACK-1.svg", ("PACK-1", "svg")),
        ("a.b.json", ("a.b", "json")),
        ("X.prov.json", ("X", "prov-json")),
        ("https://id.example/01/1.2.mmd", ("https://id.example/01/1.2", "mermaid")),
        ("X.pdf", None),
        (".svg", None),
        ("X", None),
    ],
)
def test_names_of_files(name: str, found: tuple[str, str] | None) -> None:
    key_and_format = parted(name)
    assert (key_and_format and (key_and_format[0], key_and_format[1].name)) == found


def test_every_format_writes_the_same_bytes_each_time() -> None:
    for one in FORMATS:
        assert one.write(TRACES[0], Options()) == one.write(TRACES[0], Options())


def test_every_format_parameter_and_column_is_documented() -> None:
    told = (Path(__file__).parents[3] / "docs" / "exports.md").read_text()
    names = [one.name for one in FORMATS] + [f".{one.extension}" for one in FORMATS] + [*COLUMNS, *PARAMETERS]
    assert [name for name in names if f"`{name}`" not in told] == []
