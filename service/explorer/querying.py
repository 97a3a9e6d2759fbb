"""The GraphQL query that gives the trace of a page, with its answer."""

from __future__ import annotations

from typing import Any

import orjson

from service.api.context import Context
from service.api.exports import Asked
from service.explorer.asking import ask
from service.explorer.state import State

NODES = 400
"""How many nodes a page asks for where it does not say: more are a click away."""
LINES_MAX = 400
"""So many lines of an answer are shown: the whole of it is a file."""
QUERY = """query Trace($key: String!, $direction: TraceDirection!, $asOf: DateTime, $knownAt: DateTime,
  $claims: Claims = ACCEPTED, $maxDepth: Int, $maxNodes: Int, $further: [String!]) {
  trace(key: $key, direction: $direction, asOf: $asOf, knownAt: $knownAt,
    claims: $claims, maxDepth: $maxDepth, maxNodes: $maxNodes, further: $further) {
    nodes { key kind role depth label status at redacted }
    edges { source target kind from to massKg openedBy closedBy contested }
    balance { element rootKg recoveredKg inUseKg usedInProductionKg disposedKg lossKg }
    truncated
    frontier { key unexploredEdges }
    unsettled { eventId status problems { code message } }
  }
}"""


async def queried(context: Context, state: State, asked: Asked) -> dict[str, Any]:
    """The query, its variables and the first lines of its answer; how many lines there are, and where all of it is."""
    stated = {"direction": asked.direction.value, "maxNodes": str(NODES)} | dict(state.parameters)
    stated |= {name: stated[name].upper() for name in ("direction", "claims") if name in stated}
    variables: dict[str, Any] = {"key": state.key, **stated}
    variables |= {name: int(value) for name, value in stated.items() if name.startswith("max")}
    if state.further:
        variables["further"] = list(state.further)
    answer = await ask(context, QUERY, **variables)
    lines = orjson.dumps({"data": answer}, option=orjson.OPT_INDENT_2).decode().splitlines()
    return {
        "query": QUERY,
        "variables": orjson.dumps(variables, option=orjson.OPT_INDENT_2).decode(),
        "answer": "\n".join(lines[:LINES_MAX]),
        "lines": len(lines),
        "lines_max": LINES_MAX,
        "whole": state._replace(parameters=tuple(stated.items())).export("json"),
    }
