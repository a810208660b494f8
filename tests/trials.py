"""Records made up for tests of what is made of records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from collectors.record import COUNTS, Round, Trial


def a_round(tps: float = 100.0, **fields: Any) -> Round:
    counts = dict.fromkeys(COUNTS, 0) | {"attempted": 200, "acknowledged": 200, "delivered": 200}
    made = Round(
        run="0123456789abcdef",
        tps=tps,
        seconds=2.0,
        accounting="pass",
        windows=[(0.0, 0), (1.0, 100)],
        producers=[],
        reader={},
        errors=[],
        **counts,
    )
    return replace(made, **fields)


def a_trial(*rounds: Round, **fields: Any) -> Trial:
    made = Trial(
        name=f"perf/test_one_thread.py::test_one_thread[{fields.get('backend', 'sqlite')}]",
        backend="sqlite",
        environment="native",
        settings={"frequency": 1},
        processes=1,
        sensor="sysfs:/sys/class/thermal/thermal_zone0/temp",
        client="SQLite 3",
        acknowledged_means="on disk (fsync at COMMIT)",
        hosts=[{"name": "local"}],
        server={"service": "file", "version": "3", "data_folder": "/var", "filesystem": "ext4", "says": {}},
        rounds=list(rounds) or [a_round()],
        latency={"p50_ms": 0.25, "p99_ms": 12.5},
        histogram="",
    )
    return replace(made, **fields)


def saved(*trials: Trial, when: str = "2026-11-23T10:00:00+00:00", commit: str = "0123abc") -> dict[str, Any]:
    """Return what pytest-benchmark saves of a run with these trials."""
    return {
        "machine_info": {"node": "local", "machine": "x86_64", "system": "Linux", "cpu": {}},
        "commit_info": {"id": commit, "time": when, "dirty": False, "project": "thermobench", "branch": "main"},
        "benchmarks": [_benchmark(trial) for trial in trials],
        "datetime": when,
        "version": "5.3.1",
    }


def _benchmark(trial: Trial) -> dict[str, Any]:
    suite, _, name = trial.name.rpartition("::")
    each = [1 / one.tps for one in trial.rounds]
    stats = {"rounds": len(each), "mean": sum(each) / len(each), "ops": len(each) / sum(each), "data": each}
    return {
        "group": suite.removeprefix("perf/").removesuffix(".py"),
        "name": name,
        "fullname": trial.name,
        "params": {"backend": trial.backend},
        "param": trial.backend,
        "extra_info": {"trial": trial.to_json()},
        "options": {},
        "stats": stats,
    }
