// Findings are listed in the order in which they began to hold, too.

CREATE INDEX voltrace_finding_since IF NOT EXISTS FOR (f:Finding) ON (f.sinceUs, f.id);
