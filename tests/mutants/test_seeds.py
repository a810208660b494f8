"""Every mutant, at a hundred places: each time the accounting says what is wrong, by its name and its number."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from collectors.accounting import Account, Reconciliation, Sent, Verdict
from collectors.backends.base import Arrival
from collectors.backends.registry import backend
from collectors.endpoint import Endpoint
from collectors.ledger import Ledger
from collectors.loop import ClosedLoop, Parts
from collectors.sensors.synthetic import SyntheticSensor
from collectors.source import Source
from tests.collectors.loops import Clock
from tests.mutants import seeded
from tests.mutants.seeded import Mutant, Place, Spoil
from tests.writing import assignment_for, write

SEEDS = range(100)

CAUGHT: dict[type[Mutant], Callable[[Account, Place], bool]] = {
    seeded.DropsTheLast: lambda found, place: found.lost == 1 and names(found, "lost", place.count),
    seeded.DropsOne: lambda found, place: found.lost == 1 and names(found, "lost", place.at),
    seeded.AcknowledgesFirstAndIsKilled: lambda found, place: (
        found.lost == place.count - place.at and names(found, "lost", place.at + 1)
    ),
    seeded.TakesFlushForAcknowledgement: lambda found, place: (
        0 < found.lost == found.acknowledged - found.delivered and names(found, "lost", place.count, only_if_few=True)
    ),
    seeded.RetriesWhatHadArrived: lambda found, place: found.duplicated == 1 and names(found, "duplicated", place.at),
    seeded.RetriesUnderANewNumber: lambda found, place: (
        found.never_sent == 1 and names(found, "never_sent", place.count + 1)
    ),
    seeded.RetriesUnderATakenNumber: lambda found, place: (
        found.duplicated == 1 and names(found, "duplicated", place.at + 1)
    ),
    seeded.SwapsNeighbours: lambda found, place: found.reordered == 1 and names(found, "reordered", place.at),
    seeded.CallsATimeOutFailed: lambda found, place: (
        found.failed_arrived == 1 and names(found, "failed_arrived", place.at)
    ),
    seeded.FlipsABit: lambda found, place: (
        found.corrupt == found.lost == 1 and names(found, "corrupt", place.at) and names(found, "lost", place.at)
    ),
    seeded.LosesTheNote: lambda found, place: found.corrupt == found.lost == 1 and names(found, "corrupt", place.at),
    seeded.ReplaysUnderThisRunsName: lambda found, place: found.corrupt == found.lost == place.count,
    seeded.WritesAsAnother: lambda found, place: found.never_sent == found.lost == place.count - place.at + 1,
    seeded.SwallowsARefusal: lambda found, place: found.lost == place.count // place.at,
}

SPOILT: dict[Spoil, Callable[[Account, Place], bool]] = {
    seeded.skipping: lambda found, place: found.lost == 1 and names(found, "lost", place.at),
    seeded.twice: lambda found, place: found.duplicated == 1 and names(found, "duplicated", place.at),
}


def names(found: Account, kind: str, number: int, *, only_if_few: bool = False) -> bool:
    named = found.named.get(kind, [])
    return f"producer 0, reading {number}" in named or (only_if_few and len(named) == 5)


def run(folder: Path, kind: type[Mutant], place: Place, spoil: Spoil = seeded.as_intact) -> Account:
    """Write through the mutant into a real database and return the account of what is there."""
    made = backend("sqlite")
    endpoint = Endpoint(path=str(folder / "readings.db"))
    given = {"synchronous": "off", "journal": "wal"}
    assignment = assignment_for(made, endpoint, frequency=place.frequency, given=given)
    made.prepare(assignment)
    with made.reader(assignment) as reader:
        ledger = Ledger()
        writer = kind(place, made, assignment, ledger)
        write(writer, ledger, assignment, place.count)
        writer.close()
        sent = {0: Sent(ledger.totals.attempted, ledger.outcomes(), ledger.promised)}
        ledger.close()
        reconciliation = Reconciliation(sent, shows_duplicates=reader.shows_duplicates, shows_order=reader.shows_order)
        reconciliation.take(spoil(reader.arrivals(place.count), place))
        return reconciliation.account(complete=reader.complete, foreign=reader.foreign)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CAUGHT, ids=lambda kind: kind.__name__)
def test_a_broken_writer_is_caught_by_name_and_number(kind: type[Mutant], tmp_path: Path) -> None:
    for seed in SEEDS:
        place = Place.of(seed)
        if kind is seeded.TakesFlushForAcknowledgement and not place.frequency:
            place = replace(place, frequency=3)  # it has to come to a wait before it breaks
        found = run(tmp_path, kind, place)
        # Where all readings are gone nothing was read back, which is no verdict; it is never a pass.
        expected = Verdict.FAIL if found.arrived else Verdict.INCONCLUSIVE
        assert (found.verdict, CAUGHT[kind](found, place)) == (expected, True), f"seed {seed}: {found.troubles()}"


@pytest.mark.slow
def test_a_previous_run_never_passes_for_this_one(tmp_path: Path) -> None:
    for seed in SEEDS:
        place = Place.of(seed)
        found = run(tmp_path, seeded.ReplaysAPreviousRun, place)
        assert (found.verdict, found.lost) == (Verdict.INCONCLUSIVE, place.count), f"seed {seed}"


@pytest.mark.slow
@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_broken_reader_is_caught(spoil: Spoil, tmp_path: Path) -> None:
    for seed in SEEDS:
        place = Place.of(seed)
        found = run(tmp_path, seeded.Sound, place, spoil)
        assert (found.verdict, SPOILT[spoil](found, place)) == (Verdict.FAIL, True), f"seed {seed}: {found.troubles()}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [seeded.Sound, seeded.RefusesHonestly, seeded.DoubtsHonestly], ids=lambda k: k.__name__
)
def test_what_is_honest_passes(kind: type[Mutant], tmp_path: Path) -> None:
    for seed in SEEDS:
        place = Place.of(seed)
        found = run(tmp_path, kind, place)
        assert found.verdict is Verdict.PASS, f"seed {seed}: {found.troubles()}"
        assert found.failed == (kind is seeded.RefusesHonestly)
        assert found.unknown == (kind is seeded.DoubtsHonestly)
        assert found.delivered == found.acknowledged == place.count - found.failed - found.unknown


def test_every_mutant_is_tried() -> None:
    tried = {*CAUGHT, seeded.ReplaysAPreviousRun, seeded.Sound, seeded.RefusesHonestly, seeded.DoubtsHonestly}
    assert {*Mutant.__subclasses__(), *seeded.SettlesOneOtherwise.__subclasses__()} == {
        *tried,
        seeded.SettlesOneOtherwise,
    }


@pytest.mark.slow
@pytest.mark.parametrize("step", [5_000_000_000, -5_000_000_000, 0], ids=["forward", "back", "off"])
def test_a_wall_clock_that_is_wrong_changes_nothing(step: int, tmp_path: Path) -> None:
    """Stepped in the run, or five seconds off all the time: readings are told apart by number, never by date."""
    for seed in SEEDS:
        place = Place.of(seed)
        dates = (time.time_ns() - 5_000_000_000 + (step if number >= place.at else 0) for number in itertools.count(1))
        made = backend("sqlite")
        given = {"synchronous": "off"}
        endpoint = Endpoint(path=str(tmp_path / "readings.db"))
        assignment = assignment_for(made, endpoint, frequency=place.frequency, given=given)
        made.prepare(assignment)
        ledger = Ledger()
        writer = made.writer(assignment, ledger)
        source = Source(SyntheticSensor(), assignment.stream, assignment.location, now=lambda dates=dates: next(dates))
        parts = Parts(source, writer, ledger, place.frequency, clock=Clock())
        ClosedLoop(parts).run(2 * place.count + 3)
        writer.close()
        reader = made.reader(assignment)
        sent = {0: Sent(ledger.totals.attempted, ledger.outcomes(), ledger.promised)}
        reconciliation = Reconciliation(sent, shows_duplicates=reader.shows_duplicates, shows_order=reader.shows_order)
        reconciliation.take(reader.arrivals(ledger.totals.attempted))
        found = reconciliation.account(complete=reader.complete, foreign=reader.foreign)
        assert found.verdict is Verdict.PASS, f"seed {seed}: {found.troubles()}"
        assert found.delivered == found.acknowledged == ledger.totals.attempted > place.at
        ledger.close()


def test_order_counts_within_a_stream_alone() -> None:
    """Streams, producer × partition, may come interleaved in any way; within one no reading may come early."""
    for seed in SEEDS:
        random = Random(seed)
        streams = {
            (producer, partition): [n for n in range(1, 61) if n % 3 == partition]
            for producer in range(3)
            for partition in range(3)
        }
        turns = [stream for stream, numbers in streams.items() for _ in numbers]
        random.shuffle(turns)
        queues = {stream: iter(numbers) for stream, numbers in streams.items()}
        arrivals = [Arrival(one[0], next(queues[one]), True, one[1]) for one in turns]
        found = reconciled(arrivals)
        assert found.verdict is Verdict.PASS, f"seed {seed}: {found.troubles()}"
        late = random.choice([at for at, one in enumerate(arrivals) if one.number > 3])
        own = [at for at in range(late) if arrivals[at][::3] == arrivals[late][::3]]
        early = arrivals[:late] + arrivals[late + 1 :]
        early.insert(own[-1], arrivals[late])
        found = reconciled(early)
        assert (found.verdict, found.reordered) == (Verdict.FAIL, 1), f"seed {seed}"


def reconciled(arrivals: list[Arrival]) -> Account:
    sent = {producer: Sent(60, b"\x55" * 15) for producer in range(3)}
    reconciliation = Reconciliation(sent, shows_duplicates=True, shows_order=True)
    reconciliation.take(arrivals)
    return reconciliation.account(complete=True)
