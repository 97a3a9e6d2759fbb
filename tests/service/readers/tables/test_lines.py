"""The lines of a TOML file."""

from service.readers.tables.lines import line_of, lines_of

TEXT = """\
# a mapping

[table]
ignore = [
    "one",
    "[fields]",
]

[fields]
type = { column = "kind", values = { "出库" = "TRANSFER" } }
outputs.0.key = "code"
"outputs.0.massKg" = "kg"
note = '''
[types.TRANSFER]
'''

[types.PRODUCTION.place]
site = "plant"
"""


def test_every_key_has_the_line_in_which_it_is_set() -> None:
    lines = lines_of(TEXT)
    assert lines["table",] == 3
    assert lines["table", "ignore"] == 4
    assert lines["fields", "type", "values"] == 10
    assert lines["fields", "outputs", "0", "key"] == 11
    assert lines["fields", "outputs", "0", "massKg"] == 12
    assert lines["types", "PRODUCTION", "place"] == 17
    assert lines["types", "PRODUCTION", "place", "site"] == 18
    assert ("types", "TRANSFER") not in lines, "a text in several lines is no table"


def test_what_has_no_line_of_its_own_has_that_of_what_is_above_it() -> None:
    lines = lines_of(TEXT)
    assert line_of(lines, ("fields", "type", "format")) == 10
    assert line_of(lines, ("fields", "nothing")) == 9
    assert line_of(lines, ("elsewhere",)) == 1
