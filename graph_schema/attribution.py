"""How much of the root reached each item, or came from it, and that nothing is missing (model 8.7 to 8.11)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import orjson

from graph_schema.answer import Attribution, Balance, Direction
from graph_schema.contents import Content, Mixing, Portion
from graph_schema.elements import TOTAL_MASS
from graph_schema.fold import drawn_portion
from graph_schema.order import type_of
from graph_schema.reader import ItemRow
from graph_schema.walk import Walk

STRENGTH = ("ELEMENT", "MASS", "COUNT")
"""The bases from strong to weak."""
_RANK = {basis: rank for rank, basis in enumerate(STRENGTH)}


class Share(NamedTuple):
    """The share s of a carrier, and the rank of the weakest basis on any way with s > 0."""

    s: float
    rank: int


NOTHING = Share(0.0, 0)


def decode(content: Any) -> Content | None:
    """A composition that a reader gave, as a dict."""
    decoded: Content | None = orjson.loads(content) if isinstance(content, str | bytes) else content
    return decoded


def mixing_from(stored: Any) -> Mixing:
    """The mixing of an event, as a tuple or its JSON text."""
    return Mixing(*(orjson.loads(stored) if isinstance(stored, str | bytes) else stored))


class Flows:
    """What a walk's transformations moved: contents of carriers, and of what went in and came out."""

    def __init__(
        self, walk: Walk, mixings: dict[Any, Mixing], siblings: dict[Any, list[ItemRow]] | None = None
    ) -> None:
        self.walk = walk
        self.carriers = sorted(walk.carriers, key=self._key)
        """In the order of their keys, as all that is added up: the last digit of a sum goes by it."""
        self.inside_root = sorted(walk.inside_root, key=self._key)
        self.own: dict[Any, Portion] = {item: self._own(walk.items[item]) for item in self.carriers}
        self.elements = sorted({TOTAL_MASS}.union(*(portion.composition or {} for portion in self.own.values())))
        self.mixing = mixings
        self.inputs: dict[Any, list[tuple[Any, Portion]]] = defaultdict(list)
        self.drawn: dict[Any, list[float | None]] = defaultdict(list)
        for item, event, kg in sorted(walk.consumptions, key=lambda row: (row[1], self._key(row[0]))):
            self.inputs[event].append((item, self._portion(item, event, kg)))
        self.outputs: dict[Any, list[Any]] = defaultdict(list)
        self.yielded: dict[Any, list[Any]] = defaultdict(list)
        """All that each event brought into being: more than the carriers, where the walk went backward."""
        for event, item in sorted(walk.yields, key=lambda row: self._key(row[1])):
            self.yielded[event].append(item)
            if item in walk.carriers:
                self.outputs[event].append(item)
        for event, beside in (siblings or {}).items():
            self.own.update({row.handle: self._own(row) for row in beside})
            self.yielded[event] = [row.handle for row in sorted(beside, key=lambda row: row.key)]
        self.events = sorted({*self.inputs, *self.outputs})

    def _key(self, item: Any) -> str:
        row = self.walk.items.get(item)
        return "" if row is None else row.key

    def divisor(self, event: Any, element: str) -> tuple[str, float]:
        """The basis and W of an event: as the fold stored it, with the outputs whose bodies were settled later."""
        mixing = self.mixing[event]
        basis, total = mixing.divisor(element)
        if mixing.complete or basis == "COUNT":
            return basis, total
        measure = element if basis == "ELEMENT" else TOTAL_MASS
        contents = [self.content(self.own[item], measure) for item in self.yielded[event]]
        if None in contents:
            return basis, total
        return basis, max(total, sum(kg or 0.0 for kg in contents))

    def event_type(self, event: Any) -> str:
        """The type of an event of the walk."""
        return type_of(event)

    def content(self, portion: Portion, element: str) -> float | None:
        """Kilograms of an element in a portion, None where unknown."""
        if not element:
            return portion.mass_kg
        return None if portion.composition is None else portion.composition.get(element, 0.0)

    def weight(self, portion: Portion, element: str, basis: str) -> float:
        """The weight w of an input in a measure (8.7)."""
        if basis == "COUNT":
            return 1.0
        return self.content(portion, element if basis == "ELEMENT" else TOTAL_MASS) or 0.0

    def _own(self, row: ItemRow) -> Portion:
        if row.kind == "LOT":
            return Portion(row.mass_kg, decode(row.composition))
        cut = self.walk.cut
        mass = row.body_mass_kg
        if row.body_mass_at is not None and row.body_mass_at >= cut:
            mass = None
        composition = decode(row.body_composition)
        if row.body_composition_at is not None and row.body_composition_at >= cut:
            composition = None
        return Portion(mass, composition)

    def _portion(self, item: Any, event: Any, kg: float | None) -> Portion:
        own = self.own[item]
        if self.walk.items[item].kind != "LOT":
            return own
        if self.event_type(event) != "DISPOSAL":
            self.drawn[item].append(kg)
        return drawn_portion(kg, own.mass_kg, own.composition)


def _weakest(total: float, parts: list[tuple[float, Share]], rank: int) -> Share:
    s = sum(weight * share.s for weight, share in parts) / total if total > 0 else 0.0
    if s <= 0:
        return NOTHING
    return Share(min(s, 1.0), max(rank, *(share.rank for weight, share in parts if weight * share.s > 0)))


def forward(flows: Flows) -> tuple[list[Attribution], list[Balance]]:
    """The attribution rows and the balance of a forward walk."""
    rows: list[Attribution] = []
    balances: list[Balance] = []
    for element in flows.elements:
        shares, before = _shares(flows, element)
        for item, share in shares.items():
            kg = flows.content(flows.own[item], element)
            if kg and share.s > 0:
                row = flows.walk.items[item]
                basis = STRENGTH[share.rank]
                rows.append(Attribution(row.key, row.kind, element, share.s * kg, share.s, basis, Direction.FORWARD))
        balance = _balance(flows, element, shares, before)
        if balance is not None:
            balances.append(balance)
    return rows, balances


def _untransformed(element: str) -> Share:
    return Share(1.0, _RANK["ELEMENT" if element else "MASS"])


def _shares(flows: Flows, element: str) -> tuple[dict[Any, Share], dict[Any, Share]]:
    """The share of every carrier; and what share of it was the root's before it came into the root, where any was.

    Matter that comes home is untransformed substance from then on.
    """
    whole = _untransformed(element)
    shares = dict.fromkeys(flows.walk.inside_root, whole)
    before: dict[Any, Share] = {}
    for event in flows.events:
        if event not in flows.mixing or event not in flows.inputs:
            continue
        basis, total = flows.divisor(event, element)
        parts = [
            (flows.weight(portion, element, basis), shares.get(item, NOTHING)) for item, portion in flows.inputs[event]
        ]
        share = _weakest(total, parts, _RANK[basis])
        for item in flows.outputs.get(event, ()):
            if item in flows.walk.inside_root:
                before[item] = share
            else:
                shares[item] = share
    return shares, before


def _balance(flows: Flows, element: str, shares: dict[Any, Share], before: dict[Any, Share]) -> Balance | None:
    whole = _untransformed(element)
    if any(share.rank > whole.rank for share in before.values()):
        return None
    kg: dict[Any, float] = {}
    for item in flows.carriers:
        content = flows.content(flows.own[item], element)
        if content is None or shares[item].rank > whole.rank:
            return None
        kg[item] = content
        if flows.walk.items[item].kind == "LOT" and (
            flows.own[item].mass_kg is None or None in flows.drawn.get(item, ())
        ):
            return None
    root = sum(kg[item] * (1.0 - before.get(item, NOTHING).s) for item in flows.inside_root)
    if root <= 0:
        return None
    disposed, loss, gone = _moved(flows, element, {**shares, **before}, shares, kg)
    recovered = in_use = used = 0.0
    for item, content in kg.items():
        if item in gone:
            continue
        if flows.walk.items[item].kind == "LOT":
            recovered += shares[item].s * _remaining(flows, item, content)
        elif item in flows.walk.inside_root:
            in_use += content
        else:
            used += shares[item].s * content
    return Balance(element, root, recovered, in_use, used, disposed, loss)


def _remaining(flows: Flows, lot: Any, content: float) -> float:
    drawn = flows.drawn.get(lot)
    created = flows.own[lot].mass_kg
    if not drawn or not created:
        return content
    return content * max(0.0, created - sum(kg or 0.0 for kg in drawn)) / created


def _moved(
    flows: Flows, element: str, yielded: dict[Any, Share], shares: dict[Any, Share], kg: dict[Any, float]
) -> tuple[float, float, set[Any]]:
    """What was disposed of and what was lost; and the items that ended. `yielded` are the shares at birth."""
    disposed = loss = 0.0
    gone = set()
    for event in flows.events:
        kind = flows.event_type(event)
        went_in = 0.0
        for item, portion in flows.inputs.get(event, ()):
            lot = flows.walk.items[item].kind == "LOT"
            if not lot or kind == "DISPOSAL":
                gone.add(item)
            content = _remaining(flows, item, kg[item]) if lot and kind == "DISPOSAL" else None
            content = flows.content(portion, element) if content is None else content
            went_in += shares[item].s * (content or 0.0)
        if kind == "DISPOSAL":
            disposed += went_in
        elif event in flows.inputs:
            loss += went_in - sum(yielded[item].s * kg[item] for item in flows.outputs.get(event, ()))
    return disposed, loss, gone


def backward(flows: Flows) -> list[Attribution]:
    """The attribution rows of a backward walk: how much of the root came from each item (8.11)."""
    rows: list[Attribution] = []
    for element in flows.elements:
        total = _root_total(flows, element)
        if not total:
            continue
        for item, (kg, rank) in _sources(flows, element).items():
            if kg > 0:
                row = flows.walk.items[item]
                rows.append(Attribution(row.key, row.kind, element, kg, kg / total, STRENGTH[rank], Direction.BACKWARD))
    return rows


def _root_total(flows: Flows, element: str) -> float | None:
    """Kilograms in the root and all that was ever inside it; matter that came home counts once."""
    members = [flows.content(flows.own[item], element) for item in flows.inside_root]
    if None in members:
        return None
    _, before = _shares(flows, element)
    return sum(
        (flows.content(flows.own[item], element) or 0.0) * (1.0 - before.get(item, NOTHING).s)
        for item in flows.inside_root
    )


def _sources(flows: Flows, element: str) -> dict[Any, tuple[float, int]]:
    """Kilograms in the root that came from each item, and the rank of the weakest basis on the way."""
    whole = _untransformed(element)
    found: dict[Any, tuple[float, int]] = {
        item: (flows.content(flows.own[item], element) or 0.0, whole.rank) for item in flows.inside_root
    }
    for event in reversed(flows.events):
        if event not in flows.mixing:
            continue
        basis, total = flows.divisor(event, element)
        outputs = [found[item] for item in flows.outputs.get(event, ()) if item in found and found[item][0] > 0]
        if not outputs or total <= 0:
            continue
        kg = sum(amount for amount, _ in outputs)
        rank = max(_RANK[basis], *(rank for _, rank in outputs))
        for item, portion in flows.inputs.get(event, ()):
            weight = flows.weight(portion, element, basis)
            if weight > 0 and item not in flows.walk.inside_root:
                known, known_rank = found.get(item, (0.0, 0))
                found[item] = (known + kg * weight / total, max(known_rank, rank))
    return found
