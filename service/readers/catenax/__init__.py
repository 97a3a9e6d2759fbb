"""Catena-X test-data files of all generations, as events.

How assets become history
- A serialized part is a `PRODUCTION` by its manufacturer at its manufacturing date. A batch is a `PRODUCTION` of a lot,
  no later than its first draw. A part made from batches draws on them in its production; "1 piece" of a batch is a draw
  of unknown mass, kilograms are a mass.
- A part relation is an `INSTALLATION` of its own, so that a contradictory one is contested alone. It happens at the
  latest of the stated date and both manufacturing dates. Where the other asset is in another company's file, its date
  is not known: then at the latest date that this file states, so that the event takes effect when the other file comes.
- State-of-health values are `INSPECTION`s, no earlier than the part; a certificate of destruction is a `SCRAPPING`.
- Stated dates are kept in `attributes`, `note` or `measurements`. Materials for recycling are kept as attributes and
  are no composition: they are partial, and an element that a composition does not list would count as 0.
- As-planned aspects are no history; they are left out, and reported.

Event ids are made of the asset's id and a digest of what the file says of it, or of the two ids of a relation. Two
companies may report one relation: whose report came first stands, the other is a duplicate.
"""

from service.readers.catenax.events import foreign_parts, read, recognises

__all__ = ["foreign_parts", "read", "recognises"]
