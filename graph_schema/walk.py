"""The walk of a trace: which items, events and edges belong to it (model 6, 8.1 to 8.5).

Rule 7.9 - every end leaves `CONSUMED_IN`, also for each unit inside what is consumed - turns the physics into plain
closures. *Carriers* are the items whose own body or lot carries matter of the root (forward), or gave it (backward):
the root, what was ever inside it, and what follows from there over `CONSUMED_IN` and `YIELDED`. *Hosts* are what
contained a carrier: followed upward only, and only for as long as the carrier was inside. Windows of positions say how
long that was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from graph_schema.answer import Direction
from graph_schema.depths import Rank, nearest_items
from graph_schema.order import Position
from graph_schema.reader import (
    About,
    Around,
    ConsumptionRow,
    CustodyRow,
    ItemRow,
    StayRow,
    TraceReader,
    YieldRow,
)
from graph_schema.windows import ALWAYS, END, START, Window, add, overlap


class Walk:
    """One walk in one direction; `run` fills the fields below.

    Shapes: `items` facts by handle; `windows` when an item contained or was a carrier; `inside_root` the windows in
    which a carrier was inside the root; `stays`, `consumptions`, `yields`, `custody` the edges, `contested` those of
    them that a contested event claims; `host_rows` and `about` what was read of the items reached. `alone` says that no
    other walk tells of them, so that `about` and `custody` are only of those that may be told. `onward`: the
    items whose edges are followed beyond the bounds. `rank`: by what those that may be told are chosen among those of
    one depth and kind.
    """

    def __init__(
        self,
        reader: TraceReader,
        direction: Direction,
        cut: Position | None,
        claims: bool,
        depth_max: int | None,
        nodes_max: int,
        alone: bool = False,
        onward: Collection[Any] = (),
        rank: Rank | None = None,
    ) -> None:
        self.reader = reader
        self.forward = direction is Direction.FORWARD
        self.cut = END if cut is None else cut
        self.claims = claims
        self.depth_max = depth_max
        self.nodes_max = nodes_max
        self.alone = alone
        self.onward = onward
        self.rank = rank
        self.items: dict[Any, ItemRow] = {}
        self.windows: dict[Any, list[Window]] = {}
        self.inside_root: dict[Any, list[Window]] = {}
        self.carriers: set[Any] = set()
        self.events: dict[Position, int] = {}
        self.stays: dict[StayRow, None] = {}
        self.consumptions: dict[ConsumptionRow, None] = {}
        self.yields: dict[YieldRow, None] = {}
        self.custody: list[CustodyRow] = []
        self.about = About([], [], {}, [])
        self.host_rows: dict[Any, list[StayRow]] = {}
        self.contested: set[Position] = set()
        self.stopped = False
        self._expanded: set[Position] = set()
        self._part_rows: dict[Any, list[StayRow]] = {}
        self._depths: dict[Any, int] = {}
        self._todo: dict[Any, None] = {}
        self._along: set[Any] = set()
        self._claimed: ClaimedEdges | None = ClaimedEdges() if claims else None

    async def run(self, root: Any) -> bool:
        """Walk from the root until nothing new is reached, or a bound is; False where the root came in later."""
        self._depths[root] = 0
        self.inside_root[root] = [ALWAYS]
        self._carry(root, ALWAYS)
        while self._todo:
            items = list(self._todo)
            self._todo = {}
            self.stopped = self.stopped or self._is_enough(items)
            further = self._within(items)
            along = [item for item in further if item in self.carriers and item not in self._along]
            around = await self._read(items, further, along)
            if self.items[root].born >= self.cut:
                return False
            if self.stopped and not further:
                break
            self._go_down(further)
            self._go_up(further)
            if along:
                self._along.update(along)
                (self._go_forward if self.forward else self._go_backward)(along, around)
        if not self.forward:
            self._yield_hosts()
        self.about = await self.reader.about(self._told(root))
        self._cut_custody()
        return True

    def _told(self, root: Any) -> list[Any]:
        """The items that an answer of this walk alone may tell: at a hub, few of those reached."""
        if not self.alone or self.onward or (self.depth_max is None and not self.stopped):
            return list(self.items)
        within = len(self.items) + len(self.events) if self.depth_max is None else self.depth_max - 1
        return nearest_items(self, root, within, self.nodes_max)

    def _within(self, items: list[Any]) -> list[Any]:
        """The items whose edges are followed."""
        depth_max = -1 if self.stopped else self.depth_max
        if depth_max is None:
            return items
        return [item for item in items if self._depths[item] < depth_max or item in self.onward]

    def _is_enough(self, items: list[Any]) -> bool:
        """Whether more nodes are known than may be told, none of them further away than what is not explored yet."""
        if len(self._depths) + len(self.events) <= self.nodes_max:
            return False
        nearest = min(self._depths[item] for item in items)
        known = [*self._depths.values(), *self.events.values()]
        return sum(depth <= nearest for depth in known) > self.nodes_max

    async def _read(self, items: list[Any], further: list[Any], along: list[Any]) -> Around:
        """Read a level, and note what was read."""
        new = [item for item in items if item not in self.items]
        inside = [item for item in further if item in self.inside_root and item not in self._part_rows]
        around = await self.reader.around(new, inside, along, self.forward, self._expanded)
        hosts, parts = around.hosts, around.parts
        for facts in around.items:
            self.items[facts[0]] = facts
        if self._claimed is not None:
            self.contested |= await self._claimed.read(self.reader, new)
            for item in new:
                if item not in self.items:
                    self.items[item] = self._claimed.item(item)
            hosts = [*hosts, *self._claimed.stays(new, upward=True)]
            parts = [*parts, *self._claimed.stays(inside, upward=False)]
        for item in new:
            self.host_rows[item] = []
        for item in inside:
            self._part_rows[item] = []
        for row in hosts:
            self.host_rows[row[0]].append(row)
        for row in parts:
            self._part_rows[row[1]].append(row)
        return around

    def _reach(self, item: Any, depth: int) -> None:
        known = self._depths.get(item)
        if known is None or depth < known:
            self._depths[item] = depth
        self._todo[item] = None

    def _carry(self, item: Any, window: Window) -> None:
        self.carriers.add(item)
        if add(self.windows.setdefault(item, []), window):
            self._todo[item] = None

    def interval(self, row: StayRow) -> Window | None:
        """A stay's interval as of the cut, None where it opened later."""
        opened, closed, cut = row[2], row[3], self.cut
        if opened >= cut:
            return None
        return opened, (END if closed is None or closed >= cut else closed)

    def _go_down(self, items: list[Any]) -> None:
        """Parts, below the root only: what was inside it at some position (8.2)."""
        for host in items:
            if host not in self._part_rows:
                continue
            depth = self._depths[host] + 1
            for row in self._part_rows[host]:
                interval = self.interval(row)
                if interval is None:
                    continue
                part = row[0]
                for window in self.inside_root[host]:
                    stay = overlap(window, *interval)
                    if stay is None:
                        continue
                    self.stays[row] = None
                    if add(self.inside_root.setdefault(part, []), stay):
                        self._reach(part, depth)
                        self._carry(part, (stay[0], END) if self.forward else (START, stay[1]))

    def _go_up(self, items: list[Any]) -> None:
        """Hosts, upward from whatever contains a carrier, for as long as it does."""
        for part in items:
            for row in self.host_rows[part]:
                interval = self.interval(row)
                if interval is None:
                    continue
                host = row[1]
                for window in self.windows[part]:
                    stay = overlap(window, *interval)
                    if stay is not None:
                        self.stays[row] = None
                        if add(self.windows.setdefault(host, []), stay):
                            self._reach(host, self._depths[part] + 1)

    def _go_forward(self, carriers: list[Any], around: Around) -> None:
        """Over the transformations that carriers went into."""
        rows, yields = around.consumptions, around.yields
        if self._claimed is not None:
            rows = [*rows, *self._claimed.consumptions(carriers)]
        new = self._meet((row[1], row[0]) for row in rows)
        for row in rows:
            if row[1] in self.events and self._moves_on(row[0], row[1]):
                self.consumptions[row] = None
        if self._claimed is not None:
            yields = [*yields, *self._claimed.outputs(new)]
        for event, item in yields:
            if event in new:
                self.yields[event, item] = None
                self._reach(item, self.events[event] + 1)
                self._carry(item, (event, END))

    def _moves_on(self, item: Any, at: Position) -> bool:
        """Time only moves forward: not before the substance arrived (only a claim can be)."""
        return self._claimed is None or any(low <= at for low, _ in self.windows[item])

    def _go_backward(self, carriers: list[Any], around: Around) -> None:
        """Over the transformations that carriers came out of."""
        births, rows = around.yields, around.consumptions
        if self._claimed is not None:
            births = [*births, *self._claimed.births(carriers)]
        new = self._meet(births)
        for birth in births:
            if birth[0] in self.events:
                self.yields[birth] = None
        if self._claimed is not None:
            rows = [*rows, *self._claimed.inputs(new)]
        for row in rows:
            if row[1] in new:
                self.consumptions[row] = None
                self._reach(row[0], self.events[row[1]] + 1)
                self._carry(row[0], (START, row[1]))

    def _yield_hosts(self) -> None:
        """What brought a substance in may have brought hosts of the trace in, too (8.3)."""
        for item, row in self.items.items():
            if item not in self.carriers and row.born in self.events:
                self.yields[row.born, item] = None
        if self._claimed is not None:
            for birth in self._claimed.births([item for item in self.items if item not in self.carriers]):
                if birth[0] in self.events:
                    self.yields[birth] = None

    def _meet(self, pairs: Iterable[tuple[Position, Any]]) -> set[Position]:
        """Note the events of (event, item) pairs; those to go on from."""
        new = set()
        for event, item in pairs:
            if event >= self.cut or not self._moves_on(item, event):
                continue
            depth = self._depths[item] + 1
            if depth < self.events.get(event, depth + 1):
                self.events[event] = depth
            if event not in self._expanded and (self.depth_max is None or depth < self.depth_max):
                new.add(event)
                self._expanded.add(event)
        return new

    def _cut_custody(self) -> None:
        """Keep the custody that overlaps with the time of its item in the trace."""
        rows, windows, cut = self.about.custody, self.windows, self.cut
        if self._claimed is not None:
            rows = [*rows, *self._claimed.custody(self.items)]
        for row in rows:
            opened = row[2]
            if opened >= cut:
                continue
            closed = END if row[3] is None else row[3]
            for low, high in windows[row[0]]:
                if opened < high and low < closed:
                    self.custody.append(row)
                    break


class ClaimedEdges:
    """The edges that contested events claim, as far as they touch what the walk has reached."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[Any, None]] = {
            "PART_OF": {},
            "HELD_BY": {},
            "CONSUMED_IN": {},
            "YIELDED": {},
        }
        self._items: dict[Any, ItemRow] = {}

    def item(self, handle: Any) -> ItemRow:
        """What is claimed of an item that no accepted event brought in."""
        return self._items[handle]

    async def read(self, reader: TraceReader, items: Collection[Any]) -> set[Any]:
        """Read what is claimed of items; the contested events."""
        events = set()
        for claim in await reader.claims(items):
            events.add(claim.event)
            if claim.item_key is not None and claim.item_kind is not None:
                self._items[claim.target] = ItemRow(
                    claim.target, claim.item_key, claim.item_kind, claim.event, claim.mass_kg, None, False,
                    None, None, None, None, None,
                )  # fmt: skip
            match claim.kind:
                case "PART_OF":
                    row: tuple[Any, ...] = (claim.source, claim.target, claim.event, claim.closed, None)
                case "HELD_BY":
                    row = (claim.source, claim.target, claim.event, claim.closed)
                case "CONSUMED_IN":
                    row = (claim.source, claim.event, claim.mass_kg)
                case _:
                    row = (claim.event, claim.target)
            self._rows[claim.kind][row] = None
        return events

    def stays(self, items: Collection[Any], upward: bool) -> list[StayRow]:
        """Claimed stays of parts (upward) or in hosts."""
        end = 0 if upward else 1
        wanted = set(items)
        return [row for row in self._rows["PART_OF"] if row[end] in wanted]

    def consumptions(self, items: Collection[Any]) -> list[ConsumptionRow]:
        """Claimed consumptions of items."""
        wanted = set(items)
        return [row for row in self._rows["CONSUMED_IN"] if row[0] in wanted]

    def inputs(self, events: Collection[Any]) -> list[ConsumptionRow]:
        """Claimed consumptions by events."""
        wanted = set(events)
        return [row for row in self._rows["CONSUMED_IN"] if row[1] in wanted]

    def outputs(self, events: Collection[Any]) -> list[YieldRow]:
        """Claimed yields of events."""
        wanted = set(events)
        return [row for row in self._rows["YIELDED"] if row[0] in wanted]

    def births(self, items: Collection[Any]) -> list[YieldRow]:
        """Claimed yields of items."""
        wanted = set(items)
        return [row for row in self._rows["YIELDED"] if row[1] in wanted]

    def custody(self, items: Collection[Any]) -> list[CustodyRow]:
        """Claimed custody of items."""
        wanted = set(items)
        return [row for row in self._rows["HELD_BY"] if row[0] in wanted]
