"""What a container engine adds to the kernel's packet filter, and does not take away when it ends."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

PROGRAMS = ("iptables", "ip6tables")
_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


class Rules(NamedTuple):
    """The rules of a packet filter."""

    chains: dict[tuple[str, str], str]
    """By table and chain, the policy; `-` where it has none."""
    rules: list[tuple[str, str]]
    """Table and rule, as `-A CHAIN …`."""


class Firewall:
    """What this machine's packet filter was when this was made. Needs root."""

    def __init__(self) -> None:
        self._before = {program: parsed(_saved(program)) for program in PROGRAMS if shutil.which(f"{program}-save")}
        self._forwards = _FORWARD.read_text()

    def restore(self) -> None:
        """Take away what was added since, and nothing else."""
        for program, before in self._before.items():
            for command in undoing(before, parsed(_saved(program))):
                subprocess.run([program, *command], capture_output=True, check=False)
        if _FORWARD.read_text() != self._forwards:
            _FORWARD.write_text(self._forwards)


def parsed(text: str) -> Rules:
    """Return what iptables-save(8) prints."""
    table = ""
    found = Rules({}, [])
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":"):
            chain, policy, *_ = line[1:].split()
            found.chains[table, chain] = policy
        elif line.startswith("-A "):
            found.rules.append((table, line))
    return found


def undoing(before: Rules, now: Rules) -> list[list[str]]:
    """Return the arguments of iptables(8), call by call, that take away what is there now and was not before."""
    known = set(before.rules)
    fresh = [one for one in now.rules if one not in known]
    commands = [["-t", table, "-D", *shlex.split(rule)[1:]] for table, rule in fresh]
    added = [one for one in now.chains if one not in before.chains and now.chains[one] == "-"]
    commands += [["-t", table, "-X", chain] for table, chain in added]
    changed = (one for one, policy in before.chains.items() if now.chains.get(one, policy) != policy)
    return commands + [["-t", table, "-P", chain, before.chains[table, chain]] for table, chain in changed]


def _saved(program: str) -> str:
    return subprocess.run([f"{program}-save"], capture_output=True, text=True, check=False).stdout
