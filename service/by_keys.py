"""What stores tell of items by handles, told by keys as rules see it, and put together once for all who see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from graph_schema.answer import Handle
from graph_schema.life import Custody, Stay
from graph_schema.reader import ItemRow, StayRow
from graph_schema.rules import Thing
from service.ports import ItemDetails


class Above(NamedTuple):
    """Of the hosts of an item, at any height, by key: what they are, where they were, who held them."""

    things: dict[str, Thing]
    stays: dict[str, list[Stay]]
    custody: dict[str, list[Custody]]


class ByKeys:
    """Items, where they were, and who held them, from what was read of them so far."""

    def __init__(
        self,
        rows: Mapping[Handle, ItemRow],
        details: Mapping[Handle, ItemDetails],
        hosts: Mapping[Handle, list[StayRow]],
        custody: Mapping[Handle, list[Any]],
    ) -> None:
        """What was read, which may grow; of what was told of once it is complete."""
        self._rows, self._details, self._hosts, self._custody = rows, details, hosts, custody
        self._things: dict[Handle, Thing] = {}
        self._above: dict[tuple[Handle, ...], Above] = {}
        self._stays: dict[Handle, list[Stay]] = {}
        self._spans: dict[Handle, list[Custody]] = {}

    def thing(self, handle: Handle) -> Thing:
        """Light facts of an item."""
        found = self._things.get(handle)
        if found is None:
            row, details = self._rows[handle], self._details[handle]
            spec = orjson.loads(details.spec)
            found = Thing(row.key, row.kind, row.born, details.producer, spec, bool(row.second_life))
            self._things[handle] = found
        return found

    def above(self, handle: Handle) -> Above:
        """Of all its hosts; what was inside the same ones shares that."""
        direct = tuple(row[1] for row in self._hosts[handle])
        found = self._above.get(direct)
        if found is None:
            hosts = [(self._rows[one].key, one) for one in self._hosts_above(direct)]
            found = self._above[direct] = Above(
                {key: self.thing(one) for key, one in hosts},
                {key: self.hosts_of(one) for key, one in hosts},
                {key: self.custody_of(one) for key, one in hosts},
            )
        return found

    def _hosts_above(self, direct: Iterable[Handle]) -> list[Handle]:
        found = dict.fromkeys(direct)
        waiting = list(found)
        while waiting:
            above = [row[1] for row in self._hosts[waiting.pop()] if row[1] not in found]
            found |= dict.fromkeys(above)
            waiting += above
        return list(found)

    def stays(self, rows: list[StayRow]) -> list[Stay]:
        """Stays by their keys, in the total order."""
        named = [Stay(self._rows[row[0]].key, self._rows[row[1]].key, *row[2:]) for row in rows]
        return sorted(named, key=lambda stay: stay.opened)

    def hosts_of(self, handle: Handle) -> list[Stay]:
        """When an item was directly inside which unit."""
        found = self._stays.get(handle)
        if found is None:
            found = self._stays[handle] = self.stays(self._hosts[handle])
        return found

    def custody_of(self, handle: Handle) -> list[Custody]:
        """Who held an item itself when."""
        found = self._spans.get(handle)
        if found is None:
            spans = [Custody(self._rows[row[0]].key, *row[1:]) for row in self._custody.get(handle, [])]
            found = self._spans[handle] = sorted(spans, key=lambda span: span.opened)
        return found
