"""The end of first life: scrapped with the vehicle or replaced at an outlet, retired, and handed on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from graph_schema.rules.limits import TRANSPORT
from seed.nation.pack import Pack
from seed.nation.tables import Model

if TYPE_CHECKING:
    from seed.nation.trade import Trade

METHODS = ["LANDFILL", "EXPORT", "LOSS", "THEFT"]
SCRAPPED_SHARE = 0.55
BY_OUTLET_SHARE = 0.3
SECOND_LIFE_HEALTH = 0.70
SECOND_LIFE_SHARE = {"LFP": 0.5, "NMC": 0.15}
"""Of packs that are healthy enough [K]."""
KEPT_BY_CARRIER_SHARE = 0.3
"""Of packs that go to who may not have them."""


class Collection:
    """Takes batteries out of use, and sees them to a utilization enterprise."""

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._clock = trade.clock
        self._trouble = trade.trouble

    def end_of_life(self, pack: Pack, vehicle: str, owner: str, province: int, health: float) -> None:
        """A pack is worn out, or its vehicle is."""
        outlet = self._trade.pick(self._trade.parties.outlets[province])
        if self._clock.random() >= SCRAPPED_SHARE:
            self._replace(pack, vehicle, owner, province, outlet, health)
            return
        dismantler = self._trade.parties.dismantlers[province]
        missing = self._clock.in_force() and self._trouble.strikes("BATTERY_MISSING_AT_SCRAPPING")
        if missing:
            self._take_out(pack, vehicle, outlet)
            self.retire(pack, outlet, health, "CAPACITY")
        self._trade.deliver([vehicle], owner, dismantler, self._scrap, pack, vehicle, dismantler, health, missing,
                            reason="SCRAPPING")  # fmt: skip

    def _scrap(self, pack: Pack, vehicle: str, dismantler: str, health: float, missing: bool) -> None:
        scrapped = self._clock.tell("SCRAPPING", dismantler, item=vehicle, reason="END_OF_LIFE")
        if missing:
            self._trouble.plant("BATTERY_MISSING_AT_SCRAPPING", vehicle, scrapped)
        else:
            self.retire(pack, dismantler, health, "VEHICLE_SCRAPPED")

    def _take_out(self, pack: Pack, vehicle: str, outlet: str) -> None:
        self._clock.tell("REMOVAL", outlet, part=pack.key, host=vehicle, reason="CAPACITY")

    def _replace(self, pack: Pack, vehicle: str, owner: str, province: int, outlet: str, health: float) -> None:
        pack.unreported = self._trouble.strikes("MISSING_REMOVAL")
        if not pack.unreported:
            self._take_out(pack, vehicle, outlet)
        self.retire(pack, outlet, health, "CAPACITY")
        self._trade.wanted_packs.append(partial(self._send_new, vehicle, owner, province, outlet))

    def _send_new(self, vehicle: str, owner: str, province: int, outlet: str, pack: Pack, maker: str) -> None:
        self._trade.deliver([pack.key], maker, outlet, self._put_in, pack, vehicle, owner, province, outlet,
                            reason="REPLACEMENT")  # fmt: skip

    def _put_in(self, pack: Pack, vehicle: str, owner: str, province: int, outlet: str) -> None:
        self._clock.tell("INSTALLATION", outlet, part=pack.key, host=vehicle)
        self._trade.drive(pack, vehicle, owner, province)

    def retire(self, pack: Pack, holder: str, health: float, reason: str) -> None:
        """Measured and retired; some days later it is handed on."""
        pack.retired = True
        percent = round(health * 100, 1)
        self._clock.tell("INSPECTION", holder, item=pack.key, measurements={"stateOfHealthPercent": percent})
        pack.seen = self._clock.tell("RETIREMENT", holder, item=pack.key, reason=reason)
        by_outlet = reason == "VEHICLE_SCRAPPED" and self._clock.random() < BY_OUTLET_SHARE
        act = self._by_outlet if by_outlet else self._hand_on
        self._clock.at(self._clock.today + 3 + int(self._clock.random() * 40), act, pack, holder, health)

    def _by_outlet(self, pack: Pack, holder: str, health: float) -> None:
        outlet = self._trade.pick(self._trade.pick(self._trade.parties.outlets))
        self._trade.send(pack.key, holder, outlet, self._soon, pack, outlet, health, reason="COLLECTION")

    def _soon(self, pack: Pack, holder: str, health: float) -> None:
        pack.seen = self._trade.last_receipt
        self._clock.at(self._clock.today + 5 + int(self._clock.random() * 30), self._hand_on, pack, holder, health)

    def _hand_on(self, pack: Pack, holder: str, health: float) -> None:
        """To an integrator or a recycler, where nothing goes wrong."""
        if pack.unreported or not self._goes_wrong(pack, holder, health):
            self._utilize(pack, holder, health)

    def _goes_wrong(self, pack: Pack, holder: str, health: float) -> bool:
        trouble, clock = self._trouble, self._clock
        left = clock.last - clock.today
        if left > 400 and trouble.strikes("STALE_CUSTODY"):
            trouble.plant("STALE_CUSTODY", pack.key, pack.seen)
            return True
        if trouble.strikes("LEFT_THE_LOOP"):
            method = METHODS[int(trouble.random() * len(METHODS))]
            trouble.plant("LEFT_THE_LOOP", pack.key, clock.tell("DISPOSAL", holder, items=[pack.key], method=method))
            return True
        if left > 60 and clock.in_force() and trouble.strikes("UNAUTHORIZED_RECIPIENT"):
            self._go_astray(pack, holder, health)
            trouble.plant("UNAUTHORIZED_RECIPIENT", pack.key, self._trade.last_transfer)
            return True
        return False

    def _go_astray(self, pack: Pack, holder: str, health: float) -> None:
        """To a trader, or to a carrier that keeps it for longer than it may."""
        random, parties = self._trouble.random, self._trade.parties
        kept = random() < KEPT_BY_CARRIER_SHARE
        takers = parties.carriers if kept else parties.traders
        taker = takers[int(random() * len(takers))]
        days = TRANSPORT.number + 5 + int(random() * 30) if kept else 20
        self._trade.deliver([pack.key], holder, taker, self._soon_utilized, pack, taker, health, days,
                            reason="TRANSPORT" if kept else "SALE")  # fmt: skip

    def _soon_utilized(self, pack: Pack, holder: str, health: float, days: int) -> None:
        self._clock.at(self._clock.today + days, self._utilize, pack, holder, health)

    def _utilize(self, pack: Pack, holder: str, health: float) -> None:
        family = pack.model.family
        second = health >= SECOND_LIFE_HEALTH and self._clock.random() < SECOND_LIFE_SHARE[family]
        parties, trouble = self._trade.parties, self._trouble
        taker = self._trade.pick(parties.integrators if second else parties.recyclers)
        giver, without_gap = holder, pack.unreported
        if not without_gap and trouble.strikes("CUSTODY_GAP"):
            others = [outlet for pair in parties.outlets for outlet in pair if outlet != holder]
            giver = others[int(trouble.random() * len(others))]
        done = self._trade.send(pack.key, giver, taker, self._arrive, pack, taker, health, second,
                                reason="UTILIZATION", retired=pack.key)  # fmt: skip
        if done and giver != holder:
            trouble.plant("CUSTODY_GAP", pack.key, self._trade.last_transfer)
        if done and pack.unreported:
            trouble.plant("MISSING_REMOVAL", pack.key, self._trade.last_transfer)

    def _arrive(self, pack: Pack, taker: str, health: float, second: bool) -> None:
        if second:
            self._trade.integrators.receive(pack, taker)
        else:
            model = pack.model
            self._trade.recyclers.receive(taker, model.family, pack.key, model.mass_kg, model.content)

    def collect_module(self, module: str, model: Model, repairer: str) -> None:
        """A module that was taken out goes to a recycler."""
        recycler = self._trade.pick(self._trade.parties.recyclers)
        self._clock.at(self._clock.today + 10 + int(self._clock.random() * 40), self._module, module, model, repairer,
                       recycler)  # fmt: skip

    def _module(self, module: str, model: Model, repairer: str, recycler: str) -> None:
        self._trade.deliver([module], repairer, recycler, self._trade.recyclers.receive, recycler, model.family,
                            module, model.module_kg, model.module_content, reason="UTILIZATION")  # fmt: skip
