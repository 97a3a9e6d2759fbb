"""GraphiQL and the pages for a person who signed in, for one who states a token, and for the public."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from seed.story import MAKER, story
from service.access.tokens import Tokens
from service.stores.sqlite import SqliteStore
from tests.browsing import Watched
from tests.serving import ROOT, serving
from tests.support import send, wait

WHO = "{ viewer { role organization name } }"
FOLLOW = 'subscription { eventRecorded(after: "djE6MA") { node { eventId } } }'
RECORD = (
    """mutation { recordEvents(events: [{eventId: "own", type: "ENROLMENT", occurredAt: "2026-10-01T00:00:00Z",
  actor: "%s", items: [{key: "OWN", kind: "BATTERY"}]}]) { results { status problems { code } } } }"""
    % MAKER
)
STREAM = "/graphql/stream"


class Service(NamedTuple):
    """Where it is, and a token of the story's maker."""

    address: str
    token: str


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("signed-in")
    store, tokens = SqliteStore(folder / "story.db"), Tokens(folder / "tokens.json")
    send(store, list(story()))
    wait(store, store.close())
    token = tokens.create("<b>Ada</b>", "participant", MAKER)
    with serving(store.url, VOLTRACE_TOKENS_FILE=str(tokens.path)) as address:
        yield Service(address, token)


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    watched = Watched(browser, service.address)
    yield watched.page
    assert watched.complaints == [], "nothing is asked of another host, and the page's policy stops nothing of it"


def sign_in(page: Page, token: str) -> None:
    page.goto("/sign-in?next=/graphql")
    page.locator("#token").fill(token)
    page.locator("#token").press("Enter")
    expect(page.locator(".graphiql-query-editor")).to_be_visible()


def run(page: Page, query: str) -> None:
    editor = page.locator(".graphiql-query-editor .CodeMirror")
    expect(editor).to_be_visible()
    editor.evaluate("(node, query) => node.CodeMirror.setValue(query)", query)
    page.locator(".graphiql-execute-button").click()


def state_token(page: Page, token: str, name: str = "Authorization") -> None:
    """Under Headers, as GraphiQL has it."""
    page.get_by_role("button", name="Headers").click()
    editor = page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror").last
    editor.evaluate("(node, text) => node.CodeMirror.setValue(text)", f'{{"{name}": "Bearer {token}"}}')


def told(page: Page, text: str) -> None:
    expect(page.locator(".result-window .CodeMirror")).to_contain_text(text)


def test_who_signed_in_reads_and_follows_but_does_not_record(page: Page, service: Service) -> None:
    sign_in(page, service.token)
    expect(page.locator("#viewer")).to_contain_text(f"Signed in as <b>Ada</b> (participant, {MAKER})")
    run(page, WHO)
    told(page, MAKER)
    run(page, FOLLOW)
    told(page, "eventId")
    page.locator(".graphiql-execute-button").click()
    run(page, RECORD)
    told(page, "FORBIDDEN")
    state_token(page, service.token)
    page.locator(".graphiql-execute-button").click()
    told(page, "ACCEPTED")


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_a_token_of_its_own_counts_for_queries_and_subscriptions(page: Page, service: Service, name: str) -> None:
    page.goto("/graphql")
    expect(page.locator("#viewer")).to_contain_text("You ask as the public")
    state_token(page, service.token, name)
    run(page, WHO)
    told(page, MAKER)
    with page.expect_websocket() as opened:
        run(page, FOLLOW)
    assert opened.value.url == service.address.replace("http", "ws") + "/graphql"
    told(page, "eventId")


def test_the_event_source_of_the_documentation(page: Page, service: Service) -> None:
    (script,) = re.findall(r"^```javascript\n(.*?)^```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.M | re.S)
    sign_in(page, service.token)
    with page.expect_console_message(lambda told: told.text == "story-20-transfer"):
        page.evaluate(script)


def test_the_public_is_told_that_nothing_will_come(page: Page) -> None:
    page.goto("/graphql")
    run(page, FOLLOW)
    told(page, "state a token")
    page.get_by_role("link", name="sign in").click()
    expect(page).to_have_url("/sign-in?next=/graphql")


def test_the_overview_of_the_public_is_not_live(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if STREAM in sent.url else None)
    page.goto("/overview")
    expect(page.get_by_role("main").get_by_role("link", name="Sign in")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert asked == []
