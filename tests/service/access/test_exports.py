"""Files of traces: who may have them, and what is withheld in them."""

import json

import pytest
from starlette.testclient import TestClient

from seed.story import BLACK_MASS, MAKER, RECYCLER, WORKSHOP
from service.access.tokens import Tokens
from service.writers.formats import FORMATS
from tests.service.access.conftest import AskAs

TRACE = """query($key: String!) { trace(key: $key, direction: BOTH) {
  nodes { key kind role depth label status at redacted } edges { source target kind massKg openedBy closedBy } } }"""


def bearer(tokens: Tokens, role: str, organization: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.create(f'file for {organization}', role, organization)}"}


@pytest.mark.usefixtures("told")
def test_the_file_is_what_graphql_shows_the_viewer(client: TestClient, tokens: Tokens, ask: AskAs) -> None:
    for organization in (RECYCLER, MAKER):
        headers = bearer(tokens, "participant", organization)
        file = client.get(f"/trace/{BLACK_MASS}.json", headers=headers)
        shown = ask(organization, TRACE, key=BLACK_MASS)["data"]["trace"]
        if shown is None:
            assert file.status_code == 404
            continue
        assert [{name: node[name] for name in shown["nodes"][0]} for node in file.json()["nodes"]] == shown["nodes"]
        assert any(node["redacted"] for node in shown["nodes"])


@pytest.mark.usefixtures("told")
def test_no_format_tells_what_is_withheld(client: TestClient, tokens: Tokens) -> None:
    whole = client.get(f"/trace/{BLACK_MASS}.json", headers=bearer(tokens, "regulator")).json()
    headers = bearer(tokens, "participant", RECYCLER)
    shown = client.get(f"/trace/{BLACK_MASS}.json", headers=headers).json()
    hidden = {node["key"] for node in whole["nodes"]} - {node["key"] for node in shown["nodes"]}
    seen = json.dumps(shown)
    hidden = {key for key in hidden if key not in seen}
    assert hidden
    for one in FORMATS:
        if one.name != "png":
            text = client.get(f"/trace/{BLACK_MASS}.{one.extension}", headers=headers).text
            assert "withheld" in text, one.name
            assert not [key for key in hidden if key in text], one.name


@pytest.mark.usefixtures("told")
def test_others_and_the_public_are_told_the_same_as_of_what_is_not_there(client: TestClient, tokens: Tokens) -> None:
    stranger = bearer(tokens, "participant", WORKSHOP)
    for headers in ({}, stranger):
        withheld = client.get(f"/trace/{BLACK_MASS}.svg?maxNodes=100", headers=headers)
        absent = client.get("/trace/NOT-THERE.svg?maxNodes=100", headers=headers)
        assert withheld.status_code == absent.status_code == 404
        assert withheld.text.replace(BLACK_MASS, "NOT-THERE") == absent.text
    assert client.get(f"/trace/{BLACK_MASS}.svg", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.usefixtures("told")
def test_nothing_further_is_told_of_what_is_withheld(client: TestClient, tokens: Tokens) -> None:
    """Else whoever guesses a key would learn that it is there."""
    whole = client.get(f"/trace/{BLACK_MASS}.json", headers=bearer(tokens, "regulator")).json()
    headers = bearer(tokens, "participant", RECYCLER)
    shown = client.get(f"/trace/{BLACK_MASS}.json?maxNodes=3", headers=headers).json()
    seen = json.dumps(client.get(f"/trace/{BLACK_MASS}.json", headers=headers).json())
    hidden = [node["key"] for node in whole["nodes"] if node["key"] not in seen]
    assert len(hidden) > 3
    for name in (hidden[0], hidden[-1], "NOT-THERE"):
        assert client.get(f"/trace/{BLACK_MASS}.json?maxNodes=3&further={name}", headers=headers).json() == shown
    own = client.get(f"/trace/{BLACK_MASS}.json?maxNodes=3&further={BLACK_MASS}", headers=headers).json()
    assert len(own["nodes"]) > 3


ASKED = "/graphql?query={viewer{role}}"
NOT_THERE = "/trace/NO-SUCH-KEY.json"


@pytest.mark.parametrize("path", [ASKED, NOT_THERE, "/metrics", "/readyz", "/recall.csv?keys=x", "/", "/no-such-page"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_cache_hands_what_one_viewer_was_told_to_another(client: TestClient, path: str, method: str) -> None:
    """Not what somebody sees, nor that it is not there."""
    for headers in ({}, {"Authorization": "Bearer none"}):
        answer = client.request(method, path, headers=headers)
        assert answer.headers.get("cache-control") == "private, no-cache", answer.status_code
        if answer.status_code != 200 or path == ASKED:
            assert {"Authorization", "Cookie"} <= set(answer.headers["vary"].split(", "))


def test_what_is_the_same_for_everybody_may_be_kept(client: TestClient) -> None:
    answer = client.get("/static/graphiql.js")
    assert answer.headers.get("cache-control") is None
    assert answer.headers["etag"]
