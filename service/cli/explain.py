"""`voltrace explain`."""

from __future__ import annotations

from typing import Any

import click
import orjson
from rich.table import Table
from rich.text import Text

from graph_schema.identifiers import TITLES, Field, Identification, Scheme
from service import explaining
from service.cli.common import err, out

_SCHEMES = {scheme.value.lower().replace("_", "-"): scheme for scheme in Scheme}
_LENGTHS = {"gbt-34014": 24, "gbt-34014-reuse": 19, "credit-code": 18, "vin": 17, "bpn": 16}


@click.command()
@click.argument("codes", metavar="CODE...", nargs=-1, required=True)
@click.option("--scheme", "scheme_name", type=click.Choice(list(_SCHEMES)), help="read them as identifiers of a scheme")
@click.option("--format", "format_name", type=click.Choice(["table", "json"]), default="table", show_default=True)
def explain(codes: tuple[str, ...], scheme_name: str | None, format_name: str) -> None:
    """What a code says: its scheme, each field in words, and what is wrong with it.

    GB/T 34014 battery codes, VINs, unified social credit codes, BPN, GLN, GTIN, EPC URNs, GS1 Digital Links and UUIDs
    are recognised by their form. Exit 1 if one of them is faulty or not recognised.

    \b
    voltrace explain 04QCB76836300JBC40000903
    voltrace explain 91350100M000100Y43 LFV3A23C083027701
    voltrace explain --scheme vin LFV3A23C08302770
    """
    scheme = None if scheme_name is None else _SCHEMES[scheme_name]
    found = [(code, explaining.explain(code, scheme)) for code in codes]
    if format_name == "json":
        click.echo(orjson.dumps([_row(code, one) for code, one in found], option=orjson.OPT_INDENT_2).decode())
    else:
        for code, one in found:
            _show(code, one)
    if not all(one is not None and one.valid for _, one in found):
        raise SystemExit(1)


def _show(code: str, found: Identification | None) -> None:
    if found is None:
        err.print("[red]not recognised[/]: ", end="")
        err.print(f"{code}: {_hint(code)}", markup=False, soft_wrap=True)
        return
    verdict = Text("valid", "green") if found.valid else Text("faulty", "red")
    out.print(Text.assemble((found.value, "bold"), f"  {TITLES[found.scheme]}: ", verdict), soft_wrap=True)
    table = Table("at", "field", "value", "meaning", box=None, pad_edge=False)
    for field in found.fields:
        table.add_row(_place(field), *map(Text, (field.name, field.value, field.meaning)))
    if found.fields:
        out.print(table)
    for fault in found.faults:
        out.print(Text.assemble(("fault: ", "red"), fault), soft_wrap=True)
    out.print()


def _place(field: Field) -> str:
    if field.last < field.first:
        return "-"
    return f"{field.first}" if field.first == field.last else f"{field.first}-{field.last}"


def _row(code: str, found: Identification | None) -> dict[str, Any]:
    if found is None:
        return {"text": code, "scheme": None, "hint": _hint(code)}
    return {
        "text": code,
        "scheme": found.scheme.value,
        "value": found.value,
        "valid": found.valid,
        "fields": [field._asdict() for field in found.fields],
        "faults": list(found.faults),
    }


def _hint(code: str) -> str:
    """How to go on with a code that looks like nothing known."""
    length = len("".join(code.split()))
    if not length:
        return "an empty text is no code"
    near = [name for name, size in _LENGTHS.items() if abs(size - length) <= 1]
    if not near:
        return f"it looks like nothing known; --scheme reads it as one of {', '.join(_SCHEMES)}"
    nearest = min(near, key=lambda name: abs(_LENGTHS[name] - length))
    told, size = TITLES[_SCHEMES[nearest]], _LENGTHS[nearest]
    said = f"{length} characters, a {told} has {size}"
    if length == size:
        said = f"{size} characters, as a {told} has, but not its form"
    return f"it has {said}; --scheme {nearest} says what is wrong with it"
