"""How every MQTT connection of ours is made."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .mqtt_address import Address
from .mqtt_refusals import CONNECT_SECONDS, failure, refusal, silence
from .mqtt_tls import context

if TYPE_CHECKING:
    from paho.mqtt.client import Client

_STEP_SECONDS = 4.0
"""How long the TCP and the TLS handshake may each take; paho has one limit for both."""
_UNLIMITED = 65535


@dataclass
class Connection:
    """A connection that the broker has accepted."""

    client: Client
    address: Address
    receive_maximum: int
    """How many unacknowledged QoS 1 and 2 messages the broker allows us (MQTT 5, section 3.2.2.3.3)."""
    maximum_qos: int

    def close(self) -> None:
        """Say goodbye without waiting. May be called twice, and never raises."""
        self.client.on_disconnect = None
        with contextlib.suppress(OSError):
            self.client.disconnect()
            _drop(self.client)

    def abort(self) -> None:
        """Close without a word, so that a packet that was sent in part is not made whole. Never raises."""
        self.client.on_disconnect = None
        with contextlib.suppress(OSError):
            _drop(self.client)


def connect(where: Address, name: str, make: Callable[..., Client] | None = None) -> Connection:
    """Connect and return when the broker has accepted, within `CONNECT_SECONDS`.

    Args:
        where: from `address`.
        name: the client id.
        make: makes the client instead of paho's `Client`, with the same arguments.

    Raises:
        ServerError: it cannot be reached, or refuses; names the address, the reason and what to mend.
        UsageError: a certificate or key file cannot be used.
    """
    # On first use, so that a host needs only the clients it uses.
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    deadline = time.monotonic() + CONNECT_SECONDS
    version = paho.MQTTv5 if where.protocol == "5" else paho.MQTTv311
    made_by = make or paho.Client
    client = made_by(CallbackAPIVersion.VERSION2, name, protocol=version, reconnect_on_failure=False)
    endpoint = where.endpoint
    # Ours is the limit on what is in flight; paho would go through all of that after every acknowledgement.
    client.max_inflight_messages_set(0)
    client.max_queued_messages_set(0)
    client.connect_timeout = _STEP_SECONDS
    if endpoint.username:
        client.username_pw_set(endpoint.username, endpoint.password)
    tls = context(endpoint, alpn=where.alpn) if endpoint.ca_file else None
    if tls is not None:
        client.tls_set_context(tls)
    answers: list[tuple[Any, Any]] = []
    said: list[str] = []
    client.on_connect = lambda _client, _data, _flags, reason, properties: answers.append((reason, properties))
    # What went wrong on the socket is told to the log alone; what OpenSSL says of a certificate is among it.
    client.on_log = lambda _client, _data, level, text: said.append(text) if level == paho.MQTT_LOG_ERR else None
    try:
        client.connect(endpoint.host, where.port, where.keepalive)
        _await_answer(client, answers, deadline)
    except (OSError, ValueError) as error:
        if tls is not None and tls.made is not None:
            tls.made.close()
        raise failure(where, error) from None
    client.on_connect = client.on_log = None
    if not answers:
        _drop(client)
        late = time.monotonic() >= deadline
        raise silence(where, "" if late else said[-1] if said else "it closed the connection")
    reason, properties = answers[0]
    if reason.is_failure:
        _drop(client)
        raise refusal(where, str(reason))
    sock: Any = client.socket()
    raw = sock if isinstance(sock, socket.socket) else sock.raw
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(
        client,
        where,
        getattr(properties, "ReceiveMaximum", _UNLIMITED),
        getattr(properties, "MaximumQoS", 2),
    )


def _await_answer(client: Client, answers: list[tuple[Any, Any]], deadline: float) -> None:
    while not answers:
        sock = client.socket()
        left = deadline - time.monotonic()
        if sock is None or left <= 0:
            return
        reading, writing, _ = select.select([sock], [sock] if client.want_write() else [], [], left)
        if writing:
            client.loop_write()
        if reading:
            client.loop_read()


def _drop(client: Client) -> None:
    sock = client.socket()
    if sock is not None:
        sock.close()
