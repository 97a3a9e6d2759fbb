// Events of a type by an actor are found without reading all that a busy actor reported.

CREATE INDEX voltrace_event_type_actor IF NOT EXISTS FOR (e:Event) ON (e.type, e.actor);
DROP INDEX voltrace_event_type IF EXISTS;
