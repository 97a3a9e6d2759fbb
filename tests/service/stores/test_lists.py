"""Lists are made in two ways, from what belongs to somebody or item by item in order; they come out alike."""

import random

import pytest

from service.stores.contract import Check, name_of, run_check
from service.stores.contract.knowing import check_history
from service.stores.contract.listing import (
    check_all_that_is_about_an_organization,
    check_events_of_a_party,
    check_organizations,
    check_parties_of_what_was_often_in_the_same_hosts,
)
from service.stores.contract.script import BATCHES, ORGANIZATIONS
from tests.conftest import KINDS, MakeStore
from tests.oracle.histories import random_history
from tests.support import RUNNER


@pytest.fixture(params=[0, 3])
def little_is_much(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for store in ("sqlite", "neo4j"):
        monkeypatch.setattr(f"service.stores.{store}.items.FEW", request.param)


@pytest.mark.usefixtures("little_is_much")
@pytest.mark.parametrize("make_store", KINDS[1:], indirect=True)
def test_the_script(make_store: MakeStore) -> None:
    RUNNER.run(_check(make_store, [batch for _, batch in BATCHES], ORGANIZATIONS, 3))


@pytest.mark.usefixtures("little_is_much")
@pytest.mark.parametrize("make_store", KINDS[1:], indirect=True)
def test_a_random_history(make_store: MakeStore) -> None:
    events = random_history(random.Random(1), 25)
    RUNNER.run(_check(make_store, [events[:12], events[12:]], ()))


@pytest.mark.usefixtures("little_is_much")
@pytest.mark.parametrize("make_store", KINDS[1:], indirect=True)
def test_parties_of_what_was_often_in_the_same_hosts(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.stores.neo4j.items.SOME", 1)
    RUNNER.run(run_check(check_parties_of_what_was_often_in_the_same_hosts, make_store))


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("make_store", KINDS[1:], indirect=True)
@pytest.mark.parametrize(
    "check", [check_all_that_is_about_an_organization, check_events_of_a_party, check_organizations], ids=name_of
)
def test_however_much_is_read_at_once(
    size: int, check: Check, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the last page that is read is full."""
    for module in ("concerning", "finding"):
        monkeypatch.setattr(f"service.stores.{module}.PAGE", size)
    RUNNER.run(run_check(check, make_store))


async def _check(make_store: MakeStore, batches: list, organizations: tuple[str, ...], each: int = 1) -> None:
    store = make_store()
    try:
        await check_history(store, batches, organizations, each=each)
    finally:
        await store.close()
