"""How much of the root is where (8.7 to 8.11): shares replayed through the containers and mixing tanks.

Readings of the contract
 1. Ways with no matter on them (an input whose share or content is 0) do not weaken the basis.
 2. Matter that comes home is ELEMENT (MASS for "") from then on, but the balance has no row for an element for which
    any weaker basis was ever met, since it went into the root's total.
 3. The root has rows too: its own body or lot, forward and backward.
 4. Contents in rows and balance are those at the end of the fold (a body may be settled after the event).
 5. Backward, a row counts the matter in all bodies that were ever inside the root, each atom once: the row of z has
    what was in z's own body and later (or then) inside the root. Its share is of the root's total as in 8.9. Where
    the root's total or a body that z's matter came in with is unknown, there is no row.
 6. Where an input has some of an element but a weight of 0 (it weighs nothing, and the basis is MASS), nothing of it
    comes out: a loss.
 7. An element of which the root has 0 kg has no balance row. A carrier counts for it even where its share is 0.
 8. Nothing is capped. Where the basis is weak, or a body is settled after the event that mixed it, more may come out
    than went in: then a loss is negative, or a backward share of matter that came home is above 1.
"""

from collections import defaultdict
from dataclasses import dataclass

from .state import Flow, Frame, Item
from .world import World

RANK = {"ELEMENT": 0, "MASS": 1, "COUNT": 2}
DUST_KG = 1e-12
Rows = dict[tuple[str, str], tuple[float, float, str]]


def best_basis(element: str) -> str:
    return "ELEMENT" if element else "MASS"


def weakest(bases: list[str]) -> str:
    return max(bases, key=RANK.__getitem__)


@dataclass
class Mixing:
    """How one transformation mixes one element: the same for every trace."""

    basis: str
    weights: list[float]  # one for each inflow
    total: float  # W


def mixing(world: World, frame: Frame, element: str) -> Mixing:
    for basis, measure in [("ELEMENT", element), ("MASS", "")] if element else [("MASS", "")]:
        weights = _contents(frame.inflow, measure)
        if weights is not None:
            bodies = [
                world.items[flow.key].own(measure) for flow in frame.outflow
            ]  # as settled in the end (reading 13)
            came_out = [] if None in bodies else bodies
            return Mixing(basis, weights, max(sum(weights), sum(came_out)))
    return Mixing("COUNT", [1.0] * len(frame.inflow), float(len(frame.inflow)))


def _contents(flows: list[Flow], measure: str) -> list[float] | None:
    contents = [flow.content(measure) for flow in flows]
    return None if None in contents else contents


def elements_of(world: World) -> list[str]:
    stated = [item.body["composition"] or {} for item in world.items.values()]
    return sorted({""}.union(*stated))


@dataclass
class Dyed:
    """The share of one element of one body that is dyed."""

    share: float
    basis: str


class Attribution:
    """One root."""

    def __init__(self, world: World, root: str) -> None:
        self.world, self.root = world, root
        self.elements = elements_of(world)
        self.dyed: dict[str, dict[str, Dyed]] = {}  # carrier -> element -> share
        self.fresh: dict[str, dict[str, float]] = {}  # body of the root -> element -> what it added to the root: 1 - s
        self.weak: set[str] = set()  # elements with a weaker basis somewhere
        self.passages: list[tuple[Frame, str, list[tuple[float, Flow]], float]] = []  # frame, element, (s, what), s out
        for frame in world.frames:
            self._transform(frame)
            for key in frame.inside.get(root, ()):
                if key not in self.fresh:
                    self._becomes_substance(key)

    def _transform(self, frame: Frame) -> None:
        if not any(flow.key in self.dyed for flow in frame.inflow):
            return
        out: dict[str, Dyed] = {}
        for element in self.elements:
            mix = mixing(self.world, frame, element)
            arriving = [self.dyed.get(flow.key, {}).get(element) for flow in frame.inflow]
            pairs = [(each, weight) for each, weight in zip(arriving, mix.weights, strict=True) if each]
            out[element] = mixed(pairs, mix)
            carried = [(each.share, flow) for each, flow in zip(arriving, frame.inflow, strict=True) if each]
            self.passages.append((frame, element, carried, out[element].share))
            if RANK[out[element].basis] > RANK[best_basis(element)]:
                self.weak.add(element)
        for key in frame.born:
            self.dyed[key] = dict(out)

    def _becomes_substance(self, key: str) -> None:
        before = self.dyed.get(key, {})
        self.fresh[key] = {e: 1.0 - (before[e].share if e in before else 0.0) for e in self.elements}
        self.dyed[key] = {e: Dyed(1.0, best_basis(e)) for e in self.elements}

    # ---- forward -------------------------------------------------------------------------------

    def forward_rows(self) -> Rows:
        rows: Rows = {}
        for key, by_element in self.dyed.items():
            for element, dyed in by_element.items():
                own = self.world.items[key].own(element)
                if own is not None and own * dyed.share > DUST_KG:
                    rows[key, element] = own * dyed.share, dyed.share, dyed.basis
        return rows

    def root_kg(self, element: str) -> float | None:
        """Of all bodies ever inside the root, what came home counted once."""
        contents = {key: self.world.items[key].own(element) for key in self.fresh}
        if None in contents.values():
            return None
        return sum(contents[key] * fresh[element] for key, fresh in self.fresh.items())

    def balance(self) -> dict[str, tuple[float, float, float, float, float, float]]:
        rows = {element: self._balance_row(element) for element in self.elements if element not in self.weak}
        return {element: row for element, row in rows.items() if row is not None and row[0] > DUST_KG}

    def _balance_row(self, element: str) -> tuple[float, float, float, float, float, float] | None:
        kg: dict[str, float] = defaultdict(float)
        for key, by_element in self.dyed.items():
            item = self.world.items[key]
            content = item.rest(element) if item.is_lot else item.own(element)
            if content is None:
                return None
            kg[self._whereabouts(item)] += by_element[element].share * content
        for frame, each, carried, share_out in self.passages:
            if each == element:
                kg["loss"] += sum(share * flow.content(element) for share, flow in carried)
                kg["loss"] -= sum(share_out * self.world.items[key].own(element) for key in frame.born)
        places = ("recovered", "in use", "used in production", "disposed", "loss")
        return self.root_kg(element), *(kg[place] for place in places)

    def _whereabouts(self, item: Item) -> str:
        if item.ended_how == "DISPOSAL":
            return "disposed"
        if item.ended_how in ("DISMANTLING", "SCRAPPING"):
            return "loss"
        if item.ended_how is not None:
            return "transformed"
        if item.is_lot:
            return "recovered"
        return "in use" if item.key in self.fresh else "used in production"

    # ---- backward ------------------------------------------------------------------------------

    def backward_rows(self) -> Rows:
        """One colour per body and lot; a colour that has come into the root is counted and washed out."""
        colours: dict[str, dict[tuple[str, str], Dyed]] = {}  # body -> (origin, element) -> what is not counted yet
        arrived: dict[tuple[str, str], list[tuple[str, Dyed]]] = defaultdict(list)
        home: set[str] = set()
        for frame in self.world.frames:
            inflow = [colours.get(flow.key, {}) for flow in frame.inflow]
            out = {}
            for origin, element in {name for each in inflow for name in each}:
                mix = mixing(self.world, frame, element)
                pairs = zip((each.get((origin, element)) for each in inflow), mix.weights, strict=True)
                out[origin, element] = mixed([pair for pair in pairs if pair[0]], mix)
            for key in frame.born:
                colours[key] = out | {(key, element): Dyed(1.0, best_basis(element)) for element in self.elements}
            for key in frame.inside.get(self.root, ()):
                if key not in home:
                    home.add(key)
                    for name, dyed in colours.pop(key).items():
                        arrived[name].append((key, dyed))
        rows = {name: self._backward_row(name[1], parts) for name, parts in arrived.items()}
        return {name: row for name, row in rows.items() if row is not None}

    def _backward_row(self, element: str, parts: list[tuple[str, Dyed]]) -> tuple[float, float, str] | None:
        total = self.root_kg(element)
        brought = [(self.world.items[key].own(element), dyed) for key, dyed in parts if dyed.share > 0]
        if total is None or any(own is None for own, _ in brought):
            return None
        kg = sum(own * dyed.share for own, dyed in brought)
        if kg <= DUST_KG:
            return None
        return kg, kg / total, weakest([dyed.basis for own, dyed in brought if own > 0])


def mixed(inflow: list[tuple[Dyed, float]], mix: Mixing) -> Dyed:
    """The dyed share of all that comes out, from the dyed inputs with their weights."""
    moving = [(dyed, weight) for dyed, weight in inflow if dyed.share * weight > 0]
    if not moving:
        return Dyed(0.0, "ELEMENT")
    share = sum(dyed.share * weight for dyed, weight in moving) / mix.total
    return Dyed(share, weakest([mix.basis, *(dyed.basis for dyed, _ in moving)]))
