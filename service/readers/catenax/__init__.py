"""Catena-X test-data files of all generations, as events.

How assets become history
- A serialized part is a `PRODUCTION` by its manufacturer at its manufacturing date. A batch is a `PRODUCTION` of a lot,
  no later than its first draw, and so are the batches that it is made of: the file names who made it, so it is no
  legacy item to enrol. A part made from batches draws on them in its production; "1 piece" of a batch is a draw of
  unknown mass, kilograms are a mass.
- A part relation is an `INSTALLATION` of its own, so that a contradictory one is contested alone. It happens at the
  latest of the stated date and both manufacturing dates. Where the other asset is in another company's file, its date
  is not known: then at the latest date that this file states, so that the event takes effect when the other file comes.
- State-of-health values are `INSPECTION`s, no earlier than the part; a certificate of destruction is a `SCRAPPING`,
  by the header's dismantler, after everything that went into the vehicle. The people it names are not carried.
- Stated dates are kept in `attributes`, `note` or `measurements`, return requests in `attributes`. So are materials for
  recycling, which are no composition: they are partial, and an element that a composition does not list would count
  as 0. A weight is in kg, a vehicle's empty weight in tonnes.
- The kind of a part is in its aspects and its name; the type "HVB" says nothing of it, as cells have it too. Where
  nobody is stated to have made it, the company that the container says has it did; without either it is malformed.
- As-planned aspects and relations, possible parents and units in batches are no history; left out, and reported.
- What is misshapen is reported with its asset and field, and stops nothing else.

Event ids are made of the asset's id and a digest of what the event tells of it (so that a later file, which adds a use
or a measurement, tells the same production), or of the two ids of a relation. Two companies may report one relation,
each with what it knows, under one id: the caller keeps the one that came first (`service.ingesting`), as a log takes no
id with other content.
"""

from service.readers.catenax.events import foreign_parts, read, recognises

__all__ = ["foreign_parts", "read", "recognises"]
