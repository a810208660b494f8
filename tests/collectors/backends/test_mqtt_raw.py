"""What the raw MQTT writers are made of: packets, what is outstanding, what a broker answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.backends import mqtt_raw_window
from collectors.backends.mqtt_raw import MqttRawBackend
from collectors.backends.mqtt_raw_answers import Answers, reason_of
from collectors.backends.mqtt_raw_packets import Packets
from collectors.backends.mqtt_raw_window import Window
from collectors.backends.mqtt_raw_writer import whole
from collectors.backends.mqtt_stream import PacketStream, messages
from collectors.endpoint import Endpoint
from collectors.errors import UsageError
from collectors.message import encoder, stamp
from collectors.reading import Reading
from tests.writing import assignment_for

BACKEND = MqttRawBackend()
READINGS = st.builds(
    Reading,
    st.integers(1, 10**12) | st.sampled_from([9, 10, 99_999, 100_000]),
    st.just(1569169582799),
    st.just(""),
    st.integers(-300_000, 300_000),
    st.sampled_from(["", "humidity 45.2 %", "x" * 20_000]),
    st.integers(0, 2**32 - 1),
)


@settings(max_examples=60, deadline=None)
@given(
    topic=st.sampled_from(["t", "shelf/küche", "100%d/%s", "y" * 300]),
    protocol=st.sampled_from(["3.1.1", "5"]),
    message=st.fixed_dictionaries(
        {"generation": st.sampled_from([1, 2]), "location": st.sampled_from(["pi_cpu", 'ü"%d'])}
    ),
    identifier=st.sampled_from([0, 1, 37, 128, 65535]),
    readings=st.lists(READINGS, min_size=1, max_size=5),
)
def test_packets_hold_what_encoder_and_stamp_make(
    topic: str, protocol: str, message: dict[str, Any], identifier: int, readings: list[Reading]
) -> None:
    assignment = assignment_for(BACKEND, Endpoint(), **message, given={"topic": topic, "protocol": protocol})
    packets = Packets(assignment, qos=1 if identifier else 0)
    told = identifier.to_bytes(2) if identifier else b""
    sent = b"".join(packets.pack(reading, told) for reading in readings)
    whole_ones, answers = PacketStream().feed(sent)
    assert whole_ones == sent
    assert answers == (b"\x40\x02" + told if told else b"") * len(readings)
    no_properties = b"\0" if protocol == "5" else b""
    encode, mark = encoder(**message), stamp(assignment.stream)
    assert list(messages(sent)) == [(f"{topic}/{mark(one)}".encode(), no_properties + encode(one)) for one in readings]


def test_a_packet_sent_in_part_does_not_count() -> None:
    assert [whole([10, 20, 5], taken) for taken in (0, 9, 10, 29, 30, 34, 35)] == [0, 0, 1, 1, 2, 2, 3]


def added(window: Window, number: int) -> int:
    return int.from_bytes(window.add(number))


class Model:
    """Does what `Window` does, with a dict."""

    def __init__(self) -> None:
        self.outstanding: dict[int, int] = {}
        self.given_up: set[int] = set()

    def one_of(self, choice: int) -> int:
        return sorted(self.outstanding)[choice % len(self.outstanding)]

    def send(self, identifier: int, number: int) -> None:
        assert 1 <= identifier <= IDENTIFIERS
        assert identifier not in self.outstanding
        assert identifier not in self.given_up
        self.outstanding[identifier] = number

    def settle(self, identifier: int) -> int:
        self.given_up.discard(identifier)
        return self.outstanding.pop(identifier, 0)

    def give_up(self) -> list[int]:
        numbers = sorted(self.outstanding.values())
        self.given_up |= set(self.outstanding)
        self.outstanding.clear()
        return numbers


IDENTIFIERS = 7
STEPS = {
    "send": 6,
    "the broker answers one": 4,
    "the broker answers any": 4,
    "give up": 2,
    "leave out": 2,
}


@settings(max_examples=300, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([step for step, often in STEPS.items() for _ in range(often)]), st.integers(0, 6)),
        max_size=60,
    )
)
def test_what_is_outstanding_is_known_by_its_identifier_whatever_the_broker_answers(
    steps: list[tuple[str, int]],
) -> None:
    window, model, number = Window(5), Model(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mqtt_raw_window, "_IDENTIFIERS", IDENTIFIERS)
        for step, choice in steps:
            if step == "send" and window.room():
                number += 1
                model.send(added(window, number), number)
            elif step == "the broker answers one" and model.outstanding:
                answered = model.one_of(choice)
                assert window.settle(answered) == model.settle(answered)
            elif step == "the broker answers any":
                assert window.settle(choice + 1) == model.settle(choice + 1)
            elif step == "give up":
                assert window.give_up() == model.give_up()
            elif step == "leave out" and not model.outstanding:
                number += choice
            assert window.outstanding == len(model.outstanding)
            assert window.size == 5 - len(model.given_up)
            assert window.room() <= window.size - window.outstanding
            if window.size and not window.outstanding:
                assert window.room()


def test_an_answer_that_stays_away_keeps_its_identifier() -> None:
    window, sent = Window(5), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mqtt_raw_window, "_IDENTIFIERS", IDENTIFIERS)
        stays_away = added(window, 1)
        while window.room():
            sent += 1
            assert window.settle(added(window, 1 + sent)) == 1 + sent
        assert sent == IDENTIFIERS - 1
        assert window.settle(stays_away) == 1
        assert window.room() == 5


@pytest.mark.parametrize("left_out", [0, IDENTIFIERS - 1])
def test_an_identifier_that_was_given_up_is_free_again_when_it_was_answered(left_out: int) -> None:
    window, next_one, used = Window(3), 2, set[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mqtt_raw_window, "_IDENTIFIERS", IDENTIFIERS)
        given_up = added(window, 1)
        assert window.give_up() == [1]
        for _ in range(3 * IDENTIFIERS):
            numbers = range(next_one, next_one + window.room())
            assert numbers
            identifiers = [added(window, number) for number in numbers]
            assert [window.settle(identifier) for identifier in identifiers] == [*numbers]
            used.update(identifiers)
            next_one = numbers.stop + left_out
        assert used == set(range(1, IDENTIFIERS + 1)) - {given_up}
        assert window.settle(given_up) == 0
        assert window.room() == window.size == 3


def test_what_was_not_sent_after_all_gives_its_identifier_back() -> None:
    window = Window(20)
    taken = [window.add(number) for number in range(4, 10)]
    assert window.withdraw(2) == 8
    assert window.outstanding == 4
    assert window.add(8) == taken[4]


ANSWERS = {
    b"\x40\x02\x00\x07": [(7, 0)],
    b"\x40\x03\x01\x00\x10": [(256, 0x10)],
    b"\x40\x04\xff\xff\x87\x00": [(65535, 0x87)],
    b"\x40\x87\x01\x00\x09\x97\x82\x01" + b"r" * 130: [(9, 0x97)],
    b"\xd0\x00": [],
}


@given(
    sent=st.lists(st.sampled_from(sorted(ANSWERS)), max_size=8),
    cuts=st.lists(st.integers(0, 600), max_size=6),
)
def test_answers_are_found_wherever_the_blocks_end(sent: list[bytes], cuts: list[int]) -> None:
    block, answers, found, at = b"".join(sent), Answers(), [], 0
    for cut in [*sorted(min(cut, len(block)) for cut in cuts), len(block)]:
        found += list(answers.acknowledgements(block[at:cut]))
        at = cut
    assert found == [one for packet in sent for one in ANSWERS[packet]]
    assert not answers.rest
    assert answers.ended is None


def test_a_broker_that_says_goodbye_is_understood() -> None:
    answers = Answers()
    assert list(answers.acknowledgements(b"\x40\x02\x00\x01\xe0\x01\x8e")) == [(1, 0)]
    assert answers.ended == 0x8E
    assert reason_of(0x8E, disconnect=True) == "session taken over"
    assert reason_of(0, disconnect=True) == "closed by the broker"
    assert reason_of(0x87) == "not authorized"
    assert reason_of(0xFE) == "reason code 0xfe"


def test_what_is_not_mqtt_is_told() -> None:
    with pytest.raises(ValueError, match="more than 4 bytes"):
        list(Answers().acknowledgements(b"\x40\xff\xff\xff\xff\x01"))


def test_tls_and_qos_2_are_refused_in_favour_of_the_client_library() -> None:
    with pytest.raises(UsageError, match=r"no ca_file .*use mqtt"):
        BACKEND.check(assignment_for(BACKEND, Endpoint(ca_file="/etc/ca.crt")))
    with pytest.raises(UsageError, match="0 or 1"):
        assignment_for(BACKEND, Endpoint(), given={"qos": "2"})
