"""A mapping that is wrong, or does not fit, is told with line and reason before a row is read."""

import io
from pathlib import Path

import pytest

from service.ingesting import UnreadableFile
from service.readers import READERS
from service.readers.reading import Source
from service.readers.tables.mapping import MisfitError
from tests.service.readers.tables.tables_support import BASICS, HEADER, Read, ingested, row

MISFITS = {
    "an unknown table": ("[tables]\na = 1\n" + BASICS, "mapping.toml:1: tables: is nothing that a mapping knows"),
    "an unknown word": (
        BASICS + 'note = { source = "id" }\n',
        "mapping.toml:9: fields.note.source: is no field of TRANSFER that takes a value; note itself is one, and comes",
    ),
    "two origins": (BASICS + 'note = { column = "id", constant = "x" }', ":9: fields.note: takes one of column"),
    "no origin": (BASICS + "note = {}", ":9: fields.note: takes one of column"),
    "an encoding": (
        '[table]\nencoding = "utf-16"' + BASICS,
        ":2: table.encoding: input should be 'utf-8' or 'gb18030'",
    ),
    "both marks": ('[table]\ndecimal = ","\ngrouping = ","' + BASICS, ":1: table: decimal and grouping are both ','"),
    "an offset": ('[time]\noffset = "Beijing"' + BASICS, ":2: time.offset: 'Beijing' is no offset such as +08:00"),
    "no fields": ("[table]", ":1: fields: is missing"),
    "no type": ('[fields]\nactor = "from"', ":1: fields: nothing gives type"),
    "an event type": (BASICS.replace("TRANSFER", "SHIPPING"), ":4: fields.type: 'SHIPPING' is no event type"),
    "a column": (
        BASICS.replace('"code"', '"Code"'),
        ":7: fields.items: 'Code' is no column in table, which has id, when",
    ),
    "a field": (BASICS + 'item = "code"', ":9: fields.item: is no field of TRANSFER that takes a value"),
    "an object": (BASICS + 'place = "code"', ":9: fields.place: is no field of TRANSFER that takes a value"),
    "a field that is needed": (
        BASICS.replace('to = "to"', ""),
        ":4: fields.type: nothing gives to, which TRANSFER needs",
    ),
    "a nested field that is needed": (
        BASICS.replace("TRANSFER", "PRODUCTION").replace("items", "outputs.0.key").replace('to = "to"', ""),
        ":4: fields.type: nothing gives outputs.0.kind, which PRODUCTION needs",
    ),
    "a word": (
        BASICS.replace("TRANSFER", "DISPOSAL").replace('to = "to"', 'method = { constant = "DUMP" }'),
        ":8: fields.method: 'DUMP' is none of LANDFILL, INCINERATION, EXPORT, LOSS, THEFT",
    ),
    "an element": (
        BASICS.replace("TRANSFER", "ENROLMENT")
        .replace("items", "items.0.composition.Lithium")
        .replace('to = "to"', ""),
        ":7: fields.items.0.composition.Lithium: is no field of ENROLMENT",
    ),
    "a unit": (BASICS + 'reason = { column = "id", unit = "g" }', ":9: fields.reason: takes a text; unit and factor"),
    "a list": (
        BASICS.replace('"to"\n', '{ column = "to", list = true }\n'),
        ":8: fields.to: takes one text, not a list",
    ),
    "a list of types": (
        BASICS.replace('constant = "TRANSFER"', 'column = "id", list = true, values = { a = "TRANSFER" }'),
        ":4: fields.type: takes one",
    ),
    "a whole and a part": (
        BASICS + '"items.0" = "id"',
        ":9: fields.items.0: is a part of items, which is given as a whole",
    ),
    "a conversion": (
        BASICS + 'step = { column = "id", as = "text" }',
        ":9: fields.step: takes a integer, so `as` cannot",
    ),
    "a constant": (BASICS + 'step = { constant = "1" }', ":9: fields.step: '1' is no integer; write it without quotes"),
    "a constant time": (
        BASICS.replace('"when"', '{ constant = "2026-04-01" }'),
        ":5: fields.occurredAt: '2026-04-01' has no offset",
    ),
    "a group": ('[table]\ngroup_by = "lot"' + BASICS, ":2: table.group_by: 'lot' is no column"),
    "a left-out column": ('[leave_out]\nstate = ["void"]' + BASICS, ":2: leave_out.state: 'state' is no column"),
    "a type that is never given": (
        BASICS + '[types.RECEIPT]\ntransfer = "id"',
        ":9: types.RECEIPT: fields.type never gives",
    ),
    "a type that is none": (BASICS + '[types.SALE]\nto = "id"', ":9: types.SALE: is no event type"),
    "no toml": ("[fields", "mapping.toml: is no TOML: Expected ']'"),
}


@pytest.mark.parametrize(("mapping", "reason"), MISFITS.values(), ids=MISFITS.keys())
def test_a_misfit_is_told_with_its_line(tmp_path: Path, mapping: str, reason: str) -> None:
    with pytest.raises(MisfitError) as caught:
        Read(tmp_path, mapping, HEADER + row(1))
    assert reason in str(caught.value)


def test_all_misfits_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    bad = BASICS.replace('"from"', '"From"').replace('"code"', '"Code"') + 'note = "Note"\n'
    with pytest.raises(MisfitError) as caught:
        Read(tmp_path, bad, HEADER + row(1))
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["fields.actor", "fields.items", "fields.note"]
    many = BASICS + "\n".join(f'a{number} = "from"' for number in range(20))
    with pytest.raises(MisfitError, match=r"and 10 more$"):
        Read(tmp_path, many, HEADER + row(1))


def test_a_column_that_is_there_twice_is_no_name(tmp_path: Path) -> None:
    with pytest.raises(MisfitError, match="'code' there are 2 columns of that name"):
        Read(tmp_path, BASICS, HEADER.replace("to", "code") + row(1))
    Read(
        tmp_path, BASICS.replace('to = "to"', 'to = { constant = "B" }'), HEADER.replace(",to", ",x,x") + row(1, x="y")
    )


def test_nothing_of_any_file_is_recorded_where_the_mapping_fits_only_the_first(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(BASICS)
    fits, not_so = tmp_path / "a.csv", tmp_path / "b.csv"
    fits.write_text(HEADER + row(1))
    not_so.write_text(HEADER.replace("code", "item") + row(2))
    with pytest.raises(MisfitError, match=r"b\.csv"):
        ingested(mapping, fits, not_so)
    report, stored = ingested(mapping, fits)
    assert (report.rejected, len(stored)) == (0, 1)


def test_a_table_without_a_mapping_says_what_is_needed() -> None:
    with pytest.raises(UnreadableFile, match=r"--mapping FILE .*docs/interchange\.md"):
        READERS["csv"].check(Source("x", io.BytesIO(b"a,b")))


def test_dotted_nested_and_quoted_paths_are_the_same(tmp_path: Path) -> None:
    spellings = (
        'place.site = "from"',
        '"place.site" = "from"',
        'place = { site = "from" }',
        '[fields.place]\nsite = "from"',
    )
    told = [Read(tmp_path, BASICS + spelling, HEADER + row(1)).events for spelling in spellings]
    assert told[0][0]["place"] == {"site": "A"}
    assert all(events == told[0] for events in told)
