"""Links that are slower than they could be, that lose packets, or that come and go (M8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.record import Trial

from ..limits.usage import Usage, usages

DROPS = 1.0
"""A second. Some are always there: interfaces count as dropped what nobody listens to, such as a switch's spanning tree
frames, one every 2 s."""
BOARDS = {
    "Raspberry Pi 3 Model B Plus": 10**9,
    "Raspberry Pi 4": 10**9,
    "Raspberry Pi 5": 10**9,
    "Raspberry Pi Compute Module 4": 10**9,
    "Raspberry Pi Compute Module 5": 10**9,
}
"""What a board's Ethernet can do, in bit/s, where that is more than 100 Mbit/s: its product brief. (The 3B+ has its
adapter behind USB 2, which carries a third of that, but negotiates it.)"""
_ALL_CAN = 10**8
"""Every Ethernet adapter since 1995, and of every Raspberry Pi, can do 100 Mbit/s."""
_WIRED = {"wired", "physical"}


def slow(trial: Trial) -> Iterator[str]:
    """Doubt hosts whose fastest wired link is below what the board can do, or a twin of it does, or half duplex."""
    links = [(str(host.get("name")), _board(host), *fastest) for host in trial.hosts if (fastest := _fastest(host))]
    for host, board, name, link in links:
        able = next((speed for model, speed in BOARDS.items() if board.startswith(model)), _ALL_CAN)
        twins = [int(other["speed"]) for _, model, _, other in links if board and model == board]
        wanted = max([able, *twins])
        if link["speed"] < wanted:
            yield f"link {name} of host {host} runs at {_mbit(link['speed'])}, not at {_mbit(wanted)}: cable or switch"
        if link.get("duplex") == "half":
            yield f"link {name} of host {host} runs half duplex: cable or switch"


def losing(trial: Trial) -> Iterator[str]:
    """Doubt interfaces that dropped packets in the measured time."""
    for usage in usages(trial, trial.rounds):
        for name in usage.instances("net", "drops"):
            if (drops := usage.of(f"net.{name}.drops")) > DROPS:
                yield f"link {name} of host {usage.name} dropped {drops:,.1f} packets a second, more than {DROPS:g}"


def flapping(trial: Trial) -> Iterator[str]:
    """Doubt links that went down and up in the measured time, where the sampler counts that."""
    for usage in usages(trial, trial.rounds):
        for name in usage.instances("net", "carrier_changes"):
            if (changes := _total(usage, f"net.{name}.carrier_changes")) >= 1:
                yield f"link {name} of host {usage.name} went down or up {changes:.0f} times while it was measured"


def _fastest(host: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return name and facts of the fastest wired link whose speed is known; others may be there for other things."""
    links = host.get("links") or (host.get("fingerprint") or {}).get("links") or {}
    wired = [(name, link) for name, link in links.items() if link.get("kind") in _WIRED and link.get("speed")]
    return max(wired, key=lambda one: int(one[1]["speed"]), default=None)


def _board(host: Mapping[str, Any]) -> str:
    return str(host.get("board") or (host.get("fingerprint") or {}).get("board") or "")


def _total(usage: Usage, column: str) -> float:
    return sum(seconds * rate for seconds, rate in usage.columns[column])


def _mbit(speed: float) -> str:
    return f"{speed / 1e6:g} Mbit/s"
