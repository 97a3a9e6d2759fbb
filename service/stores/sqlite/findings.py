"""Findings in the embedded store: what is kept of them, and lists and counts of it."""

from __future__ import annotations

import sqlite3
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
from service.stores.values import dumps, loads

_COLUMNS = "f.id, code, rule_set, severity, subject, organization, since_us, region, parties, body, shown_us"
_VALUES = {
    CountBy.CODE: "code",
    CountBy.RULE_SET: "rule_set",
    CountBy.SEVERITY: "severity",
    CountBy.REGION: "region",
    CountBy.MONTH: "strftime('%Y-%m', min((since_us - ((since_us % 1000000) + 1000000) % 1000000) / 1000000 + 28800,"
    " 253402300799), 'unixepoch')",
    CountBy.PARTY: "q.party",
}
_OF_PARTY = "finding_party p CROSS JOIN finding f ON f.id = p.id"


def audited(connection: sqlite3.Connection) -> Audited:
    """How far the audit is."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'audited'").fetchone()
    return Audited() if row is None else Audited(*loads(row[0]))


def keep(connection: sqlite3.Connection, revision: Revision) -> bool:
    """`Store.keep`, inside a write transaction."""
    if audited(connection) != revision.before:
        return False
    subjects = dumps([tuple(subject) for subject in revision.subjects])
    these = (
        " FROM json_each(?) s CROSS JOIN finding f"
        " ON subject = json_extract(s.value, '$[0]') AND organization = json_extract(s.value, '$[1]')"
    )
    kept = {one.id: one for one in map(_finding, connection.execute(f"SELECT {_COLUMNS}{these}", (subjects,)))}
    gone = dumps(list(kept))
    connection.executemany(
        "DELETE FROM finding_party WHERE party = ? AND id = ?",
        [(party, one.id) for one in kept.values() for party in one.parties],
    )
    connection.execute("DELETE FROM finding WHERE id IN (SELECT value FROM json_each(?))", (gone,))
    findings = [shown(new, kept.get(new.id), revision.after.at_us) for new in revision.findings]
    connection.executemany(f"INSERT INTO finding VALUES ({', '.join('?' * 11)})", map(_row, findings))
    connection.executemany(
        "INSERT INTO finding_party VALUES (?, ?)",
        [(party, one.id) for one in findings for party in dict.fromkeys(one.parties)],
    )
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('audited', ?)", (dumps(tuple(revision.after)),))
    return True


def _row(one: KeptFinding) -> tuple[Any, ...]:
    return (
        one.id,
        one.subject.key,
        one.subject.organization,
        one.shown_us,
        one.since_us,
        one.code,
        one.rule_set,
        one.severity,
        one.region,
        dumps(one.parties),
        one.body,
    )


def _finding(row: tuple[Any, ...]) -> KeptFinding:
    finding_id, code, rule_set, severity, key, organization, since_us, region, parties, body, shown_us = row
    subject = Subject(key, bool(organization))
    parties = tuple(loads(parties))
    return KeptFinding(finding_id, code, rule_set, severity, subject, since_us, region, parties, body, shown_us)


def _asked(where: FindingFilter) -> tuple[str, str, dict[str, Any]]:
    """From where, with which conditions, and their values; what a party is in is found by the party."""
    values: dict[str, Any] = {}
    conditions = ["1"]

    def ask(condition: str, **asked: Any) -> None:
        conditions.append(condition)
        values.update(asked)

    for name, column, several in (
        ("codes", "code", where.codes),
        ("sets", "rule_set", where.rule_sets),
        ("severities", "severity", where.severities),
    ):
        if several is not None:
            ask(f"{column} IN (SELECT value FROM json_each(:{name}))", **{name: dumps(list(several))})
    if where.subject is not None:
        key, organization = where.subject
        ask("subject = :subject AND organization = :organization", subject=key, organization=organization)
    if where.among is not None:
        among = "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:among)"
        ask(f"(subject, organization) IN ({among})", among=dumps([tuple(one) for one in where.among]))
    if where.organizations is not None:
        ask("organization = :about", about=where.organizations)
    if where.region is not None:
        ask("region = :region", region=where.region)
    if where.since_from_us is not None:
        ask("since_us >= :since_from", since_from=where.since_from_us)
    if where.since_to_us is not None:
        ask("since_us <= :since_to", since_to=where.since_to_us)
    if where.shown_to_us is not None:
        ask("shown_us <= :shown_to", shown_to=where.shown_to_us)
    if where.party is not None:
        ask("p.party = :party", party=where.party)
    return "finding f" if where.party is None else _OF_PARTY, " AND ".join(conditions), values


def finding_page(
    connection: sqlite3.Connection,
    where: FindingFilter,
    after: FindingPlace | None,
    limit: int,
    reverse: bool,
    order: FindingOrder,
) -> list[KeptFinding]:
    """Findings in an order."""
    at = "shown_us" if order is FindingOrder.SHOWN_AT else "since_us"
    source, condition, values = _asked(where)
    if after is not None:
        condition += f" AND ({at}, f.id) {'<' if reverse else '>'} (:after_us, :after_id)"
        values |= {"after_us": after.at_us, "after_id": after.id}
    way = "DESC" if reverse else "ASC"
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM {source} WHERE {condition} ORDER BY {at} {way}, f.id {way} LIMIT :limit",
        values | {"limit": limit},
    )
    return list(map(_finding, rows))


def finding_counts(connection: sqlite3.Connection, where: FindingFilter, by: CountBy | None) -> Counts:
    """How many findings there are."""
    source, condition, values = _asked(where)
    if by is None:
        (count,) = connection.execute(f"SELECT count(*) FROM {source} WHERE {condition}", values).fetchone()
        return [(None, count)]
    value = _VALUES[by]
    if by is CountBy.PARTY:
        source += " CROSS JOIN finding_party q ON q.id = f.id"
    return ordered(connection.execute(f"SELECT {value}, count(*) FROM {source} WHERE {condition} GROUP BY 1", values))
