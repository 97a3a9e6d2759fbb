"""`voltrace serve`."""

from __future__ import annotations

import socket

import click
import uvicorn

from service.app import create_app
from service.cli.common import configured, opened, out, store_option
from service.ports import Store


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
    run_service(opened(store_url), host or settings.host, port or settings.port)


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
    try:
        app = create_app(store)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    # Whose address a request comes from is said by the setting `proxies`, not guessed from headers.
    uvicorn.run(app, host=host, port=port, log_level="warning", proxy_headers=False)
