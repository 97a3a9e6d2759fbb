// Findings are listed in the order in which they came to light, page by page.

CREATE INDEX voltrace_finding_order IF NOT EXISTS FOR (f:Finding) ON (f.shownUs, f.id);
DROP INDEX voltrace_finding_shown IF EXISTS;
