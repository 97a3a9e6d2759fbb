"""The trace as a table: a row for each edge, with what is at both its ends; or a row for each node."""

from __future__ import annotations

import csv as table
import io
from collections.abc import Iterable
from datetime import datetime

from graph_schema.answer import Trace, TraceEdge, TraceNode
from graph_schema.canonical import utc_text
from service.languages import ENGLISH, Language
from service.phrases import translated
from service.writers.named import families, family, named_material

COLUMNS = (
    "kind", "source", "sourceKind", "sourceLabel", "sourceRole", "sourceStatus", "sourceDepth", "target", "targetKind",
    "targetLabel", "targetRole", "targetStatus", "targetDepth", "from", "to", "massKg", "openedBy", "closedBy",
    "contested",
)  # fmt: skip
NODE_COLUMNS = ("key", "kind", "label", "role", "status", "depth", "at", "redacted")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv(trace: Trace, language: Language = ENGLISH) -> str:
    """A trace as CSV (RFC 4180), edges in the order of the trace. A node without an edge has a row with nothing but
    the columns of its source. A text that a spreadsheet would take for a formula has an apostrophe before it."""
    nodes = {(family(node), node.key): node for node in trace.nodes}
    rows, connected = [], set()
    for edge in trace.edges:
        source, target = ((kind, key) for kind, key in zip(families(edge), (edge.source, edge.target), strict=True))
        connected |= {source, target}
        ends = [*_node(nodes[source], language), *_node(nodes[target], language)]
        rows.append([_named(language, "edge", edge.kind), *ends, *_edge(edge)])
    alone = [node for name, node in nodes.items() if name not in connected]
    rows += [["", *_node(node, language)] + [""] * (len(COLUMNS) - 7) for node in alone]
    return written(COLUMNS, rows, language)


def nodes_csv(trace: Trace, language: Language = ENGLISH) -> str:
    """The nodes of a trace as CSV, in its order, as `csv` writes edges."""
    rows = [[*_node(node, language), _time(node.at), "true" if node.redacted else "false"] for node in trace.nodes]
    return written(NODE_COLUMNS, rows, language)


def written(columns: Iterable[str], rows: Iterable[Iterable[str]], language: Language = ENGLISH) -> str:
    """A table as CSV. In English its columns have the names of the API. In another language they have names in it, and
    the file begins with a byte order mark, without which spreadsheets take such letters for others."""
    file = io.StringIO()
    writer = table.writer(file)
    if not language.is_english:
        file.write("\ufeff")
    writer.writerow([translated(language.tag, name) or name for name in columns])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue()


def _named(language: Language, group: str, value: str | None) -> str:
    """What a value is called: in English as the API has it."""
    return value or "" if language.is_english or not value else language.named(group, value)


def _node(node: TraceNode, language: Language) -> list[str]:
    event = node.kind == "EVENT"
    label = _named(language, "event", node.label) if event else named_material(node, language)
    return [
        node.key,
        _named(language, "kind", node.kind),
        language.text("picture.withheld") if node.redacted else label,
        _named(language, "role", node.role.value),
        _named(language, "eventStatus" if event else "status", node.status),
        str(node.depth),
    ]


def _edge(edge: TraceEdge) -> list[str]:
    mass = "" if edge.mass_kg is None else repr(edge.mass_kg)
    times = [_time(edge.from_), _time(edge.to)]
    return [*times, mass, edge.opened_by, edge.closed_by or "", "true" if edge.contested else "false"]


def _time(moment: datetime | None) -> str:
    return "" if moment is None else utc_text(moment)


def harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
