"""Handing readings over in bursts, as the measured loop does with those that are not timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from collectors.backends.base import Assignment, BurstWriter, RawReading, Writer
from collectors.ledger import Ledger
from tests.writing import reading_of


def burst(
    ledger: Ledger, assignment: Assignment, first: int, count: int, drawn: Callable[[], object] = lambda: None
) -> Iterator[RawReading]:
    """Yield readings, each noted as handed over, and `drawn` called, when it is asked for."""
    for number in range(first, first + count):
        ledger.begin(number, ledger.clock())
        drawn()
        yield tuple(reading_of(assignment, number))


def write_in_bursts(writer: Writer, ledger: Ledger, assignment: Assignment, count: int, *, first: int = 1) -> None:
    """Hand readings over in bursts, and wait at the end."""
    assert isinstance(writer, BurstWriter)
    for at in range(first, first + count, 127):
        writer.submit_many(burst(ledger, assignment, at, min(127, first + count - at)))
    writer.wait()
