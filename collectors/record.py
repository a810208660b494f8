"""The record of a trial: what was asked, where it ran, what happened, and what follows from it.

It is what a saved file keeps, as JSON, and all that reports are made from.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

SCHEMA = "thermobench.trial/2"
READABLE = ("thermobench.trial/1", SCHEMA)
"""Schemas that can be read: the first had none of the fields that have a default."""

Series = dict[str, list[float | None]]
"""What one host's sampler saw: by column, one value for each sample; None where there was nothing to read."""

ENVIRONMENTS = ("native", "container", "hardware", "reference")
STATES = ("whole", "failed", "interrupted")


@dataclass(frozen=True)
class Round:
    """One repetition of a case: one run of all producers, read back and accounted for."""

    run: str
    tps: float
    """Readings acknowledged (or sent, where nothing was promised) per second of measured time."""
    seconds: float
    """Measured time, from the first producer's start to the last one's end."""
    attempted: int
    acknowledged: int
    failed: int
    unknown: int
    unanswered: int
    delivered: int
    lost: int
    duplicated: int | None
    reordered: int | None
    corrupt: int
    never_sent: int
    failed_arrived: int
    unknown_arrived: int
    unanswered_arrived: int
    accounting: str
    """`pass`, `fail`, `inconclusive` or `measured`: see `collectors.accounting.Verdict`."""
    windows: list[tuple[float, int]]
    """Once a second: seconds of measured time, readings counted until then."""
    producers: list[dict[str, Any]]
    reader: dict[str, Any]
    """What the reader saw besides: drop counters, its own CPU seconds."""
    errors: list[str]
    began: float = 0.0
    """When the measured time began, seconds since the epoch by the producer host's clock."""
    histogram: str = ""
    """Latencies of its measured time as an HDR histogram of nanoseconds, in the library's base64 form."""
    service_histogram: str = ""
    """Open loop: from the hand-over instead of from the intended time."""
    schedule: dict[str, Any] | None = None
    """Open loop: how the schedule was held, as `collectors.pacing.Held` says; None in a closed loop."""
    samples: dict[str, Series] = field(default_factory=dict)
    """By host, what its sampler saw once a second; see `collectors.sampling` for the columns and their units."""
    server: dict[str, Any] = field(default_factory=dict)
    """What the server counted during the round: `stored`, and counters by name."""
    clock: dict[str, float] = field(default_factory=dict)
    """By host, seconds by which the wall clock moved against the steady one while the producers ran."""
    starts: dict[str, dict[str, float]] = field(default_factory=dict)
    """By host, where hosts are other machines: `offset_ms`, by how much its time of day is ahead of the controlling
    machine's; `uncertainty_ms`, to plus or minus which that is known; and of producers' hosts `late_ms`, by how much
    they learnt too late when to begin."""


@dataclass(frozen=True)
class Trial:
    """One measured case. Counts are sums over its rounds; None stands for what the backend cannot show."""

    name: str
    """The test's id, stable from run to run."""
    backend: str
    environment: str
    """`native`, `container`, `hardware`, or `reference`: figures of others, in which any field may be None."""
    settings: dict[str, Any]
    """Everything that was asked for, the backend's own options among it."""
    processes: int
    sensor: str
    client: str
    acknowledged_means: str
    hosts: list[dict[str, Any]]
    """Each host's name, roles and facts."""
    server: dict[str, Any]
    """Service, version, data folder, its file system, and the facts that the server gives."""
    rounds: list[Round]
    latency: dict[str, float | int]
    """Percentiles over all rounds in ms, of readings in the measured time; empty where nothing is acknowledged."""
    histogram: str
    """The same as an HDR histogram of nanoseconds, in the library's base64 form."""
    doubts: list[str] = field(default_factory=list)
    """What casts doubt on the result, each in words: what `reports.validity` concludes from all the rest."""
    evidence: list[str] = field(default_factory=list)
    """What is wrong with the accounting, naming the first few readings."""
    told: list[str] = field(default_factory=list)
    """Doubts that only the one who was there could have: the backend's own, and the host's."""
    state: str = "whole"
    """`whole`, `failed`, or `interrupted`: what there is of it when the session was ended."""
    steady: dict[str, Any] | None = None
    """Whether it was steady, as `reports.steady` concludes."""
    limit: dict[str, Any] | None = None
    """What stopped it from going faster, as `reports.limit` concludes."""
    confirmation: dict[str, Any] | None = None
    """What changing one thing brought, where `--confirm-limit` asked for it."""

    def __post_init__(self) -> None:
        if self.environment not in ENVIRONMENTS:
            raise ValueError(f"environment {self.environment!r}: expected one of {', '.join(ENVIRONMENTS)}")
        if self.state not in STATES:
            raise ValueError(f"state {self.state!r}: expected one of {', '.join(STATES)}")

    @property
    def tps(self) -> dict[str, Any]:
        """Return readings per second over the rounds: `median`, `low`, `high`, and `rounds`, each one's own."""
        values = [one.tps for one in self.rounds]
        if not values:
            return {"median": 0.0, "low": 0.0, "high": 0.0, "rounds": []}
        return {"median": statistics.median(values), "low": min(values), "high": max(values), "rounds": values}

    @property
    def accounting(self) -> str:
        """Return the worst verdict of its rounds: one lost reading fails the case."""
        verdicts = {one.accounting for one in self.rounds}
        return next((word for word in ("fail", "inconclusive", "pass", "measured") if word in verdicts), "inconclusive")

    def total(self, count: str) -> int | None:
        """Return the sum of one of the rounds' counts; None where a round has none."""
        values = [getattr(one, count) for one in self.rounds]
        return None if None in values else sum(values)

    def to_json(self) -> dict[str, Any]:
        """Return it as what `json.dumps` takes: its fields, the sums over its rounds, and `schema`."""
        return {"schema": SCHEMA} | asdict(self) | self._sums()

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Trial:
        """Return the trial that `to_json` made this of.

        Raises:
            ValueError: not a trial, or of a schema that this version does not know; says which field.
        """
        if saved.get("schema") not in READABLE:
            raise ValueError(f"schema {saved.get('schema')!r}: expected {' or '.join(READABLE)}")
        required = [one.name for one in fields(cls) if one.default is MISSING and one.default_factory is MISSING]
        lacking = [name for name in required if name not in saved]
        if lacking:
            raise ValueError(f"not a whole trial: {', '.join(lacking)} missing")
        known = {one.name: saved[one.name] for one in fields(cls) if one.name in saved}
        known["rounds"] = [_round(one) for one in saved["rounds"]]
        return cls(**known)

    def _sums(self) -> dict[str, Any]:
        return {name: self.total(name) for name in COUNTS} | {"tps": self.tps, "accounting": self.accounting}


COUNTS = (
    *("attempted", "acknowledged", "failed", "unknown", "unanswered", "delivered", "lost", "duplicated", "reordered"),
    *("corrupt", "never_sent", "failed_arrived", "unknown_arrived", "unanswered_arrived"),
)
"""The counts of a round that a trial sums up."""


def _round(saved: Mapping[str, Any]) -> Round:
    try:
        return Round(**dict(saved) | {"windows": [(float(at), int(count)) for at, count in saved["windows"]]})
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a whole round: {error}") from None
