"""Who acts in the synthetic nation: all names begin with `Synthetic`, all codes are valid and made up."""

from __future__ import annotations

from typing import NamedTuple

from graph_schema.identifiers import uscc
from seed.nation.clock import Clock
from seed.nation.tables import MAKER_SHARES, PROVINCES, VEHICLE_MAKER_SHARES

VALID_FROM = "2018-08-01T00:00:00+08:00"


class Party(NamedTuple):
    """An organization as it is registered."""

    key: str
    name: str
    roles: tuple[str, ...]
    region: str
    scopes: tuple[str, ...] = ()


class Parties:
    """The cast, by what they do."""

    def __init__(self) -> None:
        self._all: list[Party] = []
        seats = list(PROVINCES)
        makers = ["35", "44", "44", "34", "11", "33", "42", "32"]
        self.makers = [
            self._add(f"Cell Works {place}", "BATTERY_MAKER", makers[place - 1])
            for place in range(1, 1 + len(MAKER_SHARES))
        ]
        car_makers = ["44", "31", "31", "34", "11", "44", "32", "42", "50", "22", "33", "31"]
        self.car_makers = [
            self._add(
                f"Motors {place}" if place < len(car_makers) else "Imports",
                "VEHICLE_MAKER" if place < len(car_makers) else "IMPORTER",
                car_makers[place - 1],
            )
            for place in range(1, 1 + len(VEHICLE_MAKER_SHARES))
        ]
        self.cathode_makers = [self._add(f"Cathode {seat}", "MATERIAL_MAKER", seat) for seat in ("43", "33", "51")]
        self.owners = [
            [self._add(f"Owner {PROVINCES[seat]}-{n}", "VEHICLE_OWNER", seat) for n in (1, 2)] for seat in seats
        ]
        self.outlets = [
            [
                self._add(f"Outlet of Motors, {PROVINCES[seat]}", "OUTLET", seat, "COLLECTION"),
                self._add(f"Outlet of Cell Works, {PROVINCES[seat]}", "OUTLET", seat, "COLLECTION"),
            ]
            for seat in seats
        ]
        self.repairers = [self._add(f"Repairer {PROVINCES[seat]}", "REPAIRER", seat, "REPAIR") for seat in seats]
        self.dismantlers = [
            self._add(f"Vehicle Dismantler {PROVINCES[seat]}", "VEHICLE_DISMANTLER", seat, "DISMANTLING")
            for seat in seats
        ]
        self.swap_operators = [self._add(f"Swap {seat}", "SWAP_OPERATOR", seat, "COLLECTION") for seat in ("31", "11")]
        self.integrators = [
            self._add(f"Second Life {PROVINCES[seat]}", "UTILIZER", seat, "COLLECTION", "DISMANTLING", "REPURPOSING")
            for seat in ("32", "44", "37")
        ]
        self.recyclers = [
            self._add(
                f"Recycling {PROVINCES[seat]}", "UTILIZER", seat, "COLLECTION", "DISMANTLING", "RECYCLING", "REFINING"
            )
            for seat in ("43", "44", "42", "36", "33")
        ]
        self.ministry = self._add("Ministry", "REGULATOR", "11")
        self.traders = [self._add(f"Informal Trader {seat}", "TRADER", seat) for seat in ("44", "45")]
        self.carriers = [
            self._add(f"Hazardous Goods Carrier {PROVINCES[seat]}", "CARRIER", seat, "TRANSPORT")
            for seat in ("31", "37", "44", "51")
        ]

    def _add(self, name: str, role: str, seat: str, *scopes: str) -> str:
        key = uscc.completed(f"91{seat}0000MA0{len(self._all):06d}")
        self._all.append(Party(key, f"Synthetic {name}", (role,), f"CN-{seat}", scopes))
        return key

    def register(self, clock: Clock) -> None:
        """Registers them all, on the day that it is."""
        for party in self._all:
            organization: dict[str, object] = {
                "key": party.key, "name": party.name, "roles": list(party.roles), "region": party.region,
            }  # fmt: skip
            if party.scopes:
                organization["authorizations"] = [{"scope": scope, "validFrom": VALID_FROM} for scope in party.scopes]
            clock.tell("REGISTRATION", party.key, 0, organization=organization, note="synthetic")
