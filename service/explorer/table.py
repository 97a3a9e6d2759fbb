"""The table of a trace: its nodes by any column, so many on a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from graph_schema.answer import TraceNode
from service.languages import ENGLISH, Language
from service.phrases import translated

COLUMNS = ("key", "kind", "label", "depth", "role", "status", "date")
ROWS_MAX = 100
_DIGITS = re.compile(r"(\d+)")


class Rows(NamedTuple):
    """Nodes of a page, the first of which is the one after `first`, of `all`. `sort`: the column that they are by, with
    a minus where the last is the first; empty: in the order of the trace."""

    nodes: Sequence[TraceNode]
    first: int
    all: int
    sort: str = ""

    @property
    def before(self) -> int:
        """After how many nodes the page before begins."""
        return max(0, self.first - ROWS_MAX)

    @property
    def after(self) -> int | None:
        """After how many nodes the next page begins; None on the last one."""
        following = self.first + len(self.nodes)
        return following if following < self.all else None

    def turned(self, column: str) -> str:
        """The order that the head of a column leads to: the other way where it is by that one."""
        return f"-{column}" if self.sort == column else column

    def way(self, column: str) -> str:
        """Which way it is by a column, as `aria-sort` calls that; empty where it is by another."""
        return {column: "ascending", f"-{column}": "descending"}.get(self.sort, "")


def rows_of(nodes: Sequence[TraceNode], sort: str, stated: str, language: Language) -> Rows:
    """A page of nodes: by a column, after as many as an address states; from the first one where it states none."""
    column = sort.removeprefix("-")
    if column not in COLUMNS:
        sort = ""
    else:
        nodes = sorted(nodes, key=lambda node: _natural(_ordered(node, column, language)), reverse=sort != column)
    first = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 7 else 0
    first = first if first < len(nodes) else 0
    return Rows(nodes[first : first + ROWS_MAX], first, len(nodes), sort)


def told(node: TraceNode, column: str, language: Language = ENGLISH) -> str:
    """What a cell says."""
    if column == "date":
        return language.date(node.at) if node.at else ""
    if column == "status" and node.status:
        return language.text(("eventStatus." if node.kind == "EVENT" else "status.") + node.status)
    if column == "label":
        return _label(node, language)
    found = {"key": node.key, "depth": str(node.depth)}
    found |= {"kind": language.text(f"kind.{node.kind}"), "role": language.text(f"role.{node.role.value}")}
    return found.get(column, "")


def _ordered(node: TraceNode, column: str, language: Language) -> str:
    """What a node is sorted by: what its cell says, and times by when they are."""
    if column == "date":
        return node.at.isoformat() if node.at else ""
    return told(node, column, language)


def _label(node: TraceNode, language: Language) -> str:
    if node.redacted:
        return language.text("picture.withheld")
    if node.kind == "EVENT":
        return language.text(f"event.{node.label}")
    if node.label == node.key:
        return ""
    return (translated(language.tag, node.label) or node.label) if node.kind == "LOT" else node.label


def _natural(text: str) -> list[tuple[int, str]]:
    """A text in the order that people expect: numbers in it by what they are."""
    return [(int(one), "") if one.isdecimal() else (-1, one.casefold()) for one in _DIGITS.split(text)]
