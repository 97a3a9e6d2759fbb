"""What folds found, as the properties of nodes and edges."""

from __future__ import annotations

from typing import Any

from graph_schema.changes import Body, NewBirth
from graph_schema.events import Registration
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from graph_schema.specs import ItemSpec, LotSpec, spec_text
from graph_schema.voiding import REGULATOR
from service.stores.neo4j.rows import shown_of_item, when, who
from service.stores.values import dumps, outcome_columns

Facts = dict[str, Any]
INDEXED_CHARACTERS = 64
"""An index bears texts of some thousand bytes, and a region may be any text."""


def without_none(facts: Facts) -> Facts:
    """What is stated."""
    return {name: value for name, value in facts.items() if value is not None}


def outcome_facts(outcome: Outcome, also: set[str]) -> Facts:
    """An outcome, None where it says nothing; `also` are items that it looked at and that its event does not name."""
    return {**outcome_columns(outcome)._asdict(), "also": dumps(sorted(also)) if also else None}


def indexed(text: str) -> str:
    """As much of a text as is in an index, by which those that may be equal to it are found."""
    return text[:INDEXED_CHARACTERS]


def registered(event: Registration) -> Facts:
    """What a registration says of its organization, as a row."""
    organization = event.organization
    return {
        "event": event.event_id,
        "organization": organization.key,
        "regulator": REGULATOR in (organization.roles or ()),
        "name": organization.name,
        "region": None if organization.region is None else indexed(organization.region),
    }


def stated_of(spec: ItemSpec | LotSpec) -> Facts:
    """What the node of an item shows of what was stated of it."""
    return shown_of_item(spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"parts"}))


def born_facts(new: NewBirth, known: int) -> Facts:
    """The edge from the event that brought an item in."""
    birth, spec = new.birth, new.spec
    return without_none(
        {
            "position": birth.position,
            "kind": birth.kind,
            "massKg": birth.mass_kg,
            "composition": None if birth.composition is None else dumps(birth.composition),
            "secondLife": birth.second_life,
            "label": spec.model or spec.material,
            "spec": spec_text(spec).decode(),
            "knownFrom": known,
            **body_facts(Body(*birth[5:])),
        }
    )


def body_facts(body: Body) -> Facts:
    """What is settled of a unit's own body; None is unknown."""
    return {
        "bodyMassKg": body.mass_kg,
        "bodyMassAt": body.mass_at,
        "bodyComposition": None if body.composition is None else dumps(body.composition),
        "bodyCompositionAt": body.composition_at,
    }


def span_facts(opened: Position, closed: Position | None, known: int) -> Facts:
    """An edge that was opened, and perhaps closed."""
    facts: Facts = {"from": when(opened), "openedBy": who(opened), "opened": opened, "knownFrom": known}
    return facts if closed is None else facts | closed_facts(closed, known)


def closed_facts(closed: Position, known: int) -> Facts:
    """What closing an edge adds to it."""
    return {"to": when(closed), "closedBy": who(closed), "closed": closed, "closedKnown": known}
