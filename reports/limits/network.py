"""The network: links that carried all they can, and queues that never emptied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .suspect import LIKELY, SURE, Suspect, percent
from .usage import Usage

LINK_BUSY = 0.8
"""Of a link's speed. The kernel counts neither preamble, gap nor checksum, 24 bytes a frame: with the small packets of
single readings a full link shows as 80 to 90 %."""
QUEUED = 0.5
"""Share of the samples that found packets waiting to be sent: a link with room sends them at once."""
HELD_BACK = 0.25
"""Packets per reading that a shaper made wait. One reading at a time leaves its queue empty again at once, so that
no sample finds it."""


def suspects(usages: Sequence[Usage], links: Mapping[str, Mapping[str, float | None]], tps: float) -> list[Suspect]:
    """Return the links that were exhausted.

    Args:
        usages: of all hosts.
        links: by host, how many bit/s each link carries; None where that is not known.
        tps: readings per second.
    """
    found = []
    for usage in usages:
        names = set(usage.instances("net", "tx_bytes")) | set(usage.instances("net", "backlog"))
        found += [_link(usage, name, links.get(usage.name, {}).get(name), tps) for name in sorted(names)]
    return [one for one in found if one]


def _link(usage: Usage, name: str, speed: float | None, tps: float) -> Suspect | None:
    carried = {way: usage.of(f"net.{name}.{way}_bytes") for way in ("tx", "rx")}
    busy = 8 * max(carried.values()) / speed if speed else 0.0
    queued = usage.share_above(f"net.{name}.backlog", 0)
    held = usage.of(f"net.{name}.overlimits") / tps if tps else 0.0
    reasons = []
    if busy >= LINK_BUSY:
        reasons.append((busy, SURE, f"{percent(busy)} of its {(speed or 0) / 1e6:g} Mbit/s"))
    if queued >= QUEUED:
        bytes_waiting = usage.of(f"net.{name}.backlog")
        reasons.append(
            (queued, SURE, f"packets waiting in {percent(queued)} of the samples, {bytes_waiting:,.0f} bytes")
        )
    if held >= HELD_BACK:
        reasons.append((LINK_BUSY, LIKELY, f"a shaper held {held:.2f} packets back for each reading"))
    if not reasons:
        return None
    strength, sure, _ = max(reasons, key=lambda reason: (reason[1] == SURE, reason[0]))
    words = "; ".join(words for _, _, words in reasons)
    drops = usage.of(f"net.{name}.drops")
    line = (
        f"link {name} of host {usage.name}: {8 * carried['tx'] / 1e6:.2f} Mbit/s out, "
        f"{8 * carried['rx'] / 1e6:.2f} in; {words}{f'; {drops:.0f} packets dropped a second' if drops >= 1 else ''}"
    )
    return Suspect("network", "between", "network", min(1.0, strength), sure, (line,))
