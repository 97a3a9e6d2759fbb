"""A report, out: lines of plain values, as JSON, CSV or a table. What is not known is null, empty or `?`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from rich.markup import escape
from rich.table import Table

from graph_schema.flows.amounts import Amount
from graph_schema.flows.content import ContentLine
from graph_schema.flows.recovery import ChemistryRecovery, ElementFlow, Recovery
from service.writers.csv import harmless

Line = dict[str, Any]
UNKNOWN = "?"
RATIOS = {"share", "rate", "blackMassYield"}


def lines_of(report: Recovery | Sequence[Any], synthetic: bool = False) -> list[Line]:
    """A report as lines; names end in their units, a mass has with it of how many it is not known. Where it is of a
    store that holds a generated history, each line says so last (`synthetic`)."""
    if isinstance(report, Recovery):
        lines = _recovery_lines(report)
    else:
        lines = [line for row in report for line in _lines(row)]
    return [line | {"synthetic": True} for line in lines] if synthetic else lines


def _lines(row: Any) -> list[Line]:
    if not isinstance(row, ChemistryRecovery):
        return [_line(row)]
    return [{"chemistry": row.chemistry} | _flow_line(flow) for flow in row.flows]


def _line(row: Any) -> Line:
    line: Line = {}
    for name, value in row._asdict().items():
        if isinstance(value, Amount):
            line[_camel(f"{name}_kg")] = value.kg
            line[_camel(f"{name}_unknown")] = value.unknown
        else:
            line[_camel(name)] = value
    return line | ({"share": row.share} if isinstance(row, ContentLine) else {})


def _recovery_lines(report: Recovery) -> list[Line]:
    black = report.black_mass
    return [_flow_line(flow) | {"blackMassYield": None if flow.element else black.yield_} for flow in report.flows]


def _flow_line(flow: ElementFlow) -> Line:
    element = {"element": flow.element or "total mass"}
    return _line(flow) | {"outputKg": flow.output_kg, "rate": flow.rate} | element


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def as_json(lines: Iterable[Line]) -> str:
    """A JSON array of objects."""
    return orjson.dumps(list(lines), option=orjson.OPT_INDENT_2).decode()


def as_csv(lines: Sequence[Line]) -> str:
    """CSV with a header, of which there is none where there are no lines; unknown is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]) if lines else [], lineterminator="\n")
    if lines:
        writer.writeheader()
        for line in lines:
            writer.writerow({name: _cell(one) for name, one in line.items()})
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return harmless(value) if isinstance(value, str) else value


def as_table(lines: Sequence[Line]) -> Table:
    """A table for the terminal, numbers to one decimal, rates and shares to four; `+ 2 ?` are two unknown masses."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    shown = [_in_words(line) for line in lines]
    for name in shown[0] if shown else ():
        text = any(isinstance(line.get(name), str) for line in lines)
        table.add_column(_words(name), justify="left" if text else "right", overflow="fold")
    for cells in shown:
        table.add_row(*map(escape, cells.values()))
    return table


def _in_words(line: Line) -> dict[str, str]:
    """Cells by name; of how many a mass is unknown stands with the mass."""
    cells: dict[str, str] = {}
    for name, value in line.items():
        mass = name.removesuffix("Unknown") + "Kg"
        if name.endswith("Unknown") and mass in cells:
            cells[mass] += f" + {value} {UNKNOWN}" if value and line[mass] is not None else ""
        else:
            cells[name] = _shown(value, 4 if name in RATIOS else 1)
    return cells


def _words(name: str) -> str:
    return re.sub("([A-Z])", lambda found: " " + found[1].lower(), name)


def _shown(value: Any, decimals: int) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:,.{decimals}f}" if isinstance(value, float) else str(value)
