"""Codes of findings and names of rule sets, as arguments."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import GraphQLError

from graph_schema.rules import RuleSet
from service.api.context import Context
from service.rule_sets import rule_sets


def check_codes(context: Context, argument: str, asked: Sequence[str] | None) -> None:
    """Raises GraphQLError for a code that no rule of the service has, with those there are."""
    _check(argument, asked, {rule.code for one in _sets(context) for rule in one.all})


def check_rule_sets(context: Context, argument: str, asked: Sequence[str] | None) -> None:
    """Raises GraphQLError for a rule set that the service does not have, with those there are."""
    _check(argument, asked, {one.name for one in _sets(context)})


def _sets(context: Context) -> Sequence[RuleSet]:
    return rule_sets(context.settings.rules.split())


def _check(argument: str, asked: Sequence[str] | None, known: set[str]) -> None:
    for one in asked or ():
        if one not in known:
            raise GraphQLError(f"{argument}: there is no {one!r}; there are {', '.join(sorted(known))}")
