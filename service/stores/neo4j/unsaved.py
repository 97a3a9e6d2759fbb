"""What the folds of a write found and nothing has written yet: rows for as few statements as one fold would need.

Each fold becomes known at a moment of its own. Where a later fold of the same write closes, changes or takes back what
an earlier one found, that is done to the row itself, which then says from when to when it was known; all else goes on
to the graph as it was before. So what is written is what writing after each fold would have come to.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graph_schema.changes import Changes, Identity, NewBirth, Use, changes_of
from graph_schema.events import Registration
from graph_schema.life import Custody, Mark, Stay
from graph_schema.order import Position
from graph_schema.state import State
from service.stores.folding import Folded, release
from service.stores.neo4j.facts import (
    body_facts,
    born_facts,
    closed_facts,
    outcome_facts,
    registered,
    span_facts,
    stated_of,
    without_none,
)
from service.stores.neo4j.rows import LABELS, state_text, who
from service.stores.values import differs

Row = dict[str, Any]
Rows = list[Row]


class Added:
    """Edges that this write adds, by the identity under which they may be taken back."""

    def __init__(self) -> None:
        self.rows: Rows = []
        self._standing: dict[Hashable, Rows] = {}

    def add(self, identity: Hashable, row: Row) -> None:
        """Add an edge; its `facts` say from when it is known."""
        self.rows.append(row)
        self._standing.setdefault(identity, []).append(row)

    def release(self) -> None:
        """Forget by which identities edges may be taken back; their rows stay."""
        release(self._standing)

    def standing(self, identity: Hashable) -> Rows:
        """Those of an identity that stand."""
        return self._standing.get(identity, [])

    def take_back(self, identity: Hashable, known: int) -> None:
        """They do not stand any more from a moment of knowledge on."""
        for row in self._standing.pop(identity, ()):
            row["facts"]["knownTo"] = known


class Spans(Added):
    """Edges that are open until they are closed; of one node one at most is open."""

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[str, Row] = {}
        self.closed: Rows = []
        """What is to be closed of the graph as it was before."""

    def add_span(self, key: str, opened: Position, closed: Position | None, row: Row) -> None:
        """Add an edge of a node."""
        self.add((key, opened), row)
        if closed is None:
            self._open[key] = row

    def take_back(self, identity: Hashable, known: int) -> None:
        for row in self.standing(identity):
            key = row["key"]
            if self._open.get(key) is row:
                del self._open[key]
        super().take_back(identity, known)

    def close(self, key: str, at: Position, known: int) -> None:
        """Close what is open of a node."""
        row = self._open.pop(key, None)
        if row is None:
            self.closed.append({"key": key, **closed_facts(at, known)})
        else:
            row["facts"] |= closed_facts(at, known)


class Rounds:
    """Changes of what is in the graph, of which each may be changed again: a statement changes each once at most."""

    def __init__(self) -> None:
        self.rounds: list[Rows] = []
        self._count: dict[str, int] = {}

    def add(self, key: str, row: Row) -> None:
        """Change something once more."""
        count = self._count.get(key, 0)
        self._count[key] = count + 1
        if count == len(self.rounds):
            self.rounds.append([])
        self.rounds[count].append(row)


class Gone:
    """Edges of the graph as it was before that do not stand any more, each from the first fold on that said so."""

    def __init__(self) -> None:
        self._known: dict[Identity, int] = {}

    def add(self, identity: Identity, known: int) -> None:
        """Take an edge back, if there is one."""
        self._known.setdefault(identity, known)

    @property
    def rows(self) -> Rows:
        """What to take back."""
        return [{"key": key, "by": who(at), "known": known} for (key, at), known in self._known.items()]


@dataclass
class ItemNode:
    """The node of an item that was touched: `stated` is what it shows, where that is to be written, too."""

    created: bool
    stated: Row | None
    label: str
    state: State | None
    last: Position
    changed: int

    def row(self, key: str) -> Row:
        """As it is to be written."""
        return {"key": key, "state": state_text(self.state), "last": self.last, "changed": self.changed}


@dataclass
class Unsaved:
    """All rows of the folds since the last time that they were written."""

    events: dict[str, Row] = field(default_factory=dict)
    judgements: Rows = field(default_factory=list)
    rejudged: Rounds = field(default_factory=Rounds)
    registers: Rows = field(default_factory=list)
    organizations: dict[str, None] = field(default_factory=dict)
    shown: dict[str, Row] = field(default_factory=dict)
    """What organizations show, by key, where that is to be written."""
    items: dict[str, ItemNode] = field(default_factory=dict)
    births: Added = field(default_factory=Added)
    settled: Rounds = field(default_factory=Rounds)
    stays: Spans = field(default_factory=Spans)
    custody: Spans = field(default_factory=Spans)
    uses: Added = field(default_factory=Added)
    marks: Added = field(default_factory=Added)
    names: Added = field(default_factory=Added)
    mentions: dict[tuple[str, Position], bool] = field(default_factory=dict)
    gone: dict[str, Gone] = field(default_factory=dict)
    """By the type of edge."""
    unnamed: dict[str, int] = field(default_factory=dict)

    def add(self, folded: Folded, records: dict[Position, Row], shown: dict[str, Row], known: int) -> Iterator[None]:
        """Add what folding a batch found, which is known from a sequence on, the records of its events, and what
        organizations show since; a piece at a time."""
        self._judge(folded, records, known)
        yield
        self.shown |= shown
        changes = changes_of(folded.sweep)
        yield
        self._take_back(changes, known)
        self._touch(changes, {key for key, line in folded.sweep.lines.items() if line.stored}, known)
        yield
        for key, at in changes.closed_stays:
            self.stays.close(key, at, known)
        for key, at in changes.closed_custody:
            self.custody.close(key, at, known)
        yield from self._join(changes, known)

    def release(self) -> None:
        """Forget all but the rows, which are to be written."""
        release(self.items)
        for added in (self.births, self.stays, self.custody, self.uses, self.marks, self.names):
            added.release()

    def _judge(self, folded: Folded, records: dict[Position, Row], known: int) -> None:
        for judged in folded.judged():
            event = judged.event
            also = judged.touched.difference(event.named_keys())
            facts = outcome_facts(judged.outcome, also)
            if judged.before is None:
                self.events[event.event_id] = {**records[event.position], **facts, "judged": known}
                self.organizations[event.actor] = None
                if isinstance(event, Registration):
                    self.registers.append(registered(event))
            elif also or differs(judged.outcome, judged.before):
                self._judge_again(event.event_id, facts | {"judged": known})

    def _judge_again(self, event_id: str, facts: Row) -> None:
        row = self.events.get(event_id)
        if row is None:
            self.rejudged.add(event_id, {"eventId": event_id, **facts})
            return
        before = {name: row[name] for name in ("status", "problems", "mixing", "claims")}
        times = {"knownFrom": row["judged"], "knownTo": facts["judged"]}
        self.judgements.append({"eventId": event_id, "facts": without_none(before | times)})
        row |= facts

    def _take_back(self, changes: Changes, known: int) -> None:
        for key, at in changes.gone_births:
            self._gone("YIELDED", self.births, (key, at), known)
            self.names.take_back(key, known)
            self.unnamed.setdefault(key, known)
        for kind, added, identities in (
            ("PART_OF", self.stays, changes.gone_stays),
            ("HELD_BY", self.custody, changes.gone_custody),
            ("CONSUMED_IN", self.uses, changes.gone_uses),
            ("MARKED", self.marks, changes.gone_marks),
        ):
            for identity in identities:
                self._gone(kind, added, identity, known)

    def _gone(self, kind: str, added: Added, identity: Identity, known: int) -> None:
        added.take_back(identity, known)
        self.gone.setdefault(kind, Gone()).add(identity, known)

    def _touch(self, changes: Changes, stored: set[str], known: int) -> None:
        stated = {new.key: stated_of(new.spec) for new in changes.births}
        renamed = stated.keys() | {key for key, _ in changes.gone_births}
        for key, (state, last) in changes.states.items():
            node = self.items.get(key)
            if node is None:
                node = self.items[key] = ItemNode(key not in stored, None, "", None, last, known)
            node.state, node.last, node.changed = state, last, known
            if key in renamed:
                node.stated = stated.get(key, {})
                node.label = "" if state is None else ":" + LABELS[state.kind]

    def _join(self, changes: Changes, known: int) -> Iterator[None]:
        for new in changes.births:
            self._bear(new, known)
        yield
        for key, body in changes.settled.items():
            self._settle(key, without_none(body_facts(body)), known)
        for key, body in changes.reborn.items():
            self._settle(key, body_facts(body), known)
        yield
        for stay in changes.stays:
            self._stay(stay, known)
        for custody in changes.custody:
            self._hold(custody, known)
        for use in changes.uses:
            self._use(use, known)
        for mark in changes.marks:
            self._mark(mark, known)
        for key, at, named in changes.mentions:
            self.mentions.setdefault((key, at), named)

    def _bear(self, new: NewBirth, known: int) -> None:
        at = new.birth.position
        self.births.add((new.key, at), {"key": new.key, "event": who(at), "facts": born_facts(new, known)})
        for value, scheme in dict.fromkeys((name.value, name.scheme) for name in new.spec.identifiers or ()):
            facts = {"scheme": scheme, "knownFrom": known}
            self.names.add(new.key, {"key": new.key, "value": value, "facts": facts})

    def _settle(self, key: str, body: Row, known: int) -> None:
        born = None if (node := self.items[key]).state is None else node.state.born
        (standing,) = self.births.standing((key, born)) or (None,)
        if standing is None:
            self.settled.add(key, {"key": key, "body": body, "known": known})
            return
        facts = without_none(standing["facts"] | body | {"knownFrom": known})
        self.births.take_back((key, born), known)
        self.births.add((key, born), standing | {"facts": facts})

    def _stay(self, stay: Stay, known: int) -> None:
        facts = span_facts(stay.opened, stay.closed, known)
        if stay.position is not None:
            facts["place"] = stay.position
        row = {"key": stay.part, "host": stay.host, "facts": facts}
        self.stays.add_span(stay.part, stay.opened, stay.closed, row)

    def _hold(self, custody: Custody, known: int) -> None:
        self.organizations[custody.organization] = None
        facts = span_facts(custody.opened, custody.closed, known)
        row = {"key": custody.item, "organization": custody.organization, "facts": facts}
        self.custody.add_span(custody.item, custody.opened, custody.closed, row)

    def _use(self, use: Use, known: int) -> None:
        facts = {"position": use.event, "massKg": use.mass_kg, "ends": use.ends, "knownFrom": known}
        row = {"key": use.item, "event": who(use.event), "facts": without_none(facts)}
        self.uses.add((use.item, use.event), row)

    def _mark(self, mark: Mark, known: int) -> None:
        facts = {"position": mark.event, "mark": mark.op, "knownFrom": known}
        self.marks.add((mark.item, mark.event), {"key": mark.item, "event": who(mark.event), "facts": facts})
