"""Asking a Kafka broker which release it is, without any client: one request of Kafka's own protocol."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass

from ..endpoint import Endpoint
from ..errors import ServerError

USUAL_PORT = 9092
_ANSWER_SECONDS = 5.0
"""How long all nodes together may take to answer."""
_SMALLEST_ANSWER, _LARGEST_ANSWER = 6, 1 << 20
_API_VERSIONS = 18
_REQUEST_VERSION = 3
_FEATURE = b"metadata.version"
_LEVELS = {
    7: "3.3-IV3", 8: "3.4-IV0", 9: "3.5-IV0", 10: "3.5-IV1", 11: "3.5-IV2", 12: "3.6-IV0", 13: "3.6-IV1",
    14: "3.6-IV2", 15: "3.7-IV0", 16: "3.7-IV1", 17: "3.7-IV2", 18: "3.7-IV3", 19: "3.7-IV4", 20: "3.8-IV0",
    21: "3.9-IV0", 22: "4.0-IV0", 23: "4.0-IV1", 24: "4.0-IV2", 25: "4.0-IV3", 26: "4.1-IV0", 27: "4.1-IV1",
    28: "4.2-IV0", 29: "4.2-IV1",
}  # fmt: skip
"""Levels of the feature `metadata.version` (org.apache.kafka.server.common.MetadataVersion)."""


@dataclass(frozen=True)
class Handshake:
    """What a broker says of itself to anybody."""

    supported: int | None
    """Highest level of `metadata.version` that its software knows; None before Kafka 3.3 or without KRaft."""
    finalized: int | None
    """The level that its cluster works with."""

    @property
    def version(self) -> str:
        """The release of its software, as far as the protocol shows it: `4.1`."""
        if self.supported is None:
            return "before 3.3, or with ZooKeeper"
        known = _LEVELS.get(self.supported)
        return known.partition("-")[0] if known else f"newer than 4.2 (metadata.version level {self.supported})"

    @property
    def metadata_version(self) -> str | None:
        """The cluster's `metadata.version` by name, `4.1-IV1`, or by level where its name is not known here."""
        return None if self.finalized is None else _LEVELS.get(self.finalized, f"level {self.finalized}")


def shake_hands(endpoint: Endpoint) -> Handshake:
    """Return what the first node that answers says of itself.

    Raises:
        ServerError: no node answers as a Kafka broker does, within 5 s; names each address and its reason.
    """
    deadline = time.monotonic() + _ANSWER_SECONDS
    nodes = endpoint.nodes(USUAL_PORT)
    reasons = []
    for position, (host, port) in enumerate(nodes):
        share = (deadline - time.monotonic()) / (len(nodes) - position)
        try:
            return _ask(host, port, max(share, 0.1))
        except TimeoutError:
            reasons.append(f"{host}:{port}: no answer")
        except OSError as error:
            reasons.append(f"{host}:{port}: {error.strerror or error}")
        except (ValueError, IndexError, struct.error):
            reasons.append(f"{host}:{port}: something listens, but does not answer as a Kafka broker does")
    raise ServerError(
        f"Kafka cannot be reached: {'; '.join(reasons)}",
        "give the address of a running broker's plain-text listener",
    )


def _ask(host: str, port: int, timeout: float) -> Handshake:
    name = b"thermobench"
    text = bytes([len(name) + 1]) + name
    body = struct.pack(">hhih", _API_VERSIONS, _REQUEST_VERSION, 1, len(name)) + name + b"\0" + text + b"\x021\0"
    deadline = time.monotonic() + timeout
    with socket.create_connection((host, port), timeout) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        (size,) = struct.unpack(">i", _exactly(connection, 4, deadline))
        if not _SMALLEST_ANSWER <= size <= _LARGEST_ANSWER:
            raise ValueError(size)
        return _parsed(_exactly(connection, size, deadline))


def _exactly(connection: socket.socket, size: int, deadline: float) -> bytes:
    parts = b""
    while len(parts) < size:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        part = connection.recv(size - len(parts))
        if not part:
            raise ValueError("closed")
        parts += part
    return parts


def _parsed(answer: bytes) -> Handshake:
    # Source: Kafka's protocol guide, ApiVersionsResponse version 3 and its tagged fields 0 and 2 (KIP-584).
    correlation, error = struct.unpack_from(">ih", answer)
    if correlation != 1:
        raise ValueError(correlation)
    if error:
        return Handshake(None, None)  # a broker older than this request answers with UNSUPPORTED_VERSION
    count, at = _unsigned(answer, 6)
    at += 7 * (count - 1) + 4  # each API: key, lowest, highest, no tagged field; then the throttle time
    tags, at = _unsigned(answer, at)
    highest: dict[int, int | None] = {}
    for _ in range(tags):
        tag, at = _unsigned(answer, at)
        size, at = _unsigned(answer, at)
        highest[tag] = _level(answer[at : at + size]) if tag in (0, 2) else None
        at += size
    return Handshake(highest.get(0), highest.get(2))


def _level(features: bytes) -> int | None:
    start = features.find(bytes([len(_FEATURE) + 1]) + _FEATURE)
    if start < 0:
        return None
    # A supported feature gives lowest and highest level, a finalized one highest and lowest: the larger of both.
    pair: tuple[int, int] = struct.unpack_from(">hh", features, start + 1 + len(_FEATURE))
    return max(pair)


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned varint and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 – the continuation bit
            return value, at
