"""What schemathesis does not know by itself: our scalars, and what an answer must never be."""

from __future__ import annotations

import os
from typing import Any

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from seed.story import story

NEVER = ("Unexpected error.", "Cannot return null for non-nullable field")


def _node(value: Any) -> graphql.ValueNode:
    """A JSON value as a literal of GraphQL."""
    if isinstance(value, dict):
        return nodes.Object(
            [graphql.ObjectFieldNode(name=graphql.NameNode(value=key), value=_node(one)) for key, one in value.items()]
        )
    if isinstance(value, list):
        return nodes.List([_node(one) for one in value])
    if value is None:
        return graphql.NullValueNode()
    kind = {bool: nodes.Boolean, int: nodes.Int, float: nodes.Float, str: nodes.String}[type(value)]
    return kind(value)


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_NAMES = st.sampled_from(sorted({name for event in story() for name in event}))
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3))


@st.composite
def _events(draw: st.DrawFn) -> Any:
    """An event of the story, with some of its fields gone or become something else, or anything."""
    if draw(st.integers(0, 9)) == 9:
        return draw(_VALUES)
    event = dict(draw(st.sampled_from(story())))
    for name in draw(st.lists(_NAMES, max_size=2)):
        if draw(st.booleans()):
            event[name] = draw(_VALUES)
        else:
            event.pop(name, None)
    return event


_LATE = ["2026-12-31T00:00:00Z", "2026-07-15T12:00:00.5+08:00", "9999-12-31T23:59:59Z"]
_EARLY = ["2022-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
_TIMES = st.one_of(
    st.sampled_from(_LATE),
    st.sampled_from(_LATE),
    st.sampled_from(_EARLY),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
)
_ANY_TIME = st.integers(0, 19).flatmap(lambda number: _TIMES if number < 19 else st.text(max_size=30))

schemathesis.graphql.scalar("EventInput", _events().map(_node))
schemathesis.graphql.scalar("DateTime", _ANY_TIME.map(nodes.String))
schemathesis.graphql.scalar("JSON", _VALUES.map(_node))


@schemathesis.check
def nothing_unexpected(ctx: Any, response: Any, case: Any) -> None:
    """No status of a server's failure, no masked error, which is one, too, and nothing that is not the viewer's."""
    assert response.status_code < 500, f"status {response.status_code}"
    assert response.status_code != 401, "the token is taken"
    secret = os.environ.get("VOLTRACE_TEST_FUZZ_SECRET")
    assert secret is None or secret not in response.text
    for error in response.json().get("errors", ()):
        assert not error["message"].startswith(NEVER), error
