"""The formats that a trace is written in, by the names of the command line and the extensions of HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import orjson

from graph_schema.answer import Trace
from service.languages import ENGLISH, Language
from service.writers.csv import csv, nodes_csv
from service.writers.dot import dot
from service.writers.graphml import graphml
from service.writers.json import trace_json
from service.writers.mermaid import mermaid
from service.writers.png import png
from service.writers.prov_json import prov_json
from service.writers.svg import Links, svg
from service.writers.svg.drawing import Address


class Options(NamedTuple):
    """What a writer may be told: a line on what the trace is of, where the links of a picture lead, and the language of
    texts for people; names that programs read are as the API has them, but for tables in another language than
    English."""

    note: str = ""
    address: Address | None = None
    language: Language = ENGLISH


class Format(NamedTuple):
    """A format; `weighed`: it says attribution and balance, too; `drawn`: it is a picture, for people."""

    name: str
    extension: str
    media_type: str
    write: Callable[[Trace, Options], bytes]
    weighed: bool = False
    drawn: bool = False


def _picture(trace: Trace, told: Options) -> str:
    return svg(trace, Links() if told.address is None else Links(told.address), told.note, language=told.language)


TABLE = "text/csv; charset=utf-8; header=present"
FORMATS = (
    Format(
        "json",
        "json",
        "application/json",
        lambda trace, _: orjson.dumps(trace_json(trace), option=orjson.OPT_INDENT_2) + b"\n",
        weighed=True,
    ),
    Format("csv", "csv", TABLE, lambda trace, told: csv(trace, told.language).encode()),
    Format("csv-nodes", "nodes.csv", TABLE, lambda trace, told: nodes_csv(trace, told.language).encode()),
    Format("svg", "svg", "image/svg+xml", lambda trace, told: _picture(trace, told).encode(), drawn=True),
    Format("png", "png", "image/png", lambda trace, told: png(trace, told.note, told.language), drawn=True),
    Format("dot", "dot", "text/vnd.graphviz; charset=utf-8", lambda trace, told: dot(trace, told.language).encode()),
    Format(
        "mermaid", "mmd", "text/vnd.mermaid; charset=utf-8", lambda trace, told: mermaid(trace, told.language).encode()
    ),
    Format("graphml", "graphml", "application/graphml+xml", lambda trace, _: graphml(trace).encode()),
    Format(
        "prov-json",
        "prov.json",
        "application/json",
        lambda trace, _: orjson.dumps(prov_json(trace), option=orjson.OPT_INDENT_2) + b"\n",
    ),
)
BY_NAME = {one.name: one for one in FORMATS}


def parted(name: str) -> tuple[str, Format] | None:
    """The key and the format of a file's name: the extension follows the last dot, `prov.json` and `nodes.csv` are one.

    None where it names no format.
    """
    for one in sorted(FORMATS, key=lambda one: -len(one.extension)):
        key, dot_, extension = name.rpartition("." + one.extension)
        if dot_ and not extension and key:
            return key, one
    return None
