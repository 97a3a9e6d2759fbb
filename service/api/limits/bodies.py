"""How much a request brings, and a message over a WebSocket, counted before it is parsed: parsing has no turns."""

from __future__ import annotations

from typing import Any

from service.access.asker import Asker
from service.access.viewer import Role
from service.api.turns import turns
from service.refusals import Error, limited
from service.settings import Settings

GRAPHQL = "/graphql"
"""What is sent to this path, or below it, is parsed as JSON."""
PIECE = 256 * 1024
"""So many bytes are gone through in one turn."""
TOO_BIG = 1009
"""The code of closing a WebSocket for a message."""

_ESCAPE, _QUOTE, _ESCAPED_QUOTE = b"\\", b'"', b'\\"'
_UNMARKED = bytes(set(range(256)).difference(b'"[{,'))


def bytes_max(settings: Settings, asker: Asker, path: str) -> tuple[int, str]:
    """The largest body that is taken of who asks, in bytes, and the setting that says so."""
    most = settings.body_max_bytes, "body_max_bytes"
    public = asker.identity.configured and asker.viewer.role is Role.PUBLIC and path.startswith(GRAPHQL)
    return min(most, (settings.body_max_bytes_public, "body_max_bytes_public")) if public else most


def too_long(what: str, size: int, most: int, setting: str) -> Error:
    """The error of a body, or a message, of so many bytes."""
    hint = "send a token for more" if setting == "body_max_bytes_public" else ""
    return limited(what, setting, most, size, hint=hint)


async def too_full(what: str, data: bytes | str, settings: Settings) -> Error | None:
    """The error of JSON that has more values than are parsed."""
    most = settings.body_values_max
    count = await values_at_most(data, most)
    if count <= most:
        return None
    return limited(f"{what} holds {count} values or more", "body_values_max", most, count, hint="send less at once")


async def values_at_most(data: bytes | str, most: int) -> int:
    """How many values there are at most in JSON: one, and one for each `[`, `{` and `,` outside of texts. Counting ends
    where there are more than `most`.

    Of what is no JSON it counts right up to the first mistake, where parsing ends.
    """
    if len(data) < most:
        return len(data)
    whole = data.encode(errors="replace") if isinstance(data, str) else data
    count, inside, cut = 1, 0, b""
    for start in range(0, len(whole), PIECE):
        await turns().wait()
        piece = (cut + whole[start : start + PIECE]).replace(_ESCAPE * 2, b"")
        cut = _ESCAPE if piece.endswith(_ESCAPE) else b""
        marks = piece.replace(_ESCAPED_QUOTE, b"").translate(None, _UNMARKED).split(_QUOTE)
        count += sum(map(len, marks[inside::2]))
        inside = (inside + len(marks) - 1) % 2
        if count > most:
            break
    return count


class MessageLimit:
    """Closes a WebSocket for a message that is above a limit, before it is parsed; the reason names the limit."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a connection on."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        closed = False

        async def bounded() -> Any:
            nonlocal closed
            message = await receive()
            error = await self._refusal(scope, message) if message["type"] == "websocket.receive" else None
            if error is None:
                return message
            closed = True
            await send({"type": "websocket.close", "code": TOO_BIG, "reason": error["message"]})
            return {"type": "websocket.disconnect", "code": TOO_BIG}

        async def send_open(message: Any) -> None:
            if not closed:
                await send(message)

        await self.app(scope, bounded, send_open)

    async def _refusal(self, scope: Any, message: Any) -> Error | None:
        text: str = message.get("text") or ""
        most, setting = bytes_max(self.settings, scope["state"]["asker"], scope["path"])
        size = len(text.encode())
        if size > most:
            return too_long(f"the message has {size} bytes", size, most, setting)
        return await too_full("the message", text, self.settings)
