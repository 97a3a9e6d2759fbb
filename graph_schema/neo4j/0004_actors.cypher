// Whoever acted is an organization, as is whoever registered or held something.

MATCH (e:Event) WITH DISTINCT e.actor AS actor
CALL (actor) { MERGE (:Organization {key: actor}) } IN TRANSACTIONS OF $rows ROWS;
