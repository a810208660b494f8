"""Cutting a broker's bytes into packets, wherever the blocks end."""

from __future__ import annotations

import pytest
from hypothesis import given
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
        st.one_of(st.binary(max_size=200), st.integers(16_000, 17_000).map(bytes)),
        st.integers(0, 2),
        st.integers(1, 65535),
    ),
    max_size=6,
)


@given(sent=MESSAGES, cuts=st.lists(st.integers(1, 20_000), min_size=1, max_size=8), ones=st.booleans())
def test_every_message_comes_out_once_and_is_answered(sent: list[Message], cuts: list[int], ones: bool) -> None:
    release, ping = packet(0x62, b"\x00\x07"), packet(0xD0, b"")
    data = b"".join(published(*one) for one in sent) + release + ping
    stream, found, answers, at, turn = PacketStream(), [], b"", 0, 0
    while at < len(data):
        size = 1 if ones and len(data) < 5000 else cuts[turn % len(cuts)]
        packets, answer = stream.feed(data[at : at + size])
        found += messages(packets)
        answers += answer
        at, turn = at + size, turn + 1
    assert found == [(topic, payload) for topic, payload, _, _ in sent]
    assert stream.published == len(sent)
    expected = [
        bytes([0, 0x40, 0x50][qos : qos + 1]) + b"\x02" + mid.to_bytes(2, "big") for _, _, qos, mid in sent if qos
    ]
    assert answers == b"".join(expected) + b"\x70\x02\x00\x07"


def test_what_the_broker_says_of_itself_is_kept_apart() -> None:
    stream = PacketStream()
    stream.feed(published(b"$SYS/broker/uptime", b"7 seconds", 0, 0) + published(b"t", b"x", 0, 0))
    assert stream.system == [("$SYS/broker/uptime", "7 seconds")]
    assert stream.published == 1


def test_a_length_of_more_than_four_bytes_is_not_mqtt() -> None:
    with pytest.raises(ValueError, match="more than 4 bytes"):
        PacketStream().feed(b"\x30\xff\xff\xff\xff\x7f" + bytes(10))
