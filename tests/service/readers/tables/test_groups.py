"""Several rows that tell one event."""

from pathlib import Path

from service.readers.reading import Malformed
from tests.service.readers.tables.tables_support import Read

MAPPING = """
[table]
group_by = "pack"

[fields]
eventId = { column = "pack", prefix = "made-" }
type = { constant = "PRODUCTION" }
occurredAt = "when"
actor = "maker"
outputs.0.key = "pack"
outputs.0.kind = { constant = "BATTERY" }
outputs.0.massKg = "kg"
outputs.0.parts.0.key = "module"
outputs.0.parts.0.position = "slot"
inputs.0.key = "lot"
note = "remark"
"""
HEADER = "pack,when,maker,kg,module,slot,lot,remark\n"


def line(pack: str, module: str, slot: str, maker: str = "A", kg: str = "", lot: str = "", remark: str = "") -> str:
    return f"{pack},2026-04-01T00:00:00Z,{maker},{kg},{module},{slot},{lot},{remark}\n"


def test_rows_with_one_value_one_after_another_are_one_event(tmp_path: Path) -> None:
    rows = [
        line("P1", "M1", "1", kg="30", lot="L"),
        line("P1", "M2", "2", lot="L", remark="late"),
        line("P2", "M3", "1"),
    ]
    read = Read(tmp_path, MAPPING, HEADER + "".join(rows))
    first, second = read.events
    assert first["outputs"] == [
        {
            "key": "P1",
            "kind": "BATTERY",
            "massKg": 30,
            "parts": [{"key": "M1", "position": "1"}, {"key": "M2", "position": "2"}],
        }
    ]
    assert first["inputs"] == [{"key": "L"}], "the same entry in two rows is one"
    assert first["note"] == "late"
    assert (first["eventId"], second["eventId"]) == ("made-P1", "made-P2")
    assert read.places == ["table:2", "table:4"]


def test_rows_that_contradict_each_other_are_no_event(tmp_path: Path) -> None:
    rows = [line("P1", "M1", "1"), line("P1", "M2", "2", maker="B"), line("P2", "M3", "1"), line("P2", "M3", "2")]
    read = Read(tmp_path, MAPPING, HEADER + "".join(rows) + line("P3", "M4", "1"))
    assert [event["eventId"] for event in read.events] == ["made-P3"]
    assert read.malformed == [
        Malformed("table:3", "column maker (actor)", "'B', but the rows of this event before it say 'A'"),
        Malformed("table:2", "", "is not recorded, because table:3, of the same event, is rejected"),
        Malformed(
            "table:5",
            "column slot (outputs.0.parts.0.position)",
            "'2', but the rows of this event before it say '1'",
        ),
        Malformed("table:4", "", "is not recorded, because table:5, of the same event, is rejected"),
    ]


def test_an_event_of_which_a_row_is_bad_is_not_told_in_part(tmp_path: Path) -> None:
    rows = [line("P1", "M1", "1"), line("P1", "M2", "2", kg="heavy"), line("P2", "M3", "1")]
    read = Read(tmp_path, MAPPING, HEADER + "".join(rows))
    assert [event["eventId"] for event in read.events] == ["made-P2"]
    assert read.malformed[0] == Malformed("table:3", "column kg", "'heavy' is no number")
    assert len(read.malformed) == 2


def test_a_line_that_is_no_row_may_belong_to_the_events_on_either_side(tmp_path: Path) -> None:
    rows = [
        line("P1", "M1", "1"),
        line("P2", "M2", "1"),
        "P2,too,short\n",
        line("P3", "M3", "1"),
        line("P4", "M4", "1"),
    ]
    read = Read(tmp_path, MAPPING, HEADER + "".join(rows))
    assert [event["eventId"] for event in read.events] == ["made-P1", "made-P4"]
    assert [entry.where for entry in read.malformed] == ["table:4", "table:3", "table:5"]


def test_what_rows_say_beside_the_fields_is_kept_of_each(tmp_path: Path) -> None:
    mapping = MAPPING.replace('note = "remark"\n', "").replace("[table]", '[table]\nunmapped = "attributes"')
    rows = [
        line("P1", f"M{slot}", slot, remark=remark) for slot, remark in zip("1234", ("a", "b", "a", ""), strict=True)
    ]
    read = Read(tmp_path, mapping, HEADER + "".join(rows) + line("P2", "M9", "1", remark="c"))
    assert read.malformed == []
    assert [event["outputs"][0]["attributes"] for event in read.events] == [{"remark": ["a", "b"]}, {"remark": "c"}]


def test_rows_without_a_value_are_events_of_their_own(tmp_path: Path) -> None:
    mapping = MAPPING.replace('group_by = "pack"', 'group_by = "lot"')
    read = Read(tmp_path, mapping, HEADER + line("P1", "M1", "1") + line("P2", "M2", "1"))
    assert [event["eventId"] for event in read.events] == ["made-P1", "made-P2"]
