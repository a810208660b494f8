"""Cuts what a broker answers to a publisher into packets, one block at a time (MQTT 3.1.1 and 5, chapters 2 and 3)."""

from __future__ import annotations

from collections.abc import Iterator

from .mqtt_stream import MORE, remaining_length

FAILURE = 0x80
"""From here on a reason code says no (MQTT 5, section 2.4)."""
_PUBACK, _DISCONNECT = 0x40, 0xE0
_REASON_AT = 2
"""Where in PUBACK the reason code stands: behind the packet identifier, and only where there is something to say."""


class Answers:
    """Keeps what one block leaves of an unfinished packet for the next."""

    def __init__(self) -> None:
        self.ended: int | None = None
        """The reason code with which the broker ended the connection, where it said so."""
        self.rest = b""
        """The beginning of a packet that is not complete yet."""

    def acknowledgements(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Take a block as it was read; yield packet identifier and reason code of each PUBACK that is complete now.

        Raises:
            ValueError: this is not MQTT.
        """
        block = self.rest + data if self.rest else data
        at, end = 0, len(block)
        while end - at > 1:
            length, start = block[at + 1], at + 2
            if length & MORE:
                length, start = remaining_length(block, at + 1)
                if length < 0:
                    break
            stop = start + length
            if stop > end:
                break
            kind = block[at]
            if kind == _PUBACK and length >= _REASON_AT:
                yield block[start] << 8 | block[start + 1], block[start + _REASON_AT] if length > _REASON_AT else 0
            elif kind == _DISCONNECT:
                self.ended = block[start] if length else 0
            at = stop
        self.rest = block[at:]


def reason_of(code: int, *, disconnect: bool = False) -> str:
    """Return the name of a reason code in PUBACK, or in DISCONNECT, in lower case as an error says it."""
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.reasoncodes import ReasonCode

    if disconnect and code < FAILURE:
        return "closed by the broker"
    try:
        return str(ReasonCode(PacketTypes.DISCONNECT if disconnect else PacketTypes.PUBACK, identifier=code)).lower()
    except (KeyError, ValueError):
        return f"reason code {code:#04x}"
