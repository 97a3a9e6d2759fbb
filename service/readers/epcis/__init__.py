"""GS1 EPCIS 2.0 documents (JSON, JSON-LD) as events. The tables are in docs/interchange.md.

How EPCIS events become history
- An identifier is one key however it is written (`uris.py`); the other ways are identifiers of the item. What an item
  is, it does not say: that is looked for in the whole document (`specs.py`), and where nothing says it, the item is a
  component, which is reported. A class without a lot (16 cells of a product) is nothing that can be followed.
- An item that neither the document nor the store brings in is enrolled where it is first named, by whoever acts there.
- Something that was only seen is an `INSPECTION`, with its readings, and what the model has no field for in its
  attributes.
- A container (SSCC, GRAI) is a component that things are inside of, so that what is handed over on a pallet goes with
  it. Where a unit goes on without having been unpacked, the model says what that means; where the model would take it
  for a contradiction, the unpacking is told, and reported as assumed.
- Custody passes where two parties are named and differ: possession before ownership. A receiver confirms.
- Who acts is a party of the event, or an organization in an extension of it; else who has the place, by the header or
  by who sends from there; else whom the user names (`--actor`); else the place's own number, and at last the sender of
  the document. All but what is named or the user says is reported as assumed (`parties.py`).
- What the model could only be told by guessing is told as seen, and reported as left out: several units into several;
  a part beside what was worked on. Nothing is lost silently.
- An error declaration voids all that the event became, but not that its items exist.

Event ids: the document's `eventID`; without one, a SHA-256 over what the event says (`EpcisEvent.digest`), after the
idea of the GS1 event hash id, but over sorted JSON: it is not that hash, and does not claim to be. What else an event
became has a number behind its id. The first characters of the digest stand in every note, so that an event which was
read before is known again though the document, the store or this reader know more now; an `eventID` with other content
is rejected.
"""
