// What organizations registered last, and the elements that items were stated to hold, for people to query.
// A composition is a flat JSON object of numbers; what a registration states is read off its payload, which has no spaces.

MATCH (i:Item)<-[y:YIELDED]-() WHERE y.knownTo IS NULL AND y.composition CONTAINS ':'
UNWIND split(substring(y.composition, 1, size(y.composition) - 2), ',') AS pair
WITH i, split(pair, ':') AS pair
SET i['mass' + replace(pair[0], '"', '') + 'Kg'] = toFloat(pair[1]);

// A text ends at a quote that no backslash is before. In the payload no character is below 32, so these stand for what is
// escaped until the text is found; then a quote does, which no text holds before its own are put back.
MATCH (o:Organization)<-[:REGISTERS]-(e)
WITH o, e, replace(replace(e.payload, '\\\\', '\u0001'), '\\"', '\u0002') AS payload
WITH o, e, split(split(payload, '"organization":{')[1], '"place":{')[0] AS said
ORDER BY e.recordedUs, e.occurredAt, e.eventId
WITH o, split(split(said, '"region":"')[1], '"')[0] AS region,
  CASE WHEN said CONTAINS '"roles":[]' THEN []
  ELSE split(split(split(said, '"roles":["')[1], '"]')[0], '","') END AS roles
WITH o, collect(region)[-1] AS region, coalesce(collect(roles)[-1], []) AS roles
WITH o, [text IN [region] + roles | replace(replace(text, '\u0001', '"b'), '\u0002', '"q')] AS texts
WITH o, [text IN texts | reduce(said = text, pair IN
  [['n', '\n'], ['t', '\t'], ['r', '\r'], ['b', '\b'], ['f', '\f']] | replace(said, '\\' + pair[0], pair[1]))] AS texts
WITH o, [text IN texts | reduce(said = text, n IN range(0, 31) |
  replace(said, '\\' + 'u00' + (n / 16) + substring('0123456789abcdef', n % 16, 1), substring(
  '\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f' +
  '\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f', n, 1)))] AS texts
WITH o, [text IN texts | replace(replace(text, '"b', '\\'), '"q', '"')] AS texts
SET o.region = texts[0], o.roles = CASE WHEN size(texts) > 1 THEN [text IN texts[1..] | text] END;
