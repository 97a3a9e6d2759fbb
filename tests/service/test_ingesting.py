"""Ingesting: which reader, all files checked first, pipes."""

import asyncio
import io
import json
import os
from pathlib import Path

import pytest

from seed.story import story
from service.ingesting import FORMATS, Ingest, Report, UnknownFormat, recognise
from service.readers.reading import Source
from service.recording import RecordStatus
from service.stores.memory import MemoryStore

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
