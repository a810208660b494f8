"""Where an MQTT broker is and how to speak to it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from ..endpoint import Endpoint

PLAIN_PORT = 1883
TLS_PORT = 8883
ALPN_PORT = 443


@dataclass(frozen=True)
class Address:
    """What a connection needs to know; made by `address`."""

    endpoint: Endpoint
    port: int
    alpn: bool
    protocol: str
    """`5` or `3.1.1`."""
    keepalive: int
    """Seconds of silence after which the client pings."""

    def __str__(self) -> str:
        return f"MQTT broker at {self.endpoint.host}:{self.port}"


def client_id(run: str, purpose: str) -> str:
    """Return a client id no other connection has: a broker ends the old connection when an id comes again.

    At most 128 bytes, which is what AWS IoT Core allows: run and purpose are at most 32 and 20.
    """
    return f"thermobench-{run}-{purpose}-{secrets.token_hex(4)}"


def address(endpoint: Endpoint, *, alpn: bool = False, protocol: str = "5", keepalive: int = 60) -> Address:
    """Return where and how to connect, the usual port filled in."""
    usual = ALPN_PORT if alpn else TLS_PORT if endpoint.ca_file else PLAIN_PORT
    return Address(endpoint, endpoint.port or usual, alpn, protocol, keepalive)
