"""What a run was asked to do: what all of its cases share, and what each has of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from collectors.record import Trial

from ..columns import counted

_UNSET = object()
Settings = list[tuple[str, str]]
"""Names and values."""


def shared(trials: Sequence[Trial]) -> Settings:
    """Return the settings that are the same in every case."""
    first = _settings(trials[0]) if trials else {}
    rest = [_settings(trial) for trial in trials[1:]]
    return [
        (name, _shown(value)) for name, value in first.items() if all(one.get(name, _UNSET) == value for one in rest)
    ]


def own(trial: Trial, common: Settings) -> Settings:
    """Return the settings of a case that are not everybody's."""
    known = dict(common)
    return [(name, text) for name, value in _settings(trial).items() if known.get(name) != (text := _shown(value))]


def in_words(trials: Sequence[Trial]) -> str:
    """Return in a sentence what was asked of a run."""
    if not trials:
        return "No case of this run has a record of its own."
    suites = list(dict.fromkeys(suite_of(trial) for trial in trials))
    backends = list(dict.fromkeys(trial.backend for trial in trials))
    return (
        f"{counted(len(trials), 'case')} of {', '.join(suites)}, writing to {', '.join(backends)}: "
        f"{_one_or_several(trials, 'rounds', 'round')} of {_one_or_several(trials, 'test_time', 'second')} each, "
        f"{_waiting(trials)}{_pace(trials)}."
    )


def suite_of(trial: Trial) -> str:
    """Return the name of the test that measured a case: `test_one_thread`."""
    return next((part for part in reversed(trial.name.split("::")) if part.startswith("test_")), trial.name).split("[")[
        0
    ]


def _settings(trial: Trial) -> dict[str, Any]:
    return {
        "environment": trial.environment,
        "sensor": trial.sensor,
        **trial.settings,
        "threads": trial.processes,
        "client": trial.client,
        "server": " ".join(str(trial.server[name]) for name in ("service", "version") if trial.server.get(name)),
        **_topology(trial.server.get("topology")),
    }


def _topology(found: Any) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        return {}
    return {f"topology: {name}": value for name, value in found.items()}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _waiting(trials: Sequence[Trial]) -> str:
    every = {trial.settings.get("frequency") for trial in trials}
    if every == {1}:
        return "waiting for each reading to be acknowledged"
    if every == {0}:
        return "not waiting for acknowledgements until the end"
    frequencies = sorted(one for one in every if isinstance(one, int))
    return f"waiting for acknowledgements every {', '.join(map(str, frequencies)) or '–'} readings"


def _pace(trials: Sequence[Trial]) -> str:
    rates = sorted({float(trial.settings.get("rate") or 0.0) for trial in trials})
    if rates == [0.0]:
        return ", as fast as acknowledgements come"
    return f", on a schedule of {', '.join(f'{rate:,.0f}' for rate in rates if rate)} readings per second"


def _one_or_several(trials: Sequence[Trial], setting: str, noun: str) -> str:
    values = sorted({float(trial.settings[setting]) for trial in trials if trial.settings.get(setting) is not None})
    text = ", ".join(f"{value:g}" for value in values) or "–"
    return f"{text} {noun}{'' if values == [1.0] else 's'}"
