// What changed since a place is told in order, page by page: keys are compared by code point in an index only. 0005 made
// one of another kind.

CREATE INDEX voltrace_item_changes IF NOT EXISTS FOR (i:Item) ON (i.changed, i.key);
DROP INDEX voltrace_item_changed IF EXISTS;

// What is kept may lack what was not told so: it is worked out anew.
MATCH (a:Audit {name: 'voltrace'}) SET a.rules = '';
MATCH (k:FlowsKept {name: 'voltrace'}) SET k.version = '';
