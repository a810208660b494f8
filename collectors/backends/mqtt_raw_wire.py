"""The socket under the raw writers: one system call to send, one to receive, and signs of life in between."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time

from .mqtt_connection import Connection

BLOCK = 1 << 14
_SLICE = 1.0
"""Seconds to wait at a time; in between the broker may need a sign of life."""
_TIMEVAL = "@ll" if socket.SO_RCVTIMEO == 20 else "@qq"  # noqa: PLR2004
"""A `struct timeval`: where a 32-bit machine has 64-bit times, the option has another number than 20, too."""
_PINGREQ = b"\xc0\x00"


class Wire:
    """A connection to a broker, taken over from who made it.

    The socket blocks, and the kernel keeps the time (socket(7), SO_RCVTIMEO and SO_SNDTIMEO), so that nothing has to
    ask first whether there is something to read or room to write. Nothing here raises; what ends the connection is
    told by `gone`.

    Args:
        connection: accepted by the broker, without TLS.
        timeout: seconds for which the broker may take nothing.
    """

    def __init__(self, connection: Connection, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._keepalive = connection.client.keepalive
        self.slice = min(_SLICE, timeout, self._keepalive / 2 or _SLICE)
        """The longest that `receive` waits, in seconds."""
        sock = connection.client.socket()
        assert isinstance(sock, socket.socket)  # noqa: S101 – for the type checker
        self._socket = sock
        sock.setblocking(True)
        limit = struct.pack(_TIMEVAL, int(self.slice), int(self.slice % 1 * 1e6))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            sock.setsockopt(socket.SOL_SOCKET, option, limit)
        self.send_now, self.receive_now = sock.send, sock.recv
        """The socket's own, which raise OSError: where each reading is waited for, a call more shows."""
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self.gone = ""
        """Why the connection is lost; empty while it is there."""
        self.sent_any = True
        """Whether anything was sent since `keep_alive` was called."""
        self._quiet_since = 0.0
        self._pinged = 0.0
        """When the broker was asked for a sign of life that has not come yet; 0 if it was not."""

    def send(self, data: bytes) -> int:
        """Hand bytes to the operating system; return how many it has taken, fewer only where the connection is lost."""
        if self.gone:
            return 0
        self.sent_any = True
        try:
            taken = self._socket.send(data)
        except OSError:
            taken = 0
        return taken if taken == len(data) else self.send_rest(data, taken)

    def send_rest(self, data: bytes, taken: int) -> int:
        """Do as `send`, after a first attempt that took so much of it; 0 where that took `slice` seconds or failed."""
        view = memoryview(data)[taken:]
        # Where nothing was taken, one slice has gone by already.
        deadline = time.monotonic() + self._timeout - (0.0 if taken else self.slice)
        while view and not self.gone:
            try:
                view = view[self._socket.send(view) :]
                deadline = time.monotonic() + self._timeout
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    self.gone = f"nothing taken for {self._timeout:g} s"
            except OSError as error:
                self._lose(error)
        return len(data) - len(view)

    def receive(self) -> bytes:
        """Wait until something comes and return it; nothing where nothing came for `slice` seconds."""
        try:
            data = self._socket.recv(BLOCK)
        except BlockingIOError:
            return b""
        except OSError as error:
            self._lose(error)
            return b""
        if not data:
            self.gone = self.gone or "closed by the broker"
        self._pinged = 0.0
        return data

    def receive_within(self, seconds: float) -> bytes:
        """As `receive`, waiting for so many seconds and no longer than that does; 0: return what is there."""
        return self.receive() if self._poll.poll(min(seconds, self.slice) * 1000) else b""

    def keep_alive(self) -> None:
        """Ping if nothing was sent for half the time that the broker gives us; call it each `slice` seconds."""
        now = time.monotonic()
        if self.sent_any:
            self.sent_any, self._quiet_since = False, now
        if self._pinged and now - self._pinged > self._keepalive:
            self.gone = self.gone or "no sign of life"
        elif self._keepalive and now - self._quiet_since >= self._keepalive / 2:
            self._quiet_since = now
            self._pinged = self._pinged or now
            self.send(_PINGREQ)
            self.sent_any = False

    def hurry(self) -> None:
        """Have the operating system confirm what it received at once; see `PacketPump.hurry`."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def close(self) -> None:
        """Let go; a packet that was not sent wholly stays so."""
        if self.gone:
            self._connection.abort()
            return
        self.gone = "closed here"
        self._socket.setblocking(False)
        self._connection.close()

    def _lose(self, error: OSError) -> None:
        self.gone = self.gone or (error.strerror or str(error)).lower()
