// The log, the items, and what joins them. Every edge says from which record of the log on it is known (knownFrom) and,
// where that changed, up to which (knownTo): what is known now has no knownTo.

CREATE CONSTRAINT voltrace_event_id IF NOT EXISTS FOR (e:Event) REQUIRE e.eventId IS UNIQUE;
CREATE CONSTRAINT voltrace_event_sequence IF NOT EXISTS FOR (e:Event) REQUIRE e.sequence IS UNIQUE;
CREATE CONSTRAINT voltrace_item_key IF NOT EXISTS FOR (i:Item) REQUIRE i.key IS UNIQUE;
CREATE CONSTRAINT voltrace_organization_key IF NOT EXISTS FOR (o:Organization) REQUIRE o.key IS UNIQUE;
CREATE CONSTRAINT voltrace_identifier_value IF NOT EXISTS FOR (n:Identifier) REQUIRE n.value IS UNIQUE;
CREATE CONSTRAINT voltrace_batch_time IF NOT EXISTS FOR (b:Batch) REQUIRE b.recordedUs IS UNIQUE;
CREATE CONSTRAINT voltrace_log_name IF NOT EXISTS FOR (l:Log) REQUIRE l.name IS UNIQUE;

CREATE INDEX voltrace_event_refers_to IF NOT EXISTS FOR (e:Event) ON (e.refersTo);
CREATE INDEX voltrace_event_actor IF NOT EXISTS FOR (e:Event) ON (e.actor);
CREATE INDEX voltrace_event_type IF NOT EXISTS FOR (e:Event) ON (e.type);
CREATE INDEX voltrace_event_status IF NOT EXISTS FOR (e:Event) ON (e.status);

CREATE INDEX voltrace_unfolded_sequence IF NOT EXISTS FOR (e:Unfolded) ON (e.sequence);

CREATE INDEX voltrace_battery_key IF NOT EXISTS FOR (i:Battery) ON (i.key);
CREATE INDEX voltrace_module_key IF NOT EXISTS FOR (i:Module) ON (i.key);
CREATE INDEX voltrace_cell_key IF NOT EXISTS FOR (i:Cell) ON (i.key);
CREATE INDEX voltrace_component_key IF NOT EXISTS FOR (i:Component) ON (i.key);
CREATE INDEX voltrace_vehicle_key IF NOT EXISTS FOR (i:Vehicle) ON (i.key);
CREATE INDEX voltrace_material_lot_key IF NOT EXISTS FOR (i:MaterialLot) ON (i.key);

MERGE (l:Log {name: 'voltrace'}) ON CREATE SET l.sequence = 0;
