"""The verdict on one case, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from .change import LEVEL, Change, change, holm
from .pair import Pair
from .power import deviation, runs_needed, smallest

FASTER, SLOWER, NO_DIFFERENCE = "faster", "slower", "no difference shown"
NO_VERDICT, NOT_COMPARABLE = "no verdict", "not comparable"
TO_FIND = 0.1
"""The change that a comparison is to find unless it is told otherwise, as a share."""
ONE_RUN = "one run a side, and how far two sessions of the same code differ here is not known"
TOO_SHORT = "too short"


class Found(Protocol):
    """A change with its interval, whatever method it comes from."""

    @property
    def share(self) -> float:
        """By what share the candidate's TPS is above the base's."""

    @property
    def interval(self) -> tuple[float, float]:
        """The shares between which that lies."""

    @property
    def p(self) -> float:
        """Of no change at all, before it is corrected for the number of cases."""

    @property
    def method(self) -> str:
        """In words, with its source."""


@dataclass(frozen=True)
class Length:
    """Whether a comparison was long enough."""

    smallest: float = math.inf
    """The smallest change, as a share, that it would have found nine times of ten; infinite where it can find none."""
    needs: int = 0
    """Units that finding the change asked for takes."""
    unit: str = "runs a side"
    enough: bool = False


@dataclass(frozen=True)
class Verdict:
    """What is concluded of one case."""

    pair: Pair
    word: str
    """`faster`, `slower`, `no difference shown`, `no verdict` or `not comparable`."""
    why: str = ""
    """Why there is no verdict, or it is not comparable."""
    found: Found | None = None
    """None where there are too few units for any interval."""
    p: float | None = None
    """Corrected for the number of cases."""
    length: Length = Length()

    @property
    def told(self) -> bool:
        """Whether there is an answer."""
        return self.word in {FASTER, SLOWER, NO_DIFFERENCE}


F = TypeVar("F", bound=Found)


def compare(pairs: Sequence[Pair], to_find: float = TO_FIND) -> list[Verdict]:
    """Return the verdict on every case of some saved runs.

    Args:
        pairs: the cases.
        to_find: the change, as a share, for which the comparison has to be long enough.
    """

    def length(pair: Pair, found: Change | None, level: float) -> Length:
        return _length(pair, found, level, to_find)

    return judged(pairs, lambda pair: change(pair.base.units, pair.candidate.units), length)


def judged(
    pairs: Sequence[Pair],
    test: Callable[[Pair], F | None],
    length: Callable[[Pair, F | None, float], Length],
    too_few: str = ONE_RUN,
) -> list[Verdict]:
    """Return the verdicts that a test comes to, corrected for the number of cases that compare.

    Args:
        pairs: the cases.
        test: returns the change of a case that compares; None where there are too few units.
        length: returns whether there were enough of them, given the level that the test has for one case of so many.
        too_few: why there is no verdict where there is no change.
    """
    found = {pair.case: test(pair) for pair in pairs if not pair.refused}
    known = {case: one.p for case, one in found.items() if one is not None}
    corrected = dict(zip(known, holm(list(known.values())), strict=True))
    # The first step of Holm's correction, which any case may have to take.
    level = LEVEL / max(1, len(found))
    verdicts = []
    for pair in pairs:
        if pair.case in found:
            one = found[pair.case]
            why, p = (TOO_SHORT, corrected[pair.case]) if one else (too_few, None)
            verdicts.append(_concluded(Verdict(pair, NO_VERDICT, why, one, p, length(pair, one, level))))
        else:
            verdicts.append(Verdict(pair, NOT_COMPARABLE, pair.refused))
    return verdicts


def _concluded(one: Verdict) -> Verdict:
    """Return a verdict that still says that there is none as what its figures come to."""
    if one.found is None or one.p is None:
        return one
    if one.p <= LEVEL:
        return replace(one, word=FASTER if one.found.share > 0 else SLOWER, why="")
    return replace(one, word=NO_DIFFERENCE, why="") if one.length.enough else one


def _length(pair: Pair, found: Change | None, level: float, to_find: float) -> Length:
    needs = runs_needed(deviation([pair.base.logs, pair.candidate.logs]), to_find, level)
    if found is None:
        return Length(needs=needs)
    least = smallest(found, level)
    enough = least <= to_find
    fewest = min(len(pair.base.results), len(pair.candidate.results))
    return Length(least, needs if enough else max(needs, fewest + 1), enough=enough)
