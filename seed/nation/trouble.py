"""Trouble that can be planted: one kind for each code of the rulebook, and what was planted."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import NamedTuple

KINDS = {
    "CUSTODY_GAP": "of retired packs: another outlet hands over what one holds",
    "MISSING_REMOVAL": "of packs that an outlet takes out: nobody reports it",
    "UNCONFIRMED_TRANSFER": "of hand-overs of a retired pack: no receipt",
    "LATE_REPORT": "of receipts of retired packs: reported 100 to 250 days later",
    "UNAUTHORIZED_RECIPIENT": "of retired packs: a trader without authorization has it, or a carrier for too long",
    "UNAUTHORIZED_PROCESSING": "of packs for second life: recycled by a firm that may only dismantle and repurpose",
    "BATTERY_MISSING_AT_SCRAPPING": "of scrapped vehicles: the pack was taken out before",
    "FORBIDDEN_USE": "of packs for second life: a module ends in an electric bicycle",
    "STALE_CUSTODY": "of retired packs: nothing is heard of it any more",
    "LEFT_THE_LOOP": "of retired packs: buried, exported, lost or stolen",
    "CODE_MALFORMED": "of vehicles: a VIN with a wrong check digit",
    "ORIGINAL_CODE_LOST": "of packs for second life: the new unit names neither parts nor original codes",
    "CONTENT_MISMATCH": "of packs built: stated lighter than its modules",
    "SHARED_IDENTIFIER": "of packs built: the label of the pack before",
    "CONFLICTING_CLAIMS": "of recycled packs: an outlet claims to hand it over a month later",
    "MISSING_RECORD": "of packs built: enrolled later, without a record of their production",
    "UNREGISTERED_ORGANIZATION": "of inspections: by somebody whom nobody registered",
    "RECOVERY_BELOW_THRESHOLD": "of recyclers and whole years since 2025: refining loses a fifth",
}
"""What a rate is a share of, and what happens to it."""

SHOWN_AFTER = 45
"""So many days after the last day all that was planted can be found, and nothing else."""


class Planted(NamedTuple):
    """A line of the ledger: which finding is to be expected, of what, and the events that prove it."""

    code: str
    key: str
    events: tuple[str, ...]


class Trouble:
    """Decides what goes wrong, and keeps the ledger. It throws its own dice: without trouble nothing else changes."""

    def __init__(self, seed: int, rates: Mapping[str, float]) -> None:
        for kind, rate in rates.items():
            if kind not in KINDS:
                raise ValueError(f"{kind} is no kind of trouble; there are {', '.join(KINDS)}")
            if not 0 <= rate <= 1:
                raise ValueError(f"{kind}={rate:g}: a rate is from 0 to 1")
        self._rates = {kind: rate for kind, rate in rates.items() if rate > 0}
        self.random = random.Random(f"trouble {seed}").random
        self.planted: list[Planted] = []

    def strikes(self, kind: str) -> bool:
        """Whether something goes wrong this time."""
        rate = self._rates.get(kind)
        return rate is not None and self.random() < rate

    def plant(self, code: str, key: str, *events: str) -> None:
        """Take down what was planted."""
        self.planted.append(Planted(code, key, events))
