"""What every store must pass: small checks, each on a fresh, empty store.

With pytest, where `make_store` makes an empty store:

    @pytest.mark.parametrize("check", CHECKS, ids=name_of)
    def test_contract(check, make_store): asyncio.run(run_check(check, make_store))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from service.ports import Store
from service.stores.contract import edges, findings, flows, knowing, listing, log, reading, recording

Check = Callable[[Store], Awaitable[None]]

CHECKS: tuple[Check, ...] = tuple(
    check
    for module in (recording, log, reading, listing, edges, findings, flows, knowing)
    for name, check in vars(module).items()
    if name.startswith("check_") and check.__module__ == module.__name__ and name != "check_history"
)


def name_of(check: Check) -> str:
    """What a check is called."""
    return getattr(check, "__name__", str(check)).removeprefix("check_")


async def run_check(check: Check, make_store: Callable[[], Store]) -> None:
    """Run one check on a store of its own, and close that. Raises AssertionError with what is wrong."""
    store = make_store()
    try:
        await check(store)
    finally:
        await store.close()


async def run_all_tests(make_store: Callable[[], Store]) -> None:
    """Run every check; the first that fails raises."""
    for check in CHECKS:
        await run_check(check, make_store)
