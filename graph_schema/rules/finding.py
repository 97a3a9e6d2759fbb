"""Findings: what rules judge to be wrong with an item or an organization."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How bad it is: worth knowing, to be looked into, against a law."""

    NOTICE = "NOTICE"
    WARNING = "WARNING"
    VIOLATION = "VIOLATION"


class Finding(NamedTuple):
    """One thing that is wrong with one item or organization, with its evidence."""

    code: str
    rule_set: str
    severity: Severity
    subject: str
    """Its key."""
    sentence: str
    parties: tuple[str, ...]
    """The keys of the organizations that it is about."""
    evidence: tuple[str, ...]
    """Event ids, the main one first."""
    since: datetime
    """From when it holds. What is born of time passing may say a moment in the future."""
    resolved_by: str
    """What would make it go away."""
    legal_basis: str
    others: tuple[str, ...] = ()
    """The keys of other items that the sentence may name; `judge` fills them in."""
    stated_id: str = ""
    """Its id where evidence was taken out of it."""
    organization: bool = False
    """Whether the subject is an organization, and no item."""

    @property
    def id(self) -> str:
        """Who it is: the same for the same code, rule set, item and main evidence, however often it is judged."""
        if self.stated_id:
            return self.stated_id
        kind = ["ORGANIZATION"] if self.organization else []
        text = "\0".join([self.code, self.rule_set, self.subject, *self.evidence[:1], *kind])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Failure(NamedTuple):
    """A rule that could not judge an item: a bug in the rule, which hides no other finding."""

    code: str
    rule_set: str
    subject: str
    error: str


class Judgement(NamedTuple):
    """What a rulebook says of one item: findings by `since` and code, and the rules that failed."""

    findings: list[Finding]
    failures: list[Failure]
