"""Why throughput changed: what else is not the same on both sides.

None of it proves a cause. The limit tells where to look first: it is concluded anew for both sides, by the same rules.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.record import Trial

from ..baselines import number
from ..doubts.rows import rows
from .identity import checked_out
from .pair import Pair
from .side import Side
from .verdict import NO_DIFFERENCE

BASELINE = 0.1
"""Share by which baselines have to differ to be told: one measurement of a second or two varies by some per cent."""
DEGREES = 5.0
"""°C by which the hottest moments have to differ: a Raspberry Pi that is warmer by less runs no slower for it."""
CLOCK = 0.05
"""Share by which mean clocks have to differ."""
_SHOWN = 12
"""Keys that are told; where more differ, their number is."""


def reasons(pair: Pair, word: str) -> list[str]:
    """Return what else is not the same on both sides of a case that was measured on both, each in words.

    Args:
        pair: the case.
        word: the verdict on it, with which the limit is told.
    """
    if not (pair.base.results and pair.candidate.results):
        return []
    told = [f"{key}: {one} → {other}" for key, (one, other) in pair.apart.items()]
    told += _arrows(_around(pair.base), _around(pair.candidate))
    if len(told) > _SHOWN:
        told = [*told[:_SHOWN], f"and {len(told) - _SHOWN} more"]
    return [_limit(pair, word), *told, *_baselines(pair), *_climate(pair)]


def _limit(pair: Pair, word: str) -> str:
    (one, before), (other, after) = _limits(pair.base), _limits(pair.candidate)
    if one == other:
        return f"limit on both sides: {one}" if before == after else f"limit on both sides: {before}, {after}"
    same = "same TPS, " if word == NO_DIFFERENCE else ""
    return f"{same}the limit moved from {before} to {after}"


def _limits(side: Side) -> tuple[str, str]:
    """Return the limit of most runs, and the same in words, with how many said so where not all did."""
    classes = Counter(str((trial.limit or {}).get("class") or "unknown") for trial in side.trials)
    [(most, count)] = classes.most_common(1)
    return most, most if count == len(side.trials) else f"{most} ({count} of {len(side.trials)} runs)"


def _around(side: Side) -> dict[str, str]:
    """Return by name what may differ between runs that compare, and may be the reason nevertheless."""
    found: dict[str, dict[str, None]] = {}
    for result in side.results:
        found.setdefault("commit", {})[checked_out(result.commit)] = None
        for host in result.trial.hosts:
            for name, value in _versions(host).items():
                found.setdefault(f"{name} of {host.get('name')}", {})[value] = None
    return {name: ", ".join(values) for name, values in found.items()}


def _versions(host: Mapping[str, Any]) -> dict[str, str]:
    facts = {**host, **(host.get("fingerprint") or {})}
    governors = sorted({str(one) for one in ((facts.get("cpu") or {}).get("governors") or {}).values()})
    found = {name: facts.get(name) for name in ("hostname", "kernel", "os", "python", "memory_mib")}
    found |= {"governor": ", ".join(governors)} | (facts.get("clients") or {})
    return {str(name): str(value) for name, value in found.items() if value}


def _arrows(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return [f"{key}: {one[key]} → {other[key]}" for key in one if key in other and one[key] != other[key]]


def _baselines(pair: Pair) -> Iterator[str]:
    """Tell of baselines that differ: what the machine could do was not the same (see `docs/baselines.md`)."""
    before, after = _figures(pair.base), _figures(pair.candidate)
    for host in before:
        told = []
        for name, was in before[host].items():
            now = after.get(host, {}).get(name)
            if was and now is not None and abs(now / was - 1) >= BASELINE:
                told.append(f"{name} {number(was)} → {number(now)} ({now / was - 1:+.0%})".replace("%", " %"))
        if told:
            yield f"baselines of {host}: {', '.join(told)}"


def _figures(side: Side) -> dict[str, dict[str, float]]:
    """Return by host and name the median of each baseline over the runs."""
    found: dict[str, dict[str, list[float]]] = {}
    for result in side.results:
        for host in result.trial.hosts:
            for name, value in _flat(host.get("baselines") or {}):
                found.setdefault(str(host.get("name")), {}).setdefault(name, []).append(value)
    return {host: {name: statistics.median(values) for name, values in named.items()} for host, named in found.items()}


def _flat(figures: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, float]]:
    for name, one in figures.items():
        if isinstance(one, Mapping) and "value" in one:
            # How often segments were sent again is told with the rate, which it explains.
            if name != "retransmits":
                yield f"{within}{name}".replace("_", " "), float(one["value"])
        elif isinstance(one, Mapping):
            yield from _flat(one, f"{within}{name} ")


def _climate(pair: Pair) -> Iterator[str]:
    """Tell of hosts that were hotter, or whose clocks ran slower."""
    hosts = dict.fromkeys(str(host.get("name")) for trial in _records(pair.base) for host in trial.hosts)
    for host in hosts:
        one, other = (_column(side, host, "cpu.temperature") for side in (pair.base, pair.candidate))
        if one and other and abs(max(other) - max(one)) >= DEGREES:
            yield f"hottest moment of {host}: {max(one):.0f} °C → {max(other):.0f} °C"
        one, other = (_column(side, host, "cpu.mhz") for side in (pair.base, pair.candidate))
        if one and other and abs(statistics.fmean(other) / statistics.fmean(one) - 1) >= CLOCK:
            yield f"mean clock of {host}: {statistics.fmean(one):,.0f} MHz → {statistics.fmean(other):,.0f} MHz"


def _column(side: Side, host: str, column: str) -> list[float]:
    return [value for trial in _records(side) for (value,) in rows(trial, host, column) if value > 0]


def _records(side: Side) -> list[Trial]:
    return [result.trial for result in side.results]
