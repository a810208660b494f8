"""How every MQTT connection of ours is made: client id, TLS, time limits, and errors in one line."""

from __future__ import annotations

import secrets
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..endpoint import Endpoint
from ..errors import ServerError
from .mqtt_tls import context

if TYPE_CHECKING:
    from paho.mqtt.client import Client

PLAIN_PORT = 1883
TLS_PORT = 8883
ALPN_PORT = 443
CONNECT_SECONDS = 10.0
"""How long a connection may take, from the first packet to the broker's answer to CONNECT."""
_STEP_SECONDS = 4.0
"""How long the TCP and the TLS handshake may each take; paho has one limit for both."""
_UNLIMITED = 65535


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
        try:
            self.client.disconnect()
            rest = self.client.socket()
            if rest is not None:
                rest.close()
        except OSError:
            pass


def client_id(run: str, purpose: str) -> str:
    """Return a client id no other connection has: a broker ends the old connection when an id comes again.

    At most 128 bytes, which is what AWS IoT Core allows: run and purpose are at most 32 and 20.
    """
    return f"thermobench-{run}-{purpose}-{secrets.token_hex(4)}"


def address(endpoint: Endpoint, *, alpn: bool = False, protocol: str = "5", keepalive: int = 60) -> Address:
    """Return where and how to connect, the usual port filled in."""
    usual = ALPN_PORT if alpn else TLS_PORT if endpoint.ca_file else PLAIN_PORT
    return Address(endpoint, endpoint.port or usual, alpn, protocol, keepalive)


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
    if endpoint.ca_file:
        client.tls_set_context(context(endpoint, alpn=where.alpn))
    answers: list[tuple[Any, Any]] = []
    said: list[str] = []
    client.on_connect = lambda _client, _data, _flags, reason, properties: answers.append((reason, properties))
    # What went wrong on the socket is told to the log alone; what OpenSSL says of a certificate is among it.
    client.on_log = lambda _client, _data, level, text: said.append(text) if level == paho.MQTT_LOG_ERR else None
    try:
        client.connect(endpoint.host, where.port, where.keepalive)
        _await_answer(client, answers, deadline)
    except (OSError, ValueError) as error:
        raise _failure(where, error) from None
    client.on_connect = client.on_log = None
    if not answers:
        _drop(client)
        late = time.monotonic() >= deadline
        raise _silence(where, "" if late else said[-1] if said else "it closed the connection")
    reason, properties = answers[0]
    if reason.is_failure:
        _drop(client)
        raise _refusal(where, str(reason))
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


def _failure(where: Address, error: Exception) -> ServerError:
    """Say what an exception while connecting means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrust(where, error.verify_message.rstrip("."))
    if isinstance(error, ssl.SSLError):
        return _silence(where, str(error))
    if isinstance(error, TimeoutError):
        return _silence(where, "")
    if isinstance(error, ConnectionRefusedError):
        return ServerError(f"{where}: nothing listens there", "start the broker, or check host and port")
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ServerError(f"{where}: {why.lower()}", "check host and port")


def _distrust(where: Address, why: str) -> ServerError:
    """Say what it means that the server's certificate did not pass."""
    what = f"{where}: its certificate is not accepted: {why}"
    if "mismatch" in why:
        return ServerError(what, "connect by a name that stands in the certificate")
    if "expired" in why or "not yet valid" in why:
        return ServerError(what, "renew the server's certificate, or set this host's clock")
    return ServerError(what, f"ca_file {where.endpoint.ca_file} must hold the authority that signed it")


def _silence(where: Address, said: str) -> ServerError:
    """Say what it means that the broker gave no answer to CONNECT."""
    if not said:
        within = f"no answer within {CONNECT_SECONDS:.0f} s"
        return ServerError(f"{where}: {within}", "check that a broker listens there, and whether it expects TLS")
    said = " ".join(said.removeprefix("failed to receive on socket: ").split())
    what = f"{where}: refused while connecting: {said}"
    if not where.endpoint.ca_file:
        return ServerError(what, "if that port expects TLS, give a ca_file")
    if not where.endpoint.cert_file:
        return ServerError(what, "it may ask for a client certificate: give cert_file and key_file")
    alpn = "" if where.alpn else ", and whether the port expects ALPN (port 443 of AWS IoT does)"
    mend = f"check that the broker knows the client certificate {where.endpoint.cert_file}"
    return ServerError(what, f"{mend}, that it has not expired{alpn}")


def _refusal(where: Address, reason: str) -> ServerError:
    """Say what the broker's refusal in CONNACK means."""
    what = f"{where} refused: {reason.lower()}"
    if reason in ("Bad user name or password", "Not authorized"):
        user = f"user {where.endpoint.username!r}" if where.endpoint.username else "no user name was given"
        return ServerError(f"{what} ({user})", "check user name and password")
    if reason == "Unsupported protocol version":
        return ServerError(what, "use the backend option protocol=3.1.1")
    return ServerError(what, "its log says more")
