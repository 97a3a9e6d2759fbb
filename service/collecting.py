"""When Python looks for cycles of garbage: a service holds much that is none, and each look stops all it does."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS = 20_000, 10, 20
"""Objects until the youngest are looked through, and after how many such looks the older ones are, and all are.

Python's own 700, 10 and 10 look through everything several times while one large answer is made, 0.1 s each.
"""


@contextmanager
def rarely() -> Iterator[None]:
    """Inside this, what there is already is not looked through, and the rest seldom."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
