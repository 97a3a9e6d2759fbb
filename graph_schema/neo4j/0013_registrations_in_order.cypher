// What organizations registered, for people to query: of the registrations that count, what the last one states, in the
// total order of events. Where they ever were is in an index, as much of it as that bears.

CREATE INDEX voltrace_registers_region IF NOT EXISTS FOR ()-[r:REGISTERS]-() ON (r.region);

// What a registration states is read off its payload, which has no spaces. A text ends at a quote that no backslash is
// before. In the payload no character is below 32, so these stand for what is escaped until the text is found; then a
// quote does, which no text holds before its own are put back.
MATCH (o:Organization) WHERE EXISTS { (o)<-[:REGISTERS]-(:Event) } CALL (o) {
  MATCH (o)<-[r:REGISTERS]-(e)
  WITH r, e, replace(replace(e.payload, '\\\\', '\u0001'), '\\"', '\u0002') AS payload
  WITH r, e, split(split(payload, '"organization":{')[1], '"place":{')[0] AS said
  WITH r, e, split(split(said, '"region":"')[1], '"')[0] AS region,
    CASE WHEN said CONTAINS '"roles":[]' THEN []
    ELSE split(split(split(said, '"roles":["')[1], '"]')[0], '","') END AS roles
  WITH r, e, roles IS NOT NULL AS says,
    [text IN [region] + coalesce(roles, []) | replace(replace(text, '\u0001', '"b'), '\u0002', '"q')] AS texts
  WITH r, e, says, [text IN texts | reduce(said = text, pair IN
    [['n', '\n'], ['t', '\t'], ['r', '\r'], ['b', '\b'], ['f', '\f']] | replace(said, '\\' + pair[0], pair[1]))] AS texts
  WITH r, e, says, [text IN texts | reduce(said = text, n IN range(0, 31) |
    replace(said, '\\' + 'u00' + (n / 16) + substring('0123456789abcdef', n % 16, 1), substring(
    '\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f' +
    '\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f', n, 1)))] AS texts
  WITH r, e, says, [text IN texts | replace(replace(text, '"b', '\\'), '"q', '"')] AS texts
  SET r.region = left(texts[0], 64)
  WITH r, e, says, texts ORDER BY [x IN e.position | (x + 256) % 256]
  WITH [one IN collect([r.name, texts[0], CASE WHEN says THEN texts[1..] END, e.status]) WHERE one[3] = 'ACCEPTED'] AS told
  WITH [one IN told | one[0]] AS names, [one IN told | one[1]] AS regions, [one IN told | one[2]] AS roles
  WITH [name IN names WHERE name IS NOT NULL][-1] AS name, [region IN regions WHERE region IS NOT NULL][-1] AS region,
    [some IN roles WHERE some IS NOT NULL][-1] AS roles
  SET o.name = name, o.region = region, o.roles = CASE WHEN size(roles) > 0 THEN [role IN roles | role] END
} IN TRANSACTIONS OF $rows ROWS;
