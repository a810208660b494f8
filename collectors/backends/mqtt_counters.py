"""What a broker says of itself under `$SYS`, as Mosquitto and most others do."""

from __future__ import annotations

import select
import time
from collections.abc import Collection
from typing import Any

from .mqtt_connection import Connection

VERSION = "$SYS/broker/version"
DROPPED = "$SYS/broker/publish/messages/dropped"
RECEIVED = "$SYS/broker/publish/messages/received"
SENT = "$SYS/broker/publish/messages/sent"
UPTIME = "$SYS/broker/uptime"
"""Changes whenever the broker has renewed the others."""

_SECONDS = 3.0


def read(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """Return what the broker has published under these topics; those it does not have are missing.

    Brokers keep them as retained messages, which come right after the subscription.
    """
    client = connection.client
    found: dict[str, str] = {}
    refused: list[bool] = []

    def on_message(_client: Any, _data: Any, message: Any) -> None:
        found[message.topic] = message.payload.decode(errors="replace")

    def on_subscribe(_client: Any, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        refused.extend(reason.is_failure for reason in reasons)

    client.on_message = on_message
    client.on_subscribe = on_subscribe
    client.subscribe([(name, 0) for name in names])
    deadline = time.monotonic() + _SECONDS
    while len(found) < len(names) and not any(refused):
        sock, left = client.socket(), deadline - time.monotonic()
        if sock is None or left <= 0:
            break
        if select.select([sock], [], [], left)[0]:
            client.loop_read()
    return found
