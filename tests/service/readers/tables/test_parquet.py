"""Parquet: typed cells, nested values, magic bytes, a missing library."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph_schema.outcome import EventStatus
from service.ingesting import Ingest, UnreadableFile, recognise
from service.readers import READERS
from service.readers.reading import Options, Source
from service.readers.tables.mapping import MisfitError
from service.stores.memory import MemoryStore
from tests.service.readers.tables.tables_support import Read, ingested

MAPPING = """
[time]
offset = "+08:00"

[fields]
eventId = { column = "id", prefix = "p-" }
type = { constant = "PRODUCTION" }
occurredAt = "when"
actor = "maker"
outputs.0.key = "code"
outputs.0.kind = "kind"
outputs.0.massKg = { column = "grams", unit = "g" }
outputs.0.parts = "modules"
outputs.0.attributes.tested = { column = "tested", as = "boolean" }
"""
TABLE: dict[str, list[Any]] = {
    "id": [1, 2, 3],
    "when": [datetime(2026, 4, 1, 8), datetime(2026, 4, 2, 9, 30), None],
    "maker": ["A", "A", "A"],
    "code": ["P1", "P2", "P3"],
    "kind": ["BATTERY", "BATTERY", "BATTERY"],
    "grams": [Decimal("350000.5"), None, Decimal("1")],
    "modules": [["M1", "M2"], [], None],
    "tested": [True, False, None],
}


def parquet(table: dict[str, Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(table), buffer, **options)
    return buffer.getvalue()


def test_cells_keep_their_types(tmp_path: Path) -> None:
    read = Read(tmp_path, MAPPING, parquet(TABLE), "parquet")
    first, second, third = read.events
    assert first == {
        "eventId": "p-1",
        "type": "PRODUCTION",
        "occurredAt": "2026-04-01T08:00:00+08:00",
        "actor": "A",
        "outputs": [
            {
                "key": "P1",
                "kind": "BATTERY",
                "massKg": 350.0005,
                "parts": ["M1", "M2"],
                "attributes": {"tested": True},
            }
        ],
    }
    assert second["outputs"][0] == {"key": "P2", "kind": "BATTERY", "parts": [], "attributes": {"tested": False}}
    assert "occurredAt" not in third
    assert read.places == ["table: row 1", "table: row 2", "table: row 3"]


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (pa.array([datetime(2026, 4, 1, 8, tzinfo=UTC)], pa.timestamp("us", "UTC")), "2026-04-01T08:00:00Z"),
        (pa.array([1_775_030_400_123_456_789], pa.timestamp("ns", "UTC")), "2026-04-01T08:00:00.123456Z"),
        (pa.array([datetime(2026, 4, 1, 8)], pa.timestamp("ms", "Asia/Shanghai")), "2026-04-01T16:00:00+08:00"),
        (pa.array([date(2026, 4, 1)]), "2026-04-01T00:00:00+08:00"),
        (pa.array(["2026-04-01T08:00:00"]).dictionary_encode(), "2026-04-01T08:00:00+08:00"),
    ],
    ids=["us", "ns", "zone", "day", "text"],
)
def test_times_of_every_kind(tmp_path: Path, when: pa.Array, text: str) -> None:
    table = {name: cells[:1] for name, cells in TABLE.items()} | {"when": when}
    assert Read(tmp_path, MAPPING, parquet(table), "parquet").events[0]["occurredAt"] == text


def test_many_row_groups_and_bad_rows(tmp_path: Path) -> None:
    count = 10_000
    table = {
        "id": list(range(count)),
        "when": [datetime(2026, 4, 1)] * count,
        "maker": ["two words" if number == 4_321 else "A" for number in range(count)],
        "code": [f"P{number}" for number in range(count)],
        "kind": ["BOX" if number == 9_000 else "BATTERY" for number in range(count)],
        "grams": [-1.0 if number == 17 else 5.0 for number in range(count)],
        "modules": [None] * count,
        "tested": [None] * count,
    }
    mapping, path = tmp_path / "mapping.toml", tmp_path / "table"
    mapping.write_text(MAPPING)
    path.write_bytes(parquet(table, row_group_size=1_000))
    report, stored = ingested(mapping, path)
    assert len(stored) == count - 3
    assert [(rejection.where, rejection.field) for rejection in report.rejections] == [
        (f"{path}: row 18", "column grams (outputs.0.massKg)"),
        (f"{path}: row 4322", "column maker (actor)"),
        (f"{path}: row 9001", "column kind (outputs.0.kind)"),
    ]


def test_it_is_recognised_by_its_magic_bytes_and_read_from_a_pipe(tmp_path: Path) -> None:
    data = parquet(TABLE)
    assert recognise(Source("x", io.BytesIO(data))).name == "parquet"
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING)
    out, into = os.pipe()
    with os.fdopen(into, "wb") as writer:
        writer.write(data)
    with os.fdopen(out, "rb") as pipe:
        source = Source("a pipe", pipe, Options(mapping=path))
        READERS["parquet"].check(source)
        source.whole().close()


def test_what_does_not_fit_or_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MisfitError, match="'grams' is no column in table, which has id"):
        Read(tmp_path, MAPPING, parquet({name: cells for name, cells in TABLE.items() if name != "grams"}), "parquet")
    with pytest.raises(UnreadableFile, match="table: is no Parquet file that can be read"):
        Read(tmp_path, MAPPING, b"PAR1 rubbish", "parquet")
    broken = bytearray(parquet(TABLE, compression="none"))
    broken[4:60] = b"\xff" * 56
    with pytest.raises(UnreadableFile, match="table: row group 1, after row 0: cannot be read"):
        Read(tmp_path, MAPPING, bytes(broken), "parquet")


def test_the_groups_before_a_broken_one_are_recorded(tmp_path: Path) -> None:
    count = 12
    table = {
        **{name: [cells[0]] * count for name, cells in TABLE.items()},
        "id": list(range(count)),
        "code": [f"P{number}" for number in range(count)],
        "modules": [[] for _ in range(count)],
    }
    broken = bytearray(parquet(table, compression="none", row_group_size=5, use_dictionary=False))
    third = pq.ParquetFile(io.BytesIO(bytes(broken))).metadata.row_group(2).column(0).data_page_offset
    broken[third : third + 8] = b"\xff" * 8
    file, mapping = tmp_path / "packs.parquet", tmp_path / "packs.toml"
    file.write_bytes(broken)
    mapping.write_text(MAPPING, encoding="utf-8")
    ingest = Ingest(MemoryStore(), batch=2, options=Options(mapping=mapping))
    with pytest.raises(UnreadableFile, match=r"packs\.parquet: row group 3, after row 10: cannot be read"):
        asyncio.run(ingest.run([str(file)], io.BytesIO()))
    assert ingest.report.standing[EventStatus.ACCEPTED] == 10


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnreadableFile, match=r"pip install 'voltrace\[parquet\]'"):
        Read(tmp_path, MAPPING, parquet(TABLE), "parquet")
