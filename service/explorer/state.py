"""What an address of the trace page says: every state of the page is in it, so that a link shows the same again."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlencode

from graphql import GraphQLError
from starlette.datastructures import QueryParams

from service.api.exports import PARAMETERS, REPEATED
from service.explorer.moments import as_typed, moment
from service.explorer.pages import explore
from service.languages import TAGS

VIEWS = ("picture", "timeline", "balance", "table", "query")
MOMENTS = ("asOf", "knownAt")
ONCE = tuple(name for name in PARAMETERS if name not in REPEATED)
KNOWN = frozenset(
    ["key", "view", "open", "group", "near", "seen", "element", "further", "lanes", "rows", "sort", "lang", *ONCE]
)
"""What an address may state."""
GROUPS_MAX = 40
"""So many groups of a picture can be open."""
_SEEN = re.compile(r"-?\d{1,6},-?\d{1,6},\d{1,6},\d{1,6}")


class State(NamedTuple):
    """The key of the item, which view, the key of what is looked at, what groups are open (by the key of their first
    node), the parameters of an export, the key of the node whose further edges were asked for, what of the picture is
    seen (its left, top, width and height), the element of the balance (`""`: mass), of what further neighbours are
    told, by which column the table is, after how many nodes it begins, and after how many the lanes do."""

    key: str
    view: str = VIEWS[0]
    open: str = ""
    groups: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    near: str = ""
    seen: str = ""
    element: str = ""
    further: tuple[str, ...] = ()
    sort: str = ""
    rows: str = ""
    lanes: str = ""

    def address(self, **other: str | tuple[str, ...]) -> str:
        """The address of the page in another state, at the panel where one is opened; an empty value is left out. What
        is seen of the picture stays where the picture stays as it is."""
        stated: dict[str, str | tuple[str, ...]] = {"view": self.view, "open": self.open, "group": self.groups}
        stated |= {
            "further": self.further,
            "element": self.element,
            "near": self.near,
            "seen": "" if other.keys() - {"open"} else self.seen,
            "sort": self.sort,
            "rows": "" if other.keys() - {"open"} else self.rows,
            "lanes": "" if other.keys() - {"open", "group", "near"} else self.lanes,
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

    def leads_to(self, page: str, name: str, key: str, *kept: str) -> str:
        """The address of another page about an item, the parameters of this one that it takes with it."""
        stated = [(one, as_typed(value)) for one, value in self.parameters if one in kept]
        return f"/{page}?{urlencode([(name, key), *stated])}"

    def export(self, extension: str) -> str:
        """The address of the same trace as a file."""
        stated = [*self.parameters, *(("further", name) for name in self.further)]
        return f"/trace/{quote(self.key, safe='')}.{extension}?{urlencode(stated)}"


def read_state(stated: QueryParams) -> State:
    """The state that an address says, as it was written; `checked` says whether it can be shown."""
    view = stated.get("view", "")
    groups = tuple(dict.fromkeys(one for one in stated.getlist("group") if one))
    return State(
        stated.get("key", "").strip(),
        view if view in VIEWS else VIEWS[0],
        stated.get("open", ""),
        groups,
        tuple((name, stated[name].strip()) for name in ONCE if stated.get(name, "").strip()),
        stated.get("near", ""),
        stated.get("seen", ""),
        stated.get("element", "").strip(),
        tuple(name for name in stated.getlist("further") if name),
        stated.get("sort", ""),
        stated.get("rows", ""),
        stated.get("lanes", ""),
    )


def checked(state: State) -> State:
    """The state with its moments as GraphQL takes them. Raises GraphQLError for too many groups, for what cannot be
    seen, and for moments that are none."""
    if len(state.groups) > GROUPS_MAX:
        told = f"{len(state.groups)} groups are open; {GROUPS_MAX} can be"
        raise GraphQLError(f"group: {told}. Close some, or take the table")
    if state.seen and not _SEEN.fullmatch(state.seen):
        told = "left, top, width and height of what is seen of the picture, as whole numbers"
        raise GraphQLError(f"seen: {state.seen!r} is not {told} with commas between them; leave it out")
    read = ((name, moment(name, text) if name in MOMENTS else text) for name, text in state.parameters)
    return state._replace(parameters=tuple(read))


def ignored(stated: QueryParams) -> list[str]:
    """What an address says that a trace page does not know: parameters, and views and languages that there are not."""
    choices = {"view": VIEWS, "lang": TAGS}
    wrong = [
        f"{name}={value}" if name in choices else name
        for name, value in stated.multi_items()
        if name not in KNOWN or (value and name in choices and value not in choices[name])
    ]
    return list(dict.fromkeys(wrong))


def without_empty(stated: QueryParams) -> str | None:
    """The address without the fields of a form that were left empty; None where there are none."""
    kept = [(name, value) for name, value in stated.multi_items() if value.strip()]
    if len(kept) == len(stated.multi_items()) or not stated.get("key", "").strip():
        return None
    return f"/explore?{urlencode(kept)}"
