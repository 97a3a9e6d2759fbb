"""What an address of the trace page says: every state of the page is in it, so that a link shows the same again."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlencode

from graphql import GraphQLError
from starlette.datastructures import QueryParams

from service.api.exports import PARAMETERS, REPEATED
from service.explorer.moments import moment
from service.explorer.pages import explore

VIEWS = ("picture", "timeline", "balance", "table", "query")
MOMENTS = ("asOf", "knownAt")
ONCE = tuple(name for name in PARAMETERS if name not in REPEATED)
GROUPS_MAX = 40
"""So many groups of a picture can be open."""
_SEEN = re.compile(r"-?\d{1,6},-?\d{1,6},\d{1,6},\d{1,6}")


class State(NamedTuple):
    """The key of the item, which view, the key of what is looked at, what groups are open (by the key of their first
    node), the parameters of an export, the key of the node whose further edges were asked for, what of the picture is
    seen (its left, top, width and height), the element of the balance (`""`: mass), and of what further neighbours
    are told."""

    key: str
    view: str = VIEWS[0]
    open: str = ""
    groups: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    near: str = ""
    seen: str = ""
    element: str = ""
    further: tuple[str, ...] = ()

    def address(self, **other: str | tuple[str, ...]) -> str:
        """The address of the page in another state, at the panel where one is opened; an empty value is left out. What
        is seen of the picture stays where the picture stays as it is."""
        stated: dict[str, str | tuple[str, ...]] = {"view": self.view, "open": self.open, "group": self.groups}
        stated |= {
            "further": self.further,
            "element": self.element,
            "near": self.near,
            "seen": "" if other.keys() - {"open"} else self.seen,
        }
        stated |= dict(self.parameters) | other
        if stated["view"] == VIEWS[0]:
            del stated["view"]
        address = explore(stated.pop("key", self.key), **{name: value for name, value in stated.items() if value})
        return f"{address}#panel" if other.get("open") else address

    def with_group(self, key: str) -> str:
        """The address with a group opened, and looked at."""
        return self.address(group=(*self.groups, key), open="", near="")

    @property
    def looked_at(self) -> str:
        """The key of what the picture begins at; empty: at the root."""
        return self.open or self.near or (self.groups[-1] if self.groups else "")

    def without_group(self, key: str) -> str:
        """The address with a group closed."""
        return self.address(group=tuple(one for one in self.groups if one != key))

    def export(self, extension: str) -> str:
        """The address of the same trace as a file."""
        stated = [*self.parameters, *(("further", name) for name in self.further)]
        return f"/trace/{quote(self.key, safe='')}.{extension}?{urlencode(stated)}"


def _read(name: str, text: str) -> str:
    return moment(text) if name in MOMENTS else text.strip()


def read_state(stated: QueryParams) -> State:
    """The state that an address says. Raises GraphQLError for too many groups, and for what cannot be seen."""
    view = stated.get("view", "")
    groups = tuple(dict.fromkeys(one for one in stated.getlist("group") if one))
    if len(groups) > GROUPS_MAX:
        raise GraphQLError(f"group: {len(groups)} groups are open; {GROUPS_MAX} can be. Close some, or take the table")
    seen = stated.get("seen", "")
    if seen and not _SEEN.fullmatch(seen):
        told = "left, top, width and height of what is seen of the picture, as whole numbers"
        raise GraphQLError(f"seen: {seen!r} is not {told} with commas between them; leave it out")
    return State(
        stated.get("key", "").strip(),
        view if view in VIEWS else VIEWS[0],
        stated.get("open", ""),
        groups,
        tuple((name, _read(name, stated[name])) for name in ONCE if stated.get(name, "").strip()),
        stated.get("near", ""),
        seen,
        stated.get("element", "").strip(),
        tuple(name for name in stated.getlist("further") if name),
    )
