"""Trusted documents: a file that names the only documents that are executed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError, parse, validate
from strawberry.schema import BaseSchema

from service.settings import environment_name

NAME = environment_name("trusted_documents")


@lru_cache
def trusted_documents(path: str) -> Mapping[str, str] | None:
    """The documents of a file, by their ids; None where no file is named. It is read once.

    Raises ValueError naming the setting, the file, and what is wrong with it.
    """
    if not path:
        return None
    try:
        stated = orjson.loads(Path(path).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ValueError(f"{NAME}: cannot read {path}: {error}") from error
    if not isinstance(stated, dict) or not all(isinstance(text, str) for text in stated.values()):
        raise ValueError(f"{NAME}: {path} is no JSON object of documents by their ids")
    for name, text in stated.items():
        try:
            parse(text)
        except GraphQLError as error:
            raise ValueError(f"{NAME}: {path}: {name!r} is no GraphQL document: {error.message}") from error
    return stated


def fitting_documents(path: str, schema: BaseSchema) -> Mapping[str, str] | None:
    """The same, all of which fit the schema: of one that did not, clients would be told only when they need it.

    Raises ValueError as `trusted_documents`.
    """
    documents = trusted_documents(path)
    for name, text in (documents or {}).items():
        wrong = validate(schema._schema, parse(text), max_errors=1)  # type: ignore[attr-defined]
        if wrong:
            raise ValueError(f"{NAME}: {path}: {name!r} does not fit the schema: {wrong[0].message}")
    return documents


def document_of(body: Mapping[str, Any], documents: Mapping[str, str] | None) -> str | None:
    """The document that a request names by `documentId` or `extensions.persistedQuery.sha256Hash`, None: it names none.

    Raises GraphQLError where it names one that is not trusted.
    """
    extensions = body.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    name = persisted.get("sha256Hash") if isinstance(persisted, dict) else body.get("documentId")
    if name is None:
        return None
    if documents is None:
        raise GraphQLError(
            f"documentId: no documents are kept here ({NAME}); send the document as query",
            extensions={"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
        )
    found = documents.get(name) if isinstance(name, str) else None
    if found is None:
        raise GraphQLError(
            f"documentId: {name!r} is not among the trusted documents ({NAME})",
            extensions={"code": "PERSISTED_QUERY_NOT_FOUND"},
        )
    return found
