"""What a broker says of itself under `$SYS`, as Mosquitto and most others do."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection

from ..errors import ServerError
from .mqtt_connection import Connection
from .mqtt_subscription import pump, subscribe

VERSION = "$SYS/broker/version"
DROPPED = "$SYS/broker/publish/messages/dropped"
RECEIVED = "$SYS/broker/publish/messages/received"
SENT = "$SYS/broker/publish/messages/sent"
UPTIME = "$SYS/broker/uptime"
"""Changes whenever the broker has renewed the others."""
WATCHED = (DROPPED, RECEIVED, SENT, UPTIME)

_SECONDS = 3.0
_TOGETHER_SECONDS = 0.2
_KEPT_SECONDS = 1.0
"""After the subscription, within which a broker has sent what it had kept."""


def read(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """Return what the broker has published under these topics; those it does not have are missing.

    Brokers keep them as retained messages, which come right after the subscription.
    """
    found: dict[str, str] = {}
    # A broker without them, or one that keeps them from us, is no error.
    with contextlib.suppress(ServerError):
        subscribe(connection, [(name, 0) for name in names], found.__setitem__)
        pump(connection, lambda: len(found) == len(names), _SECONDS)
    return found


class CounterWatch:
    """Follows the broker's counters while a run goes on."""

    def __init__(self) -> None:
        self._made = time.monotonic()
        self._before: dict[str, str] = {}
        self._after: dict[str, str] = {}
        self._renewed = 0.0
        """When the broker renewed them last, in seconds of the monotonic clock."""

    def take(self, heard: list[tuple[str, str]]) -> None:
        """Take topics and texts as they came."""
        for topic, text in heard:
            # A broker sends at once what it has kept; what comes later for the first time had been forgotten.
            if time.monotonic() < self._made + _KEPT_SECONDS:
                self._before.setdefault(topic, text)
            self._after[topic] = text
            if topic == UPTIME:
                self._renewed = time.monotonic()

    def up_to_date(self, last_came: float) -> bool:
        """Whether all of them were renewed after the last reading came, or there are none."""
        # They come one by one, the uptime first.
        return not self._after or last_came < self._renewed < time.monotonic() - _TOGETHER_SECONDS

    def since_start(self, last_came: float) -> dict[str, int | None]:
        """Return by how much each has grown; None where that is not known.

        That is so where it was not renewed after the last reading came, or not told at the beginning. Drops that were
        not told at the beginning count from 0: rather too many than none.
        """
        counted: dict[str, int | None] = {}
        for name, topic in (("dropped", DROPPED), ("received", RECEIVED), ("sent", SENT)):
            grown = int(self._after.get(topic, 0)) - int(self._before.get(topic, 0))
            known = topic in self._before or topic not in self._after or topic == DROPPED
            counted[name] = grown if known and self._renewed > last_came else None
        return counted
