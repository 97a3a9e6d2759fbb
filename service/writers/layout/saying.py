"""What is written in the boxes of a picture, in a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from graph_schema.answer import TraceEdge, TraceNode
from service.languages import Language
from service.writers.layout.gathering import Vertex
from service.writers.named import named_material


def titled(vertex: Vertex, language: Language) -> str:
    """The first line: what an event was, the key of an item, or of what a group has how many."""
    node = vertex.nodes[0]
    if len(vertex.nodes) > 1:
        return f"{len(vertex.nodes)} × {_what(vertex, language)}"
    if node.redacted:
        return language.text("picture.withheld")
    return language.named("event", node.label) if node.kind == "EVENT" else node.key


def described(vertex: Vertex, language: Language) -> str:
    """The second line: kind, label and status."""
    node = vertex.nodes[0]
    status = node.status or "" if len({one.status for one in vertex.nodes}) == 1 else ""
    status = status and language.named("status", status)
    if len(vertex.nodes) > 1:
        return " · ".join(filter(None, [status, f"{node.key} …" if not node.redacted else ""]))
    if node.redacted:
        return language.named("kind", node.kind)
    label = "" if node.label == node.key else named_material(node, language)
    return " · ".join(filter(None, [language.named("kind", node.kind), label, status]))


def chipped(vertex: Vertex, language: Language) -> str:
    """The only line of a part that nothing leads to."""
    node, title = vertex.nodes[0], titled(vertex, language)
    return title if len(vertex.nodes) > 1 or node.redacted else f"{language.named('kind', node.kind)} {title}"


def _what(vertex: Vertex, language: Language) -> str:
    """What a group is of; by its label where all have the same."""
    node, labels = vertex.nodes[0], {one.label for one in vertex.nodes}
    kind = language.named("kind", node.kind)
    if node.redacted:
        return language.text("picture.withheldKind", kind=kind)
    if node.kind == "EVENT":
        return language.named("event", node.label) if len(labels) == 1 else kind
    return f"{kind} {named_material(node, language)}" if len(labels) == 1 and node.label != node.key else kind


def days(nodes: Sequence[TraceNode], language: Language) -> str:
    """When it was, or when the first and the last of a group were."""
    return _from_to([node.at for node in nodes if node.at is not None], language)


def left_on(vertex: Vertex, language: Language) -> str:
    """Until when it was inside of its host; empty where it is now."""
    return language.text("picture.inside", until=_from_to(vertex.left, language)) if vertex.left else ""


def _from_to(moments: Sequence[datetime], language: Language) -> str:
    found = [language.date(one) for one in (min(moments), max(moments))] if moments else [""]
    return found[0] if found[0] == found[-1] else language.text("picture.days", first=found[0], last=found[-1])


def holders_of(held: Sequence[TraceEdge], names: Mapping[str, str], language: Language) -> str:
    """Who has it now, or had it last; how many had it before."""
    parties = {edge.target for edge in held}
    last = max(held, key=lambda edge: (edge.to is None, edge.from_))
    if len(parties) > 1 and len({edge.source for edge in held}) > 1:
        return language.text("picture.parties", count=len(parties))
    said = "picture.held" if last.to is None else "picture.wasHeld"
    text = language.text(said, name=names.get(last.target, last.target))
    return text if len(parties) == 1 else language.text("picture.after", held=text, count=len(parties) - 1)


def claimed_by(claims: Sequence[TraceEdge], names: Mapping[str, str], language: Language) -> str:
    """Who is said to have it, or have had it, by contested events."""
    parties = list(dict.fromkeys(names.get(edge.target, edge.target) for edge in claims))
    if len(parties) > 1:
        return language.text("picture.claimedByMany", count=len(parties))
    return language.text("picture.claimed", name=parties[0])


def holdings(custody: Sequence[TraceEdge], names: Mapping[str, str], language: Language) -> list[str]:
    """Who had an item from when to when; of several items, who had how many, the one that had most first."""
    items: dict[tuple[str, bool], set[str]] = {}
    for edge in custody:
        items.setdefault((edge.target, edge.contested), set()).add(edge.source)
    if len(set().union(*items.values())) > 1:
        found = [
            (language.text("picture.holdingSome", name=names.get(key, key), count=len(had)), contested)
            for (key, contested), had in sorted(items.items(), key=lambda one: -len(one[1]))
        ]
    else:
        found = [(_holding(edge, names, language), edge.contested) for edge in custody]
    return [language.text("picture.contested", what=text) if contested else text for text, contested in found]


def _holding(edge: TraceEdge, names: Mapping[str, str], language: Language) -> str:
    until = language.text("picture.now") if edge.to is None else language.date(edge.to)
    name = names.get(edge.target, edge.target)
    return language.text("picture.holding", name=name, since=language.date(edge.from_), until=until)
