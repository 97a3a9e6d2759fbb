"""The trace as W3C PROV-JSON (https://www.w3.org/submissions/prov-json/): items are entities, events activities,
organizations agents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from graph_schema.answer import Trace, TraceEdge, TraceNode
from graph_schema.canonical import utc_text
from service.writers.named import family, named_edges, named_nodes

Json = dict[str, Any]

NAMESPACE = "urn:voltrace:"
_CLASSES = {"ITEM": "entity", "EVENT": "activity", "ORGANIZATION": "agent"}


def prov_json(trace: Trace) -> Json:
    """A trace as a PROV-JSON document.

    Consumption is `used`, yield `wasGeneratedBy`, custody `wasAttributedTo`; a part is a member of its host's
    `prov:Collection`, and influences it from when to when it was inside. What PROV has no word for are attributes with
    the prefix `voltrace`.
    """
    document: Json = {"prefix": {"voltrace": NAMESPACE, "item": f"{NAMESPACE}node:"}}
    records: dict[str, Json] = defaultdict(dict)
    hosts = {target for _, target, edge in named_edges(trace) if edge.kind == "PART_OF"}
    for name, node in named_nodes(trace):
        records[_CLASSES[family(node)]][f"item:{name}"] = _node(node, name in hosts)
    for number, (source, target, edge) in enumerate(named_edges(trace)):
        kind, relation = _RELATIONS[edge.kind](f"item:{source}", f"item:{target}", edge)
        records[kind][f"_:e{number}"] = relation
        if edge.kind == "PART_OF":
            records["hadMember"][f"_:m{number}"] = {
                "prov:collection": f"item:{target}",
                "prov:entity": f"item:{source}",
            }
    return document | records


def _node(node: TraceNode, is_host: bool) -> Json:
    stated: Json = {
        "prov:label": node.label,
        "voltrace:key": node.key,
        "voltrace:kind": node.kind,
        "voltrace:role": node.role.value,
        "voltrace:depth": _typed(node.depth, "xsd:int"),
    }
    if node.status is not None:
        stated["voltrace:status"] = node.status
    if node.redacted:
        stated["voltrace:redacted"] = _typed("true", "xsd:boolean")
    if node.kind == "EVENT" and node.at is not None:
        stated |= {"prov:startTime": utc_text(node.at), "prov:endTime": utc_text(node.at)}
    elif node.at is not None:
        stated["voltrace:at"] = _time(node.at)
    if is_host:
        stated["prov:type"] = {"$": "prov:Collection", "type": "prov:QUALIFIED_NAME"}
    if node.kind == "ORGANIZATION":
        stated["prov:type"] = {"$": "prov:Organization", "type": "prov:QUALIFIED_NAME"}
    return stated


def _used(source: str, target: str, edge: TraceEdge) -> tuple[str, Json]:
    ends = {"prov:activity": target, "prov:entity": source, "prov:time": utc_text(edge.from_)}
    return "used", ends | _more(edge)


def _generated(source: str, target: str, edge: TraceEdge) -> tuple[str, Json]:
    ends = {"prov:entity": target, "prov:activity": source, "prov:time": utc_text(edge.from_)}
    return "wasGeneratedBy", ends | _more(edge)


def _attributed(source: str, target: str, edge: TraceEdge) -> tuple[str, Json]:
    return "wasAttributedTo", {"prov:entity": source, "prov:agent": target} | _interval(edge) | _more(edge)


def _influenced(source: str, target: str, edge: TraceEdge) -> tuple[str, Json]:
    """Since when and until when: membership takes no attributes in PROV."""
    influence = {"prov:influencee": target, "prov:influencer": source, "prov:type": "PART_OF"}
    return "wasInfluencedBy", influence | _interval(edge) | _more(edge)


_RELATIONS: dict[str, Callable[[str, str, TraceEdge], tuple[str, Json]]] = {
    "CONSUMED_IN": _used,
    "YIELDED": _generated,
    "HELD_BY": _attributed,
    "PART_OF": _influenced,
}


def _interval(edge: TraceEdge) -> Json:
    stated: Json = {"voltrace:from": _time(edge.from_)}
    return stated if edge.to is None else stated | {"voltrace:to": _time(edge.to)}


def _more(edge: TraceEdge) -> Json:
    stated: Json = {"voltrace:openedBy": edge.opened_by}
    if edge.closed_by is not None:
        stated["voltrace:closedBy"] = edge.closed_by
    if edge.mass_kg is not None:
        stated["voltrace:massKg"] = _typed(repr(edge.mass_kg), "xsd:double")
    if edge.contested:
        stated["voltrace:contested"] = _typed("true", "xsd:boolean")
    return stated


def _time(moment: datetime) -> Json:
    return _typed(utc_text(moment), "xsd:dateTime")


def _typed(value: object, kind: str) -> Json:
    return {"$": value, "type": kind}
