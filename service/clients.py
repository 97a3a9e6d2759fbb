"""Which client a request is from, as far as limits count by client."""

from __future__ import annotations

from collections.abc import MutableMapping
from ipaddress import IPv6Network, ip_address
from typing import Any


def client_address(scope: MutableMapping[str, Any], proxies: int) -> str:
    """The address of the client of an ASGI scope; of IPv6 the network of 64 bits, which one client has all of.

    With `proxies` reverse proxies before the service it is the entry of X-Forwarded-For that the outermost of them
    added; what a client wrote there itself stands further left. "" where there is no address, as on a Unix socket.
    """
    peer = scope.get("client")
    text = str(peer[0]) if peer else ""
    if proxies:
        stated = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        entries = [one.strip() for one in ",".join(stated).split(",") if one.strip()]
        text = entries[-proxies] if len(entries) >= proxies else text
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return text
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))
