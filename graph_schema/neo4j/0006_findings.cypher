// What the rulebook finds, as far as it is kept.

CREATE CONSTRAINT voltrace_finding_id IF NOT EXISTS FOR (f:Finding) REQUIRE f.id IS UNIQUE;
CREATE CONSTRAINT voltrace_audit_name IF NOT EXISTS FOR (a:Audit) REQUIRE a.name IS UNIQUE;
CREATE INDEX voltrace_finding_subject IF NOT EXISTS FOR (f:Finding) ON (f.subject);
CREATE INDEX voltrace_finding_shown IF NOT EXISTS FOR (f:Finding) ON (f.shownUs);
CREATE INDEX voltrace_finding_code IF NOT EXISTS FOR (f:Finding) ON (f.code, f.shownUs);
