"""Contents of units and lots: bodies, mixing, conservation (model 7.11, 8.6, 8.7).

A content is a dict of kg per element. Mass is handled as the content of the one element `""`. None is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

Content = dict[str, float]

CONSERVATION_FACTOR = 1.05
CONSERVATION_SLACK_KG = 1e-6


class Mixing(NamedTuple):
    """What a transformation's outputs share: the divisors W of 8.7, which depend on the event alone.

    `inputs` is how many there were; `mass_kg` the divisor in the measure mass, None where an input's mass is unknown;
    `elements` the divisors per element, None where an input's composition is unknown. `complete` is whether the
    outputs' contents in these measures were all known by the event; where one is settled later, it counts then.
    """

    inputs: int
    mass_kg: float | None
    elements: Content | None
    complete: bool = True

    def divisor(self, element: str) -> tuple[str, float]:
        """The basis and W for an element (`""`: total mass)."""
        if element and self.elements is not None:
            return "ELEMENT", self.elements.get(element, 0.0)
        if self.mass_kg is not None:
            return "MASS", self.mass_kg
        return "COUNT", float(self.inputs)


class Portion(NamedTuple):
    """A body, a draw or an output: its mass in kg and its composition, None where unknown."""

    mass_kg: float | None
    composition: Content | None


def add_to(total: Content, content: Content) -> None:
    """Add a content to a total in place."""
    for element, kg in content.items():
        total[element] = total.get(element, 0.0) + kg


def mixing_of(inputs: list[Portion], outputs: list[Portion]) -> Mixing:
    """The divisors of a transformation: what went in, or what came out where that is more (8.7)."""
    mass: float | None = None
    complete = True
    if all(portion.mass_kg is not None for portion in inputs):
        mass = sum(portion.mass_kg or 0.0 for portion in inputs)
        if all(portion.mass_kg is not None for portion in outputs):
            mass = max(mass, sum(portion.mass_kg or 0.0 for portion in outputs))
        else:
            complete = False
    elements: Content | None = None
    if all(portion.composition is not None for portion in inputs):
        elements = {}
        for portion in inputs:
            add_to(elements, portion.composition or {})
        if all(portion.composition is not None for portion in outputs):
            yielded: Content = {}
            for portion in outputs:
                add_to(yielded, portion.composition or {})
            for element, kg in yielded.items():
                elements[element] = max(elements.get(element, 0.0), kg)
        else:
            complete = False
    return Mixing(len(inputs), mass, elements, complete)


def settle(
    unit: str,
    gross: Content,
    body: Callable[[str], Content | None],
    parts: Callable[[str], Iterable[str]],
    fix: Callable[[str, Content], None],
) -> None:
    """Settle the bodies that a host's stated content decides (8.6).

    Parts with a known present content take theirs; the others share equally what the host states and those leave; what
    remains is the host's own body. `body` and `parts` read, `fix` is told each body that is settled here.
    """
    waiting = [(unit, gross)]
    while waiting:
        host, stated = waiting.pop()
        rest = dict(stated)
        own = body(host)
        unknown = []
        taken = [own] if own is not None else []
        for part in parts(host):
            content = present_content(part, body, parts)
            if content is None:
                unknown.append(part)
            else:
                taken.append(content)
        for content in taken:
            for element in rest:
                rest[element] -= content.get(element, 0.0)
        rest = {element: max(0.0, kg) for element, kg in rest.items()}
        if own is None:
            fix(host, rest if not unknown else dict.fromkeys(rest, 0.0))
        share = {element: kg / len(unknown) for element, kg in rest.items()} if unknown else {}
        waiting += [(part, dict(share)) for part in reversed(unknown)]


def present_content(
    unit: str, body: Callable[[str], Content | None], parts: Callable[[str], Iterable[str]]
) -> Content | None:
    """A unit's own body and the bodies inside it at this moment, None where one of them is unknown."""
    own = body(unit)
    if own is None:
        return None
    waiting = list(parts(unit))[::-1]
    if not waiting:
        return own
    total = dict(own)
    while waiting:
        part = waiting.pop()
        content = body(part)
        if content is None:
            return None
        add_to(total, content)
        waiting += list(parts(part))[::-1]
    return total


def not_conserved(inputs: list[Portion], outputs: list[Portion], total_mass: bool) -> list[str]:
    """The elements (`""`: total mass) of which more comes out than went in, beyond the contract's tolerance (7.11)."""
    excess = []
    masses = [portion.mass_kg for portion in inputs]
    if total_mass and None not in masses:
        out = sum(portion.mass_kg or 0.0 for portion in outputs)
        if _more(out, sum(mass or 0.0 for mass in masses)):
            excess.append("")
    compositions = [portion.composition or {} for portion in inputs]
    for element in sorted(set.intersection(*map(set, compositions))):
        went_in = sum(composition[element] for composition in compositions)
        if _more(sum((portion.composition or {}).get(element, 0.0) for portion in outputs), went_in):
            excess.append(element)
    return excess


def _more(out_kg: float, in_kg: float) -> bool:
    return out_kg > in_kg * CONSERVATION_FACTOR + CONSERVATION_SLACK_KG
