"""What is in a Neo4j database: labels, types, properties, what each means. `docs/graph.md` is made of this."""

from __future__ import annotations

from typing import NamedTuple

from graph_schema.neo4j import Rule, migrations, rules
from graph_schema.neo4j.examples import EXAMPLES

Properties = dict[str, tuple[str, str]]
"""Name -> type as Neo4j calls it, meaning. JSON in a STRING is for voltrace to read, not for queries."""

KNOWN: Properties = {
    "knownFrom": ("INTEGER", "the sequence number of the log from which on this is known"),
    "knownTo": ("INTEGER", "the one from which on it is known no more; missing: it stands"),
}
SPAN: Properties = {
    "from": ("ZONED DATETIME", "since when, UTC"),
    "to": ("ZONED DATETIME", "until when; missing: still"),
    "openedBy": ("STRING", "the event that began it"),
    "closedBy": ("STRING", "the event that ended it"),
    "opened": ("BYTES", "the position of that event in the total order"),
    "closed": ("BYTES", "likewise of the end"),
    "closedKnown": ("INTEGER", "the sequence number from which on the end is known"),
    **KNOWN,
}


class NodeKind(NamedTuple):
    """A label: what it stands for, and its properties."""

    text: str
    properties: Properties


class EdgeKind(NamedTuple):
    """A relationship type: labels of its ends, what it says, and its properties."""

    source: str
    target: str
    text: str
    properties: Properties


ITEM: Properties = {
    "key": ("STRING", "the digital ID, unique"),
    "model": ("STRING", "as stated"),
    "chemistry": ("STRING", "as stated"),
    "material": ("STRING", "of a lot, as stated"),
    "grade": ("STRING", "as stated"),
    "massKg": ("FLOAT", "as stated, kg"),
    "mass<Element>Kg": ("FLOAT", "as stated, kg of an element: massLiKg, massNiKg, ..."),
    "energyKwh": ("FLOAT", "as stated, kWh"),
    "state": ("STRING", "the present state, JSON"),
    "last": ("BYTES", "the position of the last event that touched it"),
    "changed": ("INTEGER", "the sequence number of the last batch that changed anything of it"),
}

NODES: dict[str, NodeKind] = {
    "Item": NodeKind(
        "Whatever has substance: also labelled `Battery`, `Module`, `Cell`, `Component`, `Vehicle` or `MaterialLot`. "
        "The facts of it as of a moment are on its `YIELDED`.",
        ITEM,
    ),
    "Organization": NodeKind(
        "A company or authority: whoever registered, acted, or held something.",
        {
            "key": ("STRING", "its key, unique"),
            "name": ("STRING", "as it registered last, by when that occurred"),
            "region": ("STRING", "likewise: a country (`DE`), or a province by GB/T 2260 (`CN-44`)"),
            "roles": ("LIST<STRING>", "likewise: BATTERY_MAKER, RECYCLER, ..."),
        },
    ),
    "Event": NodeKind(
        "A record of the log: what somebody reported, never changed, and what it stands as.",
        {
            "eventId": ("STRING", "unique"),
            "type": ("STRING", "PRODUCTION, TRANSFER, ..."),
            "sequence": ("INTEGER", "its number in the log, from 1"),
            "occurredAt": ("ZONED DATETIME", "when it happened, UTC"),
            "recordedAt": ("ZONED DATETIME", "when it was recorded, UTC"),
            "recordedUs": ("INTEGER", "the same in microseconds since 1970"),
            "actor": ("STRING", "the key of the organization that reports it"),
            "refersTo": ("STRING", "the event that a receipt or a voiding names"),
            "payload": ("STRING", "the event as it was sent, JSON"),
            "status": ("STRING", "ACCEPTED, PENDING, CONTESTED or VOIDED, as of now"),
            "problems": ("STRING", "why it is pending or contested, JSON"),
            "mixing": ("STRING", "what a transformation divides by, JSON"),
            "claims": ("STRING", "the edges that a contested event claims, JSON"),
            "also": ("STRING", "items that it looked at without naming them, JSON"),
            "judged": ("INTEGER", "the sequence number from which on it stands so"),
            "position": ("BYTES", "its place in the total order of events"),
            "digest": ("BYTES", "SHA-256 of its canonical form"),
            "hash": ("BYTES", "the hash chain up to it"),
            "previousHash": ("BYTES", "the hash chain before it"),
        },
    ),
    "Judgement": NodeKind(
        "What an event stood as before.",
        {
            "status": ("STRING", "as on the event"),
            "problems": ("STRING", "as on the event"),
            "mixing": ("STRING", "as on the event"),
            "claims": ("STRING", "as on the event"),
            **KNOWN,
        },
    ),
    "Identifier": NodeKind("Another name of items.", {"value": ("STRING", "unique")}),
    "Batch": NodeKind(
        "Events that were recorded at once.",
        {
            "recordedUs": ("INTEGER", "when, in microseconds since 1970, unique"),
            "recordedAt": ("ZONED DATETIME", "the same, UTC"),
            "last": ("INTEGER", "the sequence number of its last event"),
        },
    ),
    "Log": NodeKind(
        "The one end of the log; who writes holds its lock. Until a rebuild is done, `rebuilding` is its mark, nobody "
        "else reads or writes, and events that are not folded again yet are `:Unfolded` in place of `:Event`.",
        {
            "name": ("STRING", "voltrace"),
            "sequence": ("INTEGER", "the last sequence number"),
            "recordedUs": ("INTEGER", "when it was recorded, in microseconds since 1970"),
            "hash": ("BYTES", "the hash chain up to it"),
            "writers": ("INTEGER", "how often it was locked"),
            "rebuilt": ("STRING", "a mark that every rebuild of the graph changes; missing: there was none"),
        },
    ),
    "Finding": NodeKind(
        "What the rulebook finds suspicious, as far as an audit kept it.",
        {
            "id": ("STRING", "unique, and the same as long as the facts support it"),
            "code": ("STRING", "CUSTODY_GAP, LATE_REPORT, ..."),
            "ruleSet": ("STRING", "the rule set that it is by"),
            "severity": ("STRING", "how grave it is"),
            "subject": ("STRING", "the key of what it is about"),
            "ofOrganization": ("BOOLEAN", "whether that is an organization"),
            "since": ("ZONED DATETIME", "from when it holds, UTC"),
            "sinceUs": ("INTEGER", "the same in microseconds since 1970"),
            "shown": ("ZONED DATETIME", "when it came to light, UTC"),
            "shownUs": ("INTEGER", "the same in microseconds since 1970"),
            "region": ("STRING", "where: a country (`DE`), or a province by GB/T 2260 (`CN-44`)"),
            "parties": ("LIST<STRING>", "the keys of the organizations in it"),
            "body": ("STRING", "all of it, JSON"),
        },
    ),
    "Audit": NodeKind(
        "How far the findings were worked out; who keeps some holds its lock.",
        {
            "name": ("STRING", "voltrace"),
            "sequence": ("INTEGER", "up to which sequence number of the log"),
            "key": ("STRING", "up to which item of that one"),
            "at": ("ZONED DATETIME", "when, UTC"),
            "atUs": ("INTEGER", "the same in microseconds since 1970"),
            "rules": ("STRING", "a fingerprint of the rules"),
            "base": ("INTEGER", "what the run has not come to yet is as this many records say"),
            "until": ("INTEGER", "what it has come to is as this many records say"),
            "organizations": ("INTEGER", "what is found of organizations is as this many records say"),
            "writers": ("INTEGER", "how often it was locked"),
        },
    ),
    "Flow": NodeKind(
        "A row that reports on flows of metal are added up from, as far as it was worked out.",
        {
            "id": ("STRING", "unique: its kind and key"),
            "kind": ("STRING", "BATTERY, NEW_BATTERY, TRANSFORMATION or LOT"),
            "key": ("STRING", "the key of the item; of a transformation, the position of the event in hexadecimal"),
            "body": ("STRING", "the row, JSON"),
        },
    ),
    "FlowsKept": NodeKind(
        "How far the rows of flows were worked out; who keeps some holds its lock.",
        {
            "name": ("STRING", "voltrace"),
            "sequence": ("INTEGER", "up to which sequence number of the log"),
            "key": ("STRING", "up to which item of that one"),
            "version": ("STRING", "a fingerprint of how"),
            "base": ("INTEGER", "what the run has not come to yet is as this many records say"),
            "until": ("INTEGER", "what it has come to is as this many records say"),
            "writers": ("INTEGER", "how often it was locked"),
        },
    ),
    "Schema": NodeKind(
        "Which migrations were applied.",
        {"name": ("STRING", "voltrace"), "version": ("INTEGER", "the number of the last one")},
    ),
}

EDGES: dict[str, EdgeKind] = {
    "PART_OF": EdgeKind(
        "Item", "Item", "The one is inside the other.", {**SPAN, "place": ("STRING", "where in it, as stated")}
    ),
    "HELD_BY": EdgeKind("Item", "Organization", "Custody.", SPAN),
    "CONSUMED_IN": EdgeKind(
        "Item",
        "Event",
        "The event used it up, or drew from it.",
        {
            "massKg": ("FLOAT", "what was drawn from a lot, kg; missing: unknown, or all of it"),
            "ends": ("BOOLEAN", "whether it is used up"),
            "position": ("BYTES", "of the event"),
            **KNOWN,
        },
    ),
    "YIELDED": EdgeKind(
        "Event",
        "Item",
        "The event brought it in, with these facts.",
        {
            "kind": ("STRING", "BATTERY, MODULE, CELL, COMPONENT, VEHICLE or LOT"),
            "label": ("STRING", "its model or material"),
            "massKg": ("FLOAT", "stated mass, kg"),
            "composition": ("STRING", "stated kg of each element, JSON"),
            "secondLife": ("BOOLEAN", "whether it is made of used units"),
            "bodyMassKg": ("FLOAT", "mass of the unit without its parts, kg, once it is known"),
            "bodyMassAt": ("BYTES", "the position of the event by which it is"),
            "bodyComposition": ("STRING", "kg of each element without its parts, JSON"),
            "bodyCompositionAt": ("BYTES", "the position of the event by which it is known"),
            "spec": ("STRING", "all that was stated, JSON"),
            "position": ("BYTES", "of the event"),
            **KNOWN,
        },
    ),
    "MARKED": EdgeKind(
        "Event",
        "Item",
        "The event changed what it is, not where: retired, left, and the like.",
        {"mark": ("STRING", "what it did"), "position": ("BYTES", "of the event"), **KNOWN},
    ),
    "MENTIONS": EdgeKind(
        "Event",
        "Item",
        "The event looked at it without doing anything to it.",
        {"named": ("BOOLEAN", "whether the event names it"), "position": ("BYTES", "of the event")},
    ),
    "IDENTIFIES": EdgeKind(
        "Identifier", "Item", "It is called so.", {"scheme": ("STRING", "in which scheme"), **KNOWN}
    ),
    "REGISTERS": EdgeKind(
        "Event",
        "Organization",
        "A registration.",
        {
            "name": ("STRING", "the stated name"),
            "region": ("STRING", "the stated region, its first 64 characters"),
            "regulator": ("BOOLEAN", "whether it has that role"),
        },
    ),
    "ABOUT": EdgeKind("Finding", "Item", "It is about this item.", {}),
    "INVOLVES": EdgeKind(
        "Finding",
        "Organization",
        "The organization has a part in it.",
        {
            "party": ("STRING", "the key of the organization"),
            "shownUs": ("INTEGER", "as on the finding"),
            "sinceUs": ("INTEGER", "as on the finding"),
            "id": ("STRING", "as on the finding"),
        },
    ),
    "WAS_JUDGED": EdgeKind("Event", "Judgement", "It stood so before.", {}),
}


def document() -> str:
    """The description as Markdown, with a diagram, indexes and queries to begin with."""
    lines = [
        "# The graph in Neo4j",
        "",
        "Made by `voltrace schema neo4j`. Times are native and in UTC, masses in kg. What is known now has no",
        "`knownTo`; what still lasts has no `to`. BYTES, and JSON in a STRING, are for voltrace to read: the times and",
        "ids in them stand beside them, and what an item was stated to hold of each element is a number on its node.",
        "Times without a native one are on what only voltrace goes by: `:Log`, the lock of who writes, and `INVOLVES`,",
        "which repeats its finding for an index.",
        "",
        "```mermaid",
        "graph LR",
    ]
    lines += [f"  {edge.source} -- {name} --> {edge.target}" for name, edge in EDGES.items()]
    lines += ["```", "", "## Nodes"]
    for label, node in NODES.items():
        lines += ["", f"### :{label}", "", node.text, "", *_table(node.properties)]
    lines += ["", "## Edges"]
    for name, edge in EDGES.items():
        lines += ["", f"### (:{edge.source})-[:{name}]->(:{edge.target})", "", edge.text]
        lines += ["", *_table(edge.properties)] if edge.properties else []
    lines += ["", "## Indexes", "", "A query that begins at one of these is quick, however large the graph is.", ""]
    lines += ["| of | properties | |", "|---|---|---|", *map(_rule, sorted(rules(migrations()).values(), key=_place))]
    lines += ["", "## Queries to begin with", "", "On what `voltrace demo` loads."]
    for example in EXAMPLES:
        lines += ["", f"### {example.question}", "", example.text, "", f"```cypher{example.cypher}```"]
    return "\n".join(lines)


def _place(rule: Rule) -> tuple[bool, str, tuple[str, ...]]:
    return rule.of not in NODES, rule.of, rule.properties


def _rule(rule: Rule) -> str:
    name = f"`[:{rule.of}]`" if rule.of in EDGES else f"`:{rule.of}`"
    return f"| {name} | {', '.join(f'`{one}`' for one in rule.properties)} | {'unique' if rule.unique else ''} |"


def _table(properties: Properties) -> list[str]:
    rows = [f"| `{name}` | {kind} | {text} |" for name, (kind, text) in properties.items()]
    return ["| property | type | meaning |", "|---|---|---|", *rows]
