"""Transfers as they are recorded, each with its cursor: `python follow.py [CURSOR]`, after the last that was seen, or
after now.

The service's address is in VOLTRACE_URL, a token in VOLTRACE_TOKEN.
"""

from __future__ import annotations

import asyncio
import os
import sys

from voltrace_async import Client, EventFilter, EventType

BEGINNING = "djE6MA"
"""The cursor of the beginning of the log; an empty log has no other."""


async def main(after: str | None = None) -> None:
    """Follow the log until interrupted; whoever comes back with the last cursor misses nothing."""
    url, bearer = f"{os.environ['VOLTRACE_URL']}/graphql", {"Authorization": f"Bearer {os.environ['VOLTRACE_TOKEN']}"}
    ws_url = url.replace("http", "ws", 1)
    async with Client(url, bearer, ws_url=ws_url, ws_connection_init_payload=bearer) as client:
        page = await client.items(first=1)
        if after is None:
            after = (await client.now()).page_info.end_cursor or BEGINNING
        print(page.total_count, "items known; after", after, flush=True)
        async for edge in client.follow(EventFilter(type=[EventType.TRANSFER]), after):
            print(edge.cursor, edge.node.event_id, edge.node.status.value, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
