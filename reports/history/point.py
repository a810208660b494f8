"""One run of a case, as a point of its history, and the line that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from collectors.record import Trial

from ..export.rows import Exported, utc
from ..spread import Spread, spread

_NOT_ASKED = ("rounds",)
"""Settings that runs of one line may differ in: they say how often it was measured, not what."""
_IDENTITY = ("hostname", "board", "machine")
"""What a host is told by, and its CPUs; records of every schema have these."""
_SHORT = 10
"""Digits of a commit."""


@dataclass(frozen=True, eq=False)
class Point:
    """One run of a case."""

    case: Exported

    @property
    def trial(self) -> Trial:
        """Its record."""
        return self.case.trial

    @property
    def when(self) -> str:
        """When the run was saved, UTC, ISO 8601; it sorts."""
        return utc(self.case.run.saved)

    @property
    def commit(self) -> str:
        """The commit's first digits, and `+` where there were changes beside it."""
        found = str(self.case.run.commit.get("id") or "unknown")[:_SHORT]
        return f"{found}+" if self.case.run.commit.get("dirty") else found

    @property
    def tps(self) -> Spread:
        """Readings per second over its rounds; the median counts."""
        return spread([one.tps for one in self.trial.rounds])

    @property
    def limit(self) -> str:
        """What stopped it from going faster."""
        return str((self.trial.limit or {}).get("class", "unknown"))

    @property
    def counts(self) -> bool:
        """Whether its throughput is one: measured to the end, and nothing lost."""
        return self.trial.state == "whole" and self.trial.accounting != "fail" and bool(self.trial.rounds)

    @property
    def key(self) -> dict[str, Any]:
        """What has to be the same in all runs of a line; a run that differs stands in another one."""
        trial = self.trial
        return {
            "case": self.case.case.name,
            "environment": trial.environment,
            **{f"host {name}": facts for name, facts in _hosts(self.case)},
            "processes": trial.processes,
            "acknowledged means": trial.acknowledged_means,
            **{name: value for name, value in trial.settings.items() if name not in _NOT_ASKED and _asked(value)},
            "topology": trial.server.get("topology"),
        }

    @property
    def circumstances(self) -> dict[str, Any]:
        """What may change along a line, and is named where its throughput did."""
        first: dict[str, Any] = self.trial.hosts[0] if self.trial.hosts else {}
        known = first.get("fingerprint") or {}
        return {
            "client": self.trial.client,
            "server version": self.trial.server.get("version"),
            "sensor": self.trial.sensor,
            "file system": self.trial.server.get("filesystem"),
            "kernel": first.get("kernel"),
            "Python": first.get("python"),
            "collectors' code": str(known.get("code") or "")[:_SHORT] or None,
            "limit": self.limit,
        }


@dataclass(frozen=True)
class Line:
    """Runs of one case that may be compared, the oldest first."""

    points: tuple[Point, ...]

    @property
    def counted(self) -> list[Point]:
        """Those whose throughput counts."""
        return [point for point in self.points if point.counts]

    @property
    def key(self) -> dict[str, Any]:
        """What all of them have in common."""
        return self.points[0].key


def lines(cases: Iterable[Exported]) -> list[Line]:
    """Return the lines that runs belong to: those of other hosts, environments, settings have lines of their own."""
    found: dict[str, list[Point]] = {}
    for point in sorted(map(Point, cases), key=lambda point: (point.when, point.case.label)):
        found.setdefault(json.dumps(point.key, sort_keys=True), []).append(point)
    return [Line(tuple(points)) for points in found.values()]


def apart(one: Line, other: Line) -> list[str]:
    """Return in which keys two lines differ, with both values."""
    mine, theirs = one.key, other.key
    names = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
    return [f"{name}: {_said(mine.get(name))}, not {_said(theirs.get(name))}" for name in names]


def _hosts(case: Exported) -> Iterator[tuple[str, str]]:
    for host in case.trial.hosts:
        roles = "+".join(sorted(set(host.get("roles") or ()) - {"server"} or ["server"]))
        known = [str(host[name]) for name in _IDENTITY if host.get(name) is not None]
        facts = ", ".join(known + ([f"{host['cpus']} CPUs"] if host.get("cpus") else []))
        yield f"{host['name']} ({roles})", facts or str(case.run.machine.get("node") or "unknown")


def _asked(value: Any) -> bool:
    """Whether a setting says anything: earlier versions lacked some of those that may be off."""
    return value is not None and value != "" and (isinstance(value, bool) or value != 0)


def _said(value: Any) -> str:
    return "nothing" if value is None or value == "" else str(value)
