"""The HTTP service: GraphQL, GraphiQL, and whether it is up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from strawberry.fastapi import GraphQLRouter

from service import __version__, settings
from service.api.context import Context
from service.api.schema import schema
from service.ports import Store
from service.running import run
from service.settings import Settings


class Router(GraphQLRouter[Context, None]):
    """strawberry's router with orjson, and GraphiQL from our own files."""

    def encode_json(self, data: object) -> bytes:
        """The response body."""
        return orjson.dumps(data)

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        """GraphiQL, without any other host."""
        return HTMLResponse(_page("graphiql.html"))


class BodyLimit:
    """Refuses bodies above a limit, by their stated length or while they come."""

    def __init__(self, app: Any, bytes_max: int) -> None:
        self.app = app
        self.bytes_max = bytes_max

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > self.bytes_max:
            message = f"the body has {int(stated)} bytes, the limit is {self.bytes_max} (VOLTRACE_BODY_MAX_BYTES)"
            response = JSONResponse({"errors": [{"message": message}]}, status_code=413)
            await response(scope, receive, send)
            return
        read = 0

        async def bounded() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.bytes_max:
                return {"type": "http.disconnect"}
            return message

        await self.app(scope, bounded, send)


def create_app(store: Store, config: Settings | None = None) -> FastAPI:
    """The service over a store, which it closes when it ends."""
    config = config or settings.load()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await store.close()

    app = FastAPI(title="voltrace", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(BodyLimit, bytes_max=config.body_max_bytes)

    async def context() -> Context:
        return Context(store, config)

    app.include_router(Router(schema, context_getter=context), prefix="/graphql", include_in_schema=False)
    app.mount("/static", StaticFiles(directory=str(files("service").joinpath("web"))), name="static")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def start() -> str:
        return _page("start.html")

    @app.get("/healthz", summary="Whether the process is up")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @app.get("/readyz", summary="Whether the store answers")
    async def readyz(response: Response) -> dict[str, Any]:
        try:
            sequence = await run(store, lambda: store.sequence_at(None))
        except Exception as error:
            response.status_code = 503
            return {"status": "the store does not answer", "error": type(error).__name__}
        return {"status": "ready", "store": store.url.partition(":")[0], "sequence": sequence}

    return app


def _page(name: str) -> str:
    return files("service").joinpath("web", name).read_text(encoding="utf-8")
