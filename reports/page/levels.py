"""Several levels of load on the same servers: what each brought, the knee, and the fitted curve."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.errors import ThermobenchError
from collectors.record import Trial

from ..limits.suspect import percent
from ..scaling.knee import Knee, knee
from ..scaling.level import Level, in_order
from ..scaling.usl import FEWEST, Scalability, scalability
from .asked import suite_of
from .chart import Axes, Chart, Line, Point, lines

UNIT = "processes"
_FEWEST_LEVELS = 3
_RESAMPLES = 100
"""Of the bootstraps: a session that ends with its page is not to wait for it."""
_CURVE = 60
"""Points of the fitted curve."""
_PRODUCERS = {"producer_hosts", "processes"}
"""Fields of a topology that are the load and not the servers."""
_NAMED_AFTER = "topic"
"""A setting that is named after the whole topology, its load too."""


@dataclass(frozen=True)
class Scaling:
    """What levels of load came to."""

    name: str
    words: list[str]
    chart: Chart
    knee: Knee
    rows: list[tuple[str, ...]]
    """Of each level: load, TPS, its share of the peak, and what the next one brings."""
    sustained: list[str]
    """The highest sustained rate and how it was found, in words; empty where it was not searched for."""


@dataclass(frozen=True)
class Family:
    """Cases that differ in their load alone."""

    name: str
    levels: list[Level]


def families(trials: Iterable[Trial]) -> list[Family]:
    """Return the cases of a run that are levels of one load, three of them at least; those on a schedule are none."""
    found: dict[str, dict[int, Trial]] = {}
    for trial in trials:
        if trial.rounds and trial.processes and not trial.settings.get("rate") and trial.state == "whole":
            found.setdefault(_servers(trial), {})[trial.processes] = trial
    return [
        Family(_name(next(iter(alike.values()))), [_level(trial) for trial in alike.values()])
        for alike in found.values()
        if len(alike) >= _FEWEST_LEVELS
    ]


def fitted(family: Family) -> Scaling:
    """Return what levels of load came to, with their knee and, where there are enough, a curve."""
    levels = in_order(family.levels)
    law: Scalability | str = f"that takes {FEWEST} levels at least, and there are {len(levels)}"
    if len(levels) >= FEWEST:
        try:
            law = scalability(levels, _RESAMPLES)
        except ThermobenchError as error:
            law = str(error)
    return scaling(family.name, levels, knee(levels, _RESAMPLES), law)


def scaling(
    name: str, levels: Sequence[Level], found: Knee, law: Scalability | str, sustained: Sequence[str] = ()
) -> Scaling:
    """Return what levels of load came to, ready to be shown.

    Args:
        name: of the servers.
        levels: by load.
        found: their knee.
        law: the curve; or why there is none.
        sustained: of the search for a rate, in words.
    """
    rows: list[tuple[str, ...]] = [
        (f"{one.load:g}", f"{one.tps:,.0f}", percent(one.of_peak), "–" if one.gain is None else percent(one.gain))
        for one in found.steps
    ]
    curve = None if isinstance(law, str) else law
    told = curve.in_words(UNIT) if curve else [f"no curve is fitted: {law}"]
    words = [*found.in_words(UNIT)[:2], *told]
    return Scaling(name, words, _chart(levels, found, curve), found, rows, list(sustained))


def _chart(levels: Sequence[Level], found: Knee, law: Scalability | None) -> Chart:
    smallest, largest = levels[0].load, levels[-1].load
    drawn = [
        Line("a round", [(one.load, tps) for one in levels for tps in one.rounds], marks="dots"),
        Line("median of a level", [(one.load, one.tps) for one in levels]),
    ]
    if law:
        curve: list[Point] = []
        for at in range(_CURVE + 1):
            load = min(largest, smallest + (largest - smallest) * at / _CURVE)
            curve.append((load, law.at(load)))
        drawn.append(Line("fitted curve (Universal Scalability Law)", curve, marks="line"))
    if found.load is not None:
        top = max(tps for one in levels for tps in one.rounds)
        drawn.append(Line(f"knee, {found.load:g} {UNIT}", [(found.load, 0.0), (found.load, top)], marks="line"))
    ticks = [(one.load, f"{one.load:g}") for one in levels if one.load in _named(levels)]
    said = {one.load: f"{one.load:g} {UNIT}" for one in levels}
    axes = Axes("readings/s", (min(smallest, 0.0) or 0.0, largest), ticks, said=said)
    return lines(f"Readings per second by {UNIT}", drawn, axes)


def _named(levels: Sequence[Level]) -> set[float]:
    """Return the loads whose labels do not run into each other."""
    named, least = set(), levels[-1].load / 12
    last = float("-inf")
    for one in levels:
        if one.load - last >= least:
            named.add(one.load)
            last = one.load
    return named


def _servers(trial: Trial) -> str:
    """Return what has to be the same in levels of one load."""
    topology: Any = trial.server.get("topology")
    if isinstance(topology, dict):
        topology = {name: value for name, value in topology.items() if name not in _PRODUCERS}
    settings = {name: value for name, value in trial.settings.items() if name != _NAMED_AFTER}
    key = (suite_of(trial), trial.backend, trial.environment, settings, topology)
    return json.dumps(key, sort_keys=True, default=str)


def _level(trial: Trial) -> Level:
    return Level(
        float(trial.processes), tuple(one.tps for one in trial.rounds), str((trial.limit or {}).get("class") or "")
    )


def _name(trial: Trial) -> str:
    return f"{trial.backend}, {suite_of(trial)}"
