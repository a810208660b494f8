"""A host's link to the switch: how much it carries, and whether it is there at all."""

from __future__ import annotations

from collectors.errors import UsageError

from .programs import run

_PACKETS = 2 * 1514
"""Bytes of two full packets: less, and none could ever be sent."""
_TICKS = 250
"""A second, at which a bucket is filled up at the latest: CONFIG_HZ of most kernels."""
_WAIT = 0.05
_SHORTEST_QUEUE = 64 << 10


class HostLink:
    """Both ends of a host's link.

    Args:
        switch: namespace of the switch.
        port: name of its end there.
        bridge: name of the bridge there.
        host: namespace of the host, where its end is `eth0`.
    """

    def __init__(self, switch: str, port: str, bridge: str, host: str) -> None:
        self._switch = switch
        self._port = port
        self._bridge = bridge
        self._host = host

    def limit(self, mbit: float) -> None:
        """Hold both directions to so many Mbit/s, headers included.

        Raises:
            UsageError: the rate is not above 0.
        """
        queue = token_bucket(mbit)
        for namespace, interface in ((self._switch, self._port), (self._host, "eth0")):
            run("tc", "-n", namespace, "qdisc", "replace", "dev", interface, "root", *queue)

    def down(self) -> None:
        """Pull the plug: both ends lose their carrier, and the host can tell."""
        run("ip", "-n", self._switch, "link", "set", self._port, "down")

    def up(self) -> None:
        """Put it in again."""
        run("ip", "-n", self._switch, "link", "set", self._port, "up")

    def cut(self) -> None:
        """Let every packet vanish on the way; the link itself stays up, and neither side is told."""
        run("ip", "-n", self._switch, "link", "set", self._port, "nomaster")

    def mend(self) -> None:
        """Let packets through again."""
        run("ip", "-n", self._switch, "link", "set", self._port, "master", self._bridge)


def token_bucket(mbit: float) -> list[str]:
    """Return a token bucket of a rate as tc-tbf(8) takes it.

    It lets through at once what the rate amounts to between two ticks of the kernel, and keeps 50 ms waiting, but no
    less than 64 KiB, in which a slow link would find no room for a TCP window.

    Raises:
        UsageError: the rate is not above 0.
    """
    if not mbit > 0:
        raise UsageError(f"a link of {mbit} Mbit/s, expected a rate above 0", "take it down instead")
    octets = mbit * 1e6 / 8
    burst = max(_PACKETS, round(octets / _TICKS))
    limit = burst + max(_SHORTEST_QUEUE, round(octets * _WAIT))
    return ["tbf", "rate", f"{round(mbit * 1e6)}bit", "burst", str(burst), "limit", str(limit)]
