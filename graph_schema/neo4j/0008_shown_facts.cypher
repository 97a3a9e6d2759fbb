// What organizations registered last, and the elements that items were stated to hold, for people to query.
// A composition is a flat JSON object of numbers; what a registration states is read off its payload, which has no spaces.

MATCH (i:Item)<-[y:YIELDED]-() WHERE y.knownTo IS NULL AND y.composition CONTAINS ':'
UNWIND split(substring(y.composition, 1, size(y.composition) - 2), ',') AS pair
WITH i, split(pair, ':') AS pair
SET i['mass' + replace(pair[0], '"', '') + 'Kg'] = toFloat(pair[1]);

MATCH (o:Organization)<-[:REGISTERS]-(e)
WITH o, split(split(e.payload, '"organization":{')[1], '"place":{')[0] AS said, e
ORDER BY e.recordedUs, e.occurredAt, e.eventId
WITH o, split(split(said, '"region":"')[1], '"')[0] AS region,
  CASE WHEN said CONTAINS '"roles":[]' THEN []
  ELSE split(split(split(said, '"roles":["')[1], '"]')[0], '","') END AS roles
WITH o, collect(region) AS regions, collect(roles) AS roles
SET o.region = regions[-1], o.roles = CASE WHEN size(roles[-1]) > 0 THEN roles[-1] END;
