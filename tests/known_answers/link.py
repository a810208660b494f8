"""A network namespace behind a link that carries a few Mbit/s, as a slow switch would, and a host behind it."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from collectors.errors import Unavailable
from fixtures.hosts.local import LocalHost
from fixtures.hosts.local_process import LocalProcess

NETWORK = ipaddress.ip_network("198.18.0.0/15")
"""For measurements of network devices (RFC 2544, RFC 6890): nobody's addresses."""
BURST_BYTES = 3000
"""Two packets: less, and a full one could never be sent."""
_NAME = re.compile(r"thermobench-(\d+)-[0-9a-f]+")
_PROGRAMS = ("ip", "tc", "nsenter")


class ShapedLink:
    """A namespace of its own, and a pair of interfaces between it and here; what it sends goes at the given rate.

    Namespaces of owners that were killed are removed when the next one is made.

    Args:
        rate: as tc(8) takes it: `2mbit`.

    Raises:
        Unavailable: no namespace can be made here; says why.
    """

    def __init__(self, rate: str) -> None:
        _check()
        _remove_left_over()
        word = secrets.token_hex(4)
        self.namespace = f"thermobench-{os.getpid()}-{word}"
        self.interface = f"tb{word}n"
        ours = f"tb{word}h"
        self.address, theirs = _free_addresses()
        inside = ["ip", "-n", self.namespace]
        try:
            _do("ip", "netns", "add", self.namespace)
            _do("ip", "link", "add", ours, "type", "veth", "peer", "name", self.interface, "netns", self.namespace)
            _do("ip", "addr", "add", f"{self.address}/30", "dev", ours)
            _do("ip", "link", "set", ours, "up")
            _do(*inside, "addr", "add", f"{theirs}/30", "dev", self.interface)
            _do(*inside, "link", "set", self.interface, "up")
            _do(*inside, "link", "set", "lo", "up")
            queue = ["tbf", "rate", rate, "burst", str(BURST_BYTES), "latency", "500ms"]
            _do("tc", "-n", self.namespace, "qdisc", "add", "dev", self.interface, "root", *queue)
        except BaseException:
            self.close()
            raise

    @property
    def prefix(self) -> list[str]:
        """What comes before a command that is to run in the namespace; /sys stays as it is, control groups and all."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}"]

    def close(self) -> None:
        """Remove the namespace, and with it both interfaces. May be called twice."""
        if Path(f"/run/netns/{self.namespace}").exists():
            _do("ip", "netns", "del", self.namespace)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LinkedHost(LocalHost):
    """This machine: servers here, all others in the namespace behind the link.

    Args:
        link: at its near end servers listen.
    """

    def __init__(self, link: ShapedLink) -> None:
        super().__init__()
        self.address = link.address
        self._prefix = link.prefix

    def run(
        self,
        argv: Sequence[str],
        *,
        log: str,
        env: Mapping[str, str] | None = None,
        folder: str | None = None,
        server: bool = False,
    ) -> LocalProcess:
        """See `LocalHost.run`."""
        argv = argv if server else [*self._prefix, *argv]
        return super().run(argv, log=log, env=env, folder=folder, server=server)


def _check() -> None:
    if os.geteuid() != 0:
        raise Unavailable("network namespaces can only be made by root", "run as root")
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    if missing := [program for program in _PROGRAMS if shutil.which(program, path=path) is None]:
        raise Unavailable(f"{', '.join(missing)} not found", "sudo apt-get install --no-install-recommends iproute2")


def _do(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        raise Unavailable(f"{' '.join(argv)}: {done.stderr.strip()}", "run as root, outside of a container")
    return done.stdout


def _free_addresses() -> tuple[str, str]:
    """Return two addresses of a network of four that nothing here uses."""
    taken = [
        ipaddress.ip_interface(f"{address['local']}/{address['prefixlen']}").network
        for interface in json.loads(_do("ip", "-json", "-4", "addr"))
        for address in interface.get("addr_info", [])
    ]
    while True:
        first = int(NETWORK.network_address) + 4 * secrets.randbelow(NETWORK.num_addresses // 4)
        network = ipaddress.ip_network((first, 30))
        if not any(network.overlaps(one) for one in taken):
            return str(network[1]), str(network[2])


def _remove_left_over() -> None:
    for path in Path("/run/netns").glob("thermobench-*"):
        found = _NAME.fullmatch(path.name)
        if found and not Path(f"/proc/{found[1]}").exists():
            _do("ip", "netns", "del", path.name)
