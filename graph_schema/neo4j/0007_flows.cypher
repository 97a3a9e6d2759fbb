// Rows of flows, as far as they are kept.

CREATE CONSTRAINT voltrace_flow_id IF NOT EXISTS FOR (f:Flow) REQUIRE f.id IS UNIQUE;
CREATE CONSTRAINT voltrace_flows_kept_name IF NOT EXISTS FOR (k:FlowsKept) REQUIRE k.name IS UNIQUE;
CREATE INDEX voltrace_flow_kind IF NOT EXISTS FOR (f:Flow) ON (f.kind, f.key);
