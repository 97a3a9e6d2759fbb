"""Whether a mapping fits: a file's columns and the fields of its events; and the plan that comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from graph_schema.order import TYPE_ORDER
from service.readers.reading import LeftOut
from service.readers.tables.cells import list_with
from service.readers.tables.conversion import converter, looked_up, misuses, wrong
from service.readers.tables.mapping import FieldSource, MappingFile
from service.readers.tables.plan import Node, Plan, Reading, column_of, constant_of, each_of, list_of, object_of
from service.readers.tables.shape import EACH, Leaf, Segments, is_index, lacking, leaf_at

Misfit = tuple[tuple[str, ...], str]
Sources = dict[Segments, tuple[tuple[str, ...], FieldSource]]
"""By path: where in the mapping it is said, and what is said."""


class Fitting:
    """A mapping held against the columns of one file."""

    def __init__(self, file: MappingFile, columns: Sequence[str], table_name: str) -> None:
        self.file = file
        self.mapping = file.mapping
        self.columns = columns
        self.table_name = table_name
        self._times = Counter(columns)
        self._misfits: list[Misfit] = []

    def plan(self) -> Plan:
        """The plan. Raises MisfitError with everything that does not fit."""
        kinds = self._kinds()
        events: dict[str, Reading] = {}
        names: dict[str, str] = {}
        for kind in kinds:
            sources = self._sources(kind)
            leaves: dict[Segments, Node] = {}
            for path, (where, source) in sources.items():
                if self._fits(where, kind, path, len(kinds)):
                    leaves[path] = self._leaf(kind, path, where, source)
            for path, (where, _) in sources.items():
                whole = next((path[:depth] for depth in range(1, len(path)) if path[:depth] in sources), None)
                if whole is not None:
                    self._misfits.append((where, f"is a part of {'.'.join(whole)}, which is given as a whole"))
            for lack in lacking(kind, sources.keys() | {("type",)}):
                where = ("types", kind) if kind in self.mapping.types else ("fields", "type")
                self._misfits.append((where, f"nothing gives {lack}, which {kind} needs"))
            if not self._misfits:
                events[kind] = self._tree(leaves).read
                names |= {".".join(path): self._name(source, where) for path, (where, source) in sources.items()}
        kind_node = self._kind_node()
        table = self.mapping.table
        group = self._index(("table", "group_by"), table.group_by) if table.group_by is not None else None
        leave_out = [
            (self._index(("leave_out", column), column), column, frozenset(values))
            for column, values in self.mapping.leave_out.items()
        ]
        if self._misfits:
            raise self.file.misfits(self._misfits)
        kept = [] if table.unmapped == "report" else [(self.columns.index(name), name) for name in self.unmapped()]
        type_name = self._name(self.mapping.fields["type"], ("fields", "type"))
        in_attributes = table.unmapped == "attributes"
        return Plan(kind_node.read, type_name, events, names, leave_out, kept, in_attributes, group)

    def unmapped(self) -> list[str]:
        """The columns that the mapping says nothing of, in their order."""
        table = self.mapping.table
        used = {*table.ignore, *self.mapping.leave_out, table.group_by}
        for fields in (self.mapping.fields, *self.mapping.types.values()):
            for source in fields.values():
                used |= set(source.named)
        return [column for column in dict.fromkeys(self.columns) if column not in used and column]

    def reported(self) -> list[LeftOut]:
        """The columns that go nowhere."""
        if self.mapping.table.unmapped != "report":
            return []
        reason = "no field of the mapping takes it"
        return [LeftOut(self.table_name, f"column {name}", reason) for name in self.unmapped()]

    def _kinds(self) -> list[str]:
        """The event types that the mapping can give."""
        source = self.mapping.fields.get("type")
        if source is None:
            self._misfits.append((("fields",), "nothing gives type, which every event needs"))
            return []
        if source.values is not None:
            said = list(dict.fromkeys([*source.values.values(), *([source.default] if source.default else [])]))
        elif source.constant is not None:
            said = [source.constant]
        else:
            said = list(self.mapping.types) or list(TYPE_ORDER)
        for kind in said:
            if kind not in TYPE_ORDER:
                reason = f"{kind!r} is no event type; there are {', '.join(TYPE_ORDER)}"
                self._misfits.append((("fields", "type"), reason))
        for kind in self.mapping.types:
            if kind not in said:
                self._misfits.append((("types", kind), f"fields.type never gives {kind}"))
        return [str(kind) for kind in said if kind in TYPE_ORDER]

    def _kind_node(self) -> Node:
        source = self.mapping.fields.get("type", FieldSource(constant=""))
        return self._node(("fields", "type"), source, Leaf("text"))

    def _sources(self, kind: str) -> Sources:
        found: Sources = {}
        for where, fields in ((("fields",), self.mapping.fields), (("types", kind), self.mapping.types.get(kind, {}))):
            for path, source in fields.items():
                if path != "type":
                    found[tuple(path.split("."))] = ((*where, path), source)
        return found

    def _fits(self, where: tuple[str, ...], kind: str, path: Segments, kinds: int) -> bool:
        leaf = leaf_at(kind, path)
        if leaf is None:
            reason = f"is no field of {kind} that takes a value"
            if len(path) > 1 and leaf_at(kind, path[:-1]) is not None:
                reason += f"; {path[-2]} itself is one, and comes from a column, columns or a constant"
            if where[0] == "fields" and kinds > 1:
                reason += "; what only some events take belongs under [types.TYPE]"
            self._misfits.append((where, reason))
            return False
        if EACH in path[:-2] or path.count(EACH) > 1 or path[-1] == EACH:
            self._misfits.append((where, "after `each` there is one field, as in inputs.each.key"))
            return False
        return True

    def _leaf(self, kind: str, path: Segments, where: tuple[str, ...], source: FieldSource) -> Node:
        leaf = leaf_at(kind, path)
        assert leaf is not None
        return self._node(where, source, leaf._replace(many=leaf.many or EACH in path))

    def _node(self, where: tuple[str, ...], source: FieldSource, leaf: Leaf) -> Node:
        self._misfits += [(where, reason) for reason in misuses(source, leaf)]
        convert = converter(source, leaf, self.mapping)
        for value in (source.constant, source.default, *(source.values or {}).values()):
            reason = None if value is None else wrong(value, source, leaf, convert)
            if reason is not None:
                self._misfits.append((where, reason))
        if source.constant is not None:
            return constant_of([source.constant] if leaf.many and EACH not in where[-1] else source.constant)
        indexes = [self._index(where, name) for name in source.named]
        name = self._name(source, where)
        if not leaf.many and not source.list_:
            return column_of(indexes, name, looked_up(source, convert), source.default, source.join)
        entries = list_with(looked_up(source, convert), source.separator or self.mapping.table.list_separator)
        return column_of(indexes, name, entries, source.default and [source.default], source.join)

    def _index(self, where: tuple[str, ...], name: str) -> int:
        if self._times[name] != 1:
            there = ", ".join(column for column in self.columns if column)
            reason = f"there are {self._times[name]} columns of that name" if self._times[name] else "is no column"
            self._misfits.append((where, f"{name!r} {reason} in {self.table_name}, which has {there}"))
            return 0
        return self.columns.index(name)

    def _name(self, source: FieldSource, where: tuple[str, ...]) -> str:
        if source.constant is not None:
            return f"{self.file.name}:{self.file.line(where)}"
        return " and ".join(f"column {name}" for name in source.named)

    def _tree(self, leaves: dict[Segments, Node]) -> Node:
        """Nodes by path, put together."""
        below: dict[str, dict[Segments, Node]] = {}
        for path, node in leaves.items():
            below.setdefault(path[0], {})[path[1:]] = node
        children = {key: inner[()] if () in inner else self._tree(inner) for key, inner in below.items()}
        if set(children) == {EACH}:
            columns = {path[1]: node for path, node in leaves.items()}
            return each_of(columns, "columns of " + ", ".join(columns))
        if all(map(is_index, children)):
            return list_of([children[key] for key in sorted(children, key=int)])
        return object_of(children)
