"""GraphQL over HTTP: what a request may look like, and how it is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from strawberry import UNSET
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.parse_content_type import parse_content_type
from strawberry.http.websocket_origin import normalize_allowed_origins
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from graph_schema.plain_json import read_json
from service.access.asker import Asker
from service.access.viewer import Role
from service.api.context import Context
from service.api.errors import NO_OPERATION, NO_OPERATION_ERRORS, not_allowed, status_of
from service.api.limits.bodies import too_full
from service.api.limits.documents import document_of, fitting_documents
from service.api.limits.sockets import Sockets
from service.rates import Rates
from service.refusals import UNEXPECTED, code_of
from service.settings import Settings, environment_name

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
    " data:; font-src data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Of GraphiQL's page: nothing from elsewhere and no script in it; its editor makes styles as it goes."""
_FIELDS = {"query": (str, "a string"), "operationName": (str, "a string"), "variables": (dict, "an object"),
           "extensions": (dict, "an object")}  # fmt: skip


class Refused(Exception):
    """A request that is answered with errors and a status other than 200, before any GraphQL."""

    def __init__(self, status: int, *errors: GraphQLError) -> None:
        super().__init__(status, *errors)
        self.status = status
        self.errors = errors


class Router(GraphQLRouter[Context, None]):
    """strawberry's router, to the letter of GraphQL over HTTP; GraphiQL from our own files."""

    def __init__(self, schema: BaseSchema, config: Settings, rates: Rates, context_getter: Callable[..., Any]) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if config.graphiql else None,
            allow_queries_via_get=config.queries_by_get,
            context_getter=context_getter,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            max_subscriptions_per_connection=None,
            allowed_origins=origins(config),
        )
        self._config = config
        self.documents = fitting_documents(config.trusted_documents, schema)
        self._made = context_getter
        self._asking = context_getter
        sockets = Sockets(config, rates, self.documents)
        self.graphql_transport_ws_handler_class = sockets.handler  # type: ignore[assignment]  # called, as a class is

    async def answer(self, request: Request) -> Response:
        """Answer a GET or POST as strawberry's own routes do, without FastAPI finding out anew what its arguments are
        made of, which takes a tenth of the time of a small request."""
        context = await self._made(request)
        context.request, context.response = request, _blank()
        answer: Response = await self.run(request, context=context, root_value=None)
        return answer

    def encode_json(self, data: object) -> str:
        """A message over a WebSocket. Text: bytes would become a binary frame, which clients do not read."""
        return orjson.dumps(data).decode()

    async def on_ws_connect(self, context: Context) -> Any:
        """Who asks over a web socket may say so in the payload of `connection_init`: a browser cannot send headers.

        Raises service.access.tokens.Refused, which the handler of the socket tells as the reason of its closing.
        """
        stated = _credentials(context.connection_params)
        if stated is not None:
            await context.asker.introduce(stated)
        return UNSET

    def decode_json(self, data: str | bytes) -> object:
        """JSON of a request. orjson refuses what is no UTF-8 as it refuses what is no JSON."""
        return read_json(data)

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Whether a browser opens the page."""
        if self.graphql_ide is None or request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
            return False
        return set(request.query_params).isdisjoint(["query", "documentId", "extensions"])

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        """GraphiQL, without any other host; who asks is told beside it, where anybody is asked."""
        text = files("service").joinpath("web", "graphiql.html").read_text(encoding="utf-8")
        told = {"viewer": _told_of(request.state.asker), "queries_by_get": str(self.allow_queries_via_get).lower()}
        body = Template(text).substitute({name: escape(value) for name, value in told.items()})
        return HTMLResponse(body, headers=_PAGE_HEADERS)

    async def run(self, request: Any, *arguments: Any, **named: Any) -> Any:
        """Answer a request; also one that is refused, in the shape of GraphQL's answers."""
        return await answered(request, super().run(request, *arguments, **named))

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """The request. Raises HTTPException or Refused."""
        if request.method == "GET" and not self.allow_queries_via_get:
            raise HTTPException(405, f"queries by GET are off ({environment_name('queries_by_get')}); send a POST")
        return await self.read(request)

    async def read(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """The request; a trusted document in the place of its id. Raises HTTPException or Refused."""
        if request.method == "GET":
            body: Any = {**request.query_params}
            for name in ("variables", "extensions"):
                if body.get(name):
                    body[name] = await self._parsed(name, body[name])
        elif parse_content_type(request.content_type or "")[0] == JSON:
            body = await self._parsed("the body", await request.get_body())
        else:
            raise HTTPException(415, f"the content type is not {JSON}")
        if isinstance(body, list):
            raise HTTPException(400, "a batch of operations is not executed; send each in a request of its own")
        if not isinstance(body, dict):
            raise HTTPException(400, "the request is no JSON object")
        for name, (kind, told) in _FIELDS.items():
            if not isinstance(body.get(name), kind | None):
                raise HTTPException(400, f"{name}: is not {told}")
        try:
            document = document_of(body, self.documents)
        except GraphQLError as error:
            raise Refused(400, error) from error
        return GraphQLRequestData(
            query=body.get("query") if document is None else document,
            variables=body.get("variables"),
            operation_name=body.get("operationName"),
            extensions=body.get("extensions"),
        )

    async def _parsed(self, what: str, data: bytes | str) -> Any:
        """The JSON of what comes with a request. Raises HTTPException or Refused."""
        error = await too_full(what, data, self._config)
        if error is not None:
            raise Refused(413, GraphQLError(error["message"], extensions=error["extensions"]))
        try:
            return self.decode_json(data)
        except ValueError as mistake:
            raise HTTPException(400, f"{what}: is no JSON: {mistake}") from mistake

    async def get_sub_response(self, request: Request) -> Response:
        """The answer in the making, of the media type that the request asks for."""
        answer = _blank()
        answer.media_type = _media_type(request)
        return answer

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The body of an answer; without `data` where nothing was executed."""
        body = await super().process_result(request, result)
        if _not_executed(result):
            del body["data"]
        return body

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """The answer. Where nothing was executed its status says so, in the media type that has such a status.

        503 where there is no data because the store does not answer, in any: then it is worth asking again. 400 where
        it does not know the request's bookmark.
        """
        status = status_of(response_data)
        if status is None and "data" not in response_data and sub_response.media_type == GRAPHQL_JSON:
            ours = any(error["message"] == UNEXPECTED for error in response_data["errors"])
            status = 500 if ours else 400
        answer = Response(
            orjson.dumps(response_data),
            status_code=status or sub_response.status_code or 200,
            media_type=sub_response.media_type,
        )
        answer.headers.raw.extend(sub_response.headers.raw)
        return answer


def origins(config: Settings) -> list[str]:
    """The origins whose pages may ask, as browsers state them. Raises ValueError naming one that is none."""
    stated = config.origins.replace(",", " ").split()
    try:
        if "*" in stated:
            raise ValueError
        return sorted(normalize_allowed_origins(stated))
    except ValueError:
        told = f"{environment_name('origins')}: {config.origins!r} has something else than origins"
        raise ValueError(f"{told}, such as https://app.example.org, separated by spaces") from None


def _told_of(asker: Asker) -> str:
    """Who asks, for people; nothing where nobody is asked who they are."""
    viewer = asker.viewer
    if not asker.identity.configured or viewer.role is Role.PUBLIC:
        return "public" if asker.identity.configured else ""
    return f"{viewer.name} ({', '.join(filter(None, (viewer.role.lower(), viewer.organization)))})"


def _credentials(stated: Any) -> str | None:
    """What the payload of `connection_init` has as `Authorization`, in any case, also below `headers`."""
    if not isinstance(stated, dict):
        return None
    below = stated.get("headers")
    for place in (stated, below if isinstance(below, dict) else {}):
        for name, value in place.items():
            if name.lower() == "authorization" and value is not None:
                return str(value)
    return None


def _blank() -> Response:
    """An answer in the making: no header yet."""
    answer = Response()
    del answer.headers["content-length"]
    return answer


def _not_executed(result: ExecutionResult) -> bool:
    """Whether a request failed before any field: an error of a field has a path."""
    return result.data is None and any(error.path is None for error in result.errors or ())


async def answered(request: Request, answering: Awaitable[Any]) -> Any:
    """An answer in the making, or the refusal that it ends in, in the shape of GraphQL's answers."""
    try:
        return await answering
    except HTTPException as error:
        cause = error.__cause__
        code = NO_OPERATION if isinstance(cause, NO_OPERATION_ERRORS) else code_of(error.status_code)
        reason = not_allowed(cause, error.reason) if isinstance(cause, InvalidOperationTypeError) else error.reason
        return _refusal(request, error.status_code, [GraphQLError(reason, extensions={"code": code})])
    except Refused as refused:
        return _refusal(request, refused.status, list(refused.errors))


def _refusal(request: Request, status: int, errors: list[GraphQLError]) -> Response:
    body = orjson.dumps({"errors": [error.formatted for error in errors]})
    return Response(body, status, media_type=_media_type(request))


def _media_type(request: Request) -> str:
    """The media type to answer with: the newer one where it is asked for by name, and not less than the older one."""
    weights: dict[str, float] = {}
    for part in request.headers.get("accept", "").split(","):
        name, _, parameters = part.partition(";")
        stated = dict(one.strip().partition("=")[::2] for one in parameters.split(";"))
        try:
            weights[name.strip().lower()] = float(stated.get("q", 1))
        except ValueError:
            continue
    wanted = weights.get(GRAPHQL_JSON, 0)
    return GRAPHQL_JSON if wanted and wanted >= weights.get(JSON, 0) else JSON
