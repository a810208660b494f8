"""Reading ahead: paho asks the socket for a packet byte by byte, and each time costs a system call.

This gives it what one call to the operating system has brought, piece by piece.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paho.mqtt.client import Client

_BLOCK = 1 << 16
_REASON_AT = 2
"""Where in PUBREC the reason code stands: behind the packet identifier, and only where there is something to say."""
_FAILURE = 0x80


class ReadAhead:
    """Stands between paho and its non-blocking socket; paho's name for what it offers is `SocketLike`.

    Args:
        raw: the connected socket, with or without TLS.
    """

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self.dry = False
        """The last read took all there was, so the next is answered without asking; cleared after a poll."""
        self._block = b""
        self._at = 0
        self._pending = raw.pending if isinstance(raw, ssl.SSLSocket) else None
        self.send = raw.send
        self.fileno = raw.fileno
        self.setblocking = raw.setblocking

    def recv(self, size: int) -> bytes:
        """Return at most `size` bytes, and none at the end of the connection.

        Raises:
            BlockingIOError: there is nothing now.
        """
        at = self._at
        piece = self._block[at : at + size]
        if piece:
            self._at = at + len(piece)
            return piece
        if self.dry:
            self.dry = False
            raise BlockingIOError
        block = self.raw.recv(_BLOCK)
        self.dry = len(block) < _BLOCK and self._pending is None
        self._block, self._at = block, size
        return block[:size]

    def ready(self) -> bool:
        """Whether there is something to read that polling would not show."""
        return self._at < len(self._block) or (self._pending is not None and self._pending() > 0)

    def close(self) -> None:
        """Close the socket."""
        self.raw.close()


def client(*arguments: Any, **named: Any) -> Client:
    """Return a paho client for writing, which reads ahead; what it is given goes to paho's `Client`.

    It also notes, in its attribute `refused`, why QoS 2 messages were refused, by packet identifier: the
    broker says so in PUBREC (MQTT 5, section 3.5.2.1), which paho takes for a yes whatever it says.

    It rests on two methods that paho keeps for itself. Were `_create_socket` renamed, reading would be slower; were
    `_handle_pubrec`, the test with a broker that denies the topic would fail.
    """
    from paho.mqtt.client import Client as PahoClient
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.reasoncodes import ReasonCode

    class WritingClient(PahoClient):
        refused: dict[int, ReasonCode]

        def _create_socket(self) -> Any:
            self.refused = {}
            return ReadAhead(super()._create_socket())  # type: ignore[arg-type]

        def _handle_pubrec(self) -> Any:
            body = self._in_packet["packet"]
            if len(body) > _REASON_AT and body[_REASON_AT] >= _FAILURE:
                reason = ReasonCode(PacketTypes.PUBREC, identifier=body[_REASON_AT])
                self.refused[body[0] << 8 | body[1]] = reason
            return super()._handle_pubrec()

    return WritingClient(*arguments, **named)
