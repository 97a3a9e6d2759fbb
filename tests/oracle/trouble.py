"""What goes wrong in a random history: contradictions, nonsense, late reports and voidings."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .histories import Story

GHOSTS = ["ghost-1", "ghost-2", "ghost-3"]
NAMES_ITEMS = [
    "INSTALLATION", "REMOVAL", "TRANSFER", "RECEIPT", "INSPECTION", "RETIREMENT", "DISMANTLING", "REPURPOSING",
    "PRODUCTION", "RECYCLING", "REFINING", "SCRAPPING", "DISPOSAL",
]  # fmt: skip


class Trouble:
    def __init__(self, story: "Story") -> None:
        self.story, self.rng = story, story.rng

    def strike(self) -> None:
        actions = [self.nonsense] * 4 + [self.void] * 4 + [self.late, self.cycle, self.twice, self.appear, self.steal]
        self.rng.choice(actions)()

    def past(self) -> datetime:
        """A moment somewhere in the history so far, often just that of another event."""
        start = self.story.now - timedelta(days=self.rng.choice([0, 0, 1, 5, 20]))
        return start - timedelta(minutes=self.rng.choice([0, 1, 90]))

    def any_key(self) -> str:
        known = list(self.story.world.items)
        return self.rng.choice(GHOSTS) if not known or self.rng.random() < 0.12 else self.rng.choice(known)

    def any_keys(self, most: int, but: Collection[str] = ()) -> list[str]:
        """No key twice, and none of those that the event names already: that would be malformed (7.6)."""
        return sorted({self.any_key() for _ in range(self.rng.randint(1, most))}.difference(but))

    def nonsense(self) -> None:
        """An event about anything at all, now or in the past."""
        kind = self.rng.choice(NAMES_ITEMS)
        at = self.past() if self.rng.random() < 0.4 else None
        self.story.tell(kind, self.rng.choice("ABCDE"), at, **self.fields(kind))

    def fields(self, kind: str) -> dict:
        if kind in ("INSTALLATION", "REMOVAL"):
            pair = {"part": self.any_key(), "host": self.any_key()}
            return pair if kind == "INSTALLATION" else pair | {"reason": "REPAIR"}
        if kind in ("TRANSFER", "DISPOSAL"):
            extra = {"to": self.rng.choice("ABCDE"), "reason": "SALE"} if kind == "TRANSFER" else {"method": "LOSS"}
            return {"items": self.any_keys(3), **extra}
        if kind == "RECEIPT":
            return {"transfer": self.any_event() if self.rng.random() < 0.7 else "never-sent"}
        if kind in ("INSPECTION", "RETIREMENT", "SCRAPPING"):
            extra = {"INSPECTION": {"measurements": {"cycleCount": 7}}, "RETIREMENT": {"reason": "CAPACITY"}}
            return {"item": self.any_key(), **extra.get(kind, {})}
        if kind == "DISMANTLING":
            item = self.any_key()
            return {"item": item, "parts": self.any_keys(2, [item])}
        return self.transformation(kind)

    def transformation(self, kind: str) -> dict:
        inputs = [{"key": key} for key in self.any_keys(2)]
        for entry in inputs:
            item = self.story.world.items.get(entry["key"])
            if self.rng.random() < 0.7 and (item is None or item.is_lot):
                entry["massKg"] = self.story.kg(6)
        if kind in ("RECYCLING", "REFINING"):
            lot = {"key": self.story.new_key("LOT"), "material": "black mass", "massKg": self.story.kg(4)}
            return {"inputs": inputs, "outputs": [lot]}
        parts = self.any_keys(2, [entry["key"] for entry in inputs])
        spec = {"key": self.story.new_key("BATTERY"), "kind": "BATTERY", "parts": parts}
        return {"outputs": [spec]} if kind == "REPURPOSING" else {"outputs": [spec], "inputs": inputs}

    def late(self) -> None:
        """Something that fits today, but happened earlier."""
        story, now = self.story, self.story.now
        story.now = self.past()
        story.go_on()
        story.now = max(now, story.now)

    def cycle(self) -> None:
        story = self.story
        full = [key for key in story.free() if story.world.items[key].parts]
        if full:
            part = self.rng.choice(full)
            story.tell("INSTALLATION", "A", part=part, host=self.rng.choice(story.world.inside(part)))

    def twice(self) -> None:
        """A second production, or recycling output, of a key that is known or comes to be known."""
        story = self.story
        if story.world.items:
            key = self.rng.choice(list(story.world.items))
            at = self.past() if self.rng.random() < 0.5 else None
            if story.world.items[key].is_lot:
                lots = [lot for lot in story.lots() if lot != key]
                if lots:
                    inputs, spec = [story.draw(lots[0])], {"key": key, "material": "black mass", "massKg": 0.125}
                    story.tell("REFINING", "D", at, inputs=inputs, outputs=[spec])
                return
            story.tell("PRODUCTION", "A", at, outputs=[story.unit("CELL") | {"key": key}], inputs=[])

    def appear(self) -> None:
        """The production or enrolment of a ghost, perhaps long before it was named: what waits for it is settled."""
        story = self.story
        key = self.rng.choice(GHOSTS)
        at = story.now - timedelta(days=self.rng.choice([0, 3, 30]))
        kind = self.rng.choice(["CELL", "MODULE", "BATTERY", "VEHICLE", "LOT"])
        spec = story.unit(kind) | {"key": key}
        if kind == "LOT":
            story.tell("ENROLMENT", "B", at, items=[spec | {"material": "black mass"}])
        elif self.rng.random() < 0.5:
            story.tell("ENROLMENT", "B", at, items=[spec])
        else:
            story.tell("PRODUCTION", "B", at, outputs=[spec], inputs=[])

    def steal(self) -> None:
        """A part that is in a host goes into another: installed, built in, or as a unit drawn on."""
        story = self.story
        if story.hosted() and story.units():
            part = self.rng.choice(story.hosted())
            if self.rng.random() < 0.5:
                story.tell("INSTALLATION", self.rng.choice("ABC"), part=part, host=self.rng.choice(story.units()))
            else:
                story.tell("REPURPOSING", self.rng.choice("ABC"), outputs=[story.unit("BATTERY", [part])])

    def any_event(self) -> str:
        return self.rng.choice(self.story.events)["eventId"]

    def void(self) -> None:
        """By its own actor, a regulator or a stranger; sometimes a voiding, a later one, or nothing that was sent."""
        story = self.story
        voidings = [event for event in story.events if event["type"] == "VOIDING"]
        pool = voidings if voidings and self.rng.random() < 0.35 else story.events
        target = self.rng.choice(pool)
        actor = self.rng.choices([target["actor"], "REG", self.rng.choice("ABCDE")], [6, 2, 2])[0]
        at = self.past() if self.rng.random() < 0.3 else None
        voids = target["eventId"] if self.rng.random() < 0.93 else "never-sent"
        story.tell("VOIDING", actor, at, voids=voids, reason="ERROR")
