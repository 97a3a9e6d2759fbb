"""The trace as a Mermaid flowchart."""

from __future__ import annotations

from graph_schema.answer import Trace, TraceNode
from service.languages import ENGLISH, Language
from service.writers.named import describe, named_edges, named_nodes, until

_PLAIN = frozenset(" .,+-/=")
_STYLES = """classDef root stroke:#b35900,stroke-width:3px
classDef withheld stroke-dasharray:4 4
classDef contested stroke:#c81e1e"""


def mermaid(trace: Trace, language: Language = ENGLISH) -> str:
    """A trace as a flowchart from left to right; contested edges are dotted and red, those to a host that a part left
    are dotted."""
    lines = ["flowchart LR"]
    for name, node in named_nodes(trace):
        start, end = ("([", "])") if node.kind == "EVENT" else ("[", "]")
        text = "<br/>".join(map(quoted, describe(node, language).split("\n", 1)))
        lines.append(f'  {name}{start}"{text}"{end}{_class(node)}')
    contested = []
    for number, (source, target, edge) in enumerate(named_edges(trace)):
        over = until(edge, language)
        arrow = "-.->" if edge.contested or over else "-->"
        told = language.named("edge", edge.kind) + ("" if edge.mass_kg is None else f" {edge.mass_kg:g} kg")
        lines.append(f'  {source} {arrow}|"{quoted(f"{told}, {over}" if over else told)}"| {target}')
        contested += [str(number)] if edge.contested else []
    lines += [f"  {line}" for line in _STYLES.splitlines()]
    lines += [f"  linkStyle {','.join(contested)} stroke:#c81e1e"] if contested else []
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text within quotation marks: all but letters, digits and harmless signs as entities of Mermaid, which are
    written with # and the number of the character."""
    return "".join(sign if sign.isalnum() or sign in _PLAIN else f"#{ord(sign)};" for sign in text)


def _class(node: TraceNode) -> str:
    if node.redacted:
        return ":::withheld"
    if node.role.value == "ROOT":
        return ":::root"
    return ":::contested" if node.kind == "EVENT" and node.status == "CONTESTED" else ""
