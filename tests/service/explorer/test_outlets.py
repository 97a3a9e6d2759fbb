"""Outlets of the digital ID: those that may collect now, the maker first, none for what has ended."""

from __future__ import annotations

import re
from typing import Any

from starlette.testclient import TestClient

from seed.story import PACK_RECYCLED, story
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.explorer.reading import LINK
from tests.support import send

MADE = {
    "eventId": "e", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "M",
    "outputs": [{"key": "PACK", "kind": "BATTERY"}],
}  # fmt: skip


def test_outlets_are_those_that_may_collect_now_and_for_what_there_is() -> None:
    def outlet(key: str, *authorizations: dict[str, str]) -> dict[str, Any]:
        stated = {"authorizations": list(authorizations)} if authorizations else {}
        return {
            "eventId": key, "type": "REGISTRATION", "occurredAt": "2024-01-01T00:00:00Z", "actor": "O",
            "organization": {"key": key, "roles": ["OUTLET"], **stated},
        }  # fmt: skip

    registered = [
        outlet("BY-ROLE"),
        outlet("VALID", {"scope": "COLLECTION", "validFrom": "2020-01-01T00:00:00Z"}),
        outlet("EXPIRED", {"scope": "COLLECTION", "validTo": "2025-01-01T00:00:00Z"}),
        outlet("NOT-YET", {"scope": "COLLECTION", "validFrom": "9000-01-01T00:00:00Z"}),
        outlet("OTHER", {"scope": "RECYCLING"}),
        outlet("RENEWED", {"scope": "COLLECTION", "validTo": "2025-01-01T00:00:00Z"}, {"scope": "COLLECTION"}),
    ]
    store = MemoryStore()
    send(store, [*registered, MADE, *story()])
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        text = client.get("/id/PACK").text.partition('id="outlets"')[2]
        listed = set(re.findall("<li>([^<]+)</li>", LINK.sub("", text)))
        assert listed & {one["eventId"] for one in registered} == {"BY-ROLE", "VALID", "RENEWED"}
        ended = client.get(f"/id/{PACK_RECYCLED}").text
        assert "It exists no more as such" in ended
        assert "Where to hand it in" not in ended
        assert "Where to hand it in" in client.get("/id/PACK").text


def test_a_maker_that_is_an_outlet_itself_is_the_first() -> None:
    registered = [
        {
            "eventId": key, "type": "REGISTRATION", "occurredAt": "2024-01-01T00:00:00Z", "actor": "O",
            "organization": {"key": key, "name": name, "roles": ["OUTLET"], "region": region},
        }
        for key, name, region in (("A", "Any", "CN-11"), ("M", "Maker", "CN-44"))
    ]  # fmt: skip
    store = MemoryStore()
    send(store, [*registered, MADE])
    with TestClient(create_app(store, Settings(store="memory:"))) as client:

        def listed(region: str) -> list[str]:
            text = client.get(f"/id/PACK?region={region}").text.partition('id="outlets"')[2]
            return re.findall("<li>([^<]+)</li>", LINK.sub("", text))

        assert listed("") == ["Maker (Guangdong)", "Any"]
        assert listed("CN-44") == ["Maker (Guangdong)"]
        assert listed("CN-11") == ["Any"]
