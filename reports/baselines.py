"""What the hosts can do at best, and what fraction of it a case came to (M10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.record import Trial

from .columns import wrapped
from .limits.usage import usages

Host = Mapping[str, Any]
"""One of a trial's hosts: name, roles, facts, and `baselines` as `fixtures.baselines.suite` has them."""

_ON_DISK = "on disk"
"""How `acknowledged means` begins where each acknowledgement has waited for the disk."""
_IN_MEMORY = {"tmpfs", "ramfs"}
_WORTH_SAYING = 0.01
"""Of a disk's or link's baseline; less says only that it was not what held a case up."""
_WHOLE = 0.1
"""From here on a share is told in whole per cent."""
_THREE_DIGITS = 100.0


@dataclass(frozen=True)
class Fraction:
    """A figure of a case beside the baseline of a host that it may be held against."""

    what: str
    """Of the case: `commits/s`."""
    value: float
    of: float
    baseline: str
    """Of the host, in the same unit: `fsyncs/s of local`."""

    @property
    def share(self) -> float:
        """The one divided by the other; above 1 where the baseline is no upper bound."""
        return self.value / self.of

    def in_words(self) -> str:
        """Return it as a person reads it: `310 commits/s, 16 % of the 1,900 fsyncs/s of local`."""
        share = f"{100 * self.share:.0f}" if self.share >= _WHOLE else f"{100 * self.share:.2g}"
        return f"{number(self.value)} {self.what}, {share} % of the {number(self.of)} {self.baseline}"


def baseline_lines(trials: Sequence[Trial]) -> list[str]:
    """Return a line for each host that was measured and one for each case that compares; nothing where none was."""
    hosts = [host for trial in trials for host in trial.hosts if host.get("baselines")]
    # Once a session: every case has the same.
    lines = [f"  {host_line(host)}" for host in hosts]
    lines += [
        f"  {trial.name.rpartition('::')[2]}: {'; '.join(one.in_words() for one in found)}"
        for trial in trials
        if (found := fractions(trial))
    ]
    return ["baselines:", *(part for line in dict.fromkeys(lines) for part in wrapped(line, 4))] if lines else []


def host_line(host: Host) -> str:
    """Return what a host can do at best: `local: CPU 1,234 events/s (1 thread); …; loopback 21,000 Mbit/s`."""
    parts = [*_cpu(_kind(host, "cpu")), *_disk(_kind(host, "disk"))]
    for name, figures in _kind(host, "network").items():
        parts += _network(name, figures)
    parts += [f"not measured: {missed}" for missed in host["baselines"].get("missed", [])]
    return f"{host['name']}: {'; '.join(parts)}"


def fractions(trial: Trial) -> list[Fraction]:
    """Return the fractions of baselines that mean something for this case.

    Commits against fsyncs, where each acknowledgement waits for the disk; bytes written against the sequential rate,
    where there is one disk and it is known; bytes sent against a link. None of sysbench's events, which are no unit
    of what a case does, and none of loopback, which is no link but the CPU once more. Nothing of a disk where the data
    lies in memory.
    """
    return [*_durable(trial), *_written(trial), *_sent(trial)]


def number(value: float) -> str:
    """Return a number with the digits that it is good for: `21,000`, `94.1`, `0.352`."""
    return f"{value:,.0f}" if value >= _THREE_DIGITS else f"{value:.3g}"


def _kind(host: Host, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = host["baselines"].get(kind, {})
    return found


def _cpu(figures: Mapping[str, Any]) -> Iterator[str]:
    if one := _value(figures, "one_thread"):
        several = _value(figures, "all_threads")
        rest = f", {several:,.0f} ({figures['threads']['value']:.0f} threads)" if several else ""
        yield f"CPU {number(one)} events/s (1 thread){rest}"


def _disk(figures: Mapping[str, Any]) -> Iterator[str]:
    names = {"sequential_write": "MB/s written", "sequential_read": "MB/s read", "fsyncs": "fsyncs/s"}
    parts = [f"{number(value)} {words}" for name, words in names.items() if (value := _value(figures, name))]
    if p99 := _value(figures, "fsync_p99"):
        parts[-1] += f" (p99 {number(p99)} ms)"
    if parts:
        yield f"disk {', '.join(parts)}"


def _network(to: str, figures: Mapping[str, Any]) -> Iterator[str]:
    again = _value(figures, "retransmits")
    rest = f" ({number(again)} segments sent again)" if again else ""
    if link := _value(figures, "link"):
        yield f"to {to} {number(link)} Mbit/s{rest}"
    if loopback := _value(figures, "loopback"):
        yield f"loopback {number(loopback)} Mbit/s{rest}"


def _value(figures: Mapping[str, Any], name: str) -> float | None:
    """Return a figure, None where it is missing. 0 is told no more than that: nothing is a fraction of it."""
    found = figures.get(name)
    return float(found["value"]) if found else None


def _durable(trial: Trial) -> Iterator[Fraction]:
    """A reading that is committed for itself costs one flush at least; several producers may share one."""
    frequency = trial.settings.get("frequency") or 0
    host = _storing(trial)
    if not frequency or host is None or not trial.acknowledged_means.startswith(_ON_DISK):
        return
    if fsyncs := _value(_kind(host, "disk"), "fsyncs"):
        yield Fraction("commits/s", trial.tps["median"] / frequency, fsyncs, f"fsyncs/s of {host['name']}")


def _written(trial: Trial) -> Iterator[Fraction]:
    host = _storing(trial)
    if host is None or not (best := _value(_kind(host, "disk"), "sequential_write")):
        return
    disks = host.get("fingerprint", {}).get("data_disks", [])
    used = {usage.name: usage for usage in usages(trial, trial.rounds)}.get(str(host["name"]))
    if used is None or len(disks) != 1:
        return
    wrote = used.of(f"disk.{disks[0]}.write_bytes") / 1e6
    if wrote >= _WORTH_SAYING * best:
        yield Fraction("MB/s written", wrote, best, f"MB/s that {host['name']} writes in sequence")


def _sent(trial: Trial) -> Iterator[Fraction]:
    used = {usage.name: usage for usage in usages(trial, trial.rounds)}
    for host in _measured(trial):
        links = [one for one in (_value(to, "link") for to in _kind(host, "network").values()) if one]
        usage = used.get(str(host["name"]))
        if usage is None or not links:
            continue
        # A packet may pass several interfaces of its host, such as a bridge and a card.
        sent = [usage.of(f"net.{name}.tx_bytes") for name in usage.instances("net", "tx_bytes") if name != "lo"]
        megabits = 8 * max(sent, default=0.0) / 1e6
        if megabits >= _WORTH_SAYING * max(links):
            yield Fraction("Mbit/s sent", megabits, max(links), f"Mbit/s that {host['name']} can send")


def _measured(trial: Trial) -> list[Host]:
    return [host for host in trial.hosts if host.get("baselines")]


def _storing(trial: Trial) -> Host | None:
    """Return the host whose disk the readings go to; None where it was not measured, or there are several, or none."""
    if trial.server.get("filesystem") in _IN_MEMORY:
        return None
    storing = [host for host in trial.hosts if "server" in host.get("roles", ())]
    if not storing and trial.server.get("service") == "file":
        storing = list(trial.hosts)
    return storing[0] if len(storing) == 1 and storing[0].get("baselines") else None
