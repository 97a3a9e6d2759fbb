// The elements that items were stated to hold, for people to query. A composition is a flat JSON object of numbers. What
// organizations registered is shown by 0013.

MATCH (i:Item) CALL (i) {
  MATCH (i)<-[y:YIELDED]-() WHERE y.knownTo IS NULL AND y.composition CONTAINS ':'
  UNWIND split(substring(y.composition, 1, size(y.composition) - 2), ',') AS pair
  WITH i, split(pair, ':') AS pair
  SET i['mass' + replace(pair[0], '"', '') + 'Kg'] = toFloat(pair[1])
} IN TRANSACTIONS OF $rows ROWS;
