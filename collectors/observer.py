"""What goes on around the producers while they run: their host, sampled by the process that watches them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .sampling.containers import PREFIX
from .sampling.kept_file import allow_many_files
from .sampling.links import links
from .sampling.sampler import Sampler
from .sampling.series import Series, kept

_LEAST_NS = 250_000_000
"""A last sample of less than this would show chance more than load."""


@dataclass(frozen=True)
class Observed:
    """What the host told about itself."""

    samples: dict[str, list[float | None]] = field(default_factory=dict)
    """By column, as `Round.samples` has them for one host."""
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is known of its network interfaces."""
    sample_seconds: float = 0.0
    """CPU seconds that a sample took, on average."""


class Observer:
    """Samples the host when it is told to.

    Args:
        watched: process ids by group beside those of the producers, such as `server`; `container.NAME` is the
            container that a process is in. What is not there any more is left out.
    """

    def __init__(self, watched: Mapping[str, Sequence[int]]) -> None:
        self._watched = watched
        self._series = Series()
        self._sampler: Sampler | None = None

    def begin(self, producers: Sequence[int]) -> None:
        """Begin with the processes that produce. They are there already, and keep the limits that they have."""
        allow_many_files()
        watched = {name: list(pids) for name, pids in self._watched.items()}
        containers = {name.removeprefix(PREFIX): watched.pop(name)[0] for name in [*watched] if name.startswith(PREFIX)}
        self._sampler = Sampler({"producers": list(producers)} | watched, containers=containers)

    def look(self) -> None:
        """Take a sample."""
        if self._sampler is not None:
            self._series.take(self._sampler)

    def end(self, started_ns: int, now_ns: int) -> Observed:
        """Take the last sample, if its time is long enough to say something, and return all of them.

        Args:
            started_ns: when the measured time began, by `time.perf_counter_ns`.
            now_ns: by the same clock.
        """
        sampler = self._sampler
        if sampler is None:
            return Observed()
        if sampler.sampled_ns is not None and now_ns - sampler.sampled_ns >= _LEAST_NS:
            self.look()
        found = Observed(kept(self._series.columns(started_ns)), links(), sampler.cost)
        self.close()
        return found

    def close(self) -> None:
        """Close what is open. May be called twice."""
        if self._sampler is not None:
            self._sampler.close()
            self._sampler = None


def parse_watched(given: Sequence[str]) -> dict[str, list[int]]:
    """Return process ids by group from texts such as `server=812,813`.

    Raises:
        ValueError: naming the text that is none.
    """
    watched: dict[str, list[int]] = {}
    for text in given:
        name, equals, listed = text.partition("=")
        pids = listed.split(",")
        if not (name and equals and all(pid.isdecimal() for pid in pids)) or name in {"producers", "sampler"}:
            raise ValueError(f"{text!r}: expected GROUP=PID[,PID…], the group neither producers nor sampler")
        watched.setdefault(name, []).extend(int(pid) for pid in pids if os.path.exists(f"/proc/{pid}"))  # noqa: PTH110
    return {name: pids for name, pids in watched.items() if pids}
