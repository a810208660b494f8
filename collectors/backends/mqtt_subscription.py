"""Subscribing through paho, and waiting for the broker to grant it."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Any

from ..errors import ServerError
from .mqtt_connection import Connection
from .mqtt_refusals import CONNECT_SECONDS

_REFUSED = 0x80


def subscribe(connection: Connection, topics: list[tuple[str, int]], heard: Callable[[str, str], None]) -> None:
    """Subscribe to topics, each with its QoS, and return when the broker has granted the first of them.

    Args:
        connection: accepted by the broker.
        topics: the first one matters; the others the broker may refuse.
        heard: told topic and text of every message that paho hears on this connection.

    Raises:
        ServerError: the first one is refused, or granted with less than asked.
    """
    granted: list[int] = []
    client = connection.client
    client.on_subscribe = lambda _client, _data, _mid, codes, _properties: granted.extend(c.value for c in codes)
    client.on_message = lambda _client, _data, message: heard(message.topic, message.payload.decode(errors="replace"))
    client.subscribe(topics)
    topic, qos = topics[0]
    what = f"{connection.address}: subscribing to {topic} with QoS {qos}"
    if not pump(connection, lambda: bool(granted), CONNECT_SECONDS):
        raise ServerError(f"{what}: no answer, or the connection was closed", "its log says more")
    if granted[0] != qos:
        got = "refused" if granted[0] >= _REFUSED else f"granted QoS {granted[0]} only"
        raise ServerError(f"{what}: {got}", "allow this user to read there: deliveries are counted by subscribing")


def pump(connection: Connection, done: Callable[[], Any], seconds: float) -> bool:
    """Let paho read until something is done; return whether it was within so many seconds."""
    deadline = time.monotonic() + seconds
    client = connection.client
    while not done():
        sock, left = client.socket(), deadline - time.monotonic()
        if sock is None or left <= 0:
            return False
        if select.select([sock], [], [], left)[0]:
            client.loop_read()
    return True
