"""The figures as a file that pytest-benchmark saves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .figure import Figure
from .trials import ENVIRONMENT, MODULE, case, doubts_of, trial

SCHEMA = "thermobench.reference/1"
DATED = "2019-09-30T08:27:56"
"""The latest time that the notes name, in the log of a server (line 1371); its time zone is not said."""
FORMAT = "5.3.1"
"""The version of pytest-benchmark whose structure the file has."""
SUITES = {
    **dict.fromkeys(("B1", "B2", "B3", "B5"), "test_one_thread"),
    "L2": "test_all_threads",
    "L6": "test_threads",
    "L7": "test_mqtt_qos",
    "Y1": "test_commit_frequency",
    "Y2": "test_all_producers",
    **dict.fromkeys(("K1", "K2", "K3", "K4", "K5"), "test_kafka_scaling"),
    "K6": "test_kafka_acks",
    "K8": "test_saturation",
    **dict.fromkeys(("C1", "C2", "C4"), "test_cassandra_ring"),
}
"""By scenario, the suite that asks the same; with its group, both stand in one table of pytest-benchmark."""


def saved(figures: Iterable[Figure]) -> dict[str, Any]:
    """Return the content of the file.

    Each figure that is a throughput is a benchmark, with its trial and `reference` in `extra_info`. All of them, also
    what is no throughput, stand under `reference`, which pytest-benchmark passes over.
    """
    figures = list(figures)
    return {
        "machine_info": {"node": ENVIRONMENT, "machine": "Raspberry Pis of 2019", "system": ENVIRONMENT, "cpu": {}},
        "commit_info": {"id": ENVIRONMENT, "time": None, "dirty": None, "project": MODULE, "branch": ENVIRONMENT},
        "benchmarks": [_benchmark(figure) for figure in figures if figure.rate is not None],
        "datetime": DATED,
        "version": FORMAT,
        "reference": {"schema": SCHEMA, "figures": [described(figure) for figure in figures]},
    }


def described(figure: Figure) -> dict[str, Any]:
    """Return a figure with its scenario, hardware and source, as JSON takes it.

    `quoted` are the notes' words, ` / ` where some are left out. `figure` is what the notes give, in `unit`; None where
    all that was measured stands in `observed`. `tps` is that, or what follows from it as `derived` says.
    """
    given = figure.tps if figure.tps is not None else figure.readings
    return {
        "name": figure.name,
        "scenario": figure.scenarios[0],
        "scenarios": list(figure.scenarios),
        "backend": figure.backend,
        "figure": given,
        "unit": None if given is None else "readings/s" if figure.tps is not None else "readings",
        "rounded_to": figure.rounded_to,
        "parts": list(figure.parts),
        "counted": figure.counted,
        "tps": figure.rate,
        "derived": figure.derived,
        "observed": [one.to_json() for one in figure.observed],
        "settings": {name: list(one) if isinstance(one, tuple) else one for name, one in figure.settings.items()},
        "hardware": figure.hardware,
        "source": f"{figure.place}: {figure.heading}",
        "quoted": figure.quote,
        "bottleneck": figure.bottleneck,
        "doubts": doubts_of(figure),
    }


def _benchmark(figure: Figure) -> dict[str, Any]:
    made = trial(figure)
    return {
        "group": SUITES.get(figure.scenarios[0], f"reference {figure.scenarios[0]}"),
        "name": case(figure),
        "fullname": made.name,
        "params": {"backend": figure.backend, "processes": figure.threads},
        "param": figure.name,
        "extra_info": {"trial": made.to_json(), "reference": described(figure)},
        "options": {},
        "stats": _stats(1 / made.rounds[0].tps),
    }


def _stats(seconds: float) -> dict[str, Any]:
    """Return what pytest-benchmark saves of a single round that took so long for one reading (its `stats.Stats`)."""
    same = ("min", "max", "mean", "median", "q1", "q3", "ld15iqr", "hd15iqr", "total")
    none = {"stddev": 0, "iqr": 0.0, "iqr_outliers": 0, "stddev_outliers": 0, "outliers": "0;0"}
    return dict.fromkeys(same, seconds) | none | {"rounds": 1, "iterations": 1, "ops": 1 / seconds}
