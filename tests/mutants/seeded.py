"""Writers and readers broken at a place that a seed chooses, each with what the accounting must say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from collectors.backends.base import Arrival, Assignment, Backend, Writer
from collectors.ledger import Ledger
from collectors.reading import Reading, Stream
from tests.mutants.writers import Broken, DeafLedger


@dataclass(frozen=True)
class Place:
    """Where it breaks, and what there is around it."""

    count: int
    frequency: int
    at: int
    """The reading at which it happens, from 2 to the last but one."""
    random: Random

    @classmethod
    def of(cls, seed: int) -> Place:
        random = Random(seed)
        count = random.randint(20, 200)
        return cls(count, random.choice((1, 3, 10, 50, 0)), random.randint(2, count - 1), random)


class Mutant(Broken):
    """A writer that knows where to break."""

    def __init__(self, place: Place, backend: Backend, assignment: Assignment, ledger: Ledger) -> None:
        super().__init__(backend, assignment, ledger)
        self.place, self.backend, self.assignment = place, backend, assignment
        self.here = place.at

    def resealed(self, reading: Reading, stream: Stream | None = None) -> Reading:
        """Return a reading with the checksum that its fields ask for."""
        own = stream or self.assignment.stream
        return reading._replace(checksum=own.checksum(*reading[:5]))


class Sound(Mutant):
    """Nothing is wrong with it."""


class DropsTheLast(Mutant):
    def hand_on(self, reading: Reading) -> None:
        if reading.number < self.place.count:
            super().hand_on(reading)


class DropsOne(Mutant):
    def hand_on(self, reading: Reading) -> None:
        if reading.number != self.here:
            super().hand_on(reading)


class AcknowledgesFirstAndIsKilled(Mutant):
    """Acknowledges what it still holds, and never comes to write it."""

    def hand_on(self, reading: Reading) -> None:
        self.acknowledge()
        if reading.number <= self.here:
            super().hand_on(reading)

    def wait(self) -> None:
        self.real.wait()


class TakesFlushForAcknowledgement(Mutant):
    """Acknowledges what it handed to the server; the transaction of the last of it is never committed."""

    def wait(self) -> None:
        if self.last < self.here:
            self.real.wait()
        self.acknowledge()


class RetriesWhatHadArrived(Mutant):
    def hand_on(self, reading: Reading) -> None:
        super().hand_on(reading)
        if reading.number == self.here:
            super().hand_on(reading)


class RetriesUnderANewNumber(Mutant):
    """Writes the last reading once more, as one that comes after it."""

    def hand_on(self, reading: Reading) -> None:
        super().hand_on(reading)
        if reading.number == self.place.count:
            super().hand_on(self.resealed(reading._replace(number=reading.number + 1)))


class RetriesUnderATakenNumber(Mutant):
    """Writes a reading once more under the number of the one that follows."""

    def hand_on(self, reading: Reading) -> None:
        super().hand_on(reading)
        if reading.number == self.here:
            super().hand_on(self.resealed(reading._replace(number=reading.number + 1)))


class SwapsNeighbours(Mutant):
    kept: Reading | None = None

    def hand_on(self, reading: Reading) -> None:
        if reading.number == self.here:
            self.kept = reading
            return
        super().hand_on(reading)
        if self.kept:
            super().hand_on(self.kept)
            self.kept = None


class SettlesOneOtherwise(Mutant):
    """Acknowledges all but one, of which it says something else."""

    def acknowledge(self) -> None:
        if self.first <= self.here <= self.last:
            if self.here > self.first:
                self.ledger.acknowledged(self.first, self.here - self.first)
            self.settle_one()
            self.first = self.here + 1
        super().acknowledge()

    def settle_one(self) -> None:
        self.ledger.failed(self.here, error="refused")


class CallsATimeOutFailed(SettlesOneOtherwise):
    """Reports one as failed when its answer is late; it arrives all the same."""


class FlipsABit(Mutant):
    def hand_on(self, reading: Reading) -> None:
        if reading.number == self.here:
            bit = 1 << self.place.random.randrange(16)
            field = self.place.random.choice(("value", "date"))
            reading = reading._replace(**{field: getattr(reading, field) ^ bit})
        super().hand_on(reading)


class LosesTheNote(Mutant):
    """Writes something where there was nothing."""

    def hand_on(self, reading: Reading) -> None:
        super().hand_on(reading._replace(note="?") if reading.number == self.here else reading)


class ReplaysAPreviousRun(Mutant):
    """Writes the readings of a run before, as they were."""

    def __init__(self, place: Place, backend: Backend, assignment: Assignment, ledger: Ledger) -> None:
        run = f"{place.random.getrandbits(64):016x}"
        before = replace(assignment, stream=Stream(run, assignment.stream.producer))
        super().__init__(place, backend, before, ledger)


class ReplaysUnderThisRunsName(Mutant):
    """Writes readings of a run before with this run's stamp on them."""

    def hand_on(self, reading: Reading) -> None:
        before = Stream(f"{self.place.random.getrandbits(64):016x}", self.assignment.stream.producer)
        super().hand_on(self.resealed(reading, before))


class WritesAsAnother(Mutant):
    """Writes some of its readings as if a producer had written them that does not exist."""

    def __init__(self, place: Place, backend: Backend, assignment: Assignment, ledger: Ledger) -> None:
        super().__init__(place, backend, assignment, ledger)
        self.stranger = Stream(assignment.stream.run, 77)
        self.deafer = DeafLedger()
        self.other: Writer = backend.writer(replace(assignment, stream=self.stranger), self.deafer)

    def hand_on(self, reading: Reading) -> None:
        if reading.number < self.here:
            super().hand_on(reading)

    def wait(self) -> None:
        self.real.wait()
        for number in range(self.here, self.last + 1):
            # Only after its own connection has let go of the database.
            self.other.submit(self.resealed(Reading(number, 1, self.assignment.location, 1, "", 0), self.stranger))
        self.other.wait()
        self.acknowledge()
        self.here = max(self.here, self.last + 1)

    def close(self) -> None:
        super().close()
        self.other.close()
        self.deafer.close()


class SwallowsARefusal(Mutant):
    """Acknowledges what the server refused."""

    def hand_on(self, reading: Reading) -> None:
        if reading.number % self.here:
            super().hand_on(reading)


class RefusesHonestly(SettlesOneOtherwise):
    """Reports what was refused as failed, and it is not there: nothing is wrong with that."""

    def hand_on(self, reading: Reading) -> None:
        if reading.number != self.here:
            super().hand_on(reading)


class DoubtsHonestly(SettlesOneOtherwise):
    """Reports a time-out as unknown; whether it is there, a seed decides."""

    def hand_on(self, reading: Reading) -> None:
        if reading.number != self.here or self.place.random.random() < 0.5:
            super().hand_on(reading)

    def settle_one(self) -> None:
        self.ledger.unknown(self.here, error="time-out")


Spoil = Callable[[Iterable[Arrival], Place], Iterator[Arrival]]


def skipping(arrivals: Iterable[Arrival], place: Place) -> Iterator[Arrival]:
    """Be a reader that skips some, and then says that it has read on: at least one, never all."""
    for arrival in arrivals:
        if arrival.number != place.at:
            yield arrival


def twice(arrivals: Iterable[Arrival], place: Place) -> Iterator[Arrival]:
    """Be a reader that goes back after a pause and reads some again."""
    for arrival in arrivals:
        yield arrival
        if arrival.number == place.at:
            yield arrival


def as_intact(arrivals: Iterable[Arrival], place: Place) -> Iterator[Arrival]:
    """Be a reader that is as it should be."""
    del place
    yield from arrivals
