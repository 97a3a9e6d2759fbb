"""A naive fold: events in total order through plain containers. Nothing here is shared with the product.

Readings of the contract
(beyond its letter; sections are those of model.md)

 1. Of each named item only one of WRONG_KIND, ALREADY_ENDED is listed, in this order; ALREADY_INSTALLED is judged of
    a part that passes, NOT_INSTALLED and CONTAINMENT_CYCLE only where part and host both pass. An item that is
    installed into itself is a CONTAINMENT_CYCLE. Codes are listed once each.
 2. MASS_NOT_CONSERVED is judged only where every input is sound (no WRONG_KIND, ALREADY_ENDED, OVERDRAWN). Its inputs
    are those of 8.7: each ended body and each draw; an element is checked where the composition of every one of them
    is known and lists it. An output that states nothing counts 0.
 3. An enrolled key that is known, ended or not, is skipped with its whole spec (its parts are neither looked up nor put
    in). Enrolled specs may have parts, as in a production; a *nested* new part that is known is DUPLICATE_KEY there.
 4. DISMANTLING: `parts` absent or null names all direct parts, `[]` names none.
 5. A receipt that names an event which is no accepted transfer before it is pending (UNKNOWN_EVENT).
 6. Produced (top level), repurposed, enrolled, recycled and refined items are held by the actor from the start.
 7. A unit that ends closes its own HELD_BY, its PART_OF upward, and those of the units that end inside it.
 8. What the draws of a PRODUCTION flow into is everything the event yields, nested new parts included.
 9. The content of a draw is known where the masses of lot and draw are known (and the composition, for elements).
10. A voiding that names itself is contested, like one that names a later voiding.
11. A part string that names an item which only the same event yields is unknown (it does not exist before the event).
12. `massKg` of a unit in `inputs` of a RECYCLING is ignored.
13. A body that is settled later (its unit went into a host that states more) counts in the W of the event that brought
    it in from then on: 8.7 wants unreported material to dilute and to invent nothing.
14. A lot that is drawn empty is still there: it can be held, transferred and disposed of.
"""

from .order import Verdict, in_order, instant, resolve_voidings
from .state import QUANTITIES, Edge, Flow, Frame, Item, State, entries, new_keys, old_parts


class World(State):
    def __init__(self) -> None:
        super().__init__()
        self.verdicts: dict[str, Verdict] = {}
        self.problems: dict[str, set[tuple[str, str]]] = {}  # eventId -> (code, key)

    # ---- judging -------------------------------------------------------------------------------

    def apply(self, event: dict) -> Verdict:
        """The next event in the order (no voiding, not voided)."""
        problems, status = self.unknown(event), "PENDING"
        if not problems:
            problems = self.impossible(event)
            status = "CONTESTED" if problems else "ACCEPTED"
        if status == "ACCEPTED":
            self._take_effect(event)
        self.problems[event["eventId"]] = problems
        verdict = status, sorted({code for code, _ in problems})
        self.verdicts[event["eventId"]] = verdict
        return verdict

    def unknown(self, event: dict) -> set[tuple[str, str]]:
        if event["type"] == "RECEIPT":
            known = event["transfer"] in self.transfers
            return set() if known else {("UNKNOWN_EVENT", event["transfer"])}
        return {("UNKNOWN_ITEM", key) for key in self.names(event) if key not in self.items}

    def impossible(self, event: dict) -> set[tuple[str, str]]:
        check = getattr(self, f"_check_{event['type'].lower()}", None)
        problems = check(event) if check else set()
        return {problem for problem in problems if problem}

    def _unfit(self, key: str, kinds: str = "any") -> set[tuple[str, str]]:
        """Reading 1: the wrong kind, else ended."""
        item = self.items[key]
        fits = {"any": True, "unit": not item.is_lot, "lot": item.is_lot, "vehicle": item.kind == "VEHICLE"}
        if not fits[kinds]:
            return {("WRONG_KIND", key)}
        return {("ALREADY_ENDED", key)} if item.ended_in else set()

    def _unfit_part(self, key: str) -> set[tuple[str, str]]:
        """What keeps a unit from going into a host."""
        return self._unfit(key, "unit") or ({("ALREADY_INSTALLED", key)} if self.items[key].host else set())

    def _check_building(self, event: dict) -> set[tuple[str, str]]:
        specs = self.specs(event)
        taken = {("DUPLICATE_KEY", key) for spec in specs for key in new_keys(spec) if key in self.items}
        return taken.union(*(self._unfit_part(key) for spec in specs for key in old_parts(spec)))

    _check_enrolment = _check_repurposing = _check_building

    def _check_inputs(self, event: dict, kinds: str) -> set[tuple[str, str]]:
        return set().union(
            *(self._unfit(entry["key"], kinds) or self._overdrawn(entry) for entry in event.get("inputs") or [])
        )

    def _overdrawn(self, entry: dict) -> set[tuple[str, str]]:
        lot, kg = self.items[entry["key"]], entry.get("massKg")
        if not lot.is_lot or kg is None or lot.remaining is None:
            return set()
        return {("OVERDRAWN", lot.key)} if kg > lot.remaining + 1e-9 * lot.own("") else set()

    def _check_production(self, event: dict) -> set[tuple[str, str]]:
        return self._check_building(event) | self._check_inputs(event, "lot")

    def _check_transformation(self, event: dict, kinds: str) -> set[tuple[str, str]]:
        problems = self._check_inputs(event, kinds)
        if not problems and self._creates_matter(event):
            problems = {("MASS_NOT_CONSERVED", event["eventId"])}
        return problems | self._check_building(event)

    def _check_recycling(self, event: dict) -> set[tuple[str, str]]:
        return self._check_transformation(event, "any")

    def _check_refining(self, event: dict) -> set[tuple[str, str]]:
        return self._check_transformation(event, "lot")

    def _creates_matter(self, event: dict) -> bool:
        flows = self.consumed(event)
        compositions = [flow.composition for flow in flows]
        checked = set() if None in compositions else set.intersection(*(set(each) for each in compositions))
        if event["type"] == "RECYCLING" and all(flow.mass is not None for flow in flows):
            checked.add("")
        outputs = [(spec.get("composition") or {}) | {"": spec.get("massKg") or 0.0} for spec in event["outputs"]]
        for element in checked:
            kg_in = sum(flow.content(element) for flow in flows)
            if sum(each.get(element, 0.0) for each in outputs) > kg_in * 1.05 + 1e-6:
                return True
        return False

    def _check_installation(self, event: dict) -> set[tuple[str, str]]:
        part, host = event["part"], event["host"]
        problems = self._unfit_part(part) | self._unfit(host, "unit")
        if not self._unfit(part, "unit") and not self._unfit(host, "unit") and host in self.inside(part):
            problems.add(("CONTAINMENT_CYCLE", part))
        return problems

    def _check_removal(self, event: dict) -> set[tuple[str, str]]:
        part, host = event["part"], event["host"]
        problems = self._unfit(part, "unit") | self._unfit(host, "unit")
        if not problems and self.items[part].host != host:
            problems.add(("NOT_INSTALLED", part))
        return problems

    def _check_dismantling(self, event: dict) -> set[tuple[str, str]]:
        item = event["item"]
        problems = self._unfit(item, "unit")
        item_fits = not problems
        for part in event.get("parts") or []:
            unfit = self._unfit(part, "unit")
            if item_fits and not unfit and self.items[part].host != item:
                unfit = {("NOT_INSTALLED", part)}
            problems |= unfit
        return problems

    def _check_items(self, event: dict) -> set[tuple[str, str]]:
        return set().union(*(self._unfit(key) for key in event["items"]))

    _check_transfer = _check_disposal = _check_items

    def _check_inspection(self, event: dict) -> set[tuple[str, str]]:
        return self._unfit(event["item"])

    def _check_retirement(self, event: dict) -> set[tuple[str, str]]:
        return self._unfit(event["item"], "unit")

    def _check_scrapping(self, event: dict) -> set[tuple[str, str]]:
        return self._unfit(event["item"], "vehicle")

    # ---- effects -------------------------------------------------------------------------------

    def _take_effect(self, event: dict) -> None:
        frame = Frame(event)
        self.frames.append(frame)
        effect = getattr(self, f"_do_{event['type'].lower()}", None)
        if effect:
            effect(event)
        frame.inside = {key: tuple(self.inside(key)) for key, item in self.items.items() if not item.ended_in}

    def _open(self, kind: str, source: str, target: str) -> Edge:
        edge = Edge(kind, source, target, self.frames[-1].event["eventId"], len(self.frames) - 1)
        self.edges.append(edge)
        return edge

    def _moment(self, kind: str, source: str, target: str, mass_kg: float | None) -> None:
        """CONSUMED_IN or YIELDED: open for no time at all."""
        edge = self._open(kind, source, target)
        edge.closed_by, edge.closed_at, edge.mass_kg = edge.opened_by, edge.opened_at, mass_kg

    def _close(self, kind: str, source: str) -> None:
        for edge in self.edges:
            if edge.kind == kind and edge.source == source and edge.closed_at is None:
                edge.closed_by, edge.closed_at = self.frames[-1].event["eventId"], len(self.frames) - 1

    def _hold(self, key: str, holder: str | None) -> None:
        self._close("HELD_BY", key)
        self.items[key].holder = holder
        if holder is not None:
            self._open("HELD_BY", key, holder)

    def _put(self, part: str, host: str) -> None:
        self._hold(part, None)
        self.items[part].host = host
        self.items[host].parts.append(part)
        self._open("PART_OF", part, host)

    def _take_out(self, part: str, holder: str | None) -> None:
        """Out of its host if it is in one, and held by the holder from then."""
        host = self.items[part].host
        if host is not None:
            self.items[host].parts.remove(part)
            self.items[part].host = None
            self._close("PART_OF", part)
        self._hold(part, holder)

    def _end(self, key: str) -> None:
        """The item ends with everything in it."""
        event = self.frames[-1].event
        for part in list(self.items[key].parts):
            self._end(part)
        item = self.items[key]
        self._take_out(key, None)
        item.ended_in, item.ended_how = event["eventId"], event["type"]
        self._moment("CONSUMED_IN", key, event["eventId"], item.remaining if item.is_lot else item.own(""))

    def _yield(self, spec: dict, kind: str) -> Item:
        key, event_id = spec["key"], self.frames[-1].event["eventId"]
        stated = {quantity: read(spec) for quantity, read in QUANTITIES.items()}
        body = stated if kind == "LOT" else dict.fromkeys(QUANTITIES)
        item = Item(key, kind, event_id, stated, dict(body), remaining=spec.get("massKg") if kind == "LOT" else None)
        self.items[key] = item
        self.frames[-1].born.append(key)
        self._moment("YIELDED", event_id, key, spec.get("massKg"))
        return item

    def _build(self, spec: dict) -> None:
        """A new unit: nested new parts first, then the host, then everything goes in (8.6)."""
        for _, new in entries(spec.get("parts")):
            if new is not None:
                self._build(new)
        item = self._yield(spec, spec["kind"])
        for key, _ in entries(spec.get("parts")):
            self._put(key, item.key)
        for quantity, gross in item.stated.items():
            if gross is not None:
                self._settle(quantity, item.key, gross)

    def _settle(self, quantity: str, key: str, gross: dict[str, float]) -> None:
        """Gives bodies to those inside (the unit too) that have none, out of what is left of `gross`."""
        item = self.items[key]
        known = {part: self.content(quantity, part) for part in item.parts}
        blank = [part for part, content in known.items() if content is None]
        contents = [content for content in [*known.values(), item.body[quantity]] if content is not None]
        rest = {element: kg - sum(each.get(element, 0.0) for each in contents) for element, kg in gross.items()}
        rest = {element: max(0.0, kg) for element, kg in rest.items()}
        if item.body[quantity] is None:
            item.body[quantity] = dict.fromkeys(rest, 0.0) if blank else rest
        for part in blank:
            self._settle(quantity, part, {element: kg / len(blank) for element, kg in rest.items()})

    def _bring_in(self, event: dict) -> None:
        """What the event names as new, held by the actor."""
        lots_only = event["type"] in ("RECYCLING", "REFINING")
        for spec in self.specs(event):
            if lots_only or spec["kind"] == "LOT":
                self._yield(spec, "LOT")
            else:
                self._build(spec)
            self._hold(spec["key"], event["actor"])

    _do_enrolment = _do_repurposing = _bring_in

    def _do_production(self, event: dict) -> None:
        """Also recycling and refining: what flows in ends or is drawn, what flows out comes into being."""
        frame = self.frames[-1]
        frame.inflow = self.consumed(event)
        for key in self.outermost([entry["key"] for entry in event.get("inputs") or []]):
            if not self.items[key].is_lot:
                self._end(key)
        for entry in event.get("inputs") or []:
            if self.items[entry["key"]].is_lot:
                self._draw_from(self.items[entry["key"]], entry.get("massKg"))
        self._bring_in(event)
        if frame.inflow:
            bodies = {key: self.items[key].body for key in frame.born}
            frame.outflow = [Flow(key, body["mass"], body["composition"]) for key, body in bodies.items()]

    _do_recycling = _do_refining = _do_production

    def _draw_from(self, lot: Item, kg: float | None) -> None:
        self._moment("CONSUMED_IN", lot.key, self.frames[-1].event["eventId"], kg)
        if kg is None or lot.remaining is None:
            lot.remaining = None
        else:
            lot.remaining = max(0.0, lot.remaining - kg)

    def _do_installation(self, event: dict) -> None:
        self._put(event["part"], event["host"])

    def _do_removal(self, event: dict) -> None:
        self._take_out(event["part"], event["actor"])

    def _do_transfer(self, event: dict) -> None:
        self.transfers.add(event["eventId"])
        for key in self.outermost(event["items"]):
            self._take_out(key, event["to"])

    def _do_retirement(self, event: dict) -> None:
        self.items[event["item"]].retired = True

    def _do_dismantling(self, event: dict) -> None:
        parts = event.get("parts")
        for part in list(self.items[event["item"]].parts):
            if parts is None or part in parts:
                self._take_out(part, event["actor"])
        self._end(event["item"])

    def _do_scrapping(self, event: dict) -> None:
        for part in list(self.items[event["item"]].parts):
            self._take_out(part, event["actor"])
        self._end(event["item"])

    def _do_disposal(self, event: dict) -> None:
        for key in self.outermost(event["items"]):
            self._end(key)


def fold(events: list[dict], as_of: str | None = None) -> World:
    """The world after all events, or after the last one at or before `as_of`."""
    ordered = in_order(events)
    voided, verdicts = resolve_voidings(ordered)
    world = World()
    for event in ordered:
        if event["eventId"] in voided:
            world.verdicts[event["eventId"]] = ("VOIDED", [])
        elif event["type"] == "VOIDING":
            world.verdicts[event["eventId"]] = verdicts[event["eventId"]]
        elif as_of is None or instant(event["occurredAt"]) <= instant(as_of):
            world.apply(event)
    return world


def judge(events: list[dict]) -> dict[str, Verdict]:
    """eventId -> (status, sorted problem codes)."""
    return fold(events).verdicts
