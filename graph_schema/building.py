"""Units that come into being with parts in them: enrolment, production, repurposing (model 7.7, 8.6)."""

from __future__ import annotations

from collections.abc import Iterable

from graph_schema.contents import Content, Portion, settle
from graph_schema.elements import TOTAL_MASS
from graph_schema.outcome import Effects, Trouble, View, inside
from graph_schema.specs import ItemSpec, LotSpec


class Builder:
    """Builds the outputs of one event into `effects`; `yielded` collects the portions that came into being."""

    def __init__(self, view: View, effects: Effects, actor: str, second_life: bool = False) -> None:
        self.view = view
        self.effects = effects
        self.actor = actor
        self.second_life = second_life
        self.yielded: list[str] = []
        self._mass: dict[str, Content | None] = {}
        self._composition: dict[str, Content | None] = {}
        self._parts: dict[str, list[str]] = {}

    def build(self, spec: ItemSpec | LotSpec, host: str | None = None) -> None:
        """Bring one item in with its parts, held by the actor unless it goes into `host`."""
        key = spec.key
        self.yielded.append(key)
        self.effects.add(key, "born", spec.kind, spec.mass_kg, spec.composition, self.second_life)
        if isinstance(spec, LotSpec) or spec.kind == "LOT":
            self._mass[key] = None if spec.mass_kg is None else {TOTAL_MASS: spec.mass_kg}
            self._composition[key] = spec.composition
        else:
            self._put_parts_in(spec)
            self._mass[key] = self._composition[key] = None
            if not spec.parts:
                self._build_alone(key, spec.mass_kg, spec.composition)
            else:
                self._settle(key, spec.mass_kg, spec.composition)
        if host is None:
            self.effects.add(key, "held", self.actor)

    def _settle(self, key: str, mass_kg: float | None, composition: Content | None) -> None:
        if mass_kg is not None:
            settle(key, {TOTAL_MASS: mass_kg}, self._mass_of, self._parts_of, self._fix_mass)
        if composition is not None:
            settle(key, composition, self._composition_of, self._parts_of, self._fix_composition)

    def _build_alone(self, key: str, mass_kg: float | None, composition: Content | None) -> None:
        """A unit without parts is its own body."""
        if mass_kg is not None:
            self._fix_mass(key, {TOTAL_MASS: mass_kg})
        if composition is not None:
            self._fix_composition(key, composition)

    def portions(self) -> list[Portion]:
        """The own content of all that was yielded."""
        return [
            Portion(None if (mass := self._mass[key]) is None else mass[TOTAL_MASS], self._composition[key])
            for key in self.yielded
        ]

    def _put_parts_in(self, spec: ItemSpec) -> None:
        inner = self._parts[spec.key] = []
        for part in spec.parts:
            if isinstance(part, ItemSpec):
                self.build(part, spec.key)
                key, position = part.key, part.position
            else:
                key, position = (part, None) if isinstance(part, str) else (part.key, part.position)
                self._take_existing(key)
            self.effects.add(key, "into", spec.key, position)
            self.effects.add(spec.key, "+part", key)
            inner.append(key)

    def _take_existing(self, key: str) -> None:
        state = self.view.get(key)
        assert state is not None
        if state.holder is not None:
            self.effects.add(key, "unheld")
        if self.second_life:
            for unit, unit_state in [(key, state), *inside(self.view, key)]:
                if unit_state.retired is not None:
                    self.effects.add(unit, "taken_up")

    def _parts_of(self, key: str) -> Iterable[str]:
        if key in self._parts:
            return self._parts[key]
        state = self.view.get(key)
        assert state is not None
        return state.parts

    def _mass_of(self, key: str) -> Content | None:
        if key in self._mass:
            return self._mass[key]
        state = self.view.get(key)
        assert state is not None
        return None if state.body_mass_kg is None else {TOTAL_MASS: state.body_mass_kg}

    def _composition_of(self, key: str) -> Content | None:
        if key in self._composition:
            return self._composition[key]
        state = self.view.get(key)
        assert state is not None
        return state.body_composition

    def _fix_mass(self, key: str, body: Content) -> None:
        self._mass[key] = body
        self.effects.add(key, "mass", body[TOTAL_MASS])

    def _fix_composition(self, key: str, body: Content) -> None:
        self._composition[key] = body
        self.effects.add(key, "content", body)


def check_new(view: View, trouble: Trouble, specs: Iterable[ItemSpec | LotSpec], path: str) -> None:
    """Refuse keys that are known already."""
    for spec in specs:
        known = view.get(spec.key)
        if known is not None:
            trouble.add("DUPLICATE_KEY", f"{spec.key} already exists", path, spec.key, known.born)


def check_no_lot_inside(trouble: Trouble, specs: Iterable[ItemSpec | LotSpec], path: str) -> None:
    """Refuse new lots as parts, and parts of new lots."""
    for spec in specs:
        if spec.kind == "LOT" and spec.parts:
            trouble.add("WRONG_KIND", f"{spec.key} is a lot of material; only units have parts", path, spec.key)
        for part in spec.parts:
            if isinstance(part, ItemSpec) and part.kind == "LOT":
                trouble.add("WRONG_KIND", f"{part.key} is a lot of material; only units are parts", path, part.key)


def check_parts(view: View, trouble: Trouble, keys: Iterable[str], path: str) -> None:
    """Refuse existing parts that ended, that are lots, or that are in a host."""
    for key in keys:
        state = view.get(key)
        assert state is not None
        if not trouble.unit(path, key, state, "only units are parts") or not trouble.alive(path, key, state):
            continue
        if state.host is not None:
            message = f"{key} is already inside {state.host.key}"
            trouble.add("ALREADY_INSTALLED", message, path, key, state.host.since)
