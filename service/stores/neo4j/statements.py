"""The statements that write what folds found; each takes a list of rows."""

from __future__ import annotations

from service.stores.neo4j.rows import moment

NEW_EVENTS = f"""
UNWIND $rows AS row
CREATE (e:Event)
SET e = row, e.occurredAt = {moment("row.occurredAt")}, e.recordedAt = {moment("row.recordedAt")}
"""
REJUDGED = """
UNWIND $rows AS row
MATCH (e:Event {eventId: row.eventId}) USING INDEX SEEK e:Event(eventId)
CREATE (e)-[:WAS_JUDGED]->(j:Judgement {knownFrom: e.judged, knownTo: row.judged, status: e.status})
SET j.problems = e.problems, j.mixing = e.mixing, j.claims = e.claims,
    e.status = row.status, e.problems = row.problems, e.mixing = row.mixing, e.claims = row.claims,
    e.also = row.also, e.judged = row.judged
"""
WAS_JUDGED = """
UNWIND $rows AS row
MATCH (e:Event {eventId: row.eventId}) USING INDEX SEEK e:Event(eventId)
CREATE (e)-[:WAS_JUDGED]->(j:Judgement)
SET j = row.facts
"""
"""How an event stood for a while before it was written at all."""
REGISTERS = """
UNWIND $rows AS row
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
MERGE (o:Organization {key: row.organization})
CREATE (e)-[r:REGISTERS {regulator: row.regulator}]->(o)
SET r.name = row.name, r.region = row.region
"""
SHOWN = """
UNWIND $rows AS row
MATCH (o:Organization {key: row.key}) USING INDEX SEEK o:Organization(key)
SET o = row
"""
ORGANIZATIONS = "UNWIND $rows AS key MERGE (o:Organization {key: key})"
NEW_ITEMS = "UNWIND $rows AS row CREATE (i:Item%s) SET i = row"
STATES = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
SET i.state = row.state, i.last = row.last, i.changed = row.changed
"""
RENAMED = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
REMOVE i:Battery:Module:Cell:Component:Vehicle:MaterialLot
SET i = row%s
"""
BORN = """
UNWIND $rows AS row
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
CREATE (e)-[y:YIELDED]->(i)
SET y = row.facts
"""
SETTLED = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key})<-[old:YIELDED]-(e) USING INDEX SEEK i:Item(key) WHERE old.knownTo IS NULL
SET old.knownTo = row.known
CREATE (e)-[y:YIELDED]->(i)
SET y = properties(old), y.knownTo = null, y.knownFrom = row.known, y += row.body
"""
SPAN = f"""
SET r = row.facts, r.from = {moment("row.facts.from")},
    r.to = CASE WHEN row.facts.to IS NOT NULL THEN {moment("row.facts.to")} END
"""
STAYS = f"""
UNWIND $rows AS row
MATCH (p:Item {{key: row.key}}) USING INDEX SEEK p:Item(key)
MATCH (h:Item {{key: row.host}}) USING INDEX SEEK h:Item(key)
CREATE (p)-[r:PART_OF]->(h)
{SPAN}
"""
CUSTODY = f"""
UNWIND $rows AS row
MATCH (i:Item {{key: row.key}}) USING INDEX SEEK i:Item(key)
MATCH (o:Organization {{key: row.organization}}) USING INDEX SEEK o:Organization(key)
CREATE (i)-[r:HELD_BY]->(o)
{SPAN}
"""
USES = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
CREATE (i)-[r:CONSUMED_IN]->(e)
SET r = row.facts
"""
MARKS = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
CREATE (e)-[r:MARKED]->(i)
SET r = row.facts
"""
MENTIONS = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
MATCH (e:Event {eventId: row.event}) USING INDEX SEEK e:Event(eventId)
MERGE (e)-[r:MENTIONS]->(i) ON CREATE SET r.position = row.position, r.named = row.named
"""
IDENTIFIERS = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
MERGE (n:Identifier {value: row.value})
CREATE (n)-[r:IDENTIFIES]->(i)
SET r = row.facts
"""
CLOSE = f"""
UNWIND $rows AS row
MATCH (i:Item {{key: row.key}})-[r:%s]->() USING INDEX SEEK i:Item(key) WHERE r.closed IS NULL AND r.knownTo IS NULL
SET r.to = {moment("row.to")}, r.closedBy = row.closedBy, r.closed = row.closed, r.closedKnown = row.closedKnown
"""
GONE_SPAN = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key})-[r:%s]->() USING INDEX SEEK i:Item(key) WHERE r.openedBy = row.by AND r.knownTo IS NULL
SET r.knownTo = row.known
"""
GONE_EVENT = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key}) USING INDEX SEEK i:Item(key)
MATCH (e:Event {eventId: row.by}) USING INDEX SEEK e:Event(eventId)
WITH DISTINCT i, e, row.known AS known
MATCH (i)-[r:%s]-(e) WHERE r.knownTo IS NULL
SET r.knownTo = known
"""
"""Both ends by their index: a hub has thousands of edges, and the plan may have been made when it had none. DISTINCT
keeps the planner from going from one end to all others."""
UNNAMED = """
UNWIND $rows AS row
MATCH (i:Item {key: row.key})<-[r:IDENTIFIES]-() USING INDEX SEEK i:Item(key) WHERE r.knownTo IS NULL
SET r.knownTo = row.known
"""
