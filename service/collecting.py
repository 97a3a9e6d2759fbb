"""When Python looks for cycles of garbage: what runs long holds much that is none, and each look stops all it does."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS = 20_000, 10, 20
"""Objects until the youngest are looked through, and after how many such looks the older ones are, and all are.

Python's own 700, 10 and 10 look through everything several times while one large answer is made, 0.1 s each.
"""


_aside = False
"""Whether what there was is set aside. Python can count that, which takes as long as a look."""


def set_aside() -> None:
    """What there is now is looked through no more, also after what is done `rarely`."""
    global _aside
    gc.freeze()
    _aside = True


def take_back() -> None:
    """What was set aside is looked through again."""
    global _aside
    gc.unfreeze()
    _aside = False


def seldom() -> None:
    """From now on look seldom, and not through what there is already."""
    set_aside()
    gc.set_threshold(NEW_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS)


@contextmanager
def rarely(tidy: bool = True) -> Iterator[None]:
    """The same, until it is left. `tidy`: look once before, so that no garbage stays; what ends soon need not wait for
    that.

    Where something is set aside already, that stays so: only what came since is looked through.
    """
    before, ours = gc.get_threshold(), not _aside
    if tidy:
        gc.collect()
    if ours:
        seldom()
    else:
        gc.set_threshold(NEW_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if ours:
            take_back()
