"""Every store passes the contract suite."""

import asyncio
from collections.abc import Callable

import pytest

from service.ports import Store
from service.stores.contract import CHECKS, Check, name_of, run_check


@pytest.mark.parametrize("check", CHECKS, ids=name_of)
def test_contract(check: Check, make_store: Callable[[], Store]) -> None:
    asyncio.run(run_check(check, make_store))
