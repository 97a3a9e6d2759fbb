"""Batches: what is made of them, when they came to be at the latest, and in which order."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime

from service.readers.catenax.assets import Asset, Relation

_FOREIGN_STEP = 50
_UNIT_STEP = 100

Draws = Mapping[str, Sequence[Relation]]
"""The draws on batches, by the asset that they go into."""


def dates(assets: Mapping[str, Asset], draws: Draws) -> dict[str, datetime]:
    """When each asset was made, those without a date left out.

    A batch is made no later than its first draw, and so are the batches that it is itself made of.
    """
    found = {key: asset.made for key, asset in assets.items() if asset.made is not None}
    open_users = deque(found)
    while open_users:
        user = open_users.popleft()
        for draw in draws.get(user, ()):
            lot = assets.get(draw.child)
            if lot is not None and lot.kind == "LOT" and (lot.key not in found or found[user] < found[lot.key]):
                found[lot.key] = found[user]
                open_users.append(lot.key)
    return found


def steps(assets: Mapping[str, Asset], draws: Draws) -> dict[str, int]:
    """Batches before what is made of them, where a file gives one instant for all; units after all batches.

    A batch that is made of another file's comes after those that are not.
    """
    lots = [asset.key for asset in assets.values() if asset.kind == "LOT"]
    inner = {key: {draw.child for draw in draws.get(key, ())} for key in lots}
    level = {key: _FOREIGN_STEP if any(child not in assets for child in inner[key]) else 0 for key in lots}
    users: dict[str, list[str]] = {}
    waiting: dict[str, int] = {}
    for key in lots:
        known = [child for child in inner[key] if child in level]
        waiting[key] = len(known)
        for child in known:
            users.setdefault(child, []).append(key)
    ready = deque(key for key in lots if not waiting[key])
    while ready:
        key = ready.popleft()
        for user in users.get(key, ()):
            level[user] = max(level[user], level[key] + 1)
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    last = max(level.values(), default=0)
    return {key: level.get(key, max(_UNIT_STEP, last + 1)) for key in assets}
