"""Rules that failed, told so that a rule that fails on everything does not drown what else there is to say."""

from __future__ import annotations

from collections.abc import Iterable

from graph_schema.rules import Failure

SHOWN = 3
"""So many failures of a rule are told one by one; of more, how many there are."""


class Failures:
    """Which rules failed, on what first, and how often: what is held does not grow with how often that is."""

    def __init__(self, failures: Iterable[Failure] = ()) -> None:
        self._first: dict[tuple[str, str], list[Failure]] = {}
        self._more: dict[tuple[str, str], int] = {}
        self.add(failures)

    def __bool__(self) -> bool:
        return bool(self._first)

    def add(self, failures: Iterable[Failure]) -> None:
        """Take down more of them."""
        for failure in failures:
            rule = (failure.rule_set, failure.code)
            first = self._first.setdefault(rule, [])
            if len(first) < SHOWN:
                first.append(failure)
            else:
                self._more[rule] = self._more.get(rule, 0) + 1

    def lines(self) -> list[str]:
        """A sentence for each of the first of every rule, and one for the rest of them."""
        told: list[str] = []
        for (rule_set, code), first in self._first.items():
            told += [f"rule {code} of {rule_set} failed on {one.subject}: {one.error}" for one in first]
            if more := self._more.get((rule_set, code)):
                told.append(f"rule {code} of {rule_set} failed on {more:,} more")
        return told
