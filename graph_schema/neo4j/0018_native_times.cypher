// Times that people look at are native, too, beside the microseconds that indexes and voltrace go by.

MATCH (f:Finding) WHERE f.shownUs IS NOT NULL CALL (f) {
  WITH f, (f.shownUs % 1000000 + 1000000) % 1000000 AS rest
  SET f.shown = datetime({epochSeconds: (f.shownUs - rest) / 1000000, nanosecond: rest * 1000})
} IN TRANSACTIONS OF $rows ROWS;

MATCH (b:Batch) WHERE b.recordedUs IS NOT NULL CALL (b) {
  WITH b, (b.recordedUs % 1000000 + 1000000) % 1000000 AS rest
  SET b.recordedAt = datetime({epochSeconds: (b.recordedUs - rest) / 1000000, nanosecond: rest * 1000})
} IN TRANSACTIONS OF $rows ROWS;

MATCH (a:Audit {name: 'voltrace'}) WHERE a.atUs IS NOT NULL
SET a.at = datetime({epochSeconds: a.atUs / 1000000, nanosecond: a.atUs % 1000000 * 1000});
