"""Writing what a sweep found to Neo4j: new edges for what is new, knownTo on what no longer stands."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from graph_schema.changes import Body, Changes, Identity, NewBirth, changes_of
from graph_schema.events import Receipt, Registration, Voiding
from graph_schema.order import Position
from graph_schema.specs import ItemSpec, LotSpec, spec_text
from graph_schema.voiding import REGULATOR
from service.stores.folding import Folded
from service.stores.neo4j.connection import Transaction, done
from service.stores.neo4j.rows import LABELS, moment, shown_of_item, shown_of_organization, state_text, when, who
from service.stores.values import differs, dumps, outcome_columns

Rows = list[dict[str, Any]]

NEW_EVENTS = f"""
UNWIND $rows[0] AS row
CREATE (e:Event)
SET e = row, e.occurredAt = {moment("row.occurredAt")}, e.recordedAt = {moment("row.recordedAt")}
"""
REJUDGED = """
UNWIND $rows[0] AS row
MATCH (e:Event {eventId: row.eventId}) USING INDEX SEEK e:Event(eventId)
CREATE (e)-[:WAS_JUDGED]->(j:Judgement {knownFrom: e.judged, knownTo: $known, status: e.status})
SET j.problems = e.problems, j.mixing = e.mixing, j.claims = e.claims,
    e.status = row.status, e.problems = row.problems, e.mixing = row.mixing, e.claims = row.claims,
    e.also = row.also, e.judged = $known
"""
REGISTERS = """
UNWIND $rows[0] AS row
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
MERGE (o:Organization {key: row.organization})
CREATE (e)-[r:REGISTERS {regulator: row.regulator}]->(o)
SET r.name = row.name, o += row.shown
"""
ORGANIZATIONS = "UNWIND $rows[0] AS key MERGE (o:Organization {key: key})"
NEW_ITEMS = "UNWIND $rows[0] AS row CREATE (i:Item%s) SET i = row"
STATES = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
SET i.state = row.state, i.last = row.last, i.changed = row.changed
"""
RENAMED = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
REMOVE i:Battery:Module:Cell:Component:Vehicle:MaterialLot
SET i = row%s
"""
BORN = """
UNWIND $rows[0] AS row
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
CREATE (e)-[y:YIELDED]->(i)
SET y = row.facts
"""
SETTLED = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.key})<-[old:YIELDED]-(e) USING INDEX SEEK i:Item(key) WHERE old.knownTo IS NULL
SET old.knownTo = $known
CREATE (e)-[y:YIELDED]->(i)
SET y = properties(old), y.knownTo = null, y.knownFrom = $known, y += row.body
"""
SPAN = f"""
SET r = row.facts, r.from = {moment("row.facts.from")},
    r.to = CASE WHEN row.facts.to IS NOT NULL THEN {moment("row.facts.to")} END
"""
STAYS = f"""
UNWIND $rows[0] AS row
MATCH (p:Item {{key: row.part}}) USING INDEX SEEK p:Item(key)
MATCH (h:Item {{key: row.host}}) USING INDEX SEEK h:Item(key)
CREATE (p)-[r:PART_OF]->(h)
{SPAN}
"""
CUSTODY = f"""
UNWIND $rows[0] AS row
MATCH (i:Item {{key: row.item}}) USING INDEX SEEK i:Item(key)
MATCH (o:Organization {{key: row.organization}}) USING INDEX SEEK o:Organization(key)
CREATE (i)-[r:HELD_BY]->(o)
{SPAN}
"""
USES = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.item}) USING INDEX SEEK i:Item(key)
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
CREATE (i)-[r:CONSUMED_IN]->(e)
SET r = row.facts
"""
MARKS = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.item}) USING INDEX SEEK i:Item(key)
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
CREATE (e)-[r:MARKED]->(i)
SET r = row.facts
"""
MENTIONS = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.item}) USING INDEX SEEK i:Item(key)
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
MERGE (e)-[r:MENTIONS]->(i) ON CREATE SET r.position = row.position, r.named = row.named
"""
IDENTIFIERS = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
MERGE (n:Identifier {value: row.value})
CREATE (n)-[:IDENTIFIES {scheme: row.scheme, knownFrom: $known}]->(i)
"""
CLOSE = f"""
UNWIND $rows[0] AS row
MATCH (i:Item {{key: row.key}})-[r:%s]->() USING INDEX SEEK i:Item(key) WHERE r.closed IS NULL AND r.knownTo IS NULL
SET r.to = {moment("row.to")}, r.closedBy = row.by, r.closed = row.closed, r.closedKnown = $known
"""
GONE_SPAN = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.key})-[r:%s]->() USING INDEX SEEK i:Item(key) WHERE r.openedBy = row.by AND r.knownTo IS NULL
SET r.knownTo = $known
"""
GONE_EVENT = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
MATCH (e:Event {eventId: row.by}) USING INDEX SEEK e:Event(eventId)
WITH DISTINCT i, e
MATCH (i)-[r:%s]-(e) WHERE r.knownTo IS NULL
SET r.knownTo = $known
"""
"""Both ends by their index: a hub has thousands of edges, and the plan may have been made when it had none. DISTINCT
keeps the planner from going from one end to all others."""
UNNAMED = """
UNWIND $rows[0] AS row
MATCH (i:Item {key: row.key})<-[r:IDENTIFIES]-() USING INDEX SEEK i:Item(key) WHERE r.knownTo IS NULL
SET r.knownTo = $known
"""


class _Untold(list[Any]):
    """Rows that a log does not tell: the driver puts the text of all values together, whoever listens."""

    def __repr__(self) -> str:
        return f"[{len(self)} rows]"


class Saver:
    """Writes the results of one batch. `known` is the sequence from which they are known."""

    def __init__(self, transaction: Transaction, known: int, stored: set[str]) -> None:
        self._transaction = transaction
        self._known = known
        self._stored = stored
        """The keys of items that have a node."""
        self._organizations: dict[str, None] = {}
        """The keys of actors and holders."""
        self._sending: asyncio.Task[None] | None = None

    async def _run(self, query: str, rows: Sequence[Any]) -> None:
        """Have a statement done after those before it, while the rows of the next are put together.

        The rows are in a list of one: a server plans a statement again for a list of another size.
        """
        if rows:
            await self._sent()
            values = {"rows": [_Untold(rows)], "known": self._known}
            self._sending = asyncio.create_task(done(self._transaction, query, **values))
            await asyncio.sleep(0)

    async def _sent(self) -> None:
        if self._sending is not None:
            await self._sending

    async def save(
        self,
        folded: Folded,
        records: dict[Position, dict[str, Any]],
    ) -> None:
        """Write what folding a batch found, and the new records of the log."""
        try:
            await self._outcomes(folded, records)
            changes = changes_of(folded.sweep)
            await self._gone(changes)
            await self._items(changes)
            await self._close(changes)
            await self._add(changes)
            await self._sent()
        finally:
            if self._sending is not None:
                self._sending.cancel()
                await asyncio.gather(self._sending, return_exceptions=True)

    async def _outcomes(
        self,
        folded: Folded,
        records: dict[Position, dict[str, Any]],
    ) -> None:
        new: Rows = []
        changed: Rows = []
        registers: Rows = []
        for judged in folded.judged():
            also = judged.touched.difference(judged.event.named_keys())
            properties = outcome_columns(judged.outcome)._asdict()
            properties["also"] = dumps(sorted(also)) if also else None
            if judged.before is None:
                new.append(_without_none({**records[judged.event.position], **properties, "judged": self._known}))
                self._organizations[judged.event.actor] = None
                if isinstance(judged.event, Registration):
                    registers.append(registered(judged.event))
            elif also or differs(judged.outcome, judged.before):
                changed.append({"eventId": judged.event.event_id, **properties})
        await self._run(NEW_EVENTS, new)
        await self._run(REJUDGED, changed)
        await self._run(REGISTERS, registers)

    async def _gone(self, changes: Changes) -> None:
        await self._run(GONE_EVENT % "YIELDED", _identities(changes.gone_births))
        await self._run(UNNAMED, _identities(changes.gone_births))
        await self._run(GONE_SPAN % "PART_OF", _identities(changes.gone_stays))
        await self._run(GONE_SPAN % "HELD_BY", _identities(changes.gone_custody))
        await self._run(GONE_EVENT % "CONSUMED_IN", _identities(changes.gone_uses))
        await self._run(GONE_EVENT % "MARKED", _identities(changes.gone_marks))

    async def _items(self, changes: Changes) -> None:
        stated = {new.key: _stated(new.spec) for new in changes.births}
        renamed = {key for key, _ in changes.gone_births} | stated.keys()
        created: dict[str, Rows] = defaultdict(list)
        renewed: dict[str, Rows] = defaultdict(list)
        states: Rows = []
        for key, (state, last) in changes.states.items():
            row = {"key": key, "state": state_text(state), "last": last, "changed": self._known}
            label = "" if state is None else ":" + LABELS[state.kind]
            if key not in self._stored:
                created[label].append(_without_none({**stated.get(key, {}), **row}))
            elif key in renamed:
                renewed[label].append(_without_none({**stated.get(key, {}), **row}))
            else:
                states.append(row)
        for label, rows in created.items():
            await self._run(NEW_ITEMS % label, rows)
        for label, rows in renewed.items():
            await self._run(RENAMED % (f", i{label}" if label else ""), rows)
        await self._run(STATES, states)

    async def _close(self, changes: Changes) -> None:
        for kind, closed in (("PART_OF", changes.closed_stays), ("HELD_BY", changes.closed_custody)):
            rows = [{"key": key, "closed": at, "by": who(at), "to": when(at)} for key, at in closed]
            await self._run(CLOSE % kind, rows)

    async def _add(self, changes: Changes) -> None:
        self._organizations.update((custody.organization, None) for custody in changes.custody)
        await self._run(ORGANIZATIONS, list(self._organizations))
        known = self._known
        await self._run(BORN, [_birth(new, known) for new in changes.births])
        bodies = [*changes.settled.items()]
        await self._run(SETTLED, [{"key": key, "body": _without_none(_body(body))} for key, body in bodies])
        await self._run(SETTLED, [{"key": key, "body": _body(body)} for key, body in changes.reborn.items()])
        await self._run(
            STAYS,
            [
                {
                    "part": stay.part,
                    "host": stay.host,
                    "facts": _span(stay.opened, stay.closed, known)
                    | ({} if stay.position is None else {"place": stay.position}),
                }
                for stay in changes.stays
            ],
        )
        await self._run(
            CUSTODY,
            [
                {"item": row.item, "organization": row.organization, "facts": _span(row.opened, row.closed, known)}
                for row in changes.custody
            ],
        )
        await self._run(
            USES,
            [
                {
                    "item": use.item,
                    "event": who(use.event),
                    "facts": _without_none(
                        {"position": use.event, "massKg": use.mass_kg, "ends": use.ends, "knownFrom": known}
                    ),
                }
                for use in changes.uses
            ],
        )
        await self._run(
            MARKS,
            [
                {
                    "item": mark.item,
                    "event": who(mark.event),
                    "facts": {"position": mark.event, "mark": mark.op, "knownFrom": known},
                }
                for mark in changes.marks
            ],
        )
        await self._run(
            MENTIONS,
            [{"item": key, "event": who(at), "position": at, "named": named} for key, at, named in changes.mentions],
        )
        await self._run(
            IDENTIFIERS,
            [
                {"key": new.key, "value": value, "scheme": scheme}
                for new in changes.births
                for value, scheme in dict.fromkeys((name.value, name.scheme) for name in new.spec.identifiers or ())
            ],
        )


def _identities(found: Iterable[Identity]) -> Rows:
    return [{"key": key, "by": who(at)} for key, at in found]


def _without_none(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def registered(event: Registration) -> dict[str, Any]:
    """What a registration says of its organization, as a row."""
    organization = event.organization
    return {
        "event": event.event_id,
        "organization": organization.key,
        "regulator": REGULATOR in (organization.roles or ()),
        "name": organization.name,
        "shown": shown_of_organization(organization.model_dump()),
    }


def refers_to(event: Any) -> str | None:
    """The id of the event that an event names."""
    if isinstance(event, Receipt):
        return event.transfer
    return event.voids if isinstance(event, Voiding) else None


def _stated(spec: ItemSpec | LotSpec) -> dict[str, Any]:
    return shown_of_item(spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"parts"}))


def _birth(new: NewBirth, known: int) -> dict[str, Any]:
    birth, spec = new.birth, new.spec
    facts = {
        "position": birth.position,
        "kind": birth.kind,
        "massKg": birth.mass_kg,
        "composition": None if birth.composition is None else dumps(birth.composition),
        "secondLife": birth.second_life,
        "label": spec.model or spec.material,
        "spec": spec_text(spec).decode(),
        "knownFrom": known,
        **_body(Body(*birth[5:])),
    }
    return {"key": new.key, "event": who(birth.position), "facts": _without_none(facts)}


def _body(body: Body) -> dict[str, Any]:
    return {
        "bodyMassKg": body.mass_kg,
        "bodyMassAt": body.mass_at,
        "bodyComposition": None if body.composition is None else dumps(body.composition),
        "bodyCompositionAt": body.composition_at,
    }


def _span(opened: Position, closed: Position | None, known: int) -> dict[str, Any]:
    facts: dict[str, Any] = {"from": when(opened), "openedBy": who(opened), "opened": opened, "knownFrom": known}
    if closed is not None:
        facts |= {"to": when(closed), "closedBy": who(closed), "closed": closed, "closedKnown": known}
    return facts
