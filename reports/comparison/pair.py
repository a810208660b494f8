"""The two sides of one case, and whether they compare."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..saved_run import SavedRun
from .identity import covers, differing
from .side import Side, sides

BASE, CANDIDATE = "base", "candidate"


@dataclass(frozen=True)
class Pair:
    """One case on both sides."""

    case: str
    """The test's id."""
    base: Side
    candidate: Side
    across: frozenset[str] = frozenset()
    """Keys of `identity` in which the sides may differ, for that is what is compared."""

    @property
    def sides(self) -> dict[str, Side]:
        """Both sides by name."""
        return {BASE: self.base, CANDIDATE: self.candidate}

    @cached_property
    def apart(self) -> dict[str, tuple[str, str]]:
        """By key, both values of what the sides do not share, whether they may differ in it or not."""
        if not (self.base.results and self.candidate.results):
            return {}
        return differing(self.base.identity, self.candidate.identity)

    @cached_property
    def refused(self) -> str:
        """Why the sides do not compare, in words that name the key and both values; empty where they do."""
        troubles = [f"{name}: {side.trouble}" for name, side in self.sides.items() if side.trouble]
        keys = [f"{key}: {one} → {other}" for key, (one, other) in self.apart.items() if not covers(self.across, key)]
        return "; ".join([*troubles, *keys])

    @property
    def doubts(self) -> dict[str, list[str]]:
        """By side, every doubt about it."""
        return {name: side.doubts for name, side in self.sides.items() if side.doubts}


def pairs(base: Sequence[SavedRun], candidate: Sequence[SavedRun], across: Collection[str] = ()) -> list[Pair]:
    """Return both sides of every case that either has, in the order in which they were measured."""
    ours, theirs = sides(base), sides(candidate)
    cases = dict.fromkeys([*ours, *theirs])
    return [Pair(case, ours.get(case, Side()), theirs.get(case, Side()), frozenset(across)) for case in cases]
