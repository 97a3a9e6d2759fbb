"""The rulebook: pure functions that judge what the graph says of an item (docs/rules)."""

from graph_schema.rules.china import CN_2018_35, CN_ORDER_73
from graph_schema.rules.enterprise import Enterprise
from graph_schema.rules.enterprises import CN_CONDITIONS_2024, EU_2023_1542
from graph_schema.rules.finding import Failure, Finding, Judgement, Severity
from graph_schema.rules.history import History, Portion, Told
from graph_schema.rules.integrity import INTEGRITY
from graph_schema.rules.parties import Party
from graph_schema.rules.rule import Rule, Rulebook, RuleSet, holding, judge, judge_enterprise
from graph_schema.rules.thing import Thing

RULE_SETS = (INTEGRITY, CN_2018_35, CN_ORDER_73, CN_CONDITIONS_2024, EU_2023_1542)
"""What is built in; each applies by the dates and parties of the facts."""

__all__ = [
    "CN_2018_35",
    "CN_CONDITIONS_2024",
    "CN_ORDER_73",
    "EU_2023_1542",
    "INTEGRITY",
    "RULE_SETS",
    "Enterprise",
    "Failure",
    "Finding",
    "History",
    "Judgement",
    "Party",
    "Portion",
    "Rule",
    "RuleSet",
    "Rulebook",
    "Severity",
    "Thing",
    "Told",
    "holding",
    "judge",
    "judge_enterprise",
]
