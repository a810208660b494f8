from __future__ import annotations

import itertools

from collectors.ledger import Ledger
from collectors.reading import Reading
from collectors.sensors.synthetic import SyntheticSensor
from collectors.source import Source
from tests.collectors.loops import STREAM


def test_readings_carry_what_proves_them_taken_singly_or_in_a_burst() -> None:
    now = itertools.count(1569169582799_000000, 1_000_000)
    source = Source(SyntheticSensor(), STREAM, "pi_cpu", now=lambda: next(now))
    ledger = Ledger()
    readings = [source.take(), *(Reading(*raw) for raw in source.burst(3, ledger)), source.take()]
    assert [one.number for one in readings] == [1, 2, 3, 4, 5]
    assert [one.date for one in readings] == [1569169582799 + at for at in range(5)]
    for one in readings:
        assert one.location == "pi_cpu"
        assert one.checksum == STREAM.checksum(*one[:5])
    assert ledger.totals.attempted == 4
    ledger.close()


def test_a_burst_that_is_not_drawn_to_its_end_uses_up_no_number() -> None:
    source = Source(SyntheticSensor(), STREAM, "pi_cpu")
    ledger = Ledger()
    burst = source.burst(10, ledger)
    assert [next(burst)[0], next(burst)[0]] == [1, 2]
    assert (ledger.totals.attempted, source.take().number) == (2, 3)
    ledger.close()
