"""The constraints and indexes that a database has, beside those that the migrations make."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from graph_schema.neo4j import Rule
from graph_schema.neo4j.description import EDGES, NODES
from service.stores.errors import StoreError
from service.stores.neo4j.connection import Reads
from service.stores.neo4j.rows import LABELS

OURS = (*NODES, *LABELS.values(), "Unfolded")
"""Labels of the nodes of voltrace."""
THEIRS = f"MATCH (n:{'|'.join(OURS)}) RETURN [label IN labels(n) WHERE label IN $labels] LIMIT 1"
_CONSTRAINTS = (
    "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties"
    " RETURN collect([name, type, labelsOrTypes, properties])"
)
_INDEXES = (
    "SHOW INDEXES YIELD name, type, labelsOrTypes, properties, owningConstraint, state"
    " WHERE type <> 'LOOKUP' AND owningConstraint IS NULL AND state <> 'FAILED'"
    " RETURN collect([name, type, labelsOrTypes, properties])"
)


class Made(NamedTuple):
    """A constraint or an index of a database."""

    name: str
    sort: str
    of: tuple[str, ...]
    properties: tuple[str, ...]
    constrains: bool

    def does(self, rule: Rule) -> bool:
        """Whether it does what a rule wants, under whatever name."""
        sort = any(word in self.sort for word in ("UNIQUE", "KEY")) if rule.unique else self.sort == "RANGE"
        return sort and rule.unique == self.constrains and self.is_of(rule)

    def is_of(self, rule: Rule) -> bool:
        """Whether it is of what a rule is of."""
        return self.of == (rule.of,) and self.properties == rule.properties

    def becomes(self, rule: Rule) -> bool:
        """Whether it is the index of a constraint that another service is making, which owns none yet."""
        return self.name == rule.name and rule.unique and self.sort == "RANGE" and self.is_of(rule)

    def blocks(self, rule: Rule) -> bool:
        """Whether a rule cannot be made beside it."""
        if self.name == rule.name:
            return not self.does(rule) and not self.becomes(rule)
        plain = self.sort == "RANGE" and rule.unique
        return self.is_of(rule) and not self.does(rule) and (plain or (self.constrains and self.sort != "RANGE"))

    @property
    def statement(self) -> str:
        """What drops it."""
        return f"DROP {'CONSTRAINT' if self.constrains else 'INDEX'} `{self.name}`"


async def made_in(reads: Reads) -> list[Made]:
    """All that a database has, but for the indexes of constraints."""
    return [
        Made(name, sort, tuple(of or ()), tuple(properties or ()), constrains)
        for query, constrains in ((_CONSTRAINTS, True), (_INDEXES, False))
        for name, sort, of, properties in await reads.one(query)
    ]


def lost(made: Collection[Made], rules: Iterable[Rule]) -> list[Rule]:
    """The rules that nothing in a database stands for any more."""
    return [rule for rule in rules if not any(one.does(rule) for one in made)]


async def refuse_foreign_nodes(reads: Reads, url: str) -> None:
    """Raises StoreError where a database without a log of ours has nodes with a label of ours."""
    labels = await reads.one(THEIRS, labels=list(OURS))
    if labels:
        raise StoreError(
            f"{url} holds nodes with the label {labels[0]} that are not of voltrace, and is left as it is; "
            "name another database with VOLTRACE_NEO4J_DATABASE"
        )


def refuse_in_the_way(made: Iterable[Made], rules: Collection[Rule], url: str, begun: bool) -> None:
    """Raises StoreError where what others made keeps ours from being made; where nothing is begun yet, constraints
    on what would be ours, too, which could refuse what is written."""
    for one in made:
        blocks = any(one.blocks(rule) for rule in rules)
        binds = one.constrains and not any(one.does(rule) for rule in rules) and {*one.of} & {*OURS, *EDGES}
        if blocks or (binds and not begun):
            of = ", ".join(f"{name}.{key}" for name in one.of for key in one.properties)
            raise StoreError(
                f"{url} has {'a constraint' if one.constrains else 'an index'} of others on {of}, "
                f"which is in the way, and is left as it is; run `{one.statement}` there if nobody needs it, "
                "or name another database with VOLTRACE_NEO4J_DATABASE"
            )
