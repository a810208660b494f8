"""Validity: whether a result can be believed, as a list of doubts in words.

Each doubt names what it concerns, the figure, and the threshold; thresholds and their reasons stand beside each rule in
`reports.doubts`. All of it is told from the record alone. What a record does not hold, as those of earlier versions do
not hold samples, is no doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from collectors.record import Trial

from .doubts import (
    clocks,
    cold,
    containers,
    counts,
    heat,
    hosts,
    idle,
    layout,
    links,
    memory,
    others,
    outcome,
    producers,
    rounds,
    sampling,
    schedule,
    setting,
)

RULES: tuple[Callable[[Trial], Iterable[str]], ...] = (
    outcome.not_whole,
    setting.made_up_sensor,
    setting.data_in_memory,
    outcome.troubled_readings,
    counts.counted_otherwise,
    counts.missed,
    cold.not_warm,
    layout.not_as_asked,
    layout.uneven_leaders,
    producers.uneven,
    rounds.unsteady,
    rounds.wide_apart,
    schedule.not_held,
    hosts.other_code,
    hosts.other_clients,
    hosts.other_settings,
    hosts.unchecked_keys,
    heat.held_back,
    heat.hot,
    heat.slowed,
    others.foreign_cpu,
    containers.stand_in,
    containers.forwarded,
    memory.swapped,
    links.slow,
    links.flapping,
    links.losing,
    clocks.stepped,
    clocks.apart,
    clocks.began_late,
    idle.asleep,
    sampling.not_sampled,
    sampling.dear_sampler,
)
"""In the order in which their doubts are told."""


def doubts(trial: Trial) -> list[str]:
    """Return every doubt of a trial in words, each once; those that it was told of from outside stand last."""
    found = [doubt for rule in RULES for doubt in rule(trial)]
    return list(dict.fromkeys([*found, *trial.told]))
