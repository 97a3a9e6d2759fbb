"""Packs on their way from hand to hand, and on the road."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from seed.nation.cathode import CathodeMakers
from seed.nation.clock import Clock
from seed.nation.collection import Collection
from seed.nation.pack import Pack, day_code
from seed.nation.parties import Parties
from seed.nation.plants import Integrators, Recyclers
from seed.nation.tables import CARRIED_SHARE, health_quantiles
from seed.nation.trouble import SHOWN_AFTER, Trouble

YEAR = 365.25
ON_THE_WAY = 5
"""The most days from a transfer to its receipt."""


class Trade:
    """Who hands what to whom; when a battery's first life ends, and with which state of health."""

    def __init__(self, clock: Clock, parties: Parties, trouble: Trouble) -> None:
        self.clock = clock
        self.parties = parties
        self.trouble = trouble
        self.cathode = CathodeMakers(self)
        self.recyclers = Recyclers(self)
        self.integrators = Integrators(self)
        self.collection = Collection(self)
        self.swaps = Swaps(self)
        self.wanted_packs: deque[Callable[[Pack, str], None]] = deque()
        self._spares = 0
        self.last_transfer = self.last_receipt = ""

    def pick(self, choices: list[Any]) -> Any:
        """One of them, each as likely."""
        return choices[int(self.clock.random() * len(choices))]

    def deliver(
        self, keys: list[str], giver: str, taker: str, then: Callable[..., object] | None = None, *arguments: Any,
        reason: str = "SALE", retired: str | None = None,
    ) -> bool:  # fmt: skip
        """A transfer today and its receipt some days later, then what follows; nothing where that would be too late.

        `retired` names a retired pack, whose receipt may be late or missing. `last_transfer` is the transfer.
        """
        arrival = self.clock.today + 1 + int(self.clock.random() * ON_THE_WAY)
        if arrival > self.clock.last:
            return False
        transfer = self.last_transfer = self.clock.tell("TRANSFER", giver, items=keys, to=taker, reason=reason)
        self.clock.at(arrival, self._receive, transfer, taker, then, arguments, retired)
        return True

    def send(
        self, key: str, giver: str, taker: str, then: Callable[..., object], *arguments: Any, reason: str,
        retired: str | None = None,
    ) -> bool:  # fmt: skip
        """A retired pack is delivered, by its giver or by a carrier that is handed it and hands it on; then
        `last_transfer` is the one to the carrier."""
        carried = self.clock.random() < CARRIED_SHARE and self.clock.today + 2 * ON_THE_WAY <= self.clock.last
        if not carried or giver in self.parties.carriers:
            return self.deliver([key], giver, taker, then, *arguments, reason=reason, retired=retired)
        carrier = self.pick(self.parties.carriers)
        bring = partial(self.deliver, [key], carrier, taker, then, *arguments, reason=reason, retired=retired)
        return self.deliver([key], giver, carrier, bring, reason="TRANSPORT")

    def _receive(
        self, transfer: str, taker: str, then: Callable[..., object] | None, arguments: tuple[Any, ...],
        retired: str | None,
    ) -> None:  # fmt: skip
        if retired is None:
            self.last_receipt = self.clock.tell("RECEIPT", taker, transfer=transfer)
        elif self._may_stay_unconfirmed() and self.trouble.strikes("UNCONFIRMED_TRANSFER"):
            # What is not confirmed is not worked on either, for that would tell that it has come.
            self.trouble.plant("UNCONFIRMED_TRANSFER", retired, transfer)
            return
        else:
            self._receive_retired(transfer, taker, retired)
        if then is not None:
            then(*arguments)

    def _may_stay_unconfirmed(self) -> bool:
        """Whether a receipt is missed by the time that trouble is to be found, and the pack has not lain for a year."""
        return 40 < self.clock.last - self.clock.today < 365 - SHOWN_AFTER - ON_THE_WAY

    def _receive_retired(self, transfer: str, taker: str, key: str) -> None:
        if self.trouble.strikes("LATE_REPORT"):
            delay = 100 + int(self.trouble.random() * 150)
            self.trouble.plant("LATE_REPORT", key, self.clock.tell("RECEIPT", taker, delay, transfer=transfer))
        else:
            self.clock.tell("RECEIPT", taker, transfer=transfer)

    def sell(self, pack: Pack, vehicle: str, car_maker: str, swap: bool) -> None:
        """A new vehicle finds its owner; what becomes of its pack is drawn."""
        province = int(self.clock.random() * len(self.parties.owners))
        owner = self.pick(self.parties.owners[province])
        day = self.clock.today + 3 + int(self.clock.random() * 60)
        self.clock.at(day, self._hand_over, pack, vehicle, car_maker, owner, province, swap)

    def _hand_over(self, pack: Pack, vehicle: str, car_maker: str, owner: str, province: int, swap: bool) -> None:
        self.clock.tell("TRANSFER", car_maker, items=[vehicle], to=owner, reason="SALE")
        if swap:
            self.swaps.join(pack, vehicle, owner, province)
        else:
            self.drive(pack, vehicle, owner, province)

    def drive(self, pack: Pack, vehicle: str, owner: str, province: int) -> None:
        """A pack begins its service in a vehicle: inspections, perhaps a repair, and its end."""
        today, random = self.clock.today, self.clock.random
        life, health = self.life(pack.model.family)
        self.clock.at(today + life, self.collection.end_of_life, pack, vehicle, owner, province, health)
        inspected = int(life * (0.3 + 0.4 * random()))
        seen = round(100 - (100 - 100 * health) * inspected / life, 1)
        # The key alone waits: of most packs the end comes after the last day, and nothing else needs them.
        self.clock.at(today + inspected, self._inspect, pack.key, province, seen)
        if random() < 0.02:
            self.clock.at(today + int(life * 0.8 * random()), self._repair, pack, province)

    def life(self, family: str) -> tuple[int, float]:
        """Days of service, and the state of health at its end (1: as new), from the measured distribution.

        The health is drawn from the measurements. 85 of 100 packs serve 5 to 8 years, the worse the longer; the others
        end early, by an accident or under warranty, with a health that is above the median.
        """
        random, quantiles = self.clock.random, health_quantiles(family)
        rank = random()
        early = random() < 0.15
        if early:
            rank = 0.5 + rank / 2
        step, rest = divmod(rank * (len(quantiles) - 1), 1)
        health = quantiles[int(step)] + rest * (
            quantiles[min(int(step) + 1, len(quantiles) - 1)] - quantiles[int(step)]
        )
        years = 0.5 + 4.5 * random() if early else 5 + 3 * (0.7 * (1 - rank) + 0.3 * random())
        return int(years * YEAR), min(health, 1.0)

    def _inspect(self, key: str, province: int, percent: float) -> None:
        inspector = self.parties.repairers[province]
        stranger = self.trouble.strikes("UNREGISTERED_ORGANIZATION")
        if stranger:
            inspector = self.clock.names.stranger(self.clock.count)
        told = self.clock.tell("INSPECTION", inspector, item=key, measurements={"stateOfHealthPercent": percent})
        if stranger:
            self.trouble.plant("UNREGISTERED_ORGANIZATION", key, told)

    def _repair(self, pack: Pack, province: int) -> None:
        """A module fails, and a spare of the same make takes its place."""
        if pack.swapped is not None or pack.retired:
            return
        self._spares += 1
        model, maker = pack.model, self.parties.makers[pack.maker]
        stamp = day_code(self.clock.day(self.clock.today))
        spare = f"{pack.key[:3]}M{model.battery_type}9{model.code[1]}SYNTHET{stamp}{self._spares % 10_000_000:07d}"
        spec = {
            "key": spare, "kind": "MODULE", "chemistry": model.chemistry, "massKg": model.module_kg,
            "composition": model.module_content, "attributes": {"synthetic": True},
        }  # fmt: skip
        self.clock.tell("PRODUCTION", maker, outputs=[spec])
        repairer = self.parties.repairers[province]
        self.deliver([spare], maker, repairer, self._exchange, spare, pack, repairer, reason="SPARE_PART")

    def _exchange(self, spare: str, pack: Pack, repairer: str) -> None:
        if pack.retired:
            return
        place = int(self.clock.random() * pack.model.modules)
        old = pack.modules()[place]
        self.clock.tell("REMOVAL", repairer, part=old, host=pack.key, reason="FAULT")
        self.clock.tell("INSTALLATION", repairer, part=spare, host=pack.key, position=f"{place + 1}")
        pack.swapped = {place: spare}
        self.clock.tell("RETIREMENT", repairer, item=old, reason="FAULT")
        self.collection.collect_module(old, pack.model, repairer)


class Swaps:
    """Swap stations: packs go round among vehicles, and are retired by their operator."""

    EVERY_DAYS = 150

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._charged: list[deque[tuple[Pack, int, float]]] = [deque() for _ in trade.parties.swap_operators]

    def stock(self, pack: Pack, maker: str) -> None:
        """A new pack goes to a station."""
        operator = int(self._trade.clock.random() * len(self._charged))
        to = self._trade.parties.swap_operators[operator]
        self._trade.deliver([pack.key], maker, to, self._charge, pack, operator)

    def _charge(self, pack: Pack, operator: int) -> None:
        life, health = self._trade.life(pack.model.family)
        self._charged[operator].append((pack, self._trade.clock.today + int(life * 0.8), health))

    def join(self, pack: Pack, vehicle: str, owner: str, province: int) -> None:
        """A vehicle becomes a customer of an operator."""
        operator = province % len(self._charged)
        life, health = self._trade.life(pack.model.family)
        today = self._trade.clock.today
        retires = today + int(life * 0.8)
        leaves = today + int(9 * YEAR)
        self._later(self._swap, pack, retires, health, vehicle, owner, operator, leaves)

    def _later(self, act: Callable[..., object], *arguments: Any) -> None:
        days = int(self.EVERY_DAYS * (0.6 + 0.8 * self._trade.clock.random()))
        self._trade.clock.at(self._trade.clock.today + days, act, *arguments)

    def _swap(
        self, pack: Pack, retires: int, health: float, vehicle: str, owner: str, operator: int, leaves: int
    ) -> None:
        clock, charged = self._trade.clock, self._charged[operator]
        if not charged:
            self._later(self._swap, pack, retires, health, vehicle, owner, operator, leaves)
            return
        station = self._trade.parties.swap_operators[operator]
        fresh, fresh_retires, fresh_health = charged.popleft()
        clock.tell("REMOVAL", station, part=pack.key, host=vehicle, reason="SWAP")
        clock.tell("INSTALLATION", station, part=fresh.key, host=vehicle)
        if clock.today >= retires:
            self._trade.collection.retire(pack, station, health, "CAPACITY")
        else:
            charged.append((pack, retires, health))
        if clock.today < leaves:
            self._later(self._swap, fresh, fresh_retires, fresh_health, vehicle, owner, operator, leaves)
