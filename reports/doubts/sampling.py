"""What was not watched, or watched at too high a price."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Round, Trial
from collectors.sampling.containers import PREFIX

from ..limits.usage import usages

DEAR = 0.01
"""Cores that a host's sampler may use: its goal, a seventh of what rounds differ by anyway."""
_SETTLED = 5.0
"""Seconds of samples from which on that can be told: CPU time is counted in hundredths of a second."""
_SAMPLED = 2.0
"""Seconds of measured time that hold a sample for certain: there is one every second."""


def not_sampled(trial: Trial) -> Iterator[str]:
    """Doubt hosts of which nothing is known while the readings were written.

    Records from before there were samplers do not say when a round began; of them nothing is expected.
    """
    rounds = [one for one in trial.rounds if one.began and one.seconds >= _SAMPLED]
    names = [str(host.get("name")) for host in trial.hosts]
    missed = [name for name in names if any(not _sampled(one, name) for one in rounds)]
    if missed:
        yield f"host {', '.join(missed)} was not sampled: whether it was hot, swapped or busy with else is not known"


def _sampled(one: Round, name: str) -> bool:
    """Whether a host was sampled, or is a container that was sampled with the machine below it."""
    below = any(f"{PREFIX}{name}.cores" in series for series in one.samples.values())
    return below or bool(one.samples.get(name, {}).get("at"))


def dear_sampler(trial: Trial) -> Iterator[str]:
    """Doubt hosts whose sampler took so much that the rate shows it."""
    for usage in usages(trial, trial.rounds):
        used = usage.of("sampler.cpu")
        if used > DEAR and sum(seconds for seconds, _ in usage.columns["sampler.cpu"]) >= _SETTLED:
            yield f"the sampler used {used:.1%} of a core of host {usage.name}, more than {DEAR:.0%}".replace("%", " %")
