from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import UsageError
from collectors.message import Verifier, decode, drafter, encoder, read_stamp, stamp
from collectors.reading import Reading, Stream

RUN = "0123456789abcdef"

dates = st.integers(0, 2**53)
values = st.integers(-273_150, 1_000_000)
numbers = st.integers(1, 2**40)
notes = st.text(max_size=20)
readings = st.builds(Reading, numbers, dates, st.text(min_size=1, max_size=40), values, notes, st.just(0))


def test_the_first_generation_is_what_the_notes_show() -> None:
    reading = Reading(7, 1569070837982, "producer2_cpu", 76445, "", 0)
    assert encoder(1, "producer2_cpu")(reading) == (
        b'{"reading_date": "1569070837982", "reading_location": "producer2_cpu", "reading_value": "76445"}'
    )


def test_the_second_generation_is_what_the_notes_show() -> None:
    reading = Reading(50, 1569169582799, "producer2_cpu", 57452, "", 0)
    assert encoder(2, "producer2_cpu")(reading) == (
        b'{"date": "1569169582799", "loc": "producer2_cpu", "ttrans": 50, "value": "57452"}'
    )


@given(readings)
def test_messages_are_byte_for_byte_what_json_writes(reading: Reading) -> None:
    first: dict[str, object] = {
        "reading_date": str(reading.date),
        "reading_location": reading.location,
        "reading_value": str(reading.value),
    }
    second: dict[str, object] = {
        "date": str(reading.date),
        "loc": reading.location,
        "ttrans": reading.number,
        "value": str(reading.value),
    }
    if reading.note:
        first["reading_note"] = second["note"] = reading.note
    assert encoder(1, reading.location)(reading) == json.dumps(first).encode()
    assert encoder(2, reading.location)(reading) == json.dumps(second).encode()


@given(readings, st.sampled_from([1, 2]))
def test_a_message_gives_its_reading_back(reading: Reading, generation: int) -> None:
    assert decode(encoder(generation, reading.location)(reading), reading.number) == reading


@given(st.binary(max_size=200))
def test_no_message_at_all_is_a_value_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(payload, 1)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"date": "1", "loc": "a", "value": "2", "ttrans": 3}',
        b'{"date": "1", "loc": "a", "ttrans": "3", "value": "2"}',
        b'{"date": "x", "loc": "a", "ttrans": 3, "value": "2"}',
        b'{"date": "1", "loc": 5, "ttrans": 3, "value": "2"}',
        b'{"date": "1", "loc": "a", "ttrans": true, "value": "2"}',
        b'{"date": "1", "loc": "a", "ttrans": 3, "value": "2", "extra": ""}',
    ],
)
def test_what_is_nearly_a_message_is_a_value_error(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(payload, 1)


@given(readings, st.sampled_from([1, 2]), st.integers(0, 10_000), st.integers(1, 255))
def test_any_byte_that_changes_is_seen(reading: Reading, generation: int, at: int, flip: int) -> None:
    stream = Stream(RUN, 3)
    check = stream.checksum(*reading[:5])
    payload = encoder(generation, reading.location)(reading)
    verifier = Verifier(RUN, generation)
    assert verifier.intact(payload, 3, reading.number, check)
    changed = bytearray(payload)
    changed[at % len(changed)] ^= flip
    assert not verifier.intact(bytes(changed), 3, reading.number, check)


def test_a_message_of_another_run_producer_or_number_is_not_intact() -> None:
    reading = Reading(5, 1, "here", 2, "", 0)
    check = Stream(RUN, 3).checksum(*reading[:5])
    payload = encoder(1, "here")(reading)
    assert Verifier(RUN, 1).intact(payload, 3, 5, check)
    assert not Verifier("fedcba9876543210", 1).intact(payload, 3, 5, check)
    assert not Verifier(RUN, 1).intact(payload, 4, 5, check)
    assert not Verifier(RUN, 1).intact(payload, 3, 6, check)


@given(numbers, st.integers(0, 2**32 - 1), st.integers(0, 10_000))
def test_a_stamp_gives_back_what_it_was_made_of(number: int, check: int, producer: int) -> None:
    text = stamp(Stream(RUN, producer))(Reading(number, 1, "here", 2, "", check))
    assert read_stamp(text) == (RUN, producer, number, check)


@given(st.lists(readings, min_size=1, max_size=4), st.integers(0, 2**32 - 1), st.sampled_from([1, 2]))
def test_message_and_stamp_made_by_one_call_are_the_same(many: list[Reading], check: int, generation: int) -> None:
    location, stream = many[0].location, Stream(RUN, 3)
    draft = drafter(generation, location, stream)
    for reading in [each._replace(checksum=check) for each in [*many, *many]]:
        text, mark = draft(reading.number, reading.date, reading.value, reading.note, check)
        assert text.encode() == encoder(generation, location)(reading)
        assert mark == stamp(stream)(reading)


def test_there_are_two_generations() -> None:
    with pytest.raises(UsageError, match="generation 3: expected 1 or 2"):
        encoder(3, "here")
    with pytest.raises(UsageError, match="generation 3: expected 1 or 2"):
        drafter(3, "here", Stream(RUN, 3))


@pytest.mark.parametrize("run", ["", "xyz", "ABCDEF01", "0" * 33])
def test_a_run_is_named_in_hexadecimal(run: str) -> None:
    with pytest.raises(UsageError, match="expected 8 to 32"):
        Stream(run, 0)
