"""Search by any name or a part of one."""

from __future__ import annotations

from datetime import datetime

from graphql import GraphQLError

from graph_schema.reader import ItemRow
from service import searching
from service.api.errors import check_text
from service.api.item import Info, Node, item_of
from service.api.organization import Organization
from service.ports import Found, Snapshot


async def search(info: Info, text: str, limit: int, as_of: datetime | None, known_at: datetime | None) -> list[Node]:
    """Items and organizations, the best first. Raises GraphQLError for a text that cannot be looked for."""
    wanted = text.strip()
    if not wanted:
        raise GraphQLError("text: it is empty; give a key, an identifier, a name, or a part of one")
    check_text(info.context.settings, wanted)
    moment = await info.context.moment(as_of, known_at)

    async def ask(snapshot: Snapshot) -> tuple[list[Found], dict[object, ItemRow]]:
        found = await searching.search(snapshot, wanted, limit, moment.as_of)
        rows = await snapshot.items([one.handle for one in found if one.handle is not None])
        return found, {row.handle: row for row in rows}

    found, rows = await info.context.read(moment, ask)
    return [
        Organization(key_text=one.key, moment=moment) if one.handle is None else item_of(rows[one.handle], moment)
        for one in found
    ]
