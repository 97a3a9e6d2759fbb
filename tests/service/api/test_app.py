"""The pages, and the schema that is committed."""

import re
from importlib.resources import files

from starlette.testclient import TestClient

from service.api.schema import schema, sdl


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


def test_the_committed_schema_is_the_code_s() -> None:
    assert files("service.api").joinpath("schema.graphql").read_text() == sdl()


def test_every_type_and_field_is_described() -> None:
    bare = []
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID", "JSON"):
            continue
        if not kind.description:
            bare.append(name)
        for field_name, field in getattr(kind, "fields", {}).items():
            if not field.description:
                bare.append(f"{name}.{field_name}")
    assert bare == []
