"""The rows of the tables, out of saved runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from collectors.record import COUNTS, Round, Trial

from ..conclusions import concluded
from ..saved_run import SavedCase, SavedRun
from .tables import HOSTS, ROUNDS, SAMPLES, TRIALS, WINDOWS, Table

Row = dict[str, Any]
"""By column, as JSON takes it; times in ISO 8601, UTC, without a zone."""


@dataclass(frozen=True)
class Exported:
    """One case of one run, with what follows from it."""

    label: str
    run: SavedRun
    case: SavedCase
    trial: Trial

    @property
    def key(self) -> Row:
        """The columns that every table begins with."""
        return {"run": self.label, "case_name": self.case.name}


def exported(runs: Sequence[SavedRun]) -> list[Exported]:
    """Return the cases of runs, with their conclusions drawn anew; runs of the same name get their folder's, too."""
    labels = [run.label for run in runs]
    found = []
    for run in runs:
        label = run.label if labels.count(run.label) == 1 else f"{run.path.parent.name}/{run.label}"
        found += [Exported(label, run, case, concluded(case.trial)) for case in run.cases]
    return found


def rows(table: Table, cases: Iterable[Exported]) -> Iterator[Row]:
    """Yield the rows of a table."""
    make = _MAKERS[table.name]
    for case in cases:
        for row in make(case):
            yield case.key | row


def utc(when: str) -> str:
    """Return a time of ISO 8601 in UTC, without a zone; one that says none is taken for UTC."""
    at = datetime.fromisoformat(when)
    return (at.astimezone(UTC) if at.tzinfo else at).replace(tzinfo=None).isoformat()


def host_names(trial: Trial, role: str) -> list[str]:
    """Return the names of the hosts that have a role."""
    return [str(host["name"]) for host in _with_role(trial, role)]


def writers(case: Exported) -> list[str]:
    """Return what the hosts that wrote call themselves; of old records, the controlling machine's name."""
    hosts = _with_role(case.trial, "producer")
    return [str(host.get("hostname") or host["name"]) for host in hosts] or [str(case.run.machine.get("node") or "")]


def _with_role(trial: Trial, role: str) -> list[dict[str, Any]]:
    return [host for host in trial.hosts if role in (host.get("roles") or ())]


def _trial(one: Exported) -> Iterator[Row]:
    trial, commit, limit = one.trial, one.run.commit, one.trial.limit or {}
    writing = _with_role(trial, "producer") or trial.hosts
    tps = trial.tps
    yield {
        "saved": utc(one.run.saved),
        "commit_id": commit.get("id"),
        "dirty": commit.get("dirty"),
        "branch": commit.get("branch"),
        "producer_hosts": host_names(trial, "producer"),
        "server_hosts": host_names(trial, "server"),
        "board": writing[0].get("board") if writing else None,
        "service": trial.server.get("service"),
        "server_version": trial.server.get("version"),
        "rounds": len(trial.rounds),
        "tps_median": tps["median"],
        "tps_low": tps["low"],
        "tps_high": tps["high"],
        "ops": one.case.benchmark.get("stats", {}).get("ops"),
        "p99_9_ms": trial.latency.get("p99.9_ms"),
        "steady": (trial.steady or {}).get("steady"),
        "limited_by": limit.get("class"),
        "limit_side": limit.get("side"),
        "limit_sure": limit.get("sure"),
        **{name: trial.latency.get(name) for name in ("p50_ms", "p90_ms", "p99_ms", "max_ms")},
        **{name: trial.settings.get(name) for name in ("frequency", "rate", "test_time")},
        **{name: trial.total(name) for name in COUNTS},
        **{name: getattr(trial, name) for name in _AS_THEY_ARE},
    }


_AS_THEY_ARE = (
    *("backend", "environment", "processes", "sensor", "client", "acknowledged_means", "accounting", "state"),
    *("doubts", "settings", "server"),
)


def _rounds(one: Exported) -> Iterator[Row]:
    for number, round_ in enumerate(one.trial.rounds, 1):
        yield {
            "round": number,
            "began": _moment(round_),
            **{name: getattr(round_, name) for name in ("tps", "seconds", *COUNTS, "accounting", "errors", "schedule")},
        }


def _moment(one: Round) -> str | None:
    return datetime.fromtimestamp(one.began, UTC).replace(tzinfo=None).isoformat() if one.began else None


def _windows(one: Exported) -> Iterator[Row]:
    for number, round_ in enumerate(one.trial.rounds, 1):
        for (before, counted), (at, count) in pairwise(round_.windows):
            if at > before:
                yield {"round": number, "seconds": at, "readings": count, "tps": (count - counted) / (at - before)}


def _hosts(one: Exported) -> Iterator[Row]:
    plain = ("roles", "hostname", "board", "machine", "kernel", "os", "python", "cpus", "memory_mib")
    for host in one.trial.hosts:
        known = host.get("fingerprint") or {}
        row = {name: host.get(name) for name in plain}
        yield {"host": host["name"], "code": known.get("code"), "fingerprint": known, **row}


def _samples(one: Exported) -> Iterator[Row]:
    for number, round_ in enumerate(one.trial.rounds, 1):
        for host, series in round_.samples.items():
            at = series.get("at", [])
            for metric, values in series.items():
                if metric != "at":
                    for seconds, value in zip(at, values, strict=False):
                        yield {"round": number, "host": host, "seconds": seconds, "metric": metric, "value": value}


_MAKERS: dict[str, Callable[[Exported], Iterator[Row]]] = {
    TRIALS.name: _trial,
    ROUNDS.name: _rounds,
    WINDOWS.name: _windows,
    HOSTS.name: _hosts,
    SAMPLES.name: _samples,
}
