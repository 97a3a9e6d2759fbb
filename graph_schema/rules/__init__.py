"""The rulebook: pure functions that judge what the graph says of an item (docs/rules)."""

from graph_schema.rules.china import CN_2018_35, CN_ORDER_73
from graph_schema.rules.finding import Failure, Finding, Judgement, Severity
from graph_schema.rules.history import History, Party, Portion, Thing, Told
from graph_schema.rules.integrity import INTEGRITY
from graph_schema.rules.rule import Rule, RuleSet, holding, judge

RULE_SETS = (INTEGRITY, CN_2018_35, CN_ORDER_73)
"""What is built in; each applies by the dates and parties of the facts."""

__all__ = [
    "CN_2018_35",
    "CN_ORDER_73",
    "INTEGRITY",
    "RULE_SETS",
    "Failure",
    "Finding",
    "History",
    "Judgement",
    "Party",
    "Portion",
    "Rule",
    "RuleSet",
    "Severity",
    "Thing",
    "Told",
    "holding",
    "judge",
]
