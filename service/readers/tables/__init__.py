"""Tables of flat events, CSV and Parquet, by a mapping file that says what the columns mean (docs/interchange.md).

- `mapping.py` is the file, checked; `lines.py` finds the line to blame in it.
- `shape.py` knows the fields of events, `fitting.py` whether a mapping gives what its events need.
- `cells.py` turns a cell into JSON, `plan.py` a row into an event, `groups.py` rows that belong together into one.
- `delimited.py` reads CSV, `parquet.py` reads Parquet, both in constant memory; `reader.py` is what they share.
"""
