"""Ingesting: which reader, all files checked first, pipes."""

import asyncio
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seed.story import story
from service import ingesting
from service.ingesting import FORMATS, Ingest, Report, UnknownFormat, recognise
from service.ports import EventFilter, Store
from service.readers.reading import Source
from service.recording import RecordStatus
from service.stores.memory import MemoryStore, MemoryWriter
from service.stores.sqlite import SqliteStore
from tests.support import send

LINES = b"\n".join(json.dumps(event).encode() for event in story()[:12])
CATENAX = json.dumps([{"catenaXId": "urn:uuid:1"}], indent=1).encode()


def source(data: bytes) -> Source:
    return Source("some file", io.BytesIO(data))


def ingested(*paths: Path | str, stdin: bytes = b"", store: MemoryStore | None = None) -> Report:
    return asyncio.run(Ingest(store or MemoryStore()).run([str(path) for path in paths], io.BytesIO(stdin)))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (LINES, "jsonl"),
        (b"\xef\xbb\xbf" + LINES, "jsonl"),
        (b"", "jsonl"),
        (b'\n{"eventId": "broken"', "jsonl"),
        (json.dumps({**story()[0], "note": "catenaXId"}).encode(), "jsonl"),
        (CATENAX, "catenax"),
        (b'{"policies": [], "https://catenax.io/schema/TestDataContainer/1.0.0": [{"catenaXId": "x"}]}', "catenax"),
    ],
)
def test_a_format_is_recognised_by_content(data: bytes, name: str) -> None:
    assert recognise(source(data)).name == name


def test_what_is_not_recognised_says_what_there_is() -> None:
    with pytest.raises(UnknownFormat, match=r"some file: neither JSON Lines.* --format .*jsonl") as caught:
        recognise(source(b"\x89PNG\r\n"))
    assert all(name in str(caught.value) for name in FORMATS)


def test_nothing_is_recorded_where_a_later_file_is_of_no_format(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.png"
    good.write_bytes(LINES)
    bad.write_bytes(b"\x89PNG\r\n")
    store = MemoryStore()
    with pytest.raises(UnknownFormat, match=r"bad\.png"):
        ingested(good, bad, store=store)
    assert ingested(good, store=store).counts == {RecordStatus.ACCEPTED: 12}


class Served(MemoryStore):
    """A store that might suspend, as a server does."""

    blocking = False


def test_a_store_that_suspends_gets_the_same_batch_by_batch() -> None:
    lines = LINES + b'\n{"eventId": "broken"\n' + LINES
    store = Served()
    report = asyncio.run(Ingest(store, batch=5).run(["-"], io.BytesIO(lines)))
    expected = asyncio.run(Ingest(MemoryStore(), batch=5).run(["-"], io.BytesIO(lines)))
    assert report == expected
    assert report.counts == {RecordStatus.ACCEPTED: 12, RecordStatus.DUPLICATE: 12, RecordStatus.REJECTED: 1}


def test_the_next_is_read_once_all_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading takes Python as folding does: it is done while a server makes durable what was sent."""
    done: list[str] = []
    ready = ingesting._ready

    async def sent(writer: MemoryWriter) -> None:
        done.append("sent")

    monkeypatch.setattr(ingesting, "_ready", lambda event: done.append("read") or ready(event))
    monkeypatch.setattr(MemoryWriter, "send", sent)
    report = asyncio.run(Ingest(Served(), batch=8).run(["-"], io.BytesIO(LINES)))
    assert report.counts == {RecordStatus.ACCEPTED: 12}
    assert done == [*["read"] * 8, "sent", *["read"] * 4, "sent"]


def test_an_ingest_that_is_cancelled_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(writer: MemoryWriter) -> None:
        await asyncio.sleep(60)

    async def run() -> set[asyncio.Task[None]]:
        ingest = asyncio.create_task(Ingest(Served(), batch=8).run(["-"], io.BytesIO(LINES)))
        await asyncio.sleep(0.05)
        ingest.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ingest
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    monkeypatch.setattr(MemoryWriter, "send", forever)
    assert asyncio.run(run()) == set()


def test_a_pipe_is_read_from_its_beginning_though_it_is_checked_first() -> None:
    out, into = os.pipe()
    os.write(into, LINES)
    os.close(into)
    try:
        assert ingested(f"/dev/fd/{out}").counts == {RecordStatus.ACCEPTED: 12}
    finally:
        os.close(out)
    assert ingested("-", stdin=LINES).counts == {RecordStatus.ACCEPTED: 12}


def test_a_source_gives_its_lines_or_a_file_to_seek_in_whatever_it_comes_from() -> None:
    lines = b"first\n" + b"x" * 70_000 + b"\nlast"
    out, into = os.pipe()
    pipe = os.fdopen(out, "rb")
    assert b"".join(source(lines).lines()) == lines
    assert len(list(source(lines).lines())) == 3
    with pipe, os.fdopen(into, "wb") as writer:
        writer.write(lines[:5_000])
        writer.close()
        whole = Source("a pipe", pipe).whole()
        whole.seek(2)
        assert whole.read(3) == b"rst"
        whole.close()


def told(number: int, recorded_at: object) -> dict[str, object]:
    event = {**story()[0], "eventId": f"r-{number}"}
    return event if recorded_at is None else {**event, "recordedAt": recorded_at}


def recorded(store: Store) -> list[str]:
    async def read() -> list[str]:
        async with store.snapshot() as snapshot:
            page = await snapshot.event_page(EventFilter(), None, 99)
            assert all(b"recordedAt" not in (stored.payload or b"") for stored in page)
            return [f"{stored.recorded_at:%Y-%m-%d}" for stored in page]

    return asyncio.run(read())


@pytest.fixture(params=["memory", "sqlite"])
def embedded(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "log.db")


def test_a_stated_recorded_at_is_kept_where_it_can_be(embedded: Store) -> None:
    days = ["2024-01-01T08:00:00+08:00", "2024-01-01T00:00:00Z", "2024-03-01T08:00:00Z", "2024-02-01T08:00:00Z"]
    days += ["2999-01-01T00:00:00Z", "yesterday"]
    lines = b"\n".join(json.dumps(told(number, day)).encode() for number, day in enumerate(days))
    report = asyncio.run(Ingest(embedded).run(["-"], io.BytesIO(lines)))
    assert report.counts == {RecordStatus.ACCEPTED: 6}
    assert report.assumed == {
        ("recorded now", "its recordedAt is earlier than the end of the log"): 1,
        ("recorded now", "its recordedAt lies in the future"): 1,
        ("recorded now", "its recordedAt is not an RFC 3339 time with an offset"): 1,
    }
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert recorded(embedded) == ["2024-01-01", "2024-01-01", "2024-03-01", today, today, today]
    again = asyncio.run(Ingest(embedded).run(["-"], io.BytesIO(lines)))
    assert again.counts == {RecordStatus.DUPLICATE: 6}
    assert ("recorded now", "its recordedAt lies in the future") not in again.assumed


def test_nothing_is_honoured_but_by_ingest(embedded: Store) -> None:
    (result,) = send(embedded, [told(1, "2024-01-01T08:00:00+08:00")])
    assert result.status == RecordStatus.ACCEPTED
    assert recorded(embedded) == [f"{datetime.now(UTC):%Y-%m-%d}"]
    assert send(embedded, [told(1, None)])[0].status == RecordStatus.DUPLICATE
