"""The pages."""

import re

import pytest
from starlette.testclient import TestClient


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["status"] == "ready"


def test_graphiql_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/graphql", headers={"accept": "text/html"}).text
    assert "GraphiQL" in page
    assert 'rel="icon"' in page, "a browser asks for /favicon.ico else"
    assert "http" not in page.replace("http-equiv", "")
    for link in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert client.get(link).status_code == 200, link


def test_graphiql_is_framed_by_nobody_and_runs_no_script_but_its_own(client: TestClient) -> None:
    page = client.get("/graphql", headers={"accept": "text/html"})
    policy = page.headers["content-security-policy"]
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in page.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_graphql_says_by_which_methods_it_is_asked(client: TestClient, method: str) -> None:
    answer = client.request(method, "/graphql")
    assert answer.status_code == 405
    assert {one.strip() for one in answer.headers["allow"].split(",")} == {"GET", "POST"}


def test_the_start_page(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "/graphql" in page.text
