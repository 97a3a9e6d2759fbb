// The events of an actor are listed in the order in which they were recorded.

CREATE INDEX voltrace_event_actor_sequence IF NOT EXISTS FOR (e:Event) ON (e.actor, e.sequence);
