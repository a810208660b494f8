"""The switch that all hosts of a cluster and this machine are plugged into."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from collectors.errors import ServerError

from .addresses import PREFIX, free_network, is_free, taken
from .link import HostLink
from .programs import run

_BRIDGE = "switch"
_TRIES = 20


class Switch:
    """A bridge in a namespace of its own, and an interface of this machine on it.

    In a namespace of its own, since here this machine's packet filter could hold back what hosts send each other
    (br_netfilter with Docker's rules does), and because everything in it goes at once when it goes.

    Args:
        tag: of the cluster.
    """

    def __init__(self, tag: str) -> None:
        self.namespace = f"{tag}-switch"
        self.interface = f"tbc{secrets.token_hex(4)}"
        run("ip", "netns", "add", self.namespace)
        inside = ["-n", self.namespace, "link"]
        run("ip", *inside, "add", _BRIDGE, "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        run("ip", *inside, "set", _BRIDGE, "up")
        peer = ["peer", "name", "machine", "netns", self.namespace]
        run("ip", "link", "add", self.interface, "type", "veth", *peer)
        run("ip", "link", "set", self.interface, "alias", tag)
        run("ip", *inside, "set", "machine", "master", _BRIDGE, "up")
        # Nothing of the hosts is passed on, even where this machine is a router for others.
        with contextlib.suppress(FileNotFoundError):
            Path(f"/proc/sys/net/ipv4/conf/{self.interface}/forwarding").write_text("0")
            Path(f"/proc/sys/net/ipv6/conf/{self.interface}/disable_ipv6").write_text("1")
        run("ip", "link", "set", self.interface, "up")
        self._settle()

    def _settle(self) -> None:
        """Take an address in a network of nobody else's: two that chose the same one at once both choose again."""
        for _ in range(_TRIES):
            self.network = free_network()
            address = f"{self.network[1]}/{PREFIX}"
            run("ip", "addr", "add", address, "dev", self.interface)
            if is_free(self.network, taken(but=self.interface)):
                return
            run("ip", "addr", "del", address, "dev", self.interface)
        raise ServerError(f"no network was free in {_TRIES} tries")

    def plug(self, namespace: str, address: str, number: int) -> HostLink:
        """Return a link to a host, which is up and not held to any rate.

        Args:
            namespace: of the host.
            address: that the host gets.
            number: of the port.
        """
        port = f"port{number}"
        inside = ["-n", namespace]
        run("ip", "-n", self.namespace, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        run("ip", "-n", self.namespace, "link", "set", port, "master", _BRIDGE, "up")
        run("ip", *inside, "addr", "add", f"{address}/{PREFIX}", "dev", "eth0")
        run("ip", *inside, "link", "set", "eth0", "up")
        run("ip", *inside, "link", "set", "lo", "up")
        return HostLink(self.namespace, port, _BRIDGE, namespace)
