"""The rule sets that judge: those that are built in, and those of others, by name."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from graph_schema.rules import RULE_SETS, RuleSet


class UnknownRuleSet(ValueError):
    """No rule set can be loaded from a name."""


def rule_sets(names: Iterable[str] = ()) -> tuple[RuleSet, ...]:
    """The built-in rule sets and those of others, each named `module:NAME`. Raises UnknownRuleSet."""
    return (*RULE_SETS, *map(_loaded, names))


def _loaded(name: str) -> RuleSet:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise UnknownRuleSet(
            f"{name!r} is no rule set: {error}; name one as module:NAME, where NAME is a RuleSet of a module that "
            "Python finds (docs/rules/README.md)"
        ) from error
    if not isinstance(found, RuleSet):
        raise UnknownRuleSet(f"{name!r} is a {type(found).__name__}, not a RuleSet (docs/rules/README.md)")
    return found
