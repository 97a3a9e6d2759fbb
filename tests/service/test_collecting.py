"""While a command or a service runs, Python looks for cycles of garbage seldom, and afterwards as before."""

import gc
import subprocess
import sys

from service.bootstrap import open_store
from service.cli.common import finish
from service.collecting import NEW_OBJECTS, rarely


def test_what_there_is_already_is_not_looked_through() -> None:
    before = gc.get_threshold()
    with rarely():
        assert gc.get_threshold()[0] == NEW_OBJECTS
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


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
