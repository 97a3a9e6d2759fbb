// Events, and what they brought in, are listed in the order of their time.

CREATE INDEX voltrace_event_occurred_at IF NOT EXISTS FOR (e:Event) ON (e.occurredAt);
