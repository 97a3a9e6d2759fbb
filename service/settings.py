"""Settings: from the environment, with a default each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

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
    subscriptions_max: int = 20
    subscription_stall_s: int = 30
    nodes_max: int = 20_000
    page_max: int = 500
    batch_max: int = 10_000
    body_max_bytes: int = 16 * 1024 * 1024


DESCRIPTIONS = {
    "store": "where the log and the graph are: sqlite:PATH, neo4j://HOST or memory: (default: a user's file)",
    "neo4j_user": "who logs in to Neo4j (default: nobody, where the server asks for no login)",
    "neo4j_password": "the password of that login",
    "neo4j_database": "the name of the Neo4j database (default: the user's home database)",
    "read_timeout_s": "how long one read of Neo4j may take, in seconds",
    "host": "the address that the service listens on",
    "port": "the port that the service listens on",
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
    "subscriptions_max": "how many subscriptions one client may have at a time",
    "subscription_stall_s": "how long a subscriber may take for one event before it is dropped, in seconds",
    "nodes_max": "the ceiling, and the default, of a trace's maxNodes",
    "page_max": "the ceiling of `first` and `last` in connections",
    "batch_max": "how many events one recordEvents takes",
    "body_max_bytes": "the largest request body",
}


def environment_name(name: str) -> str:
    """The environment variable of a setting."""
    return f"VOLTRACE_{name.upper()}"


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment (default: of this process). Raises ValueError naming a bad variable."""
    stated = os.environ if environment is None else environment
    values: dict[str, str | int] = {}
    for entry in fields(Settings):
        text = stated.get(environment_name(entry.name))
        if not text:
            continue
        if isinstance(entry.default, int):
            if not text.isdigit() or int(text) == 0:
                raise ValueError(f"{environment_name(entry.name)} is {text!r}; it takes a whole number above 0")
            values[entry.name] = int(text)
        else:
            values[entry.name] = text
    settings = Settings(**values)  # type: ignore[arg-type]
    return settings if settings.store else Settings(**{**settings.__dict__, "store": default_store()})
