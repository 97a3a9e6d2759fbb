"""Sentences that the service makes in English are there in the languages of the pages: of codes, findings, problems."""

from __future__ import annotations

import runpy
from itertools import chain
from pathlib import Path
from string import Formatter

import pytest

from graph_schema.identifiers import TITLES, Scheme
from graph_schema.identifiers.epc_types import CLASSES, TYPES
from graph_schema.identifiers.uscc import AUTHORITIES, CATEGORIES, PROVINCES
from graph_schema.rules import RULE_SETS
from graph_schema.rules.examples import EXAMPLES
from seed.story import story
from service.explaining import explain
from service.languages import TAGS, language
from service.phrases import phrases, translated
from service.ports import EventFilter
from service.regions import PROVINCE_CODES, region_name
from service.stores.memory import MemoryStore
from tests.support import send, wait

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts/rules.py"))
OTHERS = TAGS[1:]
CODES = {
    Scheme.GBT_34014: ("04QCB76836300JBC40000903", "04QXB76836300JBC40000903", "04QCB76836300JB2U0000903", "04QC"),
    Scheme.GBT_34014_REUSE: ("04QCB76BC40000903RP", "04QCB76BC40000903XP"),
    Scheme.VIN: ("LFV3A23C083027701", "LFV3A23C183027701", "WVWZZZ1JZXW000001", "LFV3A23C08302770X",
                 "1M8GDM9AXKP042788"),
    Scheme.CREDIT_CODE: ("91350100M000100Y43", "91350100M000100Y4A", "1110000000000000A1", "91"),
    Scheme.BPN: ("BPNL00000003AYRE", "BPNL00000003AYRF", "BPX000000003AYRE"),
    Scheme.GLN: ("9521234000112", "952123400011", "9521234000113"),
    Scheme.GTIN: ("09506000134352", "9506000134353", "123", "20012345", "9781234567897", "0950600013435X"),
    Scheme.EPC: ("urn:epc:id:sgtin:0614141.112345.400", "urn:epc:id:sgtin:0614141.12345.400", "urn:epc:id:nothing:1",
                 "urn:epc:id:sgtin:06141x1.112345.400", "urn:epc:idpat:sgtin:0614141.112345.*", "urn:epc:id:sgln:1",
                 "urn:epc:idpat:sgtin:0614141.*.5", "urn:epc:tag:x"),
    Scheme.DIGITAL_LINK: ("https://id.gs1.org/01/09506000134352/21/7?11=230101", "https://id.gs1.org/01/09506000134353",
                          "https://id.gs1.org/01/123/10/5", "https://id.gs1.org/x", "https://id.gs1.org/8004/9521x",
                          "https://id.gs1.org/01/09506000134352/21/1/10/2", "https://id.gs1.org/01/09506000134352/254/2",
                          "https://id.gs1.org/01/09506000134352?11=231399"),
    Scheme.UUID: ("urn:uuid:4e390dab-707f-446e-bfbe-653f6f5b1f37", "urn:uuid:4e39", "urn:uuid:4E390DAB-zz"),
}  # fmt: skip
PLAIN = frozenset(["CATL", "Zenergy", "EVE"])
"""Names of makers, which are the same in every language."""


def _of_codes() -> set[str]:
    found = set(TITLES.values())
    for scheme, texts in CODES.items():
        for text in texts:
            explained = explain(text, scheme)
            assert explained is not None
            found |= {*explained.faults, *(field.meaning for field in explained.fields)}
            if scheme is not Scheme.DIGITAL_LINK:
                found |= {field.name for field in explained.fields}
    found |= {*AUTHORITIES.values(), *CATEGORIES.values(), *PROVINCES.values()}
    for kind in (TYPES | CLASSES).values():
        found |= {kind.title, *chain.from_iterable((part.name, part.said) for part in kind.parts)}
    return {text for text in found - PLAIN if any(letter.isalpha() for letter in text)}


@pytest.mark.parametrize("tag", OTHERS)
def test_what_codes_say(tag: str) -> None:
    missing = sorted(text for text in _of_codes() if translated(tag, text) is None)
    assert missing == []


@pytest.mark.parametrize("tag", OTHERS)
@pytest.mark.parametrize("code", [rule.code for rule in chain.from_iterable(one.all for one in RULE_SETS)])
def test_what_each_rule_finds(tag: str, code: str) -> None:
    """Its title, and its sentences on the example that raises it."""
    title = next(rule.title for rule in chain.from_iterable(one.all for one in RULE_SETS) if rule.code == code)
    assert translated(tag, title) is not None
    sentences = [one.sentence for one in SCRIPT["judged"](EXAMPLES[code].raised) if one.code == code]
    assert sentences
    assert [one for one in sentences if translated(tag, one) is None] == []


@pytest.mark.parametrize("tag", OTHERS)
def test_what_resolves_a_finding_and_what_it_stands_on(tag: str) -> None:
    rules = list(chain.from_iterable(one.all for one in RULE_SETS))
    told = {text for rule in rules for text in (rule.resolved_by, rule.legal_basis)}
    assert sorted(text for text in told if translated(tag, text) is None) == []


@pytest.mark.parametrize("tag", OTHERS)
def test_why_events_of_the_story_are_pending_or_contested(tag: str) -> None:
    store = MemoryStore()
    send(store, story())

    async def read() -> list[str]:
        async with store.snapshot() as snapshot:
            events = await snapshot.event_page(EventFilter(), None, 500, False)
            return [problem.message for event in events for problem in event.problems]

    messages = wait(store, read())
    assert messages
    assert [one for one in messages if translated(tag, one) is None] == []


@pytest.mark.parametrize("tag", OTHERS)
def test_a_translation_has_the_parts_of_its_form(tag: str) -> None:
    for form in phrases(tag).forms:
        parts = {name for _, name, _, _ in Formatter().parse(form.translation) if name}
        assert parts == set(form.parts), form.between


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("position 16 (month) is 'X'; allowed is a digit", "第 16 位（月）为 'X'；允许的是数字"),
        ("month 3; day 4", "3 月；4 日"),
        ("asOf: 'yesterday' is not an RFC 3339 time with an offset, such as 2026", None),
        ("text: 300 characters are too many: the limit is 256 (VOLTRACE_TEXT_MAX)", None),
        ("nobody ever said this", ""),
    ],
)
def test_parts_are_told_in_their_places(text: str, told: str | None) -> None:
    found = translated("zh-Hans", text)
    assert found is not None if told is None else (found or "") == told
    assert translated("en", text) == text


def test_what_people_write_into_keys_takes_no_long_time_to_be_told() -> None:
    """Looks at a bounded number of parts, whatever is in the text: this would not end otherwise."""
    for text in ("; a, b: of on " * 140, "x breaks its own scheme, VIN: " * 60, "day 1, " * 280):
        phrases("zh-Hans").said(text)
    assert translated("zh-Hans", "day 1, " * 1000) is None, "what is too long is not looked at"


def test_regions_have_names() -> None:
    english, chinese = language("en"), language("zh-Hans")
    assert (region_name("CN-44", english), region_name("CN-44", chinese)) == ("Guangdong", "广东")
    assert region_name("CN-4403", english) == "Guangdong (CN-4403)"
    assert (region_name("DE", english), region_name("DE-BY", chinese)) == ("Germany", "德国 (BY)")
    assert region_name("NOWHERE", english) == "NOWHERE"
    for tag in TAGS:
        names = [region_name(one, language(tag)) for one in PROVINCE_CODES]
        assert len(set(names)) == len(PROVINCE_CODES) == 34
