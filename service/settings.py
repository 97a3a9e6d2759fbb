"""Settings: from the environment, with a default each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs


def default_store() -> str:
    """The embedded store in the user's data directory."""
    return f"sqlite:{Path(platformdirs.user_data_dir('voltrace')) / 'voltrace.db'}"


@dataclass(frozen=True)
class Settings:
    """What can be set; `DESCRIPTIONS` says what each means."""

    store: str = ""
    neo4j_user: str = ""
    neo4j_password: str = field(default="", repr=False)
    neo4j_database: str = ""
    read_timeout_s: int = 30
    host: str = "127.0.0.1"
    port: int = 8000
    hosts: str = ""
    tokens_file: str = ""
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_jwks_url: str = ""
    oidc_algorithms: str = "RS256 ES256"
    oidc_role_claim: str = "voltrace_role"
    oidc_organization_claim: str = "voltrace_organization"
    secret: str = field(default="", repr=False)
    log_format: str = "text"
    log_level: str = "info"
    feed_interval_ms: int = 250
    subscription_stall_s: int = 30
    subscription_refill_s: int = 60
    nodes_max: int = 20_000
    page_max: int = 500
    batch_max: int = 10_000
    body_max_bytes: int = 16 * 1024 * 1024
    depth_max: int = 15
    root_fields_max: int = 20
    aliases_max: int = 30
    directives_max: int = 50
    tokens_max: int = 2000
    cost_max: int = 2_000_000
    cost_max_public: int = 100_000
    cost_max_regulator: int = 20_000_000
    execution_timeout_s: int = 60
    rate_per_s: int = 200
    rate_burst: int = 2000
    subscriptions_max: int = 20
    proxies: int = 0
    introspection: bool = True
    suggestions: bool = True
    graphiql: bool = True
    queries_by_get: bool = True
    trusted_documents: str = ""


DESCRIPTIONS = {
    "store": "where the log and the graph are: sqlite:PATH, neo4j://HOST or memory: (default: a user's file)",
    "neo4j_user": "who logs in to Neo4j (default: nobody, where the server asks for no login)",
    "neo4j_password": "the password of that login",
    "neo4j_database": "the name of the Neo4j database (default: the user's home database)",
    "read_timeout_s": "how long one read of Neo4j may take, in seconds",
    "host": "the address that the service listens on",
    "port": "the port that the service listens on",
    "hosts": "by which names, apart from localhost and the host above, the service is asked without authentication",
    "tokens_file": "the file of API tokens, which `voltrace token` writes (default: none are taken)",
    "oidc_issuer": "the OpenID Connect issuer whose tokens are taken (default: none)",
    "oidc_audience": "whom these tokens must be for",
    "oidc_jwks_url": "where the issuer's keys are (default: as its discovery document says)",
    "oidc_algorithms": "by which algorithms these tokens may be signed",
    "oidc_role_claim": "the claim that names a role: participant, regulator or admin (without it: public)",
    "oidc_organization_claim": "the claim that names the organization, its key",
    "secret": "what pseudonyms of withheld things are made with (default: the one in the file of tokens)",
    "log_format": "how logs are written to standard error: text or json",
    "log_level": "from which level on: debug, info, warning or error",
    "feed_interval_ms": "how often the log is looked at for subscriptions, in milliseconds",
    "subscription_stall_s": "how long a subscriber may take for one event before it is dropped, in seconds",
    "subscription_refill_s": "in how many seconds a subscription may spend its budget of cost again (docs/limits.md)",
    "nodes_max": "the ceiling, and the default, of a trace's maxNodes",
    "page_max": "the ceiling of `first` and `last` in connections",
    "batch_max": "how many events one recordEvents takes",
    "body_max_bytes": "the largest request body",
    "depth_max": "how deep the fields of a GraphQL document may be nested",
    "root_fields_max": "how many fields an operation may have at its top level",
    "aliases_max": "how many fields of a document may have an alias or be repeated in one selection",
    "directives_max": "how many directives a document may use",
    "tokens_max": "how many tokens a document may have",
    "cost_max": "the budget of an operation's cost, for a participant or without authentication (docs/limits.md)",
    "cost_max_public": "the same for the public",
    "cost_max_regulator": "the same for a regulator or an admin",
    "execution_timeout_s": "how long an operation may take, in seconds",
    "rate_per_s": "how many requests a second a client may send in the long run",
    "rate_burst": "how many requests a client may send at once, after a rest",
    "subscriptions_max": "how many subscriptions a client may have open at once, over all its connections",
    "proxies": "how many reverse proxies before the service add to X-Forwarded-For (0: it is ignored)",
    "introspection": "whether `__schema` and `__type` are answered",
    "suggestions": "whether errors say what may have been meant",
    "graphiql": "whether browsers get GraphiQL on /graphql",
    "queries_by_get": "whether queries (never mutations) are answered by GET, too",
    "trusted_documents": "a JSON file {id: document}: only these documents are executed (default: any document)",
}


HEAD = """# Settings

Each is an environment variable of the process that runs `voltrace`. A value that cannot be read ends the command with
the name of the variable. What the limits mean, and how an answer tells that one was met: [limits.md](limits.md).

| environment variable | default | meaning |
|---|---|---|
"""


def environment_name(name: str) -> str:
    """The environment variable of a setting."""
    return f"VOLTRACE_{name.upper()}"


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment (default: of this process). Raises ValueError naming a bad variable."""
    stated = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for entry in fields(Settings):
        text = stated.get(environment_name(entry.name))
        if text:
            values[entry.name] = _value(environment_name(entry.name), text, entry.default)
    settings = Settings(**values)
    return settings if settings.store else replace(settings, store=default_store())


def _value(name: str, text: str, default: object) -> str | int | bool:
    """The value of a variable, of the type of its default. 0 is for those where it is the default."""
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ValueError(f"{name} is {text!r}; it takes true or false")
        return text == "true"
    if isinstance(default, int):
        lowest = min(default, 1)
        if not (text.isascii() and text.isdigit()) or int(text) < lowest:
            raise ValueError(f"{name} is {text!r}; it takes a whole number{' above 0' if lowest else ', 0 or more'}")
        return int(text)
    return text


def reference() -> str:
    """docs/settings.md: every setting with its default and meaning."""
    rows = [
        f"| `{environment_name(entry.name)}` | {_shown(entry.default)} | {DESCRIPTIONS[entry.name]} |"
        for entry in fields(Settings)
    ]
    return HEAD + "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
