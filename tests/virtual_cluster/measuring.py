"""`pytest perf --hardware` on a virtual cluster, as a person calls it, and what comes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors.record import Trial

from . import VirtualCluster
from .asking import ROOT, told

SECONDS = 900
"""Longest time for a run."""


@dataclass
class Run:
    """A run that goes on, or has ended.

    Args:
        process: pytest.
        folder: where it saves what it measures.
    """

    process: subprocess.Popen[str]
    folder: Path

    def ended(self) -> str:
        """Wait for its end and return what it said."""
        said, _ = self.process.communicate(timeout=SECONDS)
        return said

    def trials(self) -> list[Trial]:
        """Return the record of each case, that of those that failed among them, from the journal."""
        (journal,) = (self.folder / "journal").glob("*.jsonl")
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
        return [Trial.from_json(line["trial"]) for line in lines if line.get("kind") == "end" and line.get("trial")]

    def trial(self) -> Trial:
        """Return the record of its only case."""
        (found,) = self.trials()
        return found


class Shelf:
    """A virtual cluster with an inventory.

    Args:
        cluster: the hosts.
        folder: for the inventory and for what is measured.
        roles: by alias, `producer` or `server`.
        servers: by service, the aliases of the hosts that it is on.
    """

    def __init__(
        self, cluster: VirtualCluster, folder: Path, roles: Mapping[str, str], servers: Mapping[str, list[str]]
    ) -> None:
        self.cluster = cluster
        self._folder = folder
        self._runs = 0
        self._inventory = folder / "cluster.toml"
        self._inventory.write_text("".join(map(_host, roles.items())) + "".join(map(_server, servers.items())))

    def provision(self) -> None:
        """Bring what they need to the hosts."""
        argv = [sys.executable, "-m", "fixtures", "provision", *self._where()]
        done = subprocess.run(
            argv, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False, timeout=SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, *arguments: str) -> Run:
        """Start a run.

        Args:
            arguments: of pytest, beside those that name the hosts.
        """
        self._runs += 1
        folder = self._folder / f"run-{self._runs}"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest", *arguments, "--hardware", *self._where()),
                *("--benchmark-storage", str(folder), "-p", "no:cacheprovider"),
            ],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return Run(process, folder)

    def _where(self) -> list[str]:
        return ["--inventory", str(self._inventory), "--ssh-config", str(self.cluster.ssh_config)]

    def left_behind(self, alias: str) -> list[str]:
        """Return the processes and folders of ours that are on a host, sessions over SSH among them."""
        listed = "ls -d /var/tmp/thermobench-* 2>/dev/null; ps -eo args"
        lines = told(self.cluster, alias, "sh", "-c", f"{listed}; true").splitlines()
        ours = ("/thermobench-", "collectors", "keeper", "mosquitto", "mariadbd", "java")
        return [line for line in lines if any(word in line for word in ours) and "ps -eo" not in line]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "1000"}


def _host(entry: tuple[str, str]) -> str:
    alias, role = entry
    return "[[host]]\n" + _toml({"alias": alias, "address": alias, "roles": [role], "python": sys.executable})


def _server(entry: tuple[str, list[str]]) -> str:
    service, hosts = entry
    return "[[server]]\n" + _toml({"service": service, "hosts": hosts})


def _toml(fields: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
