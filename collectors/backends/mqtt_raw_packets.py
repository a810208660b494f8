"""PUBLISH packets of one stream, encoded beforehand but for what changes from reading to reading.

MQTT 3.1.1 and 5, section 3.3. All of a packet comes out of one formatting, in a twentieth of the time that it takes a
client library.
"""

from __future__ import annotations

from typing import Any

from ..message import encoder, stamp
from ..reading import Reading
from .base import Assignment, RawReading

_PUBLISH = 0x30
_MORE = 0x80
"""Set in every byte of a length but its last (MQTT 5, section 1.5.5)."""
_NO_PROPERTIES = b"\0"
_WHOLE: Any = "%d"
"""Given to the encoder in the place of a number, it makes a format of the message, whatever the message looks like."""
_NO_CHECKSUM = "0" * 8


class Packets:
    """Makes the packets; message and stamp in them are those of `message.encoder` and `message.stamp`.

    Args:
        assignment: whose readings; its settings `topic` and `protocol` count.
        qos: 0 or 1.
    """

    def __init__(self, assignment: Assignment, qos: int) -> None:
        generation, location = assignment.generation, assignment.location
        mark = stamp(assignment.stream)(Reading(_WHOLE, 0, "", 0, "", 0)).removesuffix(_NO_CHECKSUM)
        topic = f"{assignment.settings['topic']}/".encode()
        self._encode = encoder(generation, location)
        self._kind = bytes([_PUBLISH | qos << 1])
        self._topic_bytes = len(topic) + len(mark) - len(_WHOLE) + len(_NO_CHECKSUM)
        """Length of a topic, but for the digits of the running number."""
        self._topic = _literal(topic) + mark.encode() + b"%08x%b"
        """Takes number, checksum and packet identifier."""
        self._properties = _NO_PROPERTIES if assignment.settings["protocol"] == "5" else b""
        message = encoder(generation, location.replace("%", "%%"))(Reading(_WHOLE, _WHOLE, "", _WHOLE, "", 0))
        self._is_numbered = self._encode(Reading(1, 0, "", 0, "", 0)) != self._encode(Reading(2, 0, "", 0, "", 0))
        self._body = self._topic + self._properties + message
        """What follows the lengths. The message takes date, number if it has one, and value."""
        self._from = self._below = 0
        """The running numbers with as many digits as the format is for."""
        self._start = self._head = self._format = b""
        self._size = 0
        """The format is right for packets of this size."""

    def pack(self, reading: RawReading, identifier: bytes = b"") -> bytes:
        """Return the packet of one reading.

        Args:
            reading: of the assignment's location.
            identifier: the packet identifier, two bytes; none with QoS 0.
        """
        number, date, _, value, note, check = reading
        if not self._from <= number < self._below:
            self._set_digits(len(str(number)))
        if note:
            return self._with_note(reading, identifier)
        if self._is_numbered:
            packet = self._format % (number, check, identifier, date, number, value)
        else:
            packet = self._format % (number, check, identifier, date, value)
        return packet if len(packet) == self._size else self._resized(packet)

    def _set_digits(self, digits: int) -> None:
        """Make the format for numbers with so many digits."""
        self._from, self._below = 10 ** (digits - 1), 10**digits
        self._start = (self._topic_bytes + digits).to_bytes(2)
        self._set_length(0)

    def _set_length(self, length: int) -> None:
        """Make the format for packets of which so much follows the first length."""
        self._head = self._kind + _encoded(length)
        self._size = len(self._head) + length
        self._format = _literal(self._head + self._start) + self._body

    def _resized(self, packet: bytes) -> bytes:
        """Put another length in front, and into the format for those that follow."""
        rest = packet[len(self._head) :]
        self._set_length(len(rest))
        return self._head + rest

    def _with_note(self, reading: RawReading, identifier: bytes) -> bytes:
        topic = self._topic % (reading[0], reading[-1], identifier)
        rest = self._start + topic + self._properties + self._encode(Reading(*reading))
        return self._kind + _encoded(len(rest)) + rest


def _encoded(length: int) -> bytes:
    """Return a length as it stands in a packet: 7 bits a byte, the lowest first."""
    encoded = bytearray()
    while length >= _MORE:
        encoded.append(length % _MORE | _MORE)
        length //= _MORE
    encoded.append(length)
    return bytes(encoded)


def _literal(text: bytes) -> bytes:
    """Return what `%` formatting makes these bytes of: a byte of a length may be a percent sign, too."""
    return text.replace(b"%", b"%%")
