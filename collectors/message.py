"""The two generations of message, byte for byte as the notes of 2019 show them (R3 and R4)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .errors import UsageError
from .reading import Reading, Stream, checksum

Encoder = Callable[[Reading], bytes]
Draft = Callable[[int, int, int, str, int], tuple[str, str]]
"""Makes message and stamp, both in ASCII, of a reading's number, date, value, note and checksum."""

_FIRST = ("reading_date", "reading_location", "reading_value")
_SECOND = ("date", "loc", "ttrans", "value")


def encoder(generation: int, location: str) -> Encoder:
    """Return what makes messages of one generation for readings of one location.

    Generation 1: `{"reading_date": "1569169582799", "reading_location": "producer2_cpu", "reading_value": "57452"}`
    Generation 2: `{"date": "1569169582799", "loc": "producer2_cpu", "ttrans": 50, "value": "57452"}`

    Spaces and the order of keys included, as `json.dumps` writes them. A reading with a note, which the notes' own
    sensor never had, gets one more key at the end: `reading_note`, or `note`.

    Raises:
        UsageError: generation is neither 1 nor 2.
    """
    place = json.dumps(location)
    if generation == 1:
        middle = f'", "reading_location": {place}, "reading_value": "'

        def encode(reading: Reading) -> bytes:
            note = f', "reading_note": {json.dumps(reading.note)}' if reading.note else ""
            return f'{{"reading_date": "{reading.date}{middle}{reading.value}"{note}}}'.encode()

    elif generation == 2:  # noqa: PLR2004 – the generation's own number
        middle = f'", "loc": {place}, "ttrans": '

        def encode(reading: Reading) -> bytes:
            note = f', "note": {json.dumps(reading.note)}' if reading.note else ""
            return f'{{"date": "{reading.date}{middle}{reading.number}, "value": "{reading.value}"{note}}}'.encode()

    else:
        raise UsageError(f"message generation {generation}: expected 1 or 2")
    return encode


def decode(payload: bytes, number: int) -> Reading:
    """Return the reading that a message of either generation holds, its checksum computed as 0.

    Args:
        payload: the message.
        number: its running number, for the first generation, which has none.

    Raises:
        ValueError: not a message of either generation.
    """
    try:
        fields: dict[str, Any] = json.loads(payload)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")
    keys = tuple(fields)
    if keys[:3] == _FIRST and keys[3:] in ((), ("reading_note",)):
        date, location, value = (fields[key] for key in _FIRST)
    elif keys[:4] == _SECOND and keys[4:] in ((), ("note",)):
        date, location, number, value = (fields[key] for key in _SECOND)
    else:
        raise ValueError(f"keys {', '.join(keys)}: of neither message generation")
    note = fields.get("note", fields.get("reading_note", ""))
    if not (isinstance(location, str) and isinstance(note, str) and type(number) is int):
        raise ValueError("a field has the wrong type")
    (location + note).encode()  # half a surrogate pair, which JSON can hold, is no text: a ValueError, too
    return Reading(number, int(date), location, int(value), note, 0)


class Verifier:
    """Tells whether messages of one run are exactly as they were sent.

    Args:
        run: the run they belong to.
        generation: the message generation they were sent in.
    """

    def __init__(self, run: str, generation: int) -> None:
        self.run = run
        self.generation = generation
        self._known: dict[tuple[int, str], tuple[int, Encoder]] = {}

    def intact(self, payload: bytes, producer: int, number: int, sent_checksum: int) -> bool:
        """Whether the payload, byte for byte, is the message whose checksum travelled beside it."""
        try:
            reading = decode(payload, number)
        except ValueError:
            return False
        known = self._known.get((producer, reading.location))
        if known is None:
            seed = Stream(self.run, producer).seed(reading.location)
            known = seed, encoder(self.generation, reading.location)
            self._known[producer, reading.location] = known
        seed, encode = known
        found = checksum(seed, reading.number, reading.date, reading.value, reading.note)
        return reading.number == number and found == sent_checksum and encode(reading) == payload


def stamp(stream: Stream) -> Callable[[Reading], str]:
    """Return what makes the text that goes beside a message: `run/producer/number/checksum`, the last in hex."""
    start = f"{stream.run}/{stream.producer}/"
    return lambda reading: f"{start}{reading.number}/{reading.checksum:08x}"


def drafter(generation: int, location: str, stream: Stream) -> Draft:
    """Return what makes the same messages and stamps as `encoder` and `stamp` do, both by one call, in half the time.

    What depends on the date alone is made once a millisecond, and nothing is looked up in a `Reading`.

    Raises:
        UsageError: generation is neither 1 nor 2.
    """
    place, start = json.dumps(location), f"{stream.run}/{stream.producer}/"
    if generation == 1:
        front, middle, key = '{"reading_date": "', f'", "reading_location": {place}, "reading_value": "', "reading_note"
    elif generation == 2:  # noqa: PLR2004 – the generation's own number
        front, middle, key = '{"date": "', f'", "loc": {place}, "ttrans": ', "note"
    else:
        raise UsageError(f"message generation {generation}: expected 1 or 2")
    numbered, last, head = generation != 1, -1, ""

    def draft(number: int, date: int, value: int, note: str, check: int) -> tuple[str, str]:
        nonlocal last, head
        if date != last:
            last, head = date, f"{front}{date}{middle}"
        digits, end = str(number), f', "{key}": {json.dumps(note)}}}' if note else "}"
        text = f'{head}{digits}, "value": "{value}"{end}' if numbered else f'{head}{value}"{end}'
        return text, f"{start}{digits}/{check.to_bytes(4).hex()}"

    return draft


def read_stamp(text: str) -> tuple[str, int, int, int]:
    """Return run, producer, number and checksum of what `stamp` made.

    Raises:
        ValueError: it was not made by `stamp`.
    """
    if not (found := _STAMP.fullmatch(text)):
        raise ValueError(f"not a stamp: {text!r}")
    run, producer, number, check = found.groups()
    return run, int(producer), int(number), int(check, 16)


_STAMP = re.compile(r"([0-9a-f]{8,32})/(0|[1-9][0-9]*)/([1-9][0-9]*)/([0-9a-f]{8})", re.ASCII)
