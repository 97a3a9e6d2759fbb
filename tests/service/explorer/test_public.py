"""What is told to the public, and to those who signed in: no zeros of what is not to be seen, and who one is."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from starlette.testclient import TestClient

from seed.story import PACK_RECYCLED, RECYCLER, module
from service.access.tokens import Tokens
from service.app import create_app
from service.languages import TAGS, language
from service.settings import Settings
from tests.service.explorer.audited import audited_story

CLOSED = [
    "/overview",
    "/items",
    "/items?kind=BATTERY",
    "/findings",
    "/recall",
    f"/recall?keys={PACK_RECYCLED}",
    f"/history?key={PACK_RECYCLED}",
    "/compare",
    f"/compare?key={PACK_RECYCLED}&before=2024-01-01",
    f"/compare?key={PACK_RECYCLED}&before=bad",
]


class Service(NamedTuple):
    """A client without a token, and tokens."""

    client: TestClient
    regulator: str
    participant: str


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    tokens = Tokens(tmp_path_factory.mktemp("public") / "tokens.json")
    regulator = tokens.create("inspector <i>", "regulator", None)
    participant = tokens.create("Ada", "participant", RECYCLER)
    settings = Settings(store="memory:", tokens_file=str(tokens.path))
    with TestClient(create_app(audited_story(), settings), follow_redirects=False) as client:
        yield Service(client, regulator, participant)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("address", CLOSED)
def test_the_public_is_led_to_the_form_not_told_zeros(service: Service, address: str, tag: str) -> None:
    answer = service.client.get(address, headers={"Accept-Language": tag})
    assert answer.status_code == (200 if address == "/overview" else 403), "the first is a link of every page"
    assert language(tag).text("closed.sentence") in answer.text
    assert 'href="/sign-in?next=' in answer.text.partition("<main")[2]
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    assert not re.search(r"\b0\b|VOLTRACE_|costs", re.sub("<[^>]+>", "", main))


@pytest.mark.parametrize("address", CLOSED[:-1])
def test_who_signed_in_gets_the_page(service: Service, address: str) -> None:
    for token in (service.regulator, service.participant):
        answer = service.client.get(address, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert language("en").text("closed.sentence") not in answer.text


def test_every_page_says_who_is_signed_in_and_lets_them_out(service: Service) -> None:
    for address in ("/", "/overview", f"/id/{PACK_RECYCLED}", "/sign-in"):
        public = service.client.get(address).text
        assert "Sign out" not in public
        assert "Signed in" not in public
        for token, who in ((service.regulator, "inspector &lt;i&gt;"), (service.participant, "Ada")):
            text = service.client.get(address, headers={"Authorization": f"Bearer {token}"}).text
            head = text.partition("<main")[0]
            assert f"Signed in: {who}</a>" in head
            assert 'action="/sign-out"' in head
            assert "Sign out" in head
        assert f"participant, {RECYCLER}" in head


def test_where_nobody_is_asked_nobody_is_signed_in() -> None:
    with TestClient(create_app(audited_story(), Settings(store="memory:"))) as client:
        text = client.get("/").text
        assert "Sign" not in text.partition("<main")[0]


def test_a_code_without_a_page_is_not_said_to_be_reported_by_nobody(service: Service) -> None:
    """The public is told the same of what is known and what is not; who may see it is led to its trace."""
    known, unknown = module(3), PACK_RECYCLED[:-1] + "9"
    for key in (known, unknown):
        text = service.client.get(f"/id/{key}").text
        assert "a valid code, but nothing that you may see is known of it" in text
        assert "nobody reported it" not in text
        assert "/explore?" not in text
    seen = service.client.get(f"/id/{known}", headers={"Authorization": f"Bearer {service.regulator}"})
    assert seen.status_code == 404
    assert f'href="/explore?key={known}"' in seen.text
    assert "No digital ID" in seen.text
    assert "nobody reported it" not in seen.text
