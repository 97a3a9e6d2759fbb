"""The HTTP service: GraphQL, GraphiQL, and whether it is up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.routing import Route

from service import __version__, causality, collecting, logs, settings
from service.access.identity import Identity
from service.api.context import Context
from service.api.errors import AWAY_CODE
from service.api.exports import export
from service.api.limits.bodies import MessageLimit
from service.api.router import Router, origins
from service.api.schema import schema
from service.api.stream import stream
from service.bootstrap import open_store
from service.ending import when_told_to_end
from service.explorer import compare, event, history, home, lists, organization, overview, recall, scan, sign_in, trace
from service.explorer import identity as identity_page
from service.explorer.failing import page_of_refusal, show_when_away
from service.feed import Feed
from service.following import FlowFollower, Follower
from service.metrics import CONTENT_TYPE, Metrics, Timed
from service.middleware import Authentication, BodyLimit, Bookmarks, EndWithClient, HeadAsGet, Hosts, Observed
from service.ports import Store
from service.rates import RateLimit, Rates
from service.refusals import failed, refusal, refuse_in_one_shape
from service.rule_sets import rule_sets
from service.running import run
from service.settings import Settings
from service.stores.errors import StoreError
from service.synthetic import holds_synthetic
from service.warming import warmed

LOGGER = logging.getLogger("voltrace")
READY_S = 10.0
"""How long `/readyz` waits for the store."""

CROSS_ORIGIN: dict[str, Any] = {
    "allow_headers": ["Authorization", "Content-Type", "Last-Event-ID", causality.HEADER, logs.HEADER],
    "expose_headers": ["Retry-After", causality.HEADER, logs.HEADER],
}
"""Headers of pages of other origins, whose cookies never count."""

END_S = 5.0
"""How long the end waits for the page of the audit at hand."""


def create_app(store: Store, config: Settings | None = None, telemetry: Any = None) -> FastAPI:
    """The service over a store, which it closes when it ends; `telemetry` as FastAPI takes it.

    Raises ValueError naming a bad setting.
    """
    config = config or settings.load()
    identity, metrics = Identity(config), Metrics()
    readiness = Readiness()
    store = Timed(store, metrics)
    feed = Feed(store, config.feed_interval_ms / 1000, config.subscriptions_max)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            with collecting.rarely(), when_told_to_end(feed.end):
                async with warmed(store), followed(store, config, feed, metrics):
                    yield
        finally:
            await store.close()

    app = FastAPI(
        title="voltrace", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None, telemetry=telemetry
    )
    refuse_in_one_shape(app, page_of_refusal)
    show_when_away(app)
    rates = Rates(config.rate_per_s, config.rate_burst)
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyLimit, settings=config)
    app.add_middleware(MessageLimit, settings=config)
    app.add_middleware(Bookmarks, store=store)
    app.add_middleware(Authentication, identity=identity)
    app.add_middleware(EndWithClient)
    app.add_middleware(RateLimit, rates=rates, proxies=config.proxies)
    if allowed := origins(config):
        app.add_middleware(CORSMiddleware, allow_origins=allowed, allow_methods=["GET", "POST"], **CROSS_ORIGIN)
    if not identity.configured:
        app.add_middleware(Hosts, names=[config.host, *config.hosts.replace(",", " ").split()])
    app.add_middleware(Observed, metrics=metrics)

    async def context(connection: HTTPConnection) -> Context:
        return Context(store, config, connection.state.asker, feed, metrics)

    async def page_context(request: Request) -> Context:
        request.state.synthetic = await holds_synthetic(store)
        return await context(request)

    router = Router(schema, config, rates, context)
    answering = Route("/graphql", router.answer, methods=["GET", "POST"], include_in_schema=False)
    assert answering.methods is not None
    answering.methods.discard("HEAD")
    app.router.routes.append(answering)
    app.include_router(router, prefix="/graphql", include_in_schema=False)

    @app.api_route("/graphql/stream", methods=["GET", "POST"], include_in_schema=False)
    async def sse(request: Request) -> Response:
        asking = await context(request)
        asking.request = request
        return await stream(router, request, asking)

    @app.get("/trace/{name:path}", summary="A trace as a file: its key and the format's extension")
    async def exported(name: str, request: Request) -> Response:
        return await export(await context(request), name, request.query_params)

    app.mount(
        "/static/explorer", StaticFiles(directory=str(files("service.explorer").joinpath("static"))), name="explorer"
    )
    app.mount("/static", StaticFiles(directory=str(files("service").joinpath("web"))), name="static")

    for made in (home, trace, compare, recall, identity_page, overview, lists, history, event, organization):
        app.include_router(made.routes(page_context))
    app.include_router(scan.routes())
    app.include_router(sign_in.routes(identity))
    app.state.public_url = config.public_url

    @app.get("/metrics", summary="What is counted and timed, for Prometheus")
    async def measured(request: Request) -> Response:
        if not request.state.asker.viewer.sees_all:
            return refusal(403, failed("metrics need the token of an admin or a regulator", "FORBIDDEN"))
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/healthz", summary="Whether the process is up")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @app.get("/readyz", summary="Whether the store answers")
    async def readyz(request: Request, response: Response) -> dict[str, Any]:
        sees_all = request.state.asker.viewer.sees_all
        try:
            async with asyncio.timeout(READY_S):
                sequence = await run(store, lambda: store.sequence_at(None))
        except Exception as error:
            reason, detail = str(error), ""
            if isinstance(error, TimeoutError):
                reason = f"no answer within {READY_S:g} s; VOLTRACE_READ_TIMEOUT_S is how long any other read may take"
            elif not isinstance(error, StoreError):
                reason, detail = type(error).__name__, f": {error}"
            readiness.lost(reason + detail)
            response.status_code = 503
            told = {"status": "the store does not answer", "code": AWAY_CODE}
            return told | ({"error": reason} if sees_all else {})
        readiness.found()
        more = {"store": store.url.partition(":")[0], "sequence": sequence}
        return {"status": "ready"} | (more if sees_all else {})

    return app


class Readiness:
    """Logs why the store does not answer: once, however often somebody asks, and again when that changes."""

    def __init__(self) -> None:
        self._why: str | None = None

    def lost(self, why: str) -> None:
        """It does not."""
        if why != self._why:
            LOGGER.error("not ready: %s", why)
        self._why = why

    def found(self) -> None:
        """It does."""
        if self._why is not None:
            LOGGER.warning("ready again")
        self._why = None


@asynccontextmanager
async def followed(store: Store, config: Settings, feed: Feed, metrics: Metrics) -> AsyncIterator[None]:
    """Findings and rows of flows are kept up to date meanwhile, as the settings say."""
    if not config.audit_interval_s:
        yield
        return
    findings = Follower(store, rule_sets(config.rules.split()), feed, metrics, config.audit_interval_s)
    flows = FlowFollower(store, feed, config.audit_interval_s)
    task = asyncio.gather(findings.follow(), flows.follow())
    try:
        yield
    finally:
        feed.end()
        with suppress(TimeoutError):
            await asyncio.wait_for(task, END_S)


def from_settings() -> FastAPI:
    """The service as the environment says, for one of several worker processes."""
    config = settings.load()
    logs.configure(config.log_format, config.log_level)
    return create_app(open_store(config.store, config, serving=True), config)
