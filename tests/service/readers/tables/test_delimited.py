"""CSV as people write it."""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.outcome import EventStatus
from service.ingesting import UnreadableFile
from service.readers import READERS
from service.readers.reading import LeftOut, Malformed, Options, Source
from tests.service.readers.tables.tables_support import BASICS, HEADER, Read, ingested, row

OUTLET = """
[table]
encoding = "gb18030"
delimiter = ";"
decimal = ","
list_separator = "|"
ignore = ["操作员"]

[time]
format = "%Y/%m/%d %H:%M"
offset = "+08:00"

[leave_out]
"状态" = ["作废"]

[fields]
eventId = { column = "流水号", prefix = "yantai-" }
type = { column = "业务", values = { "入库登记" = "ENROLMENT", "出库" = "TRANSFER", "检测" = "INSPECTION" } }
occurredAt = { columns = ["日期", "时间"] }
actor = { constant = "91350100M000100Y43" }
place.region = "地区"

[types.ENROLMENT]
items.0.key = "编码"
items.0.kind = { column = "类别", values = { "包" = "BATTERY", "模组" = "MODULE" }, default = "BATTERY" }
items.0.massKg = { column = "重量", unit = "g" }
items.0.composition.Li = { column = "锂", unit = "g" }

[types.TRANSFER]
items = "编码"
to = "对方"

[types.INSPECTION]
item = "编码"
measurements.stateOfHealthPercent = { column = "健康度", factor = 100 }
measurements.by = { column = "仪器", as = "text" }
"""
ROWS = [
    "流水号;业务;日期;时间;地区;编码;类别;重量;锂;对方;健康度;仪器;操作员;状态;备注",
    "1;入库登记;2026/04/01;08:30;福建;P1;包;350000,5;1200;;;;王;;好",
    "2;入库登记;2026/04/01;08:31;福建;P2;;;;;;;王;;",
    "3;检测;2026/04/02;;;P1;;;;;0,815;HIOKI 3561;王;;",
    "4;出库;2026/04/03;09:00;;P1|P2;;;;91440300MA0000R062;;;王;;",
    "5;出库;2026/04/03;09:00;;P1;;;;91440300MA0000R062;;;王;作废;",
    "6;报废;2026/04/03;09:00;;P1;;;;;;;王;;",
]


def test_a_table_of_an_outlet(tmp_path: Path) -> None:
    mapping = OUTLET.replace('"%Y/%m/%d %H:%M"', '"%Y/%m/%d %H:%M"').replace(
        'columns = ["日期", "时间"]', 'column = "日期"'
    )
    mapping = mapping.replace('"%Y/%m/%d %H:%M"', '"%Y/%m/%d"')
    read = Read(tmp_path, mapping, "\r\n".join(ROWS).encode("gb18030"))
    enrolled, bare, inspected, handed = read.events
    assert enrolled == {
        "eventId": "yantai-1",
        "type": "ENROLMENT",
        "occurredAt": "2026-04-01T00:00:00+08:00",
        "actor": "91350100M000100Y43",
        "place": {"region": "福建"},
        "items": [{"key": "P1", "kind": "BATTERY", "massKg": 350.0005, "composition": {"Li": 1.2}}],
    }
    assert bare["items"] == [{"key": "P2", "kind": "BATTERY"}], "empty cells are unknown, not zero"
    assert inspected["measurements"] == {"stateOfHealthPercent": 81.5, "by": "HIOKI 3561"}
    assert "place" not in inspected
    assert handed["items"] == ["P1", "P2"]
    assert read.malformed == [
        Malformed("table:7", "column 业务", "'报废' is none of the values in the mapping: 入库登记, 出库, 检测")
    ]
    assert read.left_out == [
        LeftOut("table", "column 时间", "no field of the mapping takes it"),
        LeftOut("table", "column 备注", "no field of the mapping takes it"),
        LeftOut("table:6", "row with '作废' in column 状态", "the mapping leaves it out"),
    ]


def test_columns_are_joined_where_a_day_and_a_time_stand_apart(tmp_path: Path) -> None:
    read = Read(tmp_path, OUTLET, "\n".join(ROWS[:2] + ROWS[3:4]).encode("gb18030"))
    assert read.events[0]["occurredAt"] == "2026-04-01T08:30:00+08:00"
    (told,) = read.malformed
    assert (told.field, told.reason) == (
        "column 日期 and column 时间",
        "'2026/04/02' is no time of the format %Y/%m/%d %H:%M",
    )


def test_ten_bad_lines_of_many_are_ten_rejections_and_the_rest_is_in(tmp_path: Path) -> None:
    mapping, table = tmp_path / "mapping.toml", tmp_path / "table.csv"
    mapping.write_text(
        BASICS.replace("TRANSFER", "RETIREMENT").replace("items", "item").replace('to = "to"', 'reason = "to"')
    )
    lines = [row(number).encode() for number in range(5_000)]
    bad = {
        100: (b"t-100,yesterday,A,P100,B\n", "column when", "'yesterday' is no time"),
        700: (b"t-700,2026-04-01,A,P700,B\n", "column when", "has no offset"),
        1_500: (b't-1500,2026-04-01T08:00:00Z,"A,P1500,B\n', "", "has a quote that does not end"),
        1_501: (b"t-1501,2026-04-01T08:00:00Z,A,P1501\n", "", "has 4 cells; there are 5 columns"),
        1_999: (b"t-1999,2026-04-01T08:00:00Z,A,P1999,B,x\n", "", "has 6 cells; there are 5 columns"),
        2_000: (b"t-2000,2026-04-01T08:00:00Z,two words,P,B\n", "column from (actor)", "without spaces"),
        3_000: (b"t-3000,2026-04-01T08:00:00Z,A,,B\n", "column code (item)", "is missing"),
        4_000: (b"t-4000,2026-04-01T08:00:00Z,A,\xff\xfe,B\n", "", "is no UTF-8: byte 0xff at 31"),
        4_500: (b't-4500,2026-04-01T08:00:00Z,"A" x,P,B\n', "", "is no row: "),
        4_998: (b",2026-04-01T08:00:00Z,A," + b"P" * 200 + b",B\n", "column code (item)", "1 to 128"),
    }
    for number, (line, _, _) in bad.items():
        lines[number] = line
    table.write_bytes(HEADER.encode() + b"".join(lines))
    report, stored = ingested(mapping, table)
    assert report.rejected == 10
    told = {rejection.where: rejection for rejection in report.rejections}
    for number, (_, field, reason) in bad.items():
        rejection = told[f"{table}:{number + 2}"]
        assert rejection.field == field
        assert reason in rejection.reason
    assert len(stored) == 4_990
    assert {event.status for event in stored} == {EventStatus.PENDING}, "nobody made these items"


def test_quotes_byte_order_marks_padding_and_empty_lines(tmp_path: Path) -> None:
    text = '\ufeffid,when,from,code,to\r\n\r\n"t-1", 2026-04-01T08:00:00Z ,"A","say ""P1""","B"\r\n,,,,\r\n'
    read = Read(tmp_path, BASICS + 'note = "code"', text.replace('"say ""P1"""', "P1"))
    assert [event["items"] for event in read.events] == [["P1"]]
    assert read.places == ["table:3"]
    quoted = Read(tmp_path, BASICS.replace('"code"', '"to"') + 'note = "code"', text)
    assert quoted.events[0]["note"] == 'say "P1"'


def test_a_cell_holds_line_ends_where_the_mapping_says_so(tmp_path: Path) -> None:
    mapping = "[table]\nmultiline = true\n" + BASICS + 'note = "note"\n'
    head = HEADER.replace("\n", ",note\n")
    rows = [row(1).replace("\n", ',"one\ntwo, three\n"\n'), row(2).replace("\n", ",plain\n")]
    read = Read(tmp_path, mapping, head + "".join(rows))
    assert [event["note"] for event in read.events] == ["one\ntwo, three", "plain"]
    assert read.places == ["table:2", "table:5"]
    one_line = Read(tmp_path, mapping.replace("true", "false"), head + "".join(rows))
    assert [entry.where for entry in one_line.malformed] == ["table:2", "table:3", "table:4"]
    assert "multiline = true" in one_line.malformed[0].reason
    assert [event["note"] for event in one_line.events] == ["plain"]


def test_a_quote_that_never_ends_takes_no_other_row_with_it(tmp_path: Path) -> None:
    rows = [row(number) for number in range(500)]
    rows[7] = rows[7].replace("P7", '"P7')
    read = Read(tmp_path, "[table]\nmultiline = true\n" + BASICS, HEADER + "".join(rows))
    assert len(read.events) == 499
    assert read.malformed == [Malformed("table:9", "", "has a quote that does not end within 100 lines")]


def test_lines_before_the_header_and_a_table_without_one(tmp_path: Path) -> None:
    skipped = Read(tmp_path, "[table]\nskip_lines = 2\n" + BASICS, "Report of April\n\n" + HEADER + row(1))
    assert skipped.places == ["table:4"]
    named = '[table]\ncolumns = ["id", "when", "from", "code", "to"]\n' + BASICS
    bare = Read(tmp_path, named, row(1) + row(2))
    assert bare.places == ["table:1", "table:2"]
    with pytest.raises(UnreadableFile, match="has no header"):
        Read(tmp_path, BASICS, "\n\n")
    with pytest.raises(UnreadableFile, match="the header is no UTF-8: byte 0xff at 1"):
        Read(tmp_path, BASICS, "标识,时间".encode("utf-16"))


def test_lines_that_end_in_cr_alone_are_no_rows(tmp_path: Path) -> None:
    lines = HEADER + row(1) + row(2)
    quoted = lines.replace("P1", '"P1"')
    for text in (lines, quoted, HEADER + quoted):
        with pytest.raises(UnreadableFile, match="table:1: the header has a CR without an LF outside of quotes"):
            Read(tmp_path, BASICS, text.replace("\n", "\r"))
    with pytest.raises(UnreadableFile, match="table:1: the header has a CR"):
        Read(tmp_path, BASICS, HEADER.replace("\n", "\r") + row(1))
    mixed = Read(tmp_path, BASICS, HEADER + row(1).replace("\n", "\r") + row(2) + row(3))
    assert [entry.where for entry in mixed.malformed] == ["table:2"]
    assert "has a CR without an LF" in mixed.malformed[0].reason
    assert [event["items"] for event in mixed.events] == [["P3"]]
    doubled = Read(tmp_path, BASICS, lines.replace("\n", "\r\r\n"))
    assert [event["items"] for event in doubled.events] == [["P1"], ["P2"]]
    kept = Read(tmp_path, BASICS + 'note = "code"', (HEADER + row(1)).replace("P1", '"P\r1"'))
    assert kept.events[0]["note"] == "P\r1", "a quoted cell may hold one"


def test_a_nul_byte_is_told_with_its_line(tmp_path: Path) -> None:
    read = Read(tmp_path, BASICS, HEADER + row(1).replace("P1", "P\0") + row(2))
    assert [entry.where for entry in read.malformed] == ["table:2"]
    assert "has a NUL byte" in read.malformed[0].reason
    assert [event["items"] for event in read.events] == [["P2"]]
    mapping, table = tmp_path / "mapping.toml", tmp_path / "table.csv"
    mapping.write_text(BASICS)
    table.write_bytes((HEADER + row(1)).encode("utf-16-le"))
    with pytest.raises(
        UnreadableFile, match=r"table.csv:1: the header has a NUL byte: .* UTF-16 is to be saved as CSV"
    ):
        ingested(mapping, table)


def test_rows_without_an_id_are_the_same_events_each_time(tmp_path: Path) -> None:
    mapping = BASICS.replace('eventId = "id"\n', "")
    first, again = (Read(tmp_path, mapping, HEADER + row(1) + row(2)).events for _ in range(2))
    assert first == again
    assert len({event["eventId"] for event in first}) == 2
    assert all(event["eventId"].startswith("table:") for event in first)


def test_unmapped_columns_are_kept_where_the_mapping_says_so(tmp_path: Path) -> None:
    head, line = HEADER.replace("\n", ",colour,shelf\n"), row(1).replace("\n", ",red,\n")
    note = Read(tmp_path, '[table]\nunmapped = "note"\n' + BASICS + 'note = "to"', head + line)
    assert note.events[0]["note"] == 'B; {"colour":"red"}'
    assert note.left_out == []
    produced = BASICS.replace("TRANSFER", "PRODUCTION").replace("items", "outputs.0.key").replace('to = "to"', "")
    mapping = f'[table]\nunmapped = "attributes"\n{produced}outputs.0.kind = {{ constant = "CELL" }}\n'
    kept = Read(tmp_path, mapping, head + line).events[0]["outputs"][0]["attributes"]
    assert kept == {"colour": "red", "to": "B"}
    handed = Read(tmp_path, '[table]\nunmapped = "attributes"\n' + BASICS, head + line)
    assert handed.events[0]["attributes"] == {"colour": "red"}, "a transfer brings no item in"


def test_columns_that_hold_lists_become_objects_entry_by_entry(tmp_path: Path) -> None:
    mapping = """
[fields]
type = { constant = "REFINING" }
occurredAt = "when"
actor = { constant = "A" }
inputs.each.key = "lots"
inputs.each.massKg = { column = "kg", separator = "|" }
outputs.0.key = "lot"
"""
    read = Read(
        tmp_path, mapping, "when,lots,kg,lot\n2026-04-01T00:00:00Z,L1;L2,5|7.5,L3\n2026-04-01T00:00:00Z,L1;L2,5,L4\n"
    )
    assert read.events[0]["inputs"] == [{"key": "L1", "massKg": 5}, {"key": "L2", "massKg": 7.5}]
    assert read.malformed[0].reason == "the lists differ in length: 2 of key, 1 of massKg"


def test_a_table_is_read_as_it_comes(tmp_path: Path) -> None:
    """However long a table is, what is held of it is a batch."""

    class Endless:
        def __init__(self) -> None:
            self.number = 0

        def read(self, size: int) -> bytes:
            return HEADER.encode()

        def __iter__(self):  # type: ignore[no-untyped-def]
            while True:
                self.number += 1
                yield row(self.number).encode()

    path = tmp_path / "mapping.toml"
    path.write_text(BASICS)
    endless = Endless()
    source = Source("endless", endless, Options(mapping=path), batch=10)  # type: ignore[arg-type]
    chunks = asyncio.run(READERS["csv"].read(source, None))  # type: ignore[arg-type]
    for _ in range(4):
        next(chunks)
    assert endless.number == 30


def test_a_large_random_table_is_read_to_the_last_byte(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    words = ["plain", "with, comma", 'with "quotes"', "中文", "", " padded "]
    notes = [dice.choice(words) for _ in range(3_000)]
    lines = [row(number).rstrip() + ',"' + note.replace('"', '""') + '"\n' for number, note in enumerate(notes)]
    data = (HEADER.replace("\n", ",note\n") + "".join(lines)).encode()
    read = Read(tmp_path, BASICS + 'note = "note"', data)
    assert [event.get("note", "") for event in read.events] == [note.strip() for note in notes], f"seed {seed}"
    assert read.bytes_read == len(data)


PIECES = [*'ab,;"\r\n\t', "t-1", "2026-04-01T00:00:00Z", "中", "\x00", "\u2028", "\udcff"]


@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_no_table_is_too_strange(pieces: list[str]) -> None:
    """Every line with something in it is told, or reported with its place."""
    data = HEADER.encode() + "".join(pieces).encode("utf-8", "surrogateescape")
    with tempfile.TemporaryDirectory() as folder:
        single = Read(Path(folder), BASICS, data)
        Read(Path(folder), f"[table]\nmultiline = true\n{BASICS}", data)
    filled = [line for line in data.split(b"\n")[1:] if line.strip(b' ,"\t\r\x00')]
    assert len(single.events) + len(single.malformed) >= len(filled)
