"""What every HTTP request passes: the limit of its body, its bookmark, and its end when the client goes away."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from starlette.requests import HTTPConnection

from service.access.asker import Asker
from service.access.identity import Identity
from service.access.tokens import Refused, Unavailable
from service.api.limits.bodies import bytes_max, too_long
from service.causality import FOLLOWED, HEADER, decode
from service.logs import HEADER as REQUEST_ID_HEADER
from service.logs import REQUEST_ID, request_id
from service.metrics import Metrics, route_of
from service.ports import Store
from service.refusals import Error, failed, refusal
from service.settings import Settings, environment_name

LOGGER = logging.getLogger("voltrace.requests")

HELD_MESSAGES = 8

DRAINED_MAX_BYTES, DRAINED_S = 64 * 1024 * 1024, 10.0
"""So much, and for so long, is read of a body that is refused."""

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")

TOKEN_COOKIE = "voltrace-token"
"""The cookie in which the sign-in page keeps a token."""

PROBES = frozenset(["/healthz", "/readyz"])
"""What is asked by the address of a container, whatever that is. They tell nothing to a stranger."""

STATIC = "/static/"
"""Below it is what is the same for everybody."""

PRIVATE = ((b"cache-control", b"private, no-cache"), (b"vary", b"Authorization, Cookie"))

_PORT = re.compile(r":\d*$")


class _BodyTooLarge(Exception):
    """A body that turned out to be above the limit while it came."""


class BodyLimit:
    """Refuses bodies above a limit, by their stated length or while they come.

    What is sent nevertheless is read, within bounds, and thrown away: many clients read nothing before they have sent
    all, and would find the connection broken instead of the answer.
    """

    def __init__(self, app: Any, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most, setting = bytes_max(self.settings, scope["state"]["asker"], scope["path"])
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > most:
            error = too_long(f"the body has {int(stated)} bytes", int(stated), most, setting)
            await self._refuse(error, scope, receive, send)
            return
        read = 0

        async def bounded() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise _BodyTooLarge
            return message

        try:
            await self.app(scope, bounded, send)
        except _BodyTooLarge:
            error = too_long(f"the body has {read} bytes and more", read, most, setting)
            await self._refuse(error, scope, receive, send)

    async def _refuse(self, error: Error, scope: Any, receive: Any, send: Any) -> None:
        if b"expect" not in dict(scope["headers"]):
            await _drained(receive)
        await refusal(413, error)(scope, receive, send)


async def _drained(receive: Any) -> None:
    """Read on, to the end of the body or as far as is worth it."""
    read, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAINED_S):
            while more and read < DRAINED_MAX_BYTES:
                message = await receive()
                read += len(message.get("body", b""))
                more = message.get("more_body", False)


class Hosts:
    """Refuses requests for another host, where nobody is asked who they are.

    A page of any website can make its own name mean this machine (DNS rebinding); a browser then takes the service for
    that website's, and lets the page ask and read everything. The name that was asked for, it cannot change.
    """

    def __init__(self, app: Any, names: Iterable[str]) -> None:
        self.app = app
        self.names = {name.lower() for name in (*LOCAL_NAMES, *names)}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 421."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in PROBES or not _over_a_network(scope):
            await self.app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        name = _PORT.sub("", stated).lower().removesuffix(".")
        if name in self.names:
            await self.app(scope, receive, send)
            return
        message = (
            f"without authentication the service does not answer for the host {stated!r}; ask it by"
            f" {', '.join(sorted(self.names))}, or name that host in {environment_name('hosts')}"
        )
        await refusal(421, failed(message, "HOST"))(scope, receive, send)


def _over_a_network(scope: Any) -> bool:
    """Whether a request came over a connection: a test client within the process has a name for an address."""
    peer = scope.get("client")
    try:
        return peer is None or bool(ip_address(peer[0]))
    except ValueError:
        return False


class Bookmarks:
    """Follows the bookmark of a request, and gives one with the answer, where the store has them."""

    def __init__(self, app: Any, store: Store) -> None:
        self.app = app
        self.store = store

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 400 where its bookmark cannot be read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = HEADER.lower().encode()
        stated = dict(scope["headers"]).get(name, b"").decode("latin-1")
        try:
            followed = decode(stated) if stated else frozenset()
        except ValueError as error:
            await refusal(400, failed(str(error), "BOOKMARK"))(scope, receive, send)
            return

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                bookmark = await self.store.bookmark()
                if bookmark is not None:
                    message = {**message, "headers": [*message["headers"], (name, bookmark.encode())]}
            await send(message)

        token = FOLLOWED.set(followed)
        try:
            await self.app(scope, receive, answer)
        finally:
            FOLLOWED.reset(token)


class Authentication:
    """Finds out who asks, and tells it to the application as `scope["state"]["asker"]`."""

    def __init__(self, app: Any, identity: Identity) -> None:
        self.app = app
        self.identity = identity

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 401 where its credentials are not taken, 503 where they cannot be checked."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and not scope["path"].startswith(STATIC):
            send = _for_one_viewer(send)
        asker = Asker(self.identity)
        stated = dict(scope["headers"]).get(b"authorization")
        try:
            await asker.introduce(None if stated is None else stated.decode("latin-1"))
            if stated is None:
                await self._signed_in(asker, scope)
        except Unavailable as error:
            await refusal(503, failed(str(error), "UNAVAILABLE"), {"Retry-After": "5"})(scope, receive, send)
            return
        except Refused as error:
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            await refusal(401, failed(str(error), "UNAUTHENTICATED"), headers)(scope, receive, send)
            return
        scope.setdefault("state", {})["asker"] = asker
        await self.app(scope, receive, send)

    async def _signed_in(self, asker: Asker, scope: Any) -> None:
        """Take the cookie of the sign-in page where something is only read; one that is over counts as none.

        A page of another site cannot have it sent (SameSite), and what is sent to change something needs the header.
        """
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return
        token = HTTPConnection(scope).cookies.get(TOKEN_COOKIE)
        if token:
            with suppress(Refused):
                await asker.introduce(f"Bearer {token}")


def _for_one_viewer(send: Any) -> Any:
    """Send so that no cache hands it to another viewer, where the answer says nothing of caches itself."""

    async def answer(message: Any) -> None:
        if message["type"] == "http.response.start" and all(name != b"cache-control" for name, _ in message["headers"]):
            message = {**message, "headers": [*message["headers"], *PRIVATE]}
        await send(message)

    return answer


class Observed:
    """Gives each request an id, logs it, counts it and times it."""

    def __init__(self, app: Any, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(REQUEST_ID_HEADER.lower().encode())
        name = request_id(None if stated is None else stated.decode("latin-1"))
        token, started, status = REQUEST_ID.set(name), time.perf_counter(), 499

        async def answer(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                header = (REQUEST_ID_HEADER.lower().encode(), name.encode())
                message = {**message, "headers": [*message["headers"], header]}
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception:
            status = 500
            raise
        finally:
            seconds = time.perf_counter() - started
            route = route_of(scope)
            self.metrics.requests.labels(route, status).inc()
            self.metrics.latency.labels(route).observe(seconds)
            self._log(scope, status, seconds)
            REQUEST_ID.reset(token)

    def _log(self, scope: Any, status: int, seconds: float) -> None:
        told = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "ms": round(seconds * 1000, 3),
            "client": (scope.get("client") or ("",))[0],
        }
        LOGGER.info("%(method)s %(path)s %(status)s %(ms)s ms", told, extra=told)


class HeadAsGet:
    """Answers HEAD as GET, without the body; not of GraphQL, whose answers may go on without an end."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].startswith("/graphql"):
            await self.app(scope, receive, send)
            return

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, answer)


class EndWithClient:
    """Cancels the work for a request when its client goes away; what Neo4j does for it ends, too."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        messages: asyncio.Queue[Any] = asyncio.Queue(HELD_MESSAGES)
        gone = False

        async def listen() -> None:
            nonlocal gone
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    gone = True
                    work.cancel()
                    return
                await messages.put(message)

        work = asyncio.create_task(self.app(scope, messages.get, send))
        listening = asyncio.create_task(listen())
        try:
            await work
        except asyncio.CancelledError:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            if not gone:
                raise
        finally:
            listening.cancel()
