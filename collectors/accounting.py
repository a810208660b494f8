"""The accounting: what the producers reported of every reading, against what the server holds.

Two bits per reading and side, and constants: a run of a million readings takes half a megabyte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .backends.base import Arrival
from .ledger import Outcome, outcomes_of

NAMED = 5
"""How many readings of each kind of trouble are named."""

_INTACT, _CORRUPT = 1, 2
"""What has been seen of a reading; both bits may be set."""


class Verdict(StrEnum):
    """What the accounting says of a run."""

    PASS = "pass"  # noqa: S105 – not a password
    """Every acknowledged reading was found intact, once, in order, and nothing else."""
    FAIL = "fail"
    """Something acknowledged is missing, or something is there that cannot be."""
    INCONCLUSIVE = "inconclusive"
    """Nothing acknowledged, nothing or not everything read back, or nobody knows what was attempted: nothing can be
    said. Never a pass."""
    MEASURED = "measured"
    """Nothing was promised (acks=0, QoS 0), so nothing can be broken; what arrived was counted."""


@dataclass(frozen=True)
class Sent:
    """What one producer reported."""

    attempted: int
    outcomes: bytes
    """As `Ledger.outcomes` packs them."""
    promised: bool = True
    """As `Ledger.promised`."""


@dataclass(frozen=True)
class Account:
    """Every reading of one run, accounted for.

    attempted = acknowledged + failed + unknown + unanswered, and acknowledged = delivered + lost. None stands for what
    the backend cannot show.
    """

    attempted: int
    acknowledged: int
    failed: int
    unknown: int
    unanswered: int
    delivered: int
    """Acknowledged readings found intact, each counted once."""
    lost: int
    """Acknowledged readings not found intact."""
    duplicated: int | None
    """Times that a reading was found again."""
    reordered: int | None
    """Readings found behind a later one of their stream (producer and partition)."""
    corrupt: int
    """Arrivals that are not as they were sent."""
    never_sent: int
    """Arrivals with a number or producer that no producer handed over, and entries nobody can read."""
    failed_arrived: int
    """Readings reported as failed that are there all the same."""
    unknown_arrived: int
    unanswered_arrived: int
    complete: bool
    """Whether everything that the server holds was read."""
    known: bool = True
    """Whether what every producer attempted is known; not so where a host was lost with its counts."""
    arrived: int = 0
    """Entries found, whatever they are."""
    named: Mapping[str, list[str]] = field(default_factory=dict)
    """The first few readings of each kind of trouble, as `producer 0, reading 17`."""

    @property
    def verdict(self) -> Verdict:
        """What follows from the numbers."""
        wrong = (self.lost, self.corrupt, self.never_sent, self.failed_arrived, self.duplicated, self.reordered)
        # Where nothing at all was found the reader may have looked in the wrong place.
        if not (self.complete and self.known and self.arrived):
            return Verdict.INCONCLUSIVE
        if any(wrong):
            return Verdict.FAIL
        if self.acknowledged:
            return Verdict.PASS
        return Verdict.MEASURED if self.unanswered and self.unanswered_arrived else Verdict.INCONCLUSIVE

    def troubles(self) -> list[str]:
        """Return one line for each thing that is wrong, naming the first few readings."""
        words = {
            "lost": "acknowledged but not found intact on the server",
            "corrupt": "found changed",
            "duplicated": "found more than once",
            "reordered": "found out of order",
            "never_sent": "found though no producer sent it",
            "failed_arrived": "reported as failed but found on the server",
        }
        lines = []
        for kind, meaning in words.items():
            if count := getattr(self, kind):
                which = "; ".join(self.named.get(kind, []))
                lines.append(f"{count:,} readings {meaning}: {which}{' …' if count > NAMED else ''}")
        if not self.complete:
            lines.append("not everything that the server holds could be read back")
        elif not self.arrived:
            lines.append("nothing was found on the server")
        if not self.known:
            lines.append("nobody knows what every producer attempted")
        return lines


class _Seen:
    """What was found of the readings of one producer."""

    def __init__(self, attempted: int) -> None:
        self.attempted = attempted
        self.packed = bytearray(-(-attempted // 4))
        self.latest: dict[int, int] = {}
        """By partition, the highest number found so far."""


class Reconciliation:
    """Takes arrivals in, and gives the account.

    Args:
        sent: what was reported, by number of the producer.
        shows_duplicates: as the reader's.
        shows_order: as the reader's.
        unaccounted: producers of whose readings nothing is known, since their host was lost with its counts; what
            arrives of them is nobody's fault.
    """

    def __init__(
        self,
        sent: Mapping[int, Sent],
        *,
        shows_duplicates: bool,
        shows_order: bool,
        unaccounted: Collection[int] = frozenset(),
    ) -> None:
        self._sent = sent
        self._unaccounted = unaccounted
        self._shows_duplicates = shows_duplicates
        self._shows_order = shows_order
        self._seen = {producer: _Seen(one.attempted) for producer, one in sent.items()}
        self._counts: Counter[str] = Counter()
        self._named: dict[str, list[str]] = {}
        self._arrived = 0

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Take arrivals in, in the order in which they are stored."""
        seen_by = self._seen
        for producer, number, intact, partition in arrivals:
            self._arrived += 1
            seen = seen_by.get(producer)
            if seen is None or not 0 < number <= seen.attempted:
                if producer not in self._unaccounted:
                    self._note("never_sent", producer, number)
                continue
            if not intact:
                self._note("corrupt", producer, number)
            at, shift = (number - 1) >> 2, (number - 1 & 3) << 1
            state = seen.packed[at] >> shift & 3
            seen.packed[at] |= (_INTACT if intact else _CORRUPT) << shift
            if state:
                self._note("duplicated", producer, number)
            elif number < seen.latest.get(partition, 0):
                self._note("reordered", producer, number)
            else:
                seen.latest[partition] = number

    def account(self, *, complete: bool, foreign: int = 0) -> Account:
        """Return the account of everything taken in.

        Args:
            complete: as the reader's.
            foreign: as the reader's; they count as never sent.
        """
        pairs: Counter[tuple[Outcome, bool]] = Counter()
        for producer, one in self._sent.items():
            pairs.update(self._pairs(producer, one))
        total = {outcome: pairs[outcome, True] + pairs[outcome, False] for outcome in Outcome}
        if foreign:
            self._named.setdefault("never_sent", []).append(f"{foreign} entries without a reading's mark")
        return Account(
            attempted=sum(total.values()),
            acknowledged=total[Outcome.ACKNOWLEDGED],
            failed=total[Outcome.FAILED],
            unknown=total[Outcome.UNKNOWN],
            unanswered=total[Outcome.UNANSWERED],
            delivered=pairs[Outcome.ACKNOWLEDGED, True],
            lost=pairs[Outcome.ACKNOWLEDGED, False],
            duplicated=self._counts["duplicated"] if self._shows_duplicates else None,
            reordered=self._counts["reordered"] if self._shows_order else None,
            corrupt=self._counts["corrupt"],
            never_sent=self._counts["never_sent"] + foreign,
            failed_arrived=pairs[Outcome.FAILED, True],
            unknown_arrived=pairs[Outcome.UNKNOWN, True],
            unanswered_arrived=pairs[Outcome.UNANSWERED, True],
            complete=complete,
            known=not self._unaccounted,
            arrived=self._arrived + foreign,
            named=self._named,
        )

    def _note(self, kind: str, producer: int, number: int) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= NAMED:
            self._named.setdefault(kind, []).append(f"producer {producer}, reading {number}")

    def _pairs(self, producer: int, one: Sent) -> Counter[tuple[Outcome, bool]]:
        """Count this producer's readings by what was reported of them and whether they were found intact."""
        seen = self._seen[producer].packed
        meaning = outcomes_of(promised=one.promised)
        counts: Counter[tuple[Outcome, bool]] = Counter()
        of_interest, kinds = set(), set()
        for pair, times in Counter(zip(one.outcomes, seen, strict=True)).items():
            for lane in _lanes(*pair, meaning):
                counts[lane] += times
                if (kind := _NAMED_PAIRS.get(lane)) and not self._enough(kind):
                    of_interest.add(pair)
                    kinds.add(kind)
        # The last byte may hold up to three readings that do not exist, which read as unknown and not found.
        counts[Outcome.UNKNOWN, False] -= 4 * len(seen) - one.attempted
        if of_interest:
            self._name_pairs(producer, one, of_interest, kinds)
        return counts

    def _enough(self, kind: str) -> bool:
        return len(self._named.get(kind, ())) >= NAMED

    def _name_pairs(self, producer: int, one: Sent, of_interest: set[tuple[int, int]], kinds: set[str]) -> None:
        meaning = outcomes_of(promised=one.promised)
        for at, pair in enumerate(zip(one.outcomes, self._seen[producer].packed, strict=True)):
            if pair not in of_interest:
                continue
            for offset, lane in enumerate(_lanes(*pair, meaning)):
                kind = _NAMED_PAIRS.get(lane)
                names = self._named.setdefault(kind, []) if kind else None
                if names is not None and len(names) < NAMED:
                    names.append(f"producer {producer}, reading {4 * at + offset + 1}")
            if all(map(self._enough, kinds)):
                return


_NAMED_PAIRS = {(Outcome.ACKNOWLEDGED, False): "lost", (Outcome.FAILED, True): "failed_arrived"}


def _lanes(reported: int, seen: int, meaning: Sequence[Outcome]) -> list[tuple[Outcome, bool]]:
    """Take one byte of each side apart: four readings, each with what was reported and whether it is intact."""
    return [(meaning[reported >> shift & 3], bool(seen >> shift & _INTACT)) for shift in range(0, 8, 2)]
