"""What writers can do beyond the least: bursts, serving, and the bound on what is outstanding."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from collectors.accounting import Reconciliation, Sent, Verdict
from collectors.backends.base import Backend, BurstWriter, RawReading, ServingWriter
from collectors.backends.registry import OWN, backend
from collectors.endpoint import Endpoint
from collectors.ledger import Ledger
from tests.contracts.test_writers import endpoint, made  # noqa: F401 – fixtures
from tests.writing import assignment_for, reading_of

BOUND = 5
COUNT = 400


class Watching(Ledger):
    """Keeps the largest number of readings that were outstanding when one was handed over, that one included."""

    most = 0

    def look(self) -> None:
        self.most = max(self.most, self.unsettled)


def drawn(ledger: Watching, readings: list[RawReading]) -> Iterator[RawReading]:
    for reading in readings:
        ledger.cells[0] = reading[0]
        ledger.look()
        yield reading


@pytest.mark.parametrize("frequency", [0, 50])
def test_no_more_is_outstanding_than_was_allowed(
    made: Backend,  # noqa: F811
    endpoint: Endpoint,  # noqa: F811
    frequency: int,
) -> None:
    if "in_flight" not in {option.name for option in made.options}:
        pytest.skip(f"{made.name} has no in_flight")
    assignment = assignment_for(made, endpoint, frequency=frequency, given={"in_flight": str(BOUND)})
    made.check(assignment)
    made.prepare(assignment)
    ledger = Watching()
    with made.reader(assignment) as reader:
        writer = made.writer(assignment, ledger)
        for first in range(1, COUNT + 1, 50):
            raw: list[RawReading] = [reading_of(assignment, number) for number in range(first, first + 50)]
            if isinstance(writer, BurstWriter):
                writer.submit_many(drawn(ledger, raw[:40]))
                raw = raw[40:]
            for reading in raw:
                # One that is handed over singly may be what the writer makes room for, before it sends it on.
                ledger.begin(reading[0], ledger.clock())
                writer.submit(reading_of(assignment, reading[0]))
                ledger.look()
            if frequency:
                writer.wait()
        writer.wait()
        ledger.check()
        writer.close()
        sent = Sent(COUNT, ledger.outcomes(), ledger.promised)
        reconciliation = Reconciliation(
            {0: sent}, shows_duplicates=reader.shows_duplicates, shows_order=reader.shows_order
        )
        reconciliation.take(reader.arrivals(COUNT))
        account = reconciliation.account(complete=reader.complete, foreign=reader.foreign)
    assert account.verdict is Verdict.PASS, account.troubles()
    assert account.delivered == COUNT
    assert ledger.most <= BOUND
    ledger.close()


def test_answers_are_taken_note_of_while_the_loop_rests(
    made: Backend,  # noqa: F811
    endpoint: Endpoint,  # noqa: F811
) -> None:
    assignment = assignment_for(made, endpoint, frequency=0)
    made.prepare(assignment)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    if not isinstance(writer, ServingWriter):
        writer.close()
        pytest.skip(f"{made.name}: nothing comes by itself")
    writer.serve(0.0)
    for number in (1, 2, 3):
        ledger.begin(number, ledger.clock())
        writer.submit(reading_of(assignment, number))
    deadline = time.monotonic() + 20
    while ledger.unsettled and time.monotonic() < deadline:
        writer.serve(0.05)
    assert (ledger.totals.acknowledged, ledger.unsettled) == (3, 0)
    began = time.monotonic()
    writer.serve(0.01)
    assert time.monotonic() - began < 5
    writer.close()
    ledger.close()


def test_every_backend_of_ours_can_be_bounded() -> None:
    assert [name for name in OWN if "in_flight" not in {option.name for option in backend(name).options}] == []
