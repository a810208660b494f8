"""Measuring two subjects in turn, A B B A A B B A …, until there is a verdict on every case or the time is up.

Each measurement is a session of its own, so what differs between sessions is in the noise that verdicts allow for; and
each subject comes first as often as the other, so that neither gains from a drift.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ..saved_run import SavedRun
from .pair import Pair, pairs
from .power import deviation
from .sequential import PairedChange, paired_change, pairs_needed
from .subject import Subject
from .verdict import NOT_COMPARABLE, TO_FIND, Length, Verdict, judged

TOO_FEW = "fewer than two pairs of sessions"


@dataclass
class Interleaved:
    """Two subjects, and what was measured of them so far."""

    subjects: tuple[Subject, Subject]
    """Base and candidate."""
    across: frozenset[str]
    """Keys of `identity` in which they may differ."""
    measure: Callable[[Subject], SavedRun]
    """Measures a subject once."""
    to_find: float = TO_FIND
    """The change to find, as a share: no difference is shown where the change lies within this."""
    clock: Callable[[], float] = time.monotonic
    """Seconds."""
    runs: list[tuple[SavedRun, SavedRun]] = field(default_factory=list)
    """Of each pair, that of the base and that of the candidate."""

    def until(self, seconds: float) -> Iterator[list[Verdict]]:
        """Measure pair after pair, and yield the verdicts after each.

        Ends when every case that compares has a verdict, and before a pair that would probably not end in time; the
        first one is measured in any case.

        Args:
            seconds: that it may take.
        """
        began, longest = self.clock(), 0.0
        while not self.runs or self.clock() - began + longest <= seconds:
            start = self.clock()
            self._pair()
            longest = max(longest, self.clock() - start)
            verdicts = self.verdicts()
            yield verdicts
            if all(one.told or one.word == NOT_COMPARABLE for one in verdicts):
                return

    def verdicts(self) -> list[Verdict]:
        """Return what the pairs so far come to; they may be looked at after each."""
        base, candidate = ([pair[side] for pair in self.runs] for side in (0, 1))
        return judged(pairs(base, candidate, self.across), self._test, self._length, TOO_FEW)

    def _pair(self) -> None:
        base, candidate = self.subjects
        if len(self.runs) % 2:
            second = self.measure(candidate)
            self.runs.append((self.measure(base), second))
        else:
            self.runs.append((self.measure(base), self.measure(candidate)))

    def _test(self, pair: Pair) -> PairedChange | None:
        return paired_change(differences(pair, self.runs))

    def _length(self, pair: Pair, found: PairedChange | None, level: float) -> Length:
        if found is None:
            noise = math.sqrt(2) * deviation([pair.base.logs, pair.candidate.logs])
            return Length(needs=pairs_needed(noise, self.to_find, level), unit="pairs")
        low, high = found.within(level)
        return Length(
            found.smallest(level),
            pairs_needed(found.deviation, self.to_find, level),
            "pairs",
            enough=-self.to_find < low and high < self.to_find,
        )


def differences(pair: Pair, runs: Sequence[tuple[SavedRun, SavedRun]]) -> list[float]:
    """Return of each pair of runs that have a case on both sides, candidate − base, by logarithms of TPS."""
    ours, theirs = (
        {result.run: unit for result, unit in zip(side.results, side.units, strict=True)}
        for side in (pair.base, pair.candidate)
    )
    return [
        theirs[candidate.label] - ours[base.label]
        for base, candidate in runs
        if base.label in ours and candidate.label in theirs
    ]
