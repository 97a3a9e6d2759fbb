"""The pages."""

import re

from starlette.testclient import TestClient


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["status"] == "ready"


def test_graphiql_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/graphql", headers={"accept": "text/html"}).text
    assert "GraphiQL" in page
    assert "http" not in page.replace("http-equiv", "")
    for link in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert client.get(link).status_code == 200, link


def test_the_start_page(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "/graphql" in page.text
