"""One figure of the notes: what was measured, on what, with which settings, and where the notes say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Value = float | tuple[float, float]
"""A number, or the lowest and the highest of a range."""

SECONDS = 60.0
"""Of a minute."""


@dataclass(frozen=True)
class Hosts:
    """Hosts of one model that do the same; None is what the notes do not say."""

    board: str | None = None
    hosts: int = 1
    threads: int | None = None
    """On each; a thread of the notes is an operating-system process of the load script."""

    def in_words(self) -> str:
        """Return how many there are of what: `4 × Pi 4, 64 threads each`."""
        board = self.board or "a board that is not named"
        threads = "" if self.threads is None else f", {self.threads} thread{'s' if self.threads > 1 else ''}"
        each = " each" if threads and self.hosts > 1 else ""
        return f"{self.hosts} × {board}{threads}{each}"


@dataclass(frozen=True)
class Observed:
    """Something that was measured beside a throughput, or alone."""

    what: str
    unit: str
    values: tuple[Value, ...]

    def in_words(self) -> str:
        """Return it as `server CPU: 70, 71 %`."""
        return f"{self.what}: {', '.join(map(_number, self.values))} {self.unit}"

    def to_json(self) -> dict[str, Any]:
        """Return it as what `json.dumps` takes; a range is a list of two numbers."""
        values = [list(one) if isinstance(one, tuple) else one for one in self.values]
        return {"what": self.what, "unit": self.unit, "values": values}


@dataclass(frozen=True)
class Figure:
    """One figure, in the fields of the files it is read from; None and empty stand for what the notes do not say."""

    name: str
    scenarios: tuple[str, ...]
    """The ids of the scenarios it belongs to, the one it is named after first."""
    heading: str
    """The section of the notes that it stands in."""
    quote: str
    """The words of the notes; ` / ` stands where some are left out."""
    source: str = "notes"
    lines: tuple[int, ...] = ()
    """Of the notes."""
    row: str = ""
    """Of the scenarios, where the notes refer to a page that is not at hand."""
    backend: str | None = None
    tps: float | None = None
    """Readings per second, as the notes give it."""
    total: int | None = None
    """Readings of the whole run, as the notes give it."""
    parts: tuple[float, ...] = ()
    """The same for each producer host."""
    rounded_to: int = 1
    counted: int | None = None
    """Readings that a reader counted on the server side."""
    minutes: float | None = None
    minutes_said: str = ""
    """Where it is said how long the run took."""
    minutes_assumed: str = ""
    """Why it may be taken to have been so long, where that is not said."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """By the names that the settings of a trial have, where it has them."""
    producers: tuple[Hosts, ...] = ()
    servers: tuple[Hosts, ...] = ()
    observed: tuple[Observed, ...] = ()
    bottleneck: str = ""
    """What the notes conclude."""
    acknowledged_means: str = ""
    doubts: tuple[str, ...] = ()
    """Of the notes themselves, and where they contradict themselves."""

    @property
    def readings(self) -> float | None:
        """Return the readings of the whole run: the total, or the sum of its parts, where the notes give no rate."""
        if self.tps is not None or self.total is not None:
            return self.total
        return sum(self.parts) if self.parts else None

    @property
    def rate(self) -> float | None:
        """Return readings per second: as the notes give it, or the total ÷ the duration; None where there is none."""
        if self.tps is not None or self.readings is None or self.minutes is None:
            return self.tps
        return self.readings / (self.minutes * SECONDS)

    @property
    def derived(self) -> str:
        """Return how the rate comes about, in words; empty where the notes give it."""
        if self.tps is not None or self.readings is None:
            return ""
        summed = "" if self.total is not None else ", a sum that is not in the notes"
        said = self.minutes_said or f"assumed: {self.minutes_assumed}"
        return f"{self.readings:,.0f} readings{summed} ÷ {self.minutes:g} minutes ({said})"

    @property
    def threads(self) -> int | None:
        """Return the threads of all producers together; None where that is not said of each."""
        each = [one.threads for one in self.producers]
        if not each or None in each:
            return None
        return sum(one.hosts * (one.threads or 0) for one in self.producers)

    @property
    def hardware(self) -> str:
        """Return the producers' and the servers' boards in words."""
        return f"{_together(self.producers)} → {_together(self.servers)}"

    @property
    def place(self) -> str:
        """Return where it stands: `notes, line 782` or `scenarios, row Y1`."""
        if self.row:
            return f"{self.source}, row {self.row}"
        return f"{self.source}, line{'s' if len(self.lines) > 1 else ''} {', '.join(map(str, self.lines))}"

    @property
    def in_words(self) -> str:
        """Return what was measured: the rate, the total it comes from, and all that was observed."""
        parts = [] if self.rate is None else [f"{self.rate:,.0f} TPS"]
        if self.readings is not None:
            parts.append(f"{self.readings:,.0f} readings in {self.minutes:g}{'' if self.minutes_said else '?'} min")
        if self.counted is not None:
            parts.append(f"{self.counted:,} counted")
        return "; ".join([*parts, *(one.in_words() for one in self.observed)])


def _together(hosts: Sequence[Hosts]) -> str:
    return " + ".join(one.in_words() for one in hosts) or "not said"


def _number(value: Value) -> str:
    if isinstance(value, tuple):
        return f"{_number(value[0])}–{_number(value[1])}"
    return f"{value:,}"
