"""What goes over the network interfaces, from /proc/net/dev, and what waits in their queues."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from .kept_file import KeptFile
from .netlink import ROOT, UP, Link, Netlink, Queue
from .source import Columns, Rates

_PLAIN = frozenset(("noqueue", "pfifo_fast", "mq", "pfifo", "bfifo", "ingress", "clsact"))
"""Queueing disciplines that neither hold anything back nor share anything out."""

_LINKS_EVERY = 8
"""Samples after which it is looked again which interfaces are up, if they are still the same."""


class Network:
    """All interfaces that are up, loopback among them.

    Args:
        proc: where /proc is.
        sys: where /sys is.
    """

    def __init__(self, proc: str = "/proc", sys: str = "/sys") -> None:
        self._sys = sys
        self._file = KeptFile(f"{proc}/net/dev")
        self._netlink: Netlink | None = None
        with contextlib.suppress(OSError):
            self._netlink = Netlink()
        self._links: dict[str, Link] = {}
        self._carriers: dict[str, KeptFile] = {}
        self._left = 0
        self._rates = Rates()

    def sample(self, seconds: float) -> Columns:
        """Return `net.IFACE.*`, as `Sampler` lists them. See `Source.sample`."""
        try:
            lines = self._file.read_all().decode(errors="replace").splitlines()[2:]
        except OSError:
            return {}
        counted = {name.strip(): fields.split() for name, _, fields in (line.rpartition(":") for line in lines)}
        links, queues = self._ask(counted.keys())
        counts: dict[str, int] = {}
        levels: Columns = {}
        for name, fields in counted.items():
            link = links.get(name)
            if links and not (link and link.flags & UP):
                continue
            own = [one for one in queues if link and one.interface == link.interface]
            counts |= _counts(name, fields, own) | self._carrier_changes(name)
            levels |= _levels(name, own)
        return levels | self._rates.of(counts, seconds)

    def close(self) -> None:
        """See `Source.close`."""
        for file in (self._file, *self._carriers.values()):
            file.close()
        if self._netlink:
            self._netlink.close()

    def _carrier_changes(self, name: str) -> dict[str, int]:
        """Return how often a link went down or up; nothing where the kernel does not say, as for one that is gone."""
        file = self._carriers.setdefault(name, KeptFile(f"{self._sys}/class/net/{name}/carrier_changes"))
        try:
            return {f"net.{name}.carrier_changes": int(file.read())}
        except (OSError, ValueError):
            file.close()  # one of the same name may come back
            return {}

    def _ask(self, names: Collection[str]) -> tuple[dict[str, Link], list[Queue]]:
        """Return the interfaces by name and their queues; nothing where the kernel may not be asked."""
        if not self._netlink:
            return {}, []
        try:
            queues = self._netlink.queues()
            self._left -= 1
            if self._left < 0 or names != self._links.keys():
                self._left = _LINKS_EVERY
                self._links = {one.name: one for one in self._netlink.links()}
        except OSError:
            return {}, []
        return self._links, queues


def _counts(name: str, fields: list[str], queues: list[Queue]) -> dict[str, int]:
    """Return the counters of an interface; a queue's drops are in none of the interface's own."""
    roots = [one for one in queues if one.parent == ROOT]
    counts = {
        f"net.{name}.rx_bytes": int(fields[0]),
        f"net.{name}.tx_bytes": int(fields[8]),
        f"net.{name}.drops": int(fields[3]) + int(fields[11]) + sum(one.drops for one in roots),
    }
    if shapes(queues):
        counts[f"net.{name}.overlimits"] = sum(one.overlimits for one in roots)
    return counts


def _levels(name: str, queues: list[Queue]) -> Columns:
    # What lies in a child lies in the root, too (net/sched/sch_tbf.c, sch_htb.c, sch_mq.c).
    waiting = sum(one.backlog for one in queues if one.parent == ROOT)
    return {
        f"net.{name}.backlog": float(waiting) if shapes(queues) else None,
        f"net.{name}.overlimits": None,
    }


def shapes(queues: list[Queue]) -> bool:
    """Return whether an interface's queueing disciplines do more than pass packets on."""
    return any(one.kind not in _PLAIN for one in queues)
