"""`voltrace serve`."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from service import logs
from service.access.identity import Identity
from service.app import create_app
from service.cli.common import configured, opened, out, store_option
from service.cli.listening import EACH_ITS_OWN, Workers, listening, when_answered
from service.metrics import counting_together
from service.ports import Store
from service.settings import Settings

GRACE_S = 30
"""How long requests may take to finish when the service is told to end."""


@click.command()
@store_option
@click.option("--host", help="[default: VOLTRACE_HOST, or 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65_535), help="[default: VOLTRACE_PORT, or 8000]")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes, one for each core.  [default: 1]")
def serve(store_url: str | None, host: str | None, port: int | None, workers: int) -> None:
    """Run the service: GraphQL on /graphql, GraphiQL in the browser.

    \b
    voltrace serve
    voltrace serve --store sqlite:/var/lib/voltrace/voltrace.db --port 8080 --workers 2
    """
    settings = configured()
    address = host or settings.host
    if not is_loopback(address) and not identity(settings).configured:
        raise click.ClickException(
            f"without authentication the service listens on loopback only, not on {address}; make a token with"
            " `voltrace token create` and set VOLTRACE_TOKENS_FILE, or set VOLTRACE_OIDC_ISSUER"
        )
    store = opened(store_url, serving=True)
    if workers > 1 and store.url.startswith("memory:"):
        raise click.ClickException("memory: is within one process; use sqlite: or neo4j: with --workers")
    run_service(store, address, port or settings.port, workers)


def identity(settings: Settings) -> Identity:
    """Who is known, as the settings say; settings that contradict each other end the command."""
    try:
        return Identity(settings)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run_service(store: Store, host: str, port: int, workers: int = 1, tell: Callable[[], None] = lambda: None) -> None:
    """Serve until interrupted; a port in use ends the command with a message. Once the service answers, it is said
    where it is, and `tell` is called."""
    settings = configured()
    try:
        listening(host, port, settings.subscription_stall_s).close()
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}:{port} ({error.strerror}); name another with --port"
        ) from error
    os.environ["VOLTRACE_STORE"], os.environ["VOLTRACE_HOST"] = store.url, host
    try:
        logs.configure(settings.log_format, settings.log_level)
        app = create_app(store)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    when_answered(host, port, partial(_announce, f"http://{_in_address(host)}:{port}", store.url, settings, tell))
    # Whose address a request comes from is said by the setting `proxies`, not guessed from headers.
    config = uvicorn.Config(
        app if workers == 1 else "service.app:from_settings", factory=workers > 1, workers=workers,
        host=host, port=port, log_config=None, access_log=False,
        timeout_graceful_shutdown=GRACE_S, proxy_headers=False, ws_max_size=settings.body_max_bytes,
    )  # fmt: skip
    bind = partial(listening, host, port, settings.subscription_stall_s, shared_port=workers > 1 and EACH_ITS_OWN)
    if workers == 1:
        uvicorn.Server(config).run([bind()])
    else:
        with counting_together():
            (Workers(config, bind) if EACH_ITS_OWN else Multiprocess(config, [bind()])).run()


def _announce(address: str, store: str, settings: Settings, tell: Callable[[], None]) -> None:
    """Say where the service is, and what else there is to tell."""
    graphiql = f"  (GraphiQL: {address}/graphql)" if settings.graphiql else ""
    out.print(f"voltrace on {address}/{graphiql}, store {store}", soft_wrap=True)
    if not identity(settings).configured:
        out.print("No authentication is configured: who reaches this address may read and record everything.")
    tell()


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
