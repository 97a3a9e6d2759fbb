"""Findings in Neo4j: nodes of their own, joined to what they are about and to the organizations in them."""

from __future__ import annotations

from typing import Any

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
from service.stores.neo4j.rows import moment, seconds

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
SET f = row, f.since = {moment("row.since")}
"""
ABOUT = """
UNWIND $rows AS row WITH row WHERE NOT row.ofOrganization
MATCH (f:Finding {id: row.id}) USING INDEX SEEK f:Finding(id)
MATCH (i:Item {key: row.subject}) USING INDEX SEEK i:Item(key)
CREATE (f)-[:ABOUT]->(i)
"""
INVOLVES = """
UNWIND $rows AS row UNWIND row.parties AS party
MATCH (f:Finding {id: row.id}) USING INDEX SEEK f:Finding(id)
MERGE (o:Organization {key: party})
CREATE (f)-[:INVOLVES]->(o)
"""
NOTE = """
MATCH (a:Audit {name: 'voltrace'})
SET a.sequence = $sequence, a.key = $key, a.atUs = $at_us, a.rules = $fingerprint, a.base = $base, a.until = $until,
    a.organizations = $organizations
"""

_VALUES = {
    CountBy.CODE: "f.code",
    CountBy.RULE_SET: "f.ruleSet",
    CountBy.SEVERITY: "f.severity",
    CountBy.REGION: "f.region",
    CountBy.MONTH: "substring(toString(f.since), 0, 7)",
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


def _asked(where: FindingFilter, in_order: str | None = None, at: str = "shownUs") -> tuple[str, dict[str, Any]]:
    """The match of what a filter finds, from where few are, and its values.

    `in_order` is what narrows the index that has them in the order by the time `at`, which is where to begin with all
    others.
    """
    conditions = ["true"]
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
    ):
        if asked is not None:
            conditions.append(condition)
    match = "MATCH (f:Finding)"
    if where.party is not None:
        match = "MATCH (o:Organization {key: $party})<-[:INVOLVES]-(f:Finding) USING INDEX SEEK o:Organization(key)"
    elif where.subject is not None:
        match += " USING INDEX SEEK f:Finding(subject)"
    elif where.codes is not None:
        match += " USING INDEX SEEK f:Finding(code, shownUs)"
        conditions.append("f.shownUs IS NOT NULL")
    elif in_order is not None:
        match += f" USING INDEX {'SEEK ' if in_order else ''}f:Finding({at}, id)"
        conditions.append(f"f.{at} IS NOT NULL AND f.id IS NOT NULL")
    if in_order:
        conditions.append(in_order)
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in where._asdict().items()}
    values["among"] = [list(one) for one in where.among or ()]
    return f"{match} WHERE {' AND '.join(conditions)}", values


async def finding_page(
    reads: Reads,
    where: FindingFilter,
    after: FindingPlace | None,
    limit: int,
    reverse: bool,
    order: FindingOrder,
) -> list[KeptFinding]:
    """Findings in an order."""
    sign = "<" if reverse else ">"
    at = "shownUs" if order is FindingOrder.SHOWN_AT else "sinceUs"
    beyond = f"f.{at} {sign}= $after[0] AND (f.{at} {sign} $after[0] OR f.id {sign} $after[1])"
    match, values = _asked(where, "" if after is None else beyond, at)
    way = "DESC" if reverse else "ASC"
    rows = await reads.one(
        f"{match} WITH f ORDER BY f.{at} {way}, f.id {way} LIMIT $limit RETURN collect({_FINDING})",
        **values,
        after=None if after is None else list(after),
        limit=limit,
    )
    return list(map(_finding, rows))


async def finding_counts(reads: Reads, where: FindingFilter, by: CountBy | None) -> Counts:
    """How many findings there are."""
    match, values = _asked(where)
    if by is None:
        return [(None, await reads.one(f"{match} RETURN count(f)", **values))]
    each = " UNWIND f.parties AS party WITH f, party" if by is CountBy.PARTY else ""
    value = _VALUES[by]
    rows = await reads.one(f"{match}{each} WITH {value} AS value, count(*) AS n RETURN collect([value, n])", **values)
    return ordered((value, count) for value, count in rows)
