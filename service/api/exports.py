"""`GET /trace/{key}.{extension}`: a trace as a file, bounded and authorized as the trace of GraphQL is."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from graphql import GraphQLError, OperationDefinitionNode, assert_object_type, get_operation_ast, parse
from starlette.datastructures import QueryParams
from starlette.responses import Response

from graph_schema.answer import Direction, Trace, TraceNode
from graph_schema.canonical import utc_text
from graph_schema.surroundings import Beyond
from graph_schema.trace import TraceQuestion
from service import tracing
from service.api.context import Context
from service.api.errors import AWAY, AWAY_CODE, limit_error, too_long
from service.api.limits.measuring import Measuring
from service.api.limits.sizes import Sizes
from service.api.limits.spending import Spending
from service.api.scalars import Claims, read_moment
from service.api.schema import schema
from service.api.trace import bound, further_of
from service.languages import ENGLISH, TAGS, Language
from service.languages import language as language_named
from service.refusals import failed, refusal, refused
from service.stores.errors import StoreError
from service.synthetic import holds_synthetic
from service.writers.formats import FORMATS, Format, Options, parted
from service.writers.png import NoFont

LOGGER = logging.getLogger("voltrace")

LANGUAGE = "lang"
PARAMETERS = ("direction", "asOf", "knownAt", "claims", "maxDepth", "maxNodes", "further")
REPEATED = ("further",)
EQUIVALENT = """
query($key: String!, $direction: TraceDirection!, $maxNodes: Int, $further: [String!]) {
  trace(key: $key, direction: $direction, maxNodes: $maxNodes, further: $further) {
    nodes { key kind role depth label status at redacted }
    edges { source target kind from to massKg openedBy closedBy contested }
    %s
  }
}
"""
"""What a client would ask GraphQL for to write the same file: that is what it costs."""
_WEIGHED = """
    attribution { key kind element massKg share basis direction }
    balance { element rootKg recoveredKg inUseKg usedInProductionKg disposedKg lossKg }
"""
Choice = TypeVar("Choice", bound=StrEnum)


class Asked(NamedTuple):
    """What a request asks for."""

    key: str
    format: Format
    direction: Direction
    as_of: datetime | None
    known_at: datetime | None
    claims: Claims
    max_depth: int | None
    max_nodes: int | None
    further: tuple[str, ...]


async def export(context: Context, name: str, stated: QueryParams) -> Response:
    """The file of that name, or why there is none: 400 for what is asked wrongly or is too much, 404 for what is not
    there or not to be seen, 503 where the store does not answer or the time is over."""
    found = parted(name)
    if found is None:
        extensions = ", ".join(f".{one.extension}" for one in FORMATS)
        return refusal(404, failed(f"{name}: no format has that extension; there are {extensions}", "NOT_FOUND"))
    seconds, started = context.settings.execution_timeout_s, time.monotonic()
    try:
        language = _language(stated)
        asked = read_asked(*found, QueryParams([one for one in stated.multi_items() if one[0] != LANGUAGE]))
        if not context.sight.viewer.traces:
            return _unknown(asked)
        question = question_of(context, asked)
        async with asyncio.timeout(seconds):
            return await _answer(context, asked, question, language)
    except GraphQLError as error:
        return refused(400, error)
    except TimeoutError:
        return refused(503, too_long(time.monotonic() - started, seconds))
    except NoFont as error:
        return refusal(503, failed(str(error), "NO_FONT"))
    except StoreError as error:
        LOGGER.error("the store does not answer: %s", error)
        told = str(error) if context.asker.viewer.sees_all else AWAY
        return refusal(503, failed(told, AWAY_CODE))


async def _answer(context: Context, asked: Asked, question: TraceQuestion, language: Language) -> Response:
    moment = await context.moment(asked.as_of, asked.known_at)
    trace = await tracing.trace(context.store, question, moment.sequence, context.sight)
    if trace is None:
        return _unknown(asked)
    charge(context, asked, trace)
    if asked.format.drawn:
        trace = await tracing.with_used_up(context.store, trace, asked.as_of, moment.sequence, context.sight)
    note = note_of(asked, language, await holds_synthetic(context.store))
    options = Options(note, lambda node: _address(node, asked, language), language)
    body = await asyncio.to_thread(asked.format.write, trace, options)
    return Response(body, media_type=asked.format.media_type, headers=_headers(trace, asked.format))


def _unknown(asked: Asked) -> Response:
    then = " then" if asked.as_of or asked.known_at else ""
    return refusal(404, failed(f"{asked.key}: no item of that key or identifier is known{then}", "NOT_FOUND"))


def question_of(context: Context, asked: Asked) -> TraceQuestion:
    """The question, within all limits. Raises GraphQLError."""
    ceiling = context.settings.nodes_max
    question = TraceQuestion(
        asked.key,
        asked.direction,
        asked.as_of,
        asked.claims is Claims.ALL,
        bound(asked.max_depth, ceiling, "maxDepth", 0),
        bound(asked.max_nodes, ceiling, "maxNodes", 1) or ceiling,
        weigh=asked.format.weighed,
        further=further_of(asked.further, asked.max_nodes or ceiling, ceiling),
        beyond=Beyond.HOLDERS if asked.format.drawn else Beyond.NOTHING,
    )
    document, operation = _document(asked.format.weighed)
    sizes = Sizes(context.settings, operation, {"maxNodes": question.nodes_max, "further": list(question.further)})
    measuring = Measuring(schema._schema, document, sizes)
    cost = measuring.of(operation).cost
    context.metrics.cost.labels("query").observe(cost)
    if cost > context.budget:
        raise limit_error(
            f"the operation costs {cost}; ask for a smaller maxNodes", context.budget_setting, context.budget, cost
        )
    context.spending = Spending(measuring, cost, context.budget, context.budget_setting)
    return question


def charge(context: Context, asked: Asked, trace: Trace) -> None:
    """Charge the rows that the question did not tell of, such as the custody of one item, as GraphQL does. Raises
    GraphQLError beyond the budget."""
    _, operation = _document(asked.format.weighed)
    query, kind = (assert_object_type(schema._schema.get_type(name)) for name in ("Query", "Trace"))
    (field,) = operation.selection_set.selections
    for row in field.selection_set.selections:
        name = row.name.value
        assumed, each = context.spending.terms([([field], query.fields["trace"]), ([row], kind.fields[name])])
        context.spending.charge((len(getattr(trace, name)) - assumed) * each, name, "ask for a smaller maxNodes")


@cache
def _document(weighed: bool) -> tuple:  # type: ignore[type-arg]
    document = parse(EQUIVALENT % (_WEIGHED if weighed else ""))
    operation = get_operation_ast(document)
    assert isinstance(operation, OperationDefinitionNode)
    return document, operation


def read_asked(key: str, format: Format, stated: QueryParams) -> Asked:
    """What is asked for, by PARAMETERS and nothing else. Raises GraphQLError naming the parameter."""
    for name, value in stated.multi_items():
        if name not in PARAMETERS:
            raise GraphQLError(f"{name}: there is no such parameter; there are {', '.join([*PARAMETERS, LANGUAGE])}")
        if len(stated.getlist(name)) > 1 and name not in REPEATED:
            raise GraphQLError(f"{name}: it is stated more than once")
        if not value:
            raise GraphQLError(f"{name}: it is empty; leave it out")
    return Asked(
        key,
        format,
        _choice(stated, "direction", Direction, Direction.BOTH),
        _moment(stated, "asOf"),
        _moment(stated, "knownAt"),
        _choice(stated, "claims", Claims, Claims.ACCEPTED),
        _number(stated, "maxDepth"),
        _number(stated, "maxNodes"),
        tuple(stated.getlist("further")),
    )


def _language(stated: QueryParams) -> Language:
    """The language that is asked for; English where none is. Raises GraphQLError for one that there is not."""
    tag = stated.get(LANGUAGE, ENGLISH.tag)
    if tag not in TAGS:
        raise GraphQLError(f"{LANGUAGE}: {tag!r} is none of {', '.join(TAGS)}")
    return language_named(tag)


def _choice(stated: QueryParams, name: str, kind: type[Choice], default: Choice) -> Choice:
    value = stated.get(name, default.value)
    try:
        return kind(value.upper())
    except ValueError as error:
        raise GraphQLError(f"{name}: {value!r} is none of {', '.join(one.value for one in kind)}") from error


def _moment(stated: QueryParams, name: str) -> datetime | None:
    value = stated.get(name)
    try:
        return None if value is None else read_moment(value)
    except GraphQLError as error:
        hint = "; in an address + is written %2B" if " " in (value or "") else ""
        raise GraphQLError(f"{name}: {error.message}{hint}") from error


def _number(stated: QueryParams, name: str) -> int | None:
    value = stated.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,9}", value):
        raise GraphQLError(f"{name}: {value!r} is no whole number of at most nine digits")
    return int(value)


def note_of(asked: Asked, language: Language = ENGLISH, synthetic: bool = False) -> str:
    """The moments and claims of a trace, where they are stated, and whether the store holds a generated history."""
    moments = {"asOf": asked.as_of, "knownAt": asked.known_at}
    said = [
        language.text(f"note.{name}", moment=language.moment(moment))
        for name, moment in moments.items()
        if moment is not None
    ]
    said += [language.text("note.claims")] if asked.claims is Claims.ALL else []
    return ", ".join([*said, *([language.text("note.synthetic")] if synthetic else [])])


def _address(node: TraceNode, asked: Asked, language: Language) -> str | None:
    """The same picture of another item."""
    if node.kind in ("EVENT", "ORGANIZATION"):
        return None
    moments = {"asOf": asked.as_of, "knownAt": asked.known_at}
    stated = {name: utc_text(moment) for name, moment in moments.items() if moment is not None}
    if asked.claims is Claims.ALL:
        stated["claims"] = asked.claims.value
    if not language.is_english:
        stated[LANGUAGE] = language.tag
    query = urlencode({"direction": asked.direction.value, **stated})
    return f"/trace/{quote(node.key, safe='')}.{asked.format.extension}?{query}"


def _headers(trace: Trace, format: Format) -> dict[str, str]:
    """The file's name: the key as far as any file system takes it, and the whole one for those who read that. A trace
    is the viewer's own: no cache may hand it to others."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", trace.root).strip("-")[:100] or "trace"
    whole = quote(f"{trace.root}.{format.extension}", safe="")
    return {
        "Content-Disposition": f"inline; filename=\"{plain}.{format.extension}\"; filename*=UTF-8''{whole}",
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
