"""Moves packets between a socket and paho without a thread."""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING, Any

from .mqtt_ahead import ReadAhead
from .mqtt_connection import Connection

if TYPE_CHECKING:
    from paho.mqtt.client import Client

SLICE = 1.0
"""Seconds to wait at a time; in between paho may ping."""
SLICE_MS = 1000 * SLICE


def _why(reason: Any) -> str:
    text = str(reason).lower()
    return "closed by the broker" if text in ("unspecified error", "normal disconnection") else text


class PacketPump:
    """Moves packets between the socket and paho, waiting where that is needed."""

    def __init__(self, connection: Connection) -> None:
        self.client = connection.client
        self.gone = ""
        """Why the connection is lost; empty while it is there."""
        self.client.on_disconnect = self._on_disconnect
        ahead: Any = self.client.socket()
        self._ahead: ReadAhead = ahead
        self._registered = select.poll()
        self._registered.register(ahead, select.POLLIN)
        self._poll = self._registered.poll

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.gone = self.gone or _why(reason)

    def turn(self, milliseconds: float) -> None:
        """Wait until the broker sends something or takes more, and let paho work on it."""
        client, ahead = self.client, self._ahead
        if client.want_write():
            self._turn_writing(milliseconds)
            return
        if not ahead.ready() and not self._poll(milliseconds):
            if client.loop_misc():
                self.gone = self.gone or "no sign of life"
            return
        ahead.dry = False
        if client.loop_read():
            self.gone = self.gone or "closed by the broker"

    def _turn_writing(self, milliseconds: float) -> None:
        """As `turn`, while packets wait for room in the socket's buffer."""
        if self.gone:
            return
        self._registered.modify(self._ahead, select.POLLIN | select.POLLOUT)
        happened = self._poll(0 if self._ahead.ready() else milliseconds)
        self._registered.modify(self._ahead, select.POLLIN)
        events = happened[0][1] if happened else 0
        failed = bool(events & select.POLLOUT and self.client.loop_write())
        if not self.gone and (events & ~select.POLLOUT or self._ahead.ready()):
            self._ahead.dry = False
            failed = bool(self.client.loop_read())
        if failed:
            self.gone = self.gone or "closed by the broker"

    def hurry(self) -> None:
        """Have the operating system confirm what it received at once.

        A broker that leaves Nagle's algorithm on, as Mosquitto does, keeps back all but the first of several
        acknowledgements until that one is confirmed, which Linux does 40 ms late where nothing else is to be sent.
        """
        self._ahead.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
