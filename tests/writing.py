"""Writing readings to a real server in this process, and reading them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from collectors.accounting import Account, Reconciliation, Sent
from collectors.backends.base import Assignment, Backend, Writer
from collectors.endpoint import Endpoint
from collectors.ledger import Ledger
from collectors.load import new_run
from collectors.options import settings
from collectors.reading import Reading, Stream

LOCATION = "pi_cpu"

MakeWriter = Callable[[Assignment, Ledger], Writer]


def assignment_for(backend: Backend, endpoint: Endpoint, /, *, producer: int = 0, **fields: Any) -> Assignment:
    """Return an assignment in a run of its own; `given` are the backend's own options as text."""
    given = fields.pop("given", {})
    return Assignment(
        endpoint=endpoint,
        settings=settings(backend.name, backend.options, given),
        stream=Stream(fields.pop("run", new_run()), producer),
        location=fields.pop("location", LOCATION),
        **fields,
    )


def reading_of(assignment: Assignment, number: int, *, value: int | None = None, note: str = "") -> Reading:
    """Return a reading with its proper checksum."""
    date, value = 1569169582799 + number, value if value is not None else 40_000 + number % 30_000
    check = assignment.stream.checksum(number, date, assignment.location, value, note)
    return Reading(number, date, assignment.location, value, note, check)


def write(writer: Writer, ledger: Ledger, assignment: Assignment, count: int, *, first: int = 1) -> None:
    """Hand readings over as the measured loop does, waiting every `frequency` and at the end."""
    for number in range(first, first + count):
        ledger.begin(number, ledger.clock())
        writer.submit(reading_of(assignment, number))
        if assignment.frequency and number % assignment.frequency == 0:
            writer.wait()
    writer.wait()


def accounted(
    backend: Backend,
    assignment: Assignment,
    count: int,
    *,
    producers: int = 1,
    make_writer: MakeWriter | None = None,
) -> Account:
    """Write `count` readings per producer, one producer after another, and return the account."""
    make_writer = make_writer or backend.writer
    backend.load()
    backend.check(assignment)
    backend.prepare(assignment)
    sent = {}
    with backend.reader(assignment) as reader:
        for producer in range(producers):
            own = replace(assignment, stream=Stream(assignment.stream.run, producer))
            ledger = Ledger()
            writer = make_writer(own, ledger)
            try:
                write(writer, ledger, own, count)
            finally:
                writer.close()
            sent[producer] = Sent(ledger.totals.attempted, ledger.outcomes(), ledger.promised)
            ledger.close()
        reconciliation = Reconciliation(sent, shows_duplicates=reader.shows_duplicates, shows_order=reader.shows_order)
        reconciliation.take(reader.arrivals(count * producers))
        return reconciliation.account(complete=reader.complete, foreign=reader.foreign)
