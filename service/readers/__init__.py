"""Readers of the formats that others write, and of our own: one place each, named here."""

from service.readers.catenax.reader import CatenaX
from service.readers.epcis.reader import Epcis
from service.readers.jsonl import JsonLines
from service.readers.reading import Reader
from service.readers.tables.delimited import Delimited
from service.readers.tables.parquet import Parquet

_ALL: tuple[Reader, ...] = (JsonLines(), CatenaX(), Epcis(), Delimited(), Parquet())

READERS: dict[str, Reader] = {reader.name: reader for reader in _ALL}
"""By the name of the format. Which one a file is of is asked from the last to the first: ours takes what is left."""
