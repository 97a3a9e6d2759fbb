"""Queries over the graph for people to begin with; `docs/graph.md` shows them, and a test runs them on the story."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """A question, what to know of its answer, and the Cypher that asks it."""

    question: str
    text: str
    cypher: str


AS_OF = Example(
    "As of a day: which batteries did an organization hold?",
    "Parts have no holder of their own: they inherit that of what they are in. What ended by a moment is over then.",
    """
WITH datetime('2024-01-01T00:00:00+08:00') AS asOf
MATCH (o:Organization {key: '91440300MA0000R03Q'})<-[h:HELD_BY]-(held)<-[inside:PART_OF*0..4]-(b:Battery)
WHERE h.knownTo IS NULL AND h.from <= asOf AND (h.to IS NULL OR h.to > asOf)
  AND all(r IN inside WHERE r.knownTo IS NULL AND r.from <= asOf AND (r.to IS NULL OR r.to > asOf))
RETURN b.key, held.key, h.from
""",
)
AS_KNOWN_AT = Example(
    "As known at a moment: what was in which battery?",
    "Any `datetime` may stand for that of the record: the last `:Batch` up to it says which records the log had, and "
    "is found by its microseconds since 1970, which have an index. Without a condition on `knownTo` a "
    "query mixes what is known now with what was once believed.",
    """
MATCH (e:Event {eventId: 'story-31-installation'}) WITH e.recordedAt AS knownAt
MATCH (batch:Batch) WHERE batch.recordedUs <= knownAt.epochSeconds * 1000000 + knownAt.microsecond
WITH batch ORDER BY batch.recordedUs DESC LIMIT 1
WITH batch.last AS known
MATCH (part:Item)-[r:PART_OF]->(b:Battery)
WHERE r.knownFrom <= known AND (r.knownTo IS NULL OR r.knownTo > known)
RETURN b.key, part.key, r.from, CASE WHEN r.closedKnown <= known THEN r.to END AS until
""",
)
TRACE = Example(
    "A bounded trace: what became of a battery in at most three transformations?",
    "This is reachability, by edges that count now: what voltrace answers goes by the times of the edges, too, tells "
    "matter from neighbours, and says how much of each element came where. `DISTINCT` and a bound keep Neo4j from "
    "trying every way.",
    """
MATCH (b:Battery {key: '0V1PE01VOLT001B5A0000002'})<-[inside:PART_OF*0..3]-(part)
WHERE all(r IN inside WHERE r.knownTo IS NULL)
WITH DISTINCT part
MATCH (part)-[on:CONSUMED_IN|YIELDED*1..6]->(item:Item)
WHERE all(r IN on WHERE r.knownTo IS NULL)
RETURN DISTINCT item.key, coalesce(item.material, item.model) AS what LIMIT 1000
""",
)
CONTENT = Example(
    "Recycled content: how much lithium in a battery was drawn from lots that came of recycling?",
    "Of each production of what was ever in it: what was drawn, shared by all that the event brought in. `voltrace "
    "report` counts it over the whole chain, with what nobody stated.",
    """
MATCH (b:Battery {key: '0V1PE01VOLT001G9L0000004'})<-[inside:PART_OF*0..4]-(part)<-[y:YIELDED]-(made:Event)
WHERE y.knownTo IS NULL AND all(r IN inside WHERE r.knownTo IS NULL)
WITH made, toFloat(count(DISTINCT part)) / COUNT { (made)-[other:YIELDED]->() WHERE other.knownTo IS NULL } AS share
MATCH (made)<-[draw:CONSUMED_IN]-(lot:MaterialLot) WHERE draw.knownTo IS NULL
RETURN lot.key, lot.material, sum(share * draw.massKg * coalesce(lot.massLiKg, 0.0) / lot.massKg) AS lithiumKg,
  EXISTS {
    MATCH (lot)<-[way:YIELDED|CONSUMED_IN*1..7]-(:Event {type: 'RECYCLING'})
    WHERE all(r IN way WHERE r.knownTo IS NULL)
  } AS recycled
""",
)
CUSTODY = Example(
    "The chain of custody: who had a module, by itself and inside of what?",
    "Each stay is as long as all of its edges last at once; `until` is null where it lasts.",
    """
MATCH (m:Module {key: '0V1ME01VOLT001B510000002'})-[inside:PART_OF*0..3]->(host)-[h:HELD_BY]->(o)
WHERE h.knownTo IS NULL AND all(r IN inside WHERE r.knownTo IS NULL)
WITH o, host,
  reduce(at = h.from, r IN inside | CASE WHEN r.from > at THEN r.from ELSE at END) AS since,
  reduce(at = h.to, r IN inside | CASE WHEN at IS NULL OR r.to < at THEN r.to ELSE at END) AS until
WHERE until IS NULL OR since < until
RETURN coalesce(o.name, o.key) AS holder, host.key, since, until ORDER BY since
""",
)
EXAMPLES = (AS_OF, AS_KNOWN_AT, TRACE, CONTENT, CUSTODY)
