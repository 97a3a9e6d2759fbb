"""Settings: from the environment, else from a file, with a default each."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
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
    write_timeout_s: int = 120
    host: str = "127.0.0.1"
    port: int = 8000
    hosts: str = ""
    origins: str = ""
    public_url: str = ""
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
    text_max: int = 256
    batch_max: int = 10_000
    body_max_bytes: int = 16 * 1024 * 1024
    body_max_bytes_public: int = 256 * 1024
    body_values_max: int = 150_000
    depth_max: int = 15
    root_fields_max: int = 20
    aliases_max: int = 30
    directives_max: int = 50
    tokens_max: int = 2000
    document_max: int = 100_000
    inputs_max: int = 1000
    event_values_max: int = 100_000
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
    rules: str = ""
    audit_interval_s: int = 5


DESCRIPTIONS = {
    "store": "where the log and the graph are: sqlite:PATH, neo4j://HOST or memory: (default: a user's file)",
    "neo4j_user": "who logs in to Neo4j (default: nobody, where the server asks for no login)",
    "neo4j_password": "the password of that login",
    "neo4j_database": "the name of the Neo4j database (default: the user's home database)",
    "read_timeout_s": "how long one read of Neo4j may take, in seconds",
    "write_timeout_s": "how long one write to Neo4j may take, in seconds (what fails in passing is tried again)",
    "host": "the address that the service listens on",
    "port": "the port that the service listens on",
    "hosts": "by which names, apart from localhost and the host above, the service is asked without authentication",
    "origins": "pages of which other origins may ask, separated by spaces, each as https://app.example.org",
    "public_url": "the address that QR codes lead to, such as https://id.example.org (default: that of the request)",
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
    "text_max": "how many characters a text has that is searched for or filtered by; no name has more than 256",
    "batch_max": "how many events one recordEvents takes",
    "body_max_bytes": "the largest request body, and message over a WebSocket",
    "body_max_bytes_public": "the same of GraphQL for the public, where authentication is configured",
    "body_values_max": "how many values the JSON of a request or message has: each `[`, `{` and `,` outside of texts",
    "depth_max": "how deep the fields of a GraphQL document may be nested",
    "root_fields_max": "how many fields an operation may have at its top level",
    "aliases_max": "how many fields of a document may have an alias or be repeated in one selection",
    "directives_max": "how many directives a document may use",
    "tokens_max": "how many tokens a document may have",
    "document_max": "how many characters a document has, comments among them",
    "inputs_max": "how many values (entries, fields, each 100 characters of a text) variables hold, events apart",
    "event_values_max": "how many such values the events of one recordEvents or validateEvents hold",
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
    "audit_interval_s": "how often findings and rows of reports are brought up to date, in seconds (0: when asked)",
    "rules": "further rule sets, each as module:NAME, separated by spaces (docs/rules/README.md)",
}


MAY_BE_0 = "audit_interval_s"
"""The setting of which 0 says something, though it is not the default."""
CONFIG = "VOLTRACE_CONFIG"
"""The environment variable that names a file of settings."""

HEAD = """# Settings

Each is an environment variable of the process that runs `voltrace`, or stands in a TOML file that `--config FILE` or
`VOLTRACE_CONFIG` names: there without `VOLTRACE_`, in small letters.

```toml
store = "sqlite:/var/lib/voltrace/voltrace.db"
tokens_file = "/var/lib/voltrace/tokens.json"
port = 8080
graphiql = false
```

The environment wins over the file, and an option of the command over both. A value that cannot be read, and a name in
the file that is no setting, end the command with that name. A file that holds a password or the secret is for the
service's user alone to read. What the limits mean, and how an answer tells that one was met: [limits.md](limits.md).

| environment variable | default | meaning |
|---|---|---|
"""


def environment_name(name: str) -> str:
    """The environment variable of a setting."""
    return f"VOLTRACE_{name.upper()}"


def load(environment: Mapping[str, str] | None = None, store: str = "") -> Settings:
    """The settings of an environment (default: of this process), and of the file that it names; where they name no
    store, `store` (default: a user's file).

    Raises ValueError naming a bad variable, or the file and what is wrong in it.
    """
    stated = os.environ if environment is None else environment
    values = _from_file(Path(stated[CONFIG])) if stated.get(CONFIG) else {}
    for entry in fields(Settings):
        name = environment_name(entry.name)
        if stated.get(name):
            values[entry.name] = _checked(name, _typed(stated[name], entry.default), entry.default)
    settings = Settings(**values)
    return settings if settings.store else replace(settings, store=store or default_store())


def _from_file(path: Path) -> dict[str, Any]:
    """The settings that a TOML file states."""
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror} ({CONFIG}, --config)") from error
    except ValueError as error:
        raise ValueError(f"{path}: no TOML: {error}") from error
    defaults = {entry.name: entry.default for entry in fields(Settings)}
    unknown = next((name for name in stated if name not in defaults), None)
    if unknown is not None:
        near = get_close_matches(unknown.lower().removeprefix("voltrace_"), defaults, n=1, cutoff=0)
        raise ValueError(f"{path}: {unknown} is no setting; the nearest is {near[0]} (docs/settings.md has all)")
    return {name: _checked(f"{path}: {name}", value, defaults[name]) for name, value in stated.items()}


def _typed(text: str, default: object) -> str | int | bool:
    """The value that a text says, where it says one of the type of its default; else the text."""
    if isinstance(default, bool):
        return text == "true" if text in ("true", "false") else text
    if isinstance(default, int) and text.isascii() and text.isdigit():
        return int(text)
    return text


def _checked(name: str, value: object, default: object) -> object:
    """A value, of the type of its default. 0 is for those where it is the default, and for `MAY_BE_0`.

    Raises ValueError naming it."""
    if isinstance(default, bool):
        good, takes = isinstance(value, bool), "true or false"
    elif isinstance(default, int):
        lowest = 0 if name.lower().endswith(MAY_BE_0) else min(default, 1)
        good = isinstance(value, int) and not isinstance(value, bool) and value >= lowest
        takes = "a whole number above 0" if lowest else "a whole number, 0 or more"
    else:
        good, takes = isinstance(value, str), "text"
    if not good:
        raise ValueError(f"{name} is {value!r}; it takes {takes}")
    return value


def reference() -> str:
    """docs/settings.md: every setting with its default and meaning."""
    rows = [
        f"| `{environment_name(entry.name)}` | {_shown(entry.default)} | {DESCRIPTIONS[entry.name]} |"
        for entry in fields(Settings)
    ]
    return HEAD + "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
