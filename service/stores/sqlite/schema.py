"""The tables of the embedded store.

`log` and `payload` are the truth; everything else is the fold of it. Nothing that was known is overwritten: rows of
edges stand for the reads at sequence k with `known_from <= k < known_to`, and their end (`closed`) is known from
`closed_known` on. Events are named by their sequence number, items by a number of their own. `item` holds the present
state of each item, so that an event that is the latest of its items needs one read.
"""

from __future__ import annotations

VERSION = 2

UPGRADES = {
    1: "INSERT INTO change SELECT (SELECT coalesce(max(seq), 0) FROM log), id FROM item",
}
"""Schema version -> what makes the next of it, once the tables are there. What is there already counts as changed by
the last record."""

FOREVER = 2**63 - 1

STATE_COLUMNS = (
    "kind",
    "born",
    "mass_kg",
    "composition",
    "second_life",
    "body_mass_kg",
    "body_composition",
    "ended",
    "host",
    "host_since",
    "left_host",
    "holder",
    "holder_since",
    "parts",
    "retired",
    "drawn_kg",
    "drawn_unknown",
    "last_draw",
    "last",
)

LOG = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
    seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, pos BLOB NOT NULL, actor TEXT NOT NULL,
    recorded_us INTEGER NOT NULL, digest BLOB NOT NULL, hash BLOB NOT NULL,
    status TEXT, problems TEXT, mixing TEXT, claims TEXT, also TEXT, judged INTEGER);
CREATE INDEX IF NOT EXISTS log_actor ON log (actor);
CREATE INDEX IF NOT EXISTS log_instant ON log (substr(pos, 1, 8));
CREATE TABLE IF NOT EXISTS payload (seq INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS batch (recorded_us INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS reference (target TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (target, seq))
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reference_seq ON reference (seq);
CREATE TABLE IF NOT EXISTS registration (
    organization TEXT NOT NULL, seq INTEGER NOT NULL, regulator INTEGER NOT NULL, PRIMARY KEY (organization, seq))
    WITHOUT ROWID;
"""

FINDINGS = """
CREATE TABLE IF NOT EXISTS finding (
    id TEXT PRIMARY KEY, subject TEXT NOT NULL, organization INTEGER NOT NULL, shown_us INTEGER NOT NULL,
    since_us INTEGER NOT NULL, code TEXT NOT NULL, rule_set TEXT NOT NULL, severity TEXT NOT NULL, region TEXT,
    parties TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS finding_subject ON finding (subject, organization);
CREATE INDEX IF NOT EXISTS finding_shown ON finding (shown_us, id);
CREATE INDEX IF NOT EXISTS finding_since ON finding (since_us, id);
CREATE INDEX IF NOT EXISTS finding_code ON finding (code, shown_us, id);
CREATE TABLE IF NOT EXISTS finding_party (party TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (party, id)) WITHOUT ROWID;
"""
"""What follows from the graph by the rulebook, and is kept: a rebuild leaves it, an audit works it out again."""

FLOWS = """
CREATE TABLE IF NOT EXISTS flow (kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID;
"""
"""Rows that reports are added up from, kept as findings are."""

GRAPH_TABLES = (
    "judgement",
    "item",
    "organization",
    "yielded",
    "part_of",
    "held_by",
    "consumed",
    "mark",
    "mention",
    "identifier",
    "change",
)

GRAPH = """
CREATE TABLE IF NOT EXISTS judgement (
    seq INTEGER NOT NULL, known_from INTEGER NOT NULL, known_to INTEGER NOT NULL,
    status TEXT NOT NULL, problems TEXT, mixing TEXT, claims TEXT, PRIMARY KEY (seq, known_from)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS item (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
    kind TEXT, born BLOB, mass_kg REAL, composition TEXT, second_life INTEGER, body_mass_kg REAL,
    body_composition TEXT, ended BLOB, host TEXT, host_since BLOB, left_host BLOB, holder TEXT, holder_since BLOB,
    parts TEXT, retired BLOB, drawn_kg REAL, drawn_unknown INTEGER, last_draw BLOB, last BLOB);
CREATE INDEX IF NOT EXISTS item_kind ON item (kind, key);
CREATE TABLE IF NOT EXISTS organization (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS yielded (
    item INTEGER NOT NULL, event INTEGER NOT NULL, kind TEXT NOT NULL, mass_kg REAL, composition TEXT,
    second_life INTEGER NOT NULL, body_mass_kg REAL, body_mass_at INTEGER, body_composition TEXT,
    body_composition_at INTEGER, label TEXT, spec BLOB NOT NULL,
    known_from INTEGER NOT NULL, known_to INTEGER NOT NULL, PRIMARY KEY (item, known_from)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS yielded_event ON yielded (event);
CREATE TABLE IF NOT EXISTS part_of (
    part INTEGER NOT NULL, opened INTEGER NOT NULL, host INTEGER NOT NULL, closed INTEGER, position TEXT,
    closed_known INTEGER, known_from INTEGER NOT NULL, known_to INTEGER NOT NULL,
    PRIMARY KEY (part, opened, known_from)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS part_of_host ON part_of (host);
CREATE TABLE IF NOT EXISTS held_by (
    item INTEGER NOT NULL, opened INTEGER NOT NULL, organization INTEGER NOT NULL, closed INTEGER,
    closed_known INTEGER, known_from INTEGER NOT NULL, known_to INTEGER NOT NULL,
    PRIMARY KEY (item, opened, known_from)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS held_by_organization ON held_by (organization);
CREATE TABLE IF NOT EXISTS consumed (
    item INTEGER NOT NULL, event INTEGER NOT NULL, mass_kg REAL, ends INTEGER NOT NULL,
    known_from INTEGER NOT NULL, known_to INTEGER NOT NULL, PRIMARY KEY (item, event, known_from)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS consumed_event ON consumed (event);
CREATE TABLE IF NOT EXISTS mark (
    item INTEGER NOT NULL, event INTEGER NOT NULL, op TEXT NOT NULL,
    known_from INTEGER NOT NULL, known_to INTEGER NOT NULL, PRIMARY KEY (item, event, known_from)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mention (
    item INTEGER NOT NULL, event INTEGER NOT NULL, named INTEGER NOT NULL, PRIMARY KEY (item, event)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identifier (
    value TEXT NOT NULL, item INTEGER NOT NULL, scheme TEXT NOT NULL,
    known_from INTEGER NOT NULL, known_to INTEGER NOT NULL, PRIMARY KEY (value, item, scheme, known_from))
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identifier_item ON identifier (item);
CREATE TABLE IF NOT EXISTS change (seq INTEGER NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (seq, item)) WITHOUT ROWID;
"""
