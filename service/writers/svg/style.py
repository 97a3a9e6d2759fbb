"""The colours of a picture, for light and for dark: classes, which a page may style anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from service.writers.svg.materials import rules as material_rules
from service.writers.svg.scope import SCOPE

FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"


class Scheme(NamedTuple):
    """The colours of one scheme."""

    ground: str
    ink: str
    soft: str
    frame: str
    kinds: Mapping[str, str]
    lots: tuple[str, ...]
    withheld: str
    hatch: str
    way_from: str
    way_to: str
    root: str
    beside: str
    contested: str


LIGHT = Scheme(
    "#ffffff",
    "#16202c",
    "#4a5767",
    "#8a97a6",
    {"cell": "#f4f7fa", "module": "#eaf0f6", "battery": "#dfe9f3", "component": "#f1eff5", "vehicle": "#f7f5ee"},
    ("#fbe3bd", "#d3ebd3", "#d6e3f8", "#f8d8e2", "#e5daf5", "#cfecec", "#f0ebb8", "#e8ddd2"),
    "#e6e8eb",
    "#c3c9d0",
    "#1f6fb2",
    "#1d7f46",
    "#b35900",
    "#7c8896",
    "#c81e1e",
)
DARK = Scheme(
    "#12171d",
    "#eef2f6",
    "#b4c0cc",
    "#66737f",
    {"cell": "#1c242d", "module": "#222c37", "battery": "#283543", "component": "#2a2733", "vehicle": "#2c2a22"},
    ("#5a3f12", "#1f4a2b", "#21406e", "#642a41", "#463066", "#184a4c", "#52481a", "#4a4038"),
    "#2b3036",
    "#444c55",
    "#6cb2ee",
    "#63c98d",
    "#f0a04b",
    "#8793a0",
    "#ff7b72",
)


def sheet(dark: bool, materials: Collection[int] = ()) -> str:
    """The style sheet; `dark` adds that of the dark scheme for those who prefer it; `materials`: the looks that are in
    the picture."""
    fixed = f"""
text {{ font-family: {FONT}; }}
.key, .more, .heading {{ font-weight: 600; }}
.event text {{ text-anchor: middle; }}
.box > rect {{ stroke-width: 1; }}
.root > rect {{ stroke-width: 3; }}
path {{ fill: none; stroke-width: 1.5; }}
path.part_of {{ stroke-width: 3; stroke-opacity: 0.55; }}
.over > rect {{ stroke-dasharray: 5 3; }}
path.over {{ stroke-dasharray: 2 4; }}
path.contested {{ stroke-dasharray: 6 4; }}
.claim > rect {{ fill-opacity: 0; stroke-dasharray: 4 3; }}
a:hover rect, a:focus rect {{ stroke-width: 3; }}
.marked > rect, .marked > circle {{ stroke-width: 4; }}
path.plus {{ stroke-width: 2; }}
.further > rect {{ fill-opacity: 0; }}
.further text {{ text-decoration: underline; }}
"""
    told = _scoped("\n".join([fixed.strip(), _scheme(LIGHT).strip()]))
    told += f"@media (prefers-color-scheme: dark) {{\n{_scoped(_scheme(DARK))}}}\n" if dark else ""
    filled = material_rules(materials)  # after both schemes, which say how boxes are filled that have no pattern
    return told + (_scoped("\n".join(filled)) if filled else "")


def _scoped(rules: str) -> str:
    """Rules for the picture alone, whatever page it stands in."""
    scoped = []
    for rule in rules.strip().splitlines():
        selectors, _, body = rule.partition(" {")
        scoped.append(", ".join(f".{SCOPE} {one}" for one in selectors.split(", ")) + " {" + body)
    return "\n".join(scoped) + "\n"


def _scheme(colours: Scheme) -> str:
    rules = [
        f".ground {{ fill: {colours.ground}; }}",
        f"text {{ fill: {colours.ink}; }}",
        f".kind, .held, .day, .note {{ fill: {colours.soft}; }}",
        f".more {{ fill: {colours.root}; }}",
        f".box > rect {{ fill: {colours.ground}; stroke: {colours.frame}; }}",
        *(f".{kind} > rect {{ fill: {fill}; }}" for kind, fill in colours.kinds.items()),
        *(f".material-{number} > rect, .lot-{number} {{ fill: {fill}; }}" for number, fill in enumerate(colours.lots)),
        f".lot-sign path {{ stroke: {colours.frame}; stroke-opacity: 0.3; }}",
        f".withheld > rect {{ fill: url(#{SCOPE}-hatch); }}",
        f".hatch-ground {{ fill: {colours.withheld}; }}",
        f".hatch-line {{ stroke: {colours.hatch}; stroke-width: 3; }}",
        f".event > circle {{ fill: {colours.beside}; stroke: {colours.ground}; }}",
    ]
    for name, colour in (
        ("beside", colours.beside),
        ("from", colours.way_from),
        ("to", colours.way_to),
        ("contested", colours.contested),
    ):
        rules += [
            f"path.{name} {{ stroke: {colour}; }}",
            f".tip-{name} {{ fill: {colour}; stroke: none; }}",
            f".{name}.event > circle {{ fill: {colour}; }}",
        ]
    rules += [
        f".claim > rect {{ stroke: {colours.contested}; }}",
        f"text.claim {{ fill: {colours.contested}; }}",
        f".marked > rect, .marked > circle {{ stroke: {colours.ink}; }}",
        f"path.plus {{ stroke: {colours.ink}; }}",
        f".event > path.plus {{ stroke: {colours.ground}; }}",
        f".withheld.event > circle {{ fill: {colours.hatch}; stroke: {colours.frame}; }}",
        f".from > rect {{ stroke: {colours.way_from}; }}",
        f".to > rect {{ stroke: {colours.way_to}; }}",
        f".root > rect {{ stroke: {colours.root}; }}",
    ]
    return "\n".join(rules) + "\n"
