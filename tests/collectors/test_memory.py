"""What accounting for every reading takes: two bits each, so that five minutes of 64 processes fit a small board."""

from __future__ import annotations

import tracemalloc

from collectors.accounting import Reconciliation, Sent, Verdict
from collectors.backends.base import Arrival
from collectors.ledger import Ledger

PROCESSES = 64
EACH = 40_000
"""Enough to tell bits from bytes: a byte a reading would be 2.5 MB more. What takes two bits takes 4.8 MB for five
minutes at 64,000 readings per second, more than any board of the notes has reached."""
PACKED = EACH // 4
CONSTANT = 300_000
"""Bytes that all of it may take beside."""


def test_the_readings_of_64_processes_are_written_down_in_two_bits_each() -> None:
    tracemalloc.start()
    ledgers = []
    for _ in range(PROCESSES):
        ledger = Ledger()
        ledger.latency.set_stride(each=False)
        for first in range(1, EACH, 1000):
            ledger.begin(first + 999, first)
            ledger.acknowledged(first, 900)
            ledger.unknown(first + 900, 50, error="time-out")
            ledger.failed(first + 950, 50, error="refused")
        ledgers.append(ledger)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < PROCESSES * 10_000  # the bits themselves lie in mapped files
    assert all(PACKED <= len(ledger.outcomes()) <= PACKED + 1 for ledger in ledgers)
    for ledger in ledgers:
        ledger.close()


def test_the_readings_of_64_processes_are_reconciled_in_two_bits_each() -> None:
    sent = {producer: Sent(EACH, b"\x55" * PACKED) for producer in range(PROCESSES)}
    tracemalloc.start()
    reconciliation = Reconciliation(sent, shows_duplicates=True, shows_order=True)
    reconciliation.take(Arrival(0, number, True) for number in range(1, EACH + 1, 20))
    account = reconciliation.account(complete=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert account.verdict is Verdict.FAIL
    assert (account.delivered, account.lost) == (EACH // 20, 64 * EACH - EACH // 20)
    assert peak < PROCESSES * PACKED + CONSTANT
