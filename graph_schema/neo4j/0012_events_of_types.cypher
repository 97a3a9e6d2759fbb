// The events of a type are listed in the order in which they were recorded.

CREATE INDEX voltrace_event_type_sequence IF NOT EXISTS FOR (e:Event) ON (e.type, e.sequence);
