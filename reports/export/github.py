"""Runs as github-action-benchmark reads them (`tool: customBiggerIsBetter`): a chart a case."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..spread import spread
from .rows import Exported, writers


def github(cases: Sequence[Exported]) -> str:
    """Return the JSON: name, unit, value, range and extra of each case.

    Cases that failed or lost readings are left out: their TPS is none.
    """
    return json.dumps([_entry(case) for case in cases if _sound(case)], indent=2) + "\n"


def _sound(case: Exported) -> bool:
    return case.trial.state == "whole" and case.trial.accounting != "fail"


def _entry(case: Exported) -> dict[str, str | float]:
    trial = case.trial
    found = spread([one.tps for one in trial.rounds])
    limit = trial.limit or {}
    lines = [
        f"run {case.label}",
        f"{trial.environment}, hosts {', '.join(writers(case)) or 'unknown'}",
        f"acknowledged means: {trial.acknowledged_means}",
        f"limit: {limit.get('class', 'unknown')} ({limit.get('sure', 'guess')})",
        *(f"doubt: {one}" for one in trial.doubts),
    ]
    return {
        "name": _name(case),
        "unit": "readings/s",
        "value": found.median,
        "range": found.in_words(),
        "extra": "\n".join(lines),
    }


def _name(case: Exported) -> str:
    """Return what the chart is named after: hosts and environments have charts of their own."""
    return f"{case.case.name} ({', '.join([case.trial.environment, *writers(case)])})"
