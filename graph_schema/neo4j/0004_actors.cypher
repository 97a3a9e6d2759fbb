// Whoever acted is an organization, as is whoever registered or held something.

MATCH (e:Event) WITH DISTINCT e.actor AS actor MERGE (o:Organization {key: actor});
