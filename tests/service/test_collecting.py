"""When Python looks for cycles of garbage, in a command or a service and in what is around it."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from service.bootstrap import open_store
from service.cli.common import finish
from service.collecting import NEW_OBJECTS, OLDER_LOOKS, YOUNG_LOOKS, rarely, set_aside, take_back


@pytest.fixture(autouse=True)
def nothing_set_aside() -> Iterator[None]:
    """The run of tests has set aside what it holds, and does so again."""
    take_back()
    yield
    set_aside()


def test_what_is_there_is_set_aside_while_a_service_runs() -> None:
    before = gc.get_threshold()
    with rarely():
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == (NEW_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS)
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before


def test_what_the_process_set_aside_itself_stays_so() -> None:
    set_aside()
    held = gc.get_freeze_count()
    with rarely():
        assert gc.get_freeze_count() <= held, "what came since may still become garbage"
    assert gc.get_freeze_count() > held / 2


def test_of_two_services_in_one_process_the_first_that_ends_leaves_the_other_alone() -> None:
    with rarely():
        with rarely():
            pass
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == (NEW_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS)
    assert gc.get_freeze_count() == 0


def test_a_command_looks_seldom() -> None:
    before = gc.get_threshold()

    async def look() -> int:
        return gc.get_threshold()[0]

    assert finish(open_store("memory:"), look) == NEW_OBJECTS
    assert gc.get_threshold() == before


def test_a_store_without_a_server_needs_no_driver() -> None:
    told = "import sys, service.workers as w; w.open_store('memory:'); print('neo4j' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
