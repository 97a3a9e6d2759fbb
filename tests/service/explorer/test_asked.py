"""The form of a trace page, and what leads from it to other pages: nothing that was stated is lost."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from seed.story import BLACK_MASS, PACK_RECYCLED, module
from service.app import create_app
from service.settings import Settings
from tests.service.explorer.audited import audited_story

TRACE = f"/explore?key={PACK_RECYCLED}"
CHINESE = {"Accept-Language": "zh-Hans"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    settings = Settings(store="memory:")
    with TestClient(create_app(audited_story(), settings), follow_redirects=False) as made:
        yield made


def fields(text: str) -> list[tuple[str, str]]:
    """What the form of a page sends, in the order of its fields."""
    form = re.search('<form class="asked".*?</form>', text, re.S)
    assert form is not None
    sent = []
    for typed, chosen in re.findall("<input ([^>]*)>|<select (.*?)</select>", form[0], re.S):
        name = re.search('name="([^"]*)"', typed or chosen)
        value = re.search('value="([^"]*)"' if typed else '<option value="([^"]*)" selected', typed or chosen)
        assert name is not None
        sent.append((name[1], unescape(value[1]) if value else ""))
    return sent


def test_a_form_sent_again_leads_to_the_same_state(client: TestClient) -> None:
    stated = {
        "view": "timeline",
        "open": BLACK_MASS,
        "asOf": "2026-08-01",
        "claims": "ALL",
        "direction": "FORWARD",
        "maxNodes": "90",
        "maxDepth": "9",
        "element": "Ni",
        "further": module(3),
        "near": module(3),
        "group": module(3),
    }
    sent = fields(client.get(f"{TRACE}&{urlencode(stated)}").text)
    assert dict(one for one in sent if one[1]) == stated | {"key": PACK_RECYCLED}


def test_fields_that_are_left_empty_are_not_in_the_address(client: TestClient) -> None:
    sent = fields(client.get(f"{TRACE}&view=table&group={module(3)}&group={BLACK_MASS}").text)
    assert ("knownAt", "") in sent
    answer = client.get(f"/explore?{urlencode(sent)}")
    assert answer.status_code == 303
    told = urlsplit(answer.headers["location"])
    assert told.path == "/explore"
    assert sorted(parse_qsl(told.query, keep_blank_values=True)) == sorted(one for one in sent if one[1])
    assert client.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("typed", ["30.6.2026", "2026-13-99", "2026-6-1", "yesterday", "2026-06-01T00:00:00"])
@pytest.mark.parametrize("name", ["asOf", "knownAt"])
def test_a_malformed_moment_keeps_the_form_as_it_was_typed(client: TestClient, name: str, typed: str) -> None:
    answer = client.get(f"{TRACE}&view=table&claims=ALL&{name}={typed}")
    assert answer.status_code == 400
    told = f"{name}: '{typed}' is neither a day, such as 2026-06-30, nor a time with an offset"
    assert told in unescape(answer.text)
    sent = fields(answer.text)
    for one in ((name, typed), ("view", "table"), ("claims", "ALL"), ("key", PACK_RECYCLED)):
        assert one in sent
    assert f"{name}：" in client.get(f"{TRACE}&{name}={typed}", headers=CHINESE).text
    assert "既不是日期" in client.get(f"{TRACE}&{name}={typed}", headers=CHINESE).text


def test_a_plus_that_became_a_blank_is_explained(client: TestClient) -> None:
    answer = client.get(f"{TRACE}&asOf=2026-06-01T00:00:00+08:00")
    assert answer.status_code == 400
    assert "in an address + is written %2B" in answer.text


def test_what_is_not_understood_is_named(client: TestClient) -> None:
    text = client.get(f"{TRACE}&foo=bar&view=foo&lang=fr&group=zzz").text
    assert "Not understood here, and left out: foo, view=foo, lang=fr, group=zzz" in text
    assert "Groups that are open" not in text
    assert "Not understood" not in client.get(f"{TRACE}&view=table&rows=0&lanes=0&near=x&seen=0,0,9,9").text
    assert "此处无法识别，已忽略：foo" in client.get(f"{TRACE}&foo=bar", headers=CHINESE).text


def test_what_is_not_known_then_is_told_with_the_moment(client: TestClient) -> None:
    answer = client.get(f"{TRACE}&asOf=2021-05-09")
    assert answer.status_code == 404
    assert "is known as of the end of May 9, 2021, or you may not see it" in answer.text
    assert "is known, or you may" in client.get("/explore?key=NOBODY").text


def link(text: str, page: str) -> str:
    """The address that a trace leads to another page by."""
    found = re.search(f'href="(/{page}[?][^"]*)"', text)
    assert found is not None
    return unescape(found[1])


def test_a_comparison_without_a_moment_takes_the_day_before_the_last_event(client: TestClient) -> None:
    address = link(client.get(TRACE).text, "compare")
    text = client.get(address).text
    assert "Compared with 2026-05-31, the day before its last event" in text
    assert 'name="before" value="2026-05-31"' in text
    assert BLACK_MASS in text, "it was recycled on the day after"
    assert "2026-05-31" in client.get(address, headers=CHINESE).text
    assert "Compared with" not in client.get(f"{address}&before=2025-01-01").text
    assert "No item of that key" not in client.get("/compare").text


def test_a_comparison_takes_what_a_trace_was_of(client: TestClient) -> None:
    address = link(client.get(f"{TRACE}&direction=FORWARD&asOf=2026-05-08&claims=ALL").text, "compare")
    sent = fields(client.get(address).text)
    for one in (("before", "2026-05-08"), ("what", "asOf"), ("claims", "ALL"), ("direction", "FORWARD")):
        assert one in sent
    known = link(client.get(f"{TRACE}&knownAt=2099-01-01").text, "compare")
    sent = fields(client.get(known).text)
    assert ("what", "knownAt") in sent
    assert ("before", "2099-01-01") in sent
    both = link(client.get(f"{TRACE}&knownAt=2099-01-01&asOf=2026-05-08").text, "compare")
    answer = client.get(both)
    assert answer.status_code == 200
    sent = fields(answer.text)
    for one in (("what", "asOf"), ("before", "2026-05-08"), ("knownAt", "2099-01-01")):
        assert one in sent
    assert BLACK_MASS in answer.text


def test_a_comparison_with_contested_claims_tells_them(client: TestClient) -> None:
    compared = f"/compare?key={module(3)}&direction=FORWARD&before=2026-06-02"
    assert "TRADER" not in client.get(compared).text
    assert "TRADER" in client.get(f"{compared}&claims=ALL").text


@pytest.mark.parametrize(("name", "told"), [("before", "Before"), ("after", "After")])
def test_a_malformed_moment_of_a_comparison_is_told_by_its_field(client: TestClient, name: str, told: str) -> None:
    stated = {"key": PACK_RECYCLED, "before": "2025-01-01", "after": "2026-01-01"} | {name: "bad"}
    answer = client.get(f"/compare?{urlencode(stated)}")
    assert answer.status_code == 400
    assert f"{told}: 'bad' is neither a day" in unescape(answer.text)
    assert "$from" not in answer.text
    assert (name, "bad") in fields(answer.text)
    chinese = client.get(f"/compare?{urlencode(stated)}", headers=CHINESE).text
    assert ("之前：" if name == "before" else "之后：") in chinese


def test_a_recall_takes_what_a_trace_was_of(client: TestClient) -> None:
    address = link(client.get(f"/explore?key={BLACK_MASS}&asOf=2026-06-15&claims=ALL").text, "recall")
    assert "asOf=2026-06-15" in address
    then, now = client.get(address).text, client.get(f"/recall?keys={BLACK_MASS}").text
    count = re.compile(r"(\d+) affected things")
    assert [match[1] for match in (count.search(then), count.search(now)) if match] == ["1", "10"]
    assert ("asOf", "2026-06-15") in fields(then)
    csv = client.get(link(then, "recall.csv")).text
    assert len(csv.splitlines()) == 2
    assert client.get(f"/recall?keys={BLACK_MASS}&asOf=bad").status_code == 400
    assert client.get(f"/recall.csv?keys={BLACK_MASS}&asOf=bad").status_code == 400
    assert "<dt>Lots</dt>" in now
    assert "<dt>批次</dt>" in client.get(f"/recall?keys={BLACK_MASS}", headers=CHINESE).text
