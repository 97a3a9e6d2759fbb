"""A file that breaks off in the middle: what was read before is recorded, and the failure is told with its place."""

import asyncio
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from click.testing import CliRunner

from seed.story import story
from service.cli import main
from service.ingesting import Ingest
from service.readers import reading
from service.readers.jsonl import JsonLines
from service.readers.reading import UnreadableFile
from service.recording import RecordStatus
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore

EVENTS = story()
LINES = [json.dumps(event).encode() + b"\n" for event in EVENTS]


class Served(MemoryStore):
    """A store that might suspend, as a server does; `begun` and `ended` count its writes."""

    blocking = False

    def __init__(self) -> None:
        super().__init__()
        self.ended = 0
        self.begun = 0

    async def write(self, work: Any) -> Any:
        self.begun += 1
        await asyncio.sleep(0.01)
        answer = await super().write(work)
        self.ended += 1
        return answer


class Broken:
    """A pipe that fails after so many lines."""

    def __init__(self, lines: int) -> None:
        self._data = io.BytesIO(b"".join(LINES[:lines]))

    def read(self, size: int = -1) -> bytes:
        return self._data.read(200)

    def readline(self) -> bytes:
        line = self._data.readline()
        if not line:
            raise OSError(5, "Input/output error")
        return line

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.readline()


@pytest.mark.parametrize("kind", [MemoryStore, Served])
@pytest.mark.parametrize("batch", [4, 7, 20, 2_000])
@pytest.mark.parametrize("lines", [1, 20, 33])
def test_what_was_read_before_a_broken_pipe_is_recorded(kind: type[MemoryStore], batch: int, lines: int) -> None:
    store = kind()
    ingest = Ingest(store, batch)
    with pytest.raises(UnreadableFile, match=rf"standard input:{lines + 1}: cannot be read: .*Input/output error"):
        asyncio.run(ingest.run(["-"], cast(BinaryIO, Broken(lines))))
    assert sum(ingest.report.counts.values()) == lines
    assert sum(ingest.report.standing.values()) == lines
    if isinstance(store, Served):
        assert store.begun == store.ended, "no write is cut off"
    again = asyncio.run(Ingest(store, batch).run(["-"], io.BytesIO(b"".join(LINES))))
    assert again.counts[RecordStatus.DUPLICATE] == lines
    assert sum(again.counts.values()) == len(LINES)
    assert sum(again.standing.values()) == len(LINES)


class Lost(MemoryStore):
    """A store that is away for reads, as a server that was lost meanwhile."""

    def snapshot(self, sequence: int | None = None) -> Any:
        raise StoreError("nobody answers")


def test_a_store_that_is_lost_when_a_file_breaks_does_not_hide_why_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = Ingest(Lost(), 7)
    with pytest.raises(UnreadableFile, match=r"standard input:21: cannot be read"):
        asyncio.run(ingest.run(["-"], cast(BinaryIO, Broken(20))))
    assert sum(ingest.report.counts.values()) == 20
    assert ingest.report.standing == {}
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(LINES))
    monkeypatch.setattr("service.cli.ingest.opened", lambda url: Lost())
    monkeypatch.setattr(reading.Source, "_lines", lambda self: iter(Broken(20)))
    told = CliRunner().invoke(main, ["ingest", str(file)])
    assert told.exit_code == 1
    assert "20 accepted" in told.output
    said = " ".join(told.output.split())
    assert f"{file}:21: cannot be read: [Errno 5] Input/output error; what was read before" in said


def test_a_gzip_that_was_cut_off_tells_its_line() -> None:
    lines = [line for _ in range(40) for line in LINES]
    cut = gzip.compress(b"".join(lines), 0)[:-1_000]
    ingest = Ingest(Served(), 10)
    with pytest.raises(UnreadableFile, match=r"standard input:\d+: cannot be read: Compressed file ended"):
        asyncio.run(ingest.run(["-"], cast(BinaryIO, gzip.GzipFile(fileobj=io.BytesIO(cut)))))
    assert ingest.report.counts[RecordStatus.DUPLICATE] > len(LINES) * 35


def test_a_reader_that_fails_in_any_other_way_loses_nothing_either(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Served()
    ingest = Ingest(store, 8)

    async def read(self: Any, source: Any, store: Any) -> Iterator[Any]:
        return failing(await whole(self, source, store))

    def failing(chunks: Iterator[Any]) -> Iterator[Any]:
        for number, chunk in enumerate(chunks):
            if number == 3:
                raise ZeroDivisionError
            yield chunk

    whole = JsonLines.read
    monkeypatch.setattr(JsonLines, "read", read)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(ingest.run(["-"], io.BytesIO(b"".join(LINES))))
    assert sum(ingest.report.counts.values()) == 3 * 2
    assert store.begun == store.ended


def test_the_command_tells_what_it_recorded_and_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(LINES))
    whole = reading.Source._lines

    def lines(self: Any) -> Iterator[bytes]:
        for number, line in enumerate(whole(self)):
            if number == 30:
                raise OSError(5, "Input/output error")
            yield line

    monkeypatch.setattr(reading.Source, "_lines", lines)
    store = f"sqlite:{tmp_path / 'log.db'}"
    broken = CliRunner().invoke(main, ["ingest", str(file), "--store", store])
    assert broken.exit_code == 1
    assert "30 accepted" in broken.output
    assert f"{file}:31: cannot be read: [Errno 5] Input/output error; what was read before" in " ".join(
        broken.output.split()
    )
    monkeypatch.undo()
    mended = CliRunner().invoke(main, ["ingest", str(file), "--store", store])
    assert mended.exit_code == 0, mended.output
    assert "30 duplicate" in mended.output
