"""A virtual cluster, from the first namespace to the last trace."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from collectors.errors import Unavailable, UsageError

from .addresses import MOST, host_address
from .background import Background
from .clock import set_clock
from .cpus import shared_out
from .host import RunningHost, VirtualHost
from .keys import Keys
from .owner import new_tag
from .programs import program, run, why_not
from .removal import remove, remove_left_over
from .state import State
from .switch import Switch


class VirtualCluster:
    """Hosts that are reached over SSH, and what can be done to them. Removed when it is closed.

    What owners left that were killed is removed when the next cluster is made.

    Args:
        hosts: what they are to be; every alias once.

    Raises:
        UsageError: there are none, too many, or two of one alias.
        Unavailable: no cluster can be made here; says why.
        ServerError: something went wrong; says what. Nothing is left.
    """

    def __init__(self, hosts: Sequence[VirtualHost]) -> None:
        _check(hosts)
        if why := why_not():
            raise Unavailable(why)
        remove_left_over()
        self._state = State(new_tag())
        self._running: dict[str, RunningHost] = {}
        self._background: dict[str, Background] = {}
        try:
            self._make(hosts)
        except BaseException:
            self.close()
            raise

    @property
    def aliases(self) -> list[str]:
        """The hosts' aliases, in order."""
        return list(self._running)

    @property
    def tag(self) -> str:
        """What the names of everything that it is made of begin with."""
        return self._state.tag

    @property
    def ssh_config(self) -> Path:
        """The configuration for OpenSSH's client, in which the hosts have their aliases."""
        return self._keys.config

    @property
    def known_hosts(self) -> Path:
        """The hosts' public keys, as OpenSSH's client wants them."""
        return self._keys.known_hosts

    @property
    def identity(self) -> Path:
        """The private key that lets root in on each host."""
        return self._keys.identity

    @property
    def machine_address(self) -> str:
        """The address of this machine, as hosts see it."""
        return str(self._switch.network[1])

    def address(self, alias: str) -> str:
        """Return the address of a host."""
        return self._host(alias).address

    def ssh(self, alias: str, *argv: str) -> list[str]:
        """Return the command that runs a program on a host, whose login shell gets each argument as it stands."""
        return [program("ssh"), "-F", str(self.ssh_config), self._host(alias).host.alias, "--", shlex.join(argv)]

    def limit_cpu(self, alias: str, cores: float) -> None:
        """Give all that runs on a host so many cores' time together, on the CPUs that it was made with.

        Raises:
            UsageError: it is not above 0.
        """
        if not cores > 0:
            raise UsageError(f"host {alias}: {cores} cores, expected a number above 0")
        self._ask(alias, cores=cores)

    def limit_link(self, alias: str, mbit: float) -> None:
        """Hold both directions of a host's link to so many Mbit/s.

        Raises:
            UsageError: it is not above 0.
        """
        self._host(alias).link.limit(mbit)

    def link_down(self, alias: str) -> None:
        """Pull a host's plug: its interface loses the carrier, which the host can tell."""
        self._host(alias).link.down()

    def link_up(self, alias: str) -> None:
        """Put it in again."""
        self._host(alias).link.up()

    def cut(self, alias: str) -> None:
        """Let all packets from and to a host vanish, and tell nobody."""
        self._host(alias).link.cut()

    def mend(self, alias: str) -> None:
        """Let them through again."""
        self._host(alias).link.mend()

    def heat(self, alias: str, celsius: float) -> None:
        """Heat a host's board at once, and do not let it get any cooler. From 80 °C on it is slowed down."""
        self._ask(alias, held=celsius)

    def cool(self, alias: str) -> None:
        """Stop heating it: it gets as cool as the load on it allows, in its own time."""
        self._ask(alias, held=None)

    def set_clock_offset(self, alias: str, seconds: float) -> None:
        """Let a host's clock be ahead of this machine's, or behind; for whom is said in `clock`.

        Raises:
            Unavailable: libfaketime is not installed.
        """
        set_clock(self._keys, self._host(alias).ssh_folder, seconds)

    def close(self) -> None:
        """End everything and remove it. May be called twice."""
        try:
            remove(self.tag)
        finally:
            for host in self._running.values():
                host.reap()
            for one in self._background.values():
                one.reap()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make(self, hosts: Sequence[VirtualHost]) -> None:
        self._state.make()
        self._keys = Keys(self._state.folder)
        self._switch = Switch(self.tag)
        addresses = {}
        cpus = shared_out([host.cores for host in hosts], sorted(os.sched_getaffinity(0)))
        for number, host in enumerate(hosts):
            namespace = f"{self.tag}-{host.alias}"
            address = addresses[host.alias] = host_address(self._switch.network, number)
            run("ip", "netns", "add", namespace)
            link = self._switch.plug(namespace, address, number)
            link.limit(host.mbit)
            self._keys.make_host(self._state.folder / host.alias / "ssh", host.alias, address)
            self._running[host.alias] = RunningHost(host, self._state, address, link, cpus[number])
        self._keys.write_config(addresses)
        boards = {alias: one.board for alias, one in self._running.items()}
        self._background["climate"] = Background("climate", boards, self._state)
        stats = {alias: one.stat for alias, one in self._running.items()}
        self._background["proc_stat"] = Background("proc_stat", stats, self._state)
        for running in self._running.values():
            running.await_ssh()

    def _ask(self, alias: str, **wanted: float | None) -> None:
        """Ask something of a board, and wait until it is done; see `climate.obey`."""
        self._background["climate"].say({"alias": self._host(alias).host.alias, **wanted})

    def _host(self, alias: str) -> RunningHost:
        if alias not in self._running:
            raise UsageError(f"there is no host {alias!r}, expected one of {', '.join(self._running)}")
        return self._running[alias]


def _check(hosts: Sequence[VirtualHost]) -> None:
    aliases = [host.alias for host in hosts]
    if not 0 < len(hosts) <= MOST:
        raise UsageError(f"a cluster of {len(hosts)} hosts, expected 1 to {MOST}")
    if twice := [alias for alias in dict.fromkeys(aliases) if aliases.count(alias) > 1]:
        raise UsageError(f"two hosts are called {twice[0]}, expected every alias once")
