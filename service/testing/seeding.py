"""What the marker `provenance_seed` says, and recording it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from seed.story import story
from service.ingesting import Rejection
from service.readers.reading import UnreadableFile
from service.recording import RecordedEvent, RecordStatus, Submission
from service.testing.stores import ProvenanceStore

MARKER = "provenance_seed"
REJECTIONS_SHOWN = 10


class SeedError(ValueError):
    """A seed that cannot be read, or of which events were rejected: with place, field and reason of each."""


class Seed(NamedTuple):
    """What to record: events, or else a file."""

    events: Sequence[Submission] = ()
    path: Path | None = None


def stated_seed(test: pytest.Item) -> Seed:
    """The seed that the closest marker of a test states; without one, the story. Raises SeedError."""
    __tracebackhide__ = True
    marker = test.get_closest_marker(MARKER)
    return Seed(story()) if marker is None else _read(marker, test.path.parent)


def _read(marker: pytest.Mark, folder: Path) -> Seed:
    __tracebackhide__ = True
    stated = {name: value for name, value in marker.kwargs.items() if value is not None and value is not False}
    if marker.args or len(stated) != 1 or not stated.keys() <= {"events", "path", "story"}:
        told = ", ".join([*map(repr, marker.args), *(f"{name}=..." for name in marker.kwargs)])
        raise SeedError(f"{MARKER}({told}): it takes one of events=[...], path='...' and story=True")
    if "path" in stated:
        return Seed(path=folder / stated["path"])
    if "story" in stated:
        return Seed(story())
    events = stated["events"]
    if isinstance(events, (str, bytes)) or not isinstance(events, Sequence):
        raise SeedError(f"{MARKER}(events=...): it takes a list of events, this is a {type(events).__name__}")
    return Seed(events)


def plant(store: ProvenanceStore, seed: Seed) -> None:
    """Record a seed. Pending and contested events are kept, as everywhere. Raises SeedError where one is rejected."""
    __tracebackhide__ = True
    if seed.path is None:
        count, rejections = _recorded(store.record(seed.events))
    else:
        count, rejections = _ingested(store, seed.path)
    if count:
        lines = [f"  {_described(rejection)}" for rejection in rejections[:REJECTIONS_SHOWN]]
        rest = [f"  ... and {count - len(lines)} more"] if count > len(lines) else []
        raise SeedError("\n".join([f"{count} of the seed's events were rejected:", *lines, *rest]))


def _recorded(results: list[RecordedEvent]) -> tuple[int, list[Rejection]]:
    rejections = [
        Rejection(f"events[{index}] ({result.event_id or 'without an id'})", problem.field or "", problem.message)
        for index, result in enumerate(results)
        if result.status is RecordStatus.REJECTED
        for problem in result.problems[:1]
    ]
    return len(rejections), rejections


def _ingested(store: ProvenanceStore, path: Path) -> tuple[int, list[Rejection]]:
    __tracebackhide__ = True
    try:
        report = store.ingest(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SeedError(f"{path}: {reason}; a path is taken from the folder of the test module") from None
    except UnreadableFile as error:
        raise SeedError(str(error)) from None
    return report.rejected, report.rejections


def _described(rejection: Rejection) -> str:
    return ": ".join(part for part in rejection if part)
