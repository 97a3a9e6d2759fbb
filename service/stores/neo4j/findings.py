"""Findings in Neo4j: nodes of their own, joined to what they are about and to the organizations in them."""

from __future__ import annotations

from typing import Any, NamedTuple

from service.findings import (
    Audited,
    CountBy,
    Counts,
    FindingFilter,
    FindingOrder,
    FindingPlace,
    KeptFinding,
    Revision,
    Subject,
    ordered,
    shown,
)
from service.stores.neo4j.connection import Reads, Transaction, done, one
from service.stores.neo4j.rows import moment, native, seconds

_AUDIT = "[a.sequence, a.key, a.atUs, a.rules, a.base, a.until, coalesce(a.organizations, 0)]"
LOCK = f"""
MERGE (a:Audit {{name: 'voltrace'}})
SET a.writers = coalesce(a.writers, 0) + 1
RETURN {_AUDIT}
"""
"""Takes the lock of the audit: two cannot go on from one place."""
AUDITED = f"OPTIONAL MATCH (a:Audit {{name: 'voltrace'}}) RETURN {_AUDIT}"
_FINDING = (
    "[f.id, f.code, f.ruleSet, f.severity, f.subject, f.ofOrganization, f.sinceUs, f.region, f.parties, f.body,"
    " f.shownUs]"
)
KEPT = f"""
UNWIND $subjects AS s
MATCH (f:Finding {{subject: s[0]}}) USING INDEX SEEK f:Finding(subject) WHERE f.ofOrganization = s[1]
RETURN collect({_FINDING})
"""
GONE = "UNWIND $ids AS id MATCH (f:Finding {id: id}) USING INDEX SEEK f:Finding(id) DETACH DELETE f"
NEW = f"""
UNWIND $rows AS row
CREATE (f:Finding)
SET f = row, f.since = {moment("row.since")}, f.shown = {native("row.shownUs")}
"""
ABOUT = """
UNWIND $rows AS row WITH row WHERE NOT row.ofOrganization
MATCH (f:Finding {id: row.id}) USING INDEX SEEK f:Finding(id)
MATCH (i:Item {key: row.subject}) USING INDEX SEEK i:Item(key)
CREATE (f)-[:ABOUT]->(i)
"""


def involved(of: str) -> str:
    """What the edge to a `party` repeats of its finding, so that an index has the findings of each in their order."""
    return f"{{party: party, shownUs: {of}.shownUs, sinceUs: {of}.sinceUs, id: {of}.id}}"


INVOLVES = f"""
UNWIND $rows AS row UNWIND row.parties AS party
MATCH (f:Finding {{id: row.id}}) USING INDEX SEEK f:Finding(id)
MERGE (o:Organization {{key: party}})
CREATE (f)-[:INVOLVES {involved("row")}]->(o)
"""
NOTE = f"""
MATCH (a:Audit {{name: 'voltrace'}})
SET a.sequence = $sequence, a.key = $key, a.atUs = $at_us, a.at = {native("$at_us")}, a.rules = $fingerprint,
    a.base = $base, a.until = $until, a.organizations = $organizations
"""

_VALUES = {
    CountBy.CODE: "f.code",
    CountBy.RULE_SET: "f.ruleSet",
    CountBy.SEVERITY: "f.severity",
    CountBy.REGION: "f.region",
    CountBy.MONTH: "substring(toString(CASE WHEN f.since < datetime('9999-12-31T16:00:00Z')"
    " THEN f.since + duration('PT8H') ELSE f.since END), 0, 7)",
    CountBy.PARTY: "party",
}


def _audited(found: list[Any] | None) -> Audited:
    return Audited() if found is None or found[0] is None else Audited(*found)


async def audited(reads: Reads) -> Audited:
    """How far the audit is."""
    return _audited(await reads.one(AUDITED))


async def keep(transaction: Transaction, revision: Revision) -> bool:
    """`Store.keep`, inside a write transaction."""
    if _audited(await one(transaction, LOCK)) != revision.before:
        return False
    subjects = [list(subject) for subject in revision.subjects]
    kept = {found.id: found for found in map(_finding, await one(transaction, KEPT, subjects=subjects))}
    rows = [_row(shown(new, kept.get(new.id), revision.after.at_us)) for new in revision.findings]
    await done(transaction, GONE, ids=list(kept))
    if rows:
        for query in (NEW, ABOUT, INVOLVES):
            await done(transaction, query, rows=rows)
    await done(transaction, NOTE, **revision.after._asdict())
    return True


def _row(one: KeptFinding) -> dict[str, Any]:
    row = {
        "id": one.id,
        "code": one.code,
        "ruleSet": one.rule_set,
        "severity": one.severity,
        "subject": one.subject.key,
        "ofOrganization": one.subject.organization,
        "since": seconds(one.since_us),
        "sinceUs": one.since_us,
        "region": one.region,
        "parties": list(dict.fromkeys(one.parties)),
        "body": one.body.decode(),
        "shownUs": one.shown_us,
    }
    return {name: value for name, value in row.items() if value is not None}


def _finding(row: list[Any]) -> KeptFinding:
    finding_id, code, rule_set, severity, key, organization, since_us, region, parties, body, shown_us = row
    subject = Subject(key, organization)
    return KeptFinding(
        finding_id, code, rule_set, severity, subject, since_us, region, tuple(parties), body.encode(), shown_us
    )


class _Start(NamedTuple):
    """Where to begin: the match, what its index wants to be said, and what has the index of the order."""

    match: str
    conditions: tuple[str, ...] = ()
    of: str = "f"
    narrowed: str = ""
    """The first column of that index, which is one value."""


def _start(where: FindingFilter, at: str, in_order: bool) -> _Start:
    """From where few are; `in_order` is by the index that has them by the time `at`, with all others."""
    if where.party is not None:
        match = f"MATCH (f:Finding)-[v:INVOLVES]->() USING INDEX SEEK v:INVOLVES(party, {at}, id)"
        return _Start(match, ("v.party = $party", *_stated("v", at)), "v", "v.party")
    if where.subject is not None:
        return _Start("MATCH (f:Finding) USING INDEX SEEK f:Finding(subject)")
    if where.codes is not None:
        match = f"MATCH (f:Finding) USING INDEX SEEK f:Finding(code, {at}, id)"
        return _Start(match, _stated("f", at), narrowed="f.code")
    if in_order:
        return _Start(f"MATCH (f:Finding) USING INDEX f:Finding({at}, id)", _stated("f", at))
    return _Start("MATCH (f:Finding)", ("true",))


def _stated(of: str, at: str) -> tuple[str, str]:
    """What is always so, for an index holds only what has all of its columns."""
    return f"{of}.{at} IS NOT NULL", f"{of}.id IS NOT NULL"


def _conditions(where: FindingFilter) -> list[str]:
    return [
        condition
        for asked, condition in (
            (where.codes, "f.code IN $codes"),
            (where.rule_sets, "f.ruleSet IN $rule_sets"),
            (where.severities, "f.severity IN $severities"),
            (where.among, "f.subject IN [one IN $among | one[0]] AND [f.subject, f.ofOrganization] IN $among"),
            (where.organizations, "f.ofOrganization = $organizations"),
            (where.region, "f.region = $region"),
            (where.since_from_us, "f.sinceUs >= $since_from_us"),
            (where.since_to_us, "f.sinceUs <= $since_to_us"),
            (where.shown_to_us, "f.shownUs <= $shown_to_us"),
            (where.subject, "f.subject = $subject[0] AND f.ofOrganization = $subject[1]"),
        )
        if asked is not None
    ]


def _values(where: FindingFilter) -> dict[str, Any]:
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in where._asdict().items()}
    values["among"] = [list(one) for one in where.among or ()]
    return values


async def finding_page(
    reads: Reads,
    where: FindingFilter,
    after: FindingPlace | None,
    limit: int,
    reverse: bool,
    order: FindingOrder,
) -> list[KeptFinding]:
    """Findings in an order: of each code the first ones, and of these the first."""
    at = "shownUs" if order is FindingOrder.SHOWN_AT else "sinceUs"
    start = _start(where, at, in_order=True)
    by_code = start.narrowed == "f.code"
    conditions = [*start.conditions, *_conditions(where._replace(codes=None) if by_code else where)]
    if after is not None:
        sign, one = ("<" if reverse else ">"), start.of
        conditions.append(
            f"{one}.{at} {sign}= $after[0] AND ({one}.{at} {sign} $after[0] OR {one}.id {sign} $after[1])"
        )
    way = "DESC" if reverse else "ASC"
    columns = [f"{start.of}.{at} {way}", f"{start.of}.id {way}"]
    in_order = ", ".join([f"{start.narrowed} {way}", *columns] if start.narrowed else columns)
    match = f"{start.match} WHERE {' AND '.join(conditions)}"
    if by_code:
        first = f"{match} AND f.code = code RETURN f ORDER BY {in_order} LIMIT $limit"
        match, in_order = f"UNWIND $codes AS code CALL (code) {{ {first} }}", ", ".join(columns)
    rows = await reads.one(
        f"{match} WITH * ORDER BY {in_order} LIMIT $limit RETURN collect({_FINDING})",
        **_values(where) | {"codes": list(dict.fromkeys(where.codes or ()))},
        after=None if after is None else list(after),
        limit=limit,
    )
    return list(map(_finding, rows))


async def finding_counts(reads: Reads, where: FindingFilter, by: CountBy | None) -> Counts:
    """How many findings there are."""
    start, values = _start(where, "shownUs", in_order=False), _values(where)
    match = f"{start.match} WHERE {' AND '.join([*start.conditions, *_conditions(where)])}"
    if by is None:
        return [(None, await reads.one(f"{match} RETURN count(f)", **values))]
    each = " UNWIND f.parties AS party WITH f, party" if by is CountBy.PARTY else ""
    value = _VALUES[by]
    rows = await reads.one(f"{match}{each} WITH {value} AS value, count(*) AS n RETURN collect([value, n])", **values)
    return ordered((value, count) for value, count in rows)
