"""`voltrace serve`."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import click
import uvicorn

from service import logs
from service.access.identity import Identity
from service.app import create_app
from service.cli.common import configured, opened, out, store_option
from service.ports import Store
from service.settings import Settings

GRACE_S = 30
"""How long requests may take to finish when the service is told to end."""


@click.command()
@store_option
@click.option("--host", help="[default: VOLTRACE_HOST, or 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65_535), help="[default: VOLTRACE_PORT, or 8000]")
def serve(store_url: str | None, host: str | None, port: int | None) -> None:
    """Run the service: GraphQL on /graphql, GraphiQL in the browser.

    \b
    voltrace serve
    voltrace serve --store sqlite:/var/lib/voltrace/voltrace.db --port 8080
    """
    settings = configured()
    address = host or settings.host
    if not is_loopback(address) and not identity(settings).configured:
        raise click.ClickException(
            f"without authentication the service listens on loopback only, not on {address}; make a token with"
            " `voltrace token create` and set VOLTRACE_TOKENS_FILE, or set VOLTRACE_OIDC_ISSUER"
        )
    run_service(opened(store_url), address, port or settings.port)


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


def run_service(store: Store, host: str, port: int) -> None:
    """Serve until interrupted; a port in use ends the command with a message."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"cannot listen on {host}:{port} ({error.strerror}); name another with --port"
            ) from error
    out.print(f"voltrace on http://{host}:{port}/  (GraphiQL: http://{host}:{port}/graphql), store {store.url}")
    settings = configured()
    if not identity(settings).configured:
        out.print("No authentication is configured: who reaches this address may read and record everything.")
    try:
        logs.configure(settings.log_format, settings.log_level)
        app = create_app(store)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    # Whose address a request comes from is said by the setting `proxies`, not guessed from headers.
    uvicorn.run(
        app, host=host, port=port, log_config=None, access_log=False,
        timeout_graceful_shutdown=GRACE_S, proxy_headers=False,
    )  # fmt: skip
