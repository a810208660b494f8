"""What Mosquitto counts under `$SYS`, and when that is up to date."""

from __future__ import annotations

import time

from ..errors import ServerError
from .counting import Difference, Snapshot
from .mqtt_connection import Connection
from .mqtt_counters import DROPPED, RECEIVED, SENT, UPTIME
from .mqtt_refusals import CONNECT_SECONDS
from .mqtt_subscription import pump, subscribe

COUNTERS = (
    RECEIVED,  # PUBLISH packets from clients
    SENT,  # PUBLISH packets to subscribers, those of $SYS among them
    DROPPED,  # messages that found no room in a subscriber's queue
    *("$SYS/broker/publish/bytes/received", "$SYS/broker/publish/bytes/sent"),  # payload alone
    *("$SYS/broker/messages/received", "$SYS/broker/messages/sent"),  # packets of any kind
    *("$SYS/broker/bytes/received", "$SYS/broker/bytes/sent"),  # all, but for TCP and TLS
)
LEVELS = (
    *("$SYS/broker/clients/connected", "$SYS/broker/store/messages/count", "$SYS/broker/subscriptions/count"),
    *("$SYS/broker/store/messages/bytes", "$SYS/broker/heap/current"),  # bytes
)
"""Topics as mosquitto(8), "Broker status", has them. The broker does not publish what has not changed, and
forgets after a minute what it has published (sys_tree.c and retain.c of Mosquitto 2.0)."""
POKE = "thermobench/counts"
"""The topic of a message that nobody hears: it makes the broker publish what it has received."""

_STILL_SECONDS = 55.0
"""For how long a counter has not changed that is forgotten: 60 s, but for the seconds between two renewals."""
_LIMIT_SECONDS = 25.0
"""How long to wait for new counters: by default Mosquitto renews them every 10 s, and two renewals may be needed."""


def counts(connection: Connection, *, acknowledged: bool) -> Snapshot:
    """Return the broker's counters, renewed after everything sent so far was taken in; empty if it has none.

    A broker publishes them now and then, the uptime first, and keeps the last ones for who subscribes later, for a
    minute. So it is sent a message, which counts as received: one for each time that this is asked. What was
    acknowledged is counted, so the first renewal has it. What was sent without an answer may still lie in a socket's
    buffer: then a renewal has to agree with the one before it.

    Args:
        connection: of its own, open as long as this takes.
        acknowledged: whether the broker has answered for everything (QoS 1 and 2).

    Raises:
        ServerError: it did not renew them in time, or they never came to rest, or the connection was lost.
    """
    heard: dict[str, str] = {}
    subscribe(connection, [(name, 0) for name in (UPTIME, *COUNTERS, *LEVELS)], heard.__setitem__)
    _answered(connection)
    if UPTIME not in heard:
        return Snapshot()
    connection.client.publish(POKE, b"?")
    _answered(connection)  # so that no renewal that is waited for comes before it
    deadline = time.monotonic() + _LIMIT_SECONDS
    _await_renewal(connection, heard, deadline)
    received = None if acknowledged else heard.get(RECEIVED)
    while received is not None:
        _await_renewal(connection, heard, deadline)
        before, received = received, heard[RECEIVED]
        if received == before:
            break
    return Snapshot(
        at=time.monotonic(),
        # Brokers of other makes may say more than a number.
        counters={name: float(heard[name].split()[0]) for name in COUNTERS if name in heard},
        levels={name: float(heard[name].split()[0]) for name in LEVELS if name in heard},
        uptimes={"": float(heard[UPTIME].split()[0])},
        untold=frozenset(COUNTERS) - heard.keys(),
        still_seconds=_STILL_SECONDS,
    )


def stored(since: Difference, qos: int) -> int | None:
    """Return how many messages the broker took in, from whomever but `counts`; None for QoS 2, which it does not count.

    It took them off the wire: what it threw away for want of permission is among them.
    """
    growth = since.grown.get(RECEIVED)
    # The second of two snapshots has a message of its own between it and the first.
    return None if growth is None or qos not in {0, 1} else round(growth) - 1


def _await_renewal(connection: Connection, heard: dict[str, str], deadline: float) -> None:
    uptime = heard[UPTIME]
    if not pump(connection, lambda: heard[UPTIME] != uptime, deadline - time.monotonic()):
        raise ServerError(
            f"{connection.address}: its counters under $SYS were not renewed, or still changed, after "
            f"{_LIMIT_SECONDS:.0f} s"
        )
    _answered(connection)


def _answered(connection: Connection) -> None:
    """Return when the broker has answered, so that all it had sent before has been heard.

    Packets on one connection keep their order (MQTT 3.1.1, section 4.6).
    """
    came: list[bool] = []
    client = connection.client
    client.on_subscribe = lambda *_: came.append(True)
    client.subscribe(UPTIME)
    if not pump(connection, lambda: came, CONNECT_SECONDS):
        raise ServerError(f"{connection.address}: no answer, or the connection was closed", "its log says more")
