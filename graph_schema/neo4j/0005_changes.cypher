// Which items changed since a record of the log. What is there already counts as changed by the last record.

CREATE INDEX voltrace_item_changes IF NOT EXISTS FOR (i:Item) ON (i.changed, i.key);

MATCH (l:Log {name: 'voltrace'}) MATCH (i:Item) WHERE i.changed IS NULL
CALL (l, i) { SET i.changed = l.sequence } IN TRANSACTIONS OF $rows ROWS;
