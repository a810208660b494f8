"""Cutting a broker's bytes into packets, wherever the blocks end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.backends.mqtt_stream import PacketStream, messages

Message = tuple[bytes, bytes, int, int]


def packet(kind: int, body: bytes) -> bytes:
    length, rest = b"", len(body)
    while True:
        rest, byte = rest >> 7, rest & 0x7F
        length += bytes([byte | 0x80 if rest else byte])
        if not rest:
            return bytes([kind]) + length + body


def published(topic: bytes, payload: bytes, qos: int, mid: int) -> bytes:
    identifier = mid.to_bytes(2, "big") if qos else b""
    return packet(0x30 | qos << 1, len(topic).to_bytes(2, "big") + topic + identifier + payload)


MESSAGES = st.lists(
    st.tuples(
        st.binary(min_size=1, max_size=30).filter(lambda topic: topic[:1] != b"$"),
        st.binary(max_size=200),
        st.integers(0, 2),
        st.integers(1, 65535),
    ),
    max_size=6,
)
ANSWERS = {1: b"\x40\x02", 2: b"\x50\x02"}


def check(sent: list[Message], cuts: list[int]) -> None:
    """Feed messages, a PUBREL and a PINGRESP in blocks of these sizes, over and over."""
    data = b"".join(published(*one) for one in sent) + packet(0x62, b"\x00\x07") + packet(0xD0, b"")
    stream, found, answers, at, turn = PacketStream(), [], b"", 0, 0
    while at < len(data):
        packets, answer = stream.feed(data[at : at + cuts[turn % len(cuts)]])
        found += messages(packets)
        answers += answer
        at, turn = at + cuts[turn % len(cuts)], turn + 1
    assert found == [(topic, payload) for topic, payload, _, _ in sent]
    assert stream.published == len(sent)
    expected = [ANSWERS[qos] + mid.to_bytes(2, "big") for _, _, qos, mid in sent if qos]
    assert answers == b"".join(expected) + b"\x70\x02\x00\x07"


@settings(deadline=None)
@given(sent=MESSAGES, cuts=st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_every_message_comes_out_once_and_is_answered(sent: list[Message], cuts: list[int]) -> None:
    check(sent, cuts)


@pytest.mark.parametrize("size", [0, 127, 128, 16_383, 16_384, 100_000])
def test_lengths_of_one_two_and_three_bytes_are_read(size: int) -> None:
    sent = [(b"t", bytes(max(0, size - overhead)), 1, 5) for overhead in (0, 5, 6)]
    check(sent, [size + 3])
    check(sent, [4096])


def test_what_the_broker_says_of_itself_is_kept_apart() -> None:
    stream = PacketStream()
    stream.feed(published(b"$SYS/broker/uptime", b"7 seconds", 0, 0) + published(b"t", b"x", 0, 0))
    assert stream.system == [("$SYS/broker/uptime", "7 seconds")]
    assert stream.published == 1


def test_a_length_of_more_than_four_bytes_is_not_mqtt() -> None:
    with pytest.raises(ValueError, match="more than 4 bytes"):
        PacketStream().feed(b"\x30\xff\xff\xff\xff\x7f" + bytes(10))
