"""No English is left over in a Chinese page: its words are those of the data, of codes and of products."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from graph_schema.order import TYPE_ORDER
from graph_schema.outcome import EventStatus
from graph_schema.rules import RULE_SETS, Severity
from seed.story import BLACK_MASS, CATHODE, PACK_NEW, PACK_RECYCLED, PACK_VANISHED, VEHICLE_A, module, story
from service.app import create_app
from service.explorer.overview import KINDS, STATUSES
from service.explorer.state import VIEWS
from service.keeping import Keeper
from service.languages import language
from service.phrases import phrases
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send, wait

TRACE = f"/explore?key={PACK_RECYCLED}"
PAGES = [
    "/",
    "/?q=VOLT001",
    "/?q=nothing-is-called-so",
    "/?q=04QXB76836300JBC40000903",
    "/?q=LFV3A23C083027702",
    "/?q=91350100M000100Y4A",
    "/?q=urn:epc:id:sgtin:0614141.12345.400",
    "/?q=" + "x" * 300,
    "/overview",
    "/items",
    "/items?kind=LOT",
    "/findings",
    "/findings?severity=VIOLATION",
    "/scan",
    "/sign-in",
    f"/id/{PACK_RECYCLED}",
    "/id/NOBODY",
    *(f"{TRACE}&view={view}" for view in VIEWS),
    f"{TRACE}&claims=ALL&asOf=2026-08-01&maxNodes=20",
    f"{TRACE}&view=balance&element=Ni",
    f"/explore?key={BLACK_MASS}",
    f"/explore?key={VEHICLE_A}&asOf=2022-01-01",
    f"{TRACE}&view=table&open={BLACK_MASS}",
    f"{TRACE}&view=table&claims=ALL&open=story-56-transfer",
    f"{TRACE}&view=timeline&claims=ALL",
    *(f"/explore?key={key}&view=table&open={key}" for key in (PACK_VANISHED, CATHODE, VEHICLE_A, module(3))),
    f"{TRACE}&asOf=yesterday",
    f"{TRACE}&maxNodes=many",
    f"{TRACE}&maxNodes=999999999",
    f"{TRACE}&maxDepth=-1",
    f"{TRACE}&asOf=2001-01-01",
    "/explore",
    "/event/story-57-inspection",
    "/event/nothing",
    f"/history?key={PACK_RECYCLED}",
    f"/history?key={PACK_RECYCLED}&events=nothing",
    "/compare",
    f"/compare?key={PACK_RECYCLED}&before=2022-01-01",
    f"/compare?key={PACK_RECYCLED}&before=soon",
    f"/compare?key={PACK_NEW}&before=2026-09-15&what=knownAt",
    "/recall",
    f"/recall?keys={BLACK_MASS}+NOBODY",
]
PRODUCTS = frozenset("voltrace graphiql graphql csv svg png json dot mmd graphml prov sha key lang".split())
"""Names of products, formats and parameters."""
_WORD = re.compile(r"[A-Za-z]{3,}")
_UNSEEN = re.compile(
    r"VOLTRACE_\w+|\$\w+"
    r"|<(script|style|pre|code)\b.*?</\1>|<span lang=\"en\">.*?</span>|<a [^>]*\blang=\"en\"[^>]*>.*?</a>"
    r"|<(\w+) [^>]*class=\"code\"[^>]*>.*?</\2>",
    re.DOTALL,
)
_SAID = re.compile(r"\b(?:title|aria-label|placeholder|alt)=\"([^\"]*)\"")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    store = MemoryStore()
    send(store, story())
    wait(store, Keeper(store).run())
    with TestClient(create_app(store, Settings(store="memory:"))) as made:
        yield made


def english() -> set[str]:
    """The words of English texts, of sentences of the service, and of the names in the API."""
    texts = [*language("en").texts.values(), *phrases("zh-Hans").whole]
    texts += [between for form in phrases("zh-Hans").forms for between in form.between]
    names = [*KINDS, *STATUSES, *TYPE_ORDER, *EventStatus, *Severity, "ORGANIZATION", "EVENT"]
    names += [rule.code for rule_set in RULE_SETS for rule in rule_set.all]
    words = {word.lower() for text in texts for word in _WORD.findall(re.sub(r"\{\w+\}", " ", text))}
    chinese = [*language("zh-Hans").texts.values(), *phrases("zh-Hans").whole.values()]
    chinese += [form.translation for form in phrases("zh-Hans").forms]
    same = {word.lower() for text in chinese for word in _WORD.findall(re.sub(r"\{\w+\}", " ", text))}
    return (words | {word.lower() for name in names for word in name.split("_")}) - PRODUCTS - same


def told(text: str) -> set[str]:
    """The words of a page: of its text, and of what it says to screen readers and pointers."""
    seen = _UNSEEN.sub(" ", text.partition("<body>")[2] + text.partition("<title>")[2].partition("</title>")[0])
    said = " ".join(_SAID.findall(seen))
    return {word.lower() for word in _WORD.findall(unescape(re.sub(r"<[^>]*>", " ", seen) + " " + said))}


def data() -> set[str]:
    """The words of what the story's parties wrote, but for the names of types, kinds and materials."""
    written = [
        part
        for event in story()
        for name, value in event.items()
        if name not in ("type", "inputs", "outputs")
        for part in _texts(value)
    ]
    return {word.lower() for text in written for word in _WORD.findall(text)} - {"black", "mass", "lithium"}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("key", "name", "eventId", "model", "chemistry", "actor", "to", "from", "composition"):
                yield from [str(inner)] if isinstance(inner, str) else _texts(inner)
            else:
                yield from _texts(inner) if isinstance(inner, (dict, list)) else ()
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)


@pytest.mark.parametrize("address", PAGES)
def test_no_english_is_left_over(client: TestClient, address: str) -> None:
    answer = client.get(address, headers={"Accept-Language": "zh-Hans"})
    assert '<html lang="zh-Hans">' in answer.text
    asked = {word.lower() for word in _WORD.findall(address)}
    left = sorted(told(answer.text) & english() - data() - asked)
    assert not left, left


@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_marked_as_english_that_has_a_translation(client: TestClient, address: str) -> None:
    """What is left in English is marked, for screen readers; of the story that is nothing but names of makers."""
    text = client.get(address, headers={"Accept-Language": "zh-Hans"}).text
    assert re.findall(r'<span lang="en">(.*?)</span>', text, re.DOTALL) in ([], ["EVE"])


def test_the_words_of_an_english_page_would_be_found(client: TestClient) -> None:
    left = told(client.get("/overview", headers={"Accept-Language": "en"}).text) & english() - data()
    assert {"overview", "latest", "events", "retired"} <= left


def test_files_are_in_the_language_that_is_asked_for(client: TestClient) -> None:
    page = client.get(f"{TRACE}&view=table", headers={"Accept-Language": "zh-Hans"}).text
    links = [unescape(link) for link in re.findall(r'href="(/trace/[^"]+)"', page)]
    assert len(links) > 8
    assert all("lang=zh-Hans" in link for link in links)
    told_in = {"csv": "种类,起点", "nodes.csv": "键,种类", "svg": "再生利用", "dot": "黑粉", "mmd": "黑粉"}
    for extension, said in told_in.items():
        (link,) = {link for link in links if link.partition("?")[0] == f"/trace/{PACK_RECYCLED}.{extension}"}
        answer = client.get(link)
        assert answer.status_code == 200
        assert said in answer.text
        assert answer.text.startswith("\ufeff") is (extension in ("csv", "nodes.csv"))
        assert said not in client.get(link.replace("lang=zh-Hans", "lang=en")).text
    refused = client.get(f"/trace/{PACK_RECYCLED}.csv?lang=xx")
    assert (refused.status_code, "lang: 'xx' is none of en, zh-Hans" in refused.text) == (400, True)


def test_a_label_is_in_the_language_that_is_asked_for(client: TestClient) -> None:
    page = client.get(f"/id/{PACK_RECYCLED}", headers={"Accept-Language": "zh-Hans"}).text
    assert f'src="/label/{PACK_RECYCLED}.svg?lang=zh-Hans"' in page
    assert "电池 · MJ-3" in client.get(f"/label/{PACK_RECYCLED}.svg?lang=zh-Hans").text
    assert "battery · MJ-3" in client.get(f"/label/{PACK_RECYCLED}.svg").text
