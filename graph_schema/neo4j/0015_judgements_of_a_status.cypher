// How many events had a status at a time is counted without reading all that were ever judged again.

CREATE INDEX voltrace_judgement_status IF NOT EXISTS FOR (j:Judgement) ON (j.status, j.knownFrom);
