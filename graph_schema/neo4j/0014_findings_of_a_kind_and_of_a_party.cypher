// The findings of a code, and those that an organization has a part in, are listed in both orders, page by page.

CREATE INDEX voltrace_finding_code_order IF NOT EXISTS FOR (f:Finding) ON (f.code, f.shownUs, f.id);
CREATE INDEX voltrace_finding_code_since IF NOT EXISTS FOR (f:Finding) ON (f.code, f.sinceUs, f.id);
DROP INDEX voltrace_finding_code IF EXISTS;

MATCH (f:Finding) CALL (f) {
  MATCH (f)-[v:INVOLVES]->(o) SET v += {party: o.key, shownUs: f.shownUs, sinceUs: f.sinceUs, id: f.id}
} IN TRANSACTIONS OF $rows ROWS;

CREATE INDEX voltrace_involves_order IF NOT EXISTS FOR ()-[v:INVOLVES]-() ON (v.party, v.shownUs, v.id);
CREATE INDEX voltrace_involves_since IF NOT EXISTS FOR ()-[v:INVOLVES]-() ON (v.party, v.sinceUs, v.id);
