"""A real Dask cluster on loopback: scheduler and workers, each a process of its own, over TLS."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Self

import pytest

from fixtures.hosts.base import Process
from fixtures.hosts.dask_target import DaskTarget, dask_target
from fixtures.hosts.local import LocalHost
from fixtures.services.certificates import Authority

from .waiting import until

OUTSIDE = {"THERMOBENCH_OUTSIDE": "outer"}
"""A variable of the workers' own environment."""
_LOOPBACK = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")


class Dask:
    """Runs a scheduler as long as it is entered, and workers as they are asked for.

    Args:
        tls: whether all of them speak TLS, as `--fleet` wants it.
    """

    def __init__(self, *, tls: bool = True) -> None:
        pytest.importorskip("distributed", reason="Dask is not installed: pip install 'thermobench[dask]'")
        self._host = LocalHost("dask")
        self.folder = self._host.folder("dask")
        self._tls = tls
        self.authority = Authority.new()
        certificate, key = self.authority.server("127.0.0.1").put(self._host, self.folder, "node")
        self._host.put(f"{self.folder}/ca.crt", self.authority.certificate)
        given = ("--tls-ca-file", f"{self.folder}/ca.crt", "--tls-cert", certificate, "--tls-key", key)
        self._secured = given if tls else ()
        self.workers: dict[str, Process] = {}
        self._logs: dict[str, str] = {}
        # Neither scheduler nor workers are to need more of us than the collectors.
        self._without = Path(self.folder, "without")
        (self._without / "fixtures").mkdir(parents=True)
        (self._without / "fixtures" / "__init__.py").write_text("raise ImportError('fixtures are not here')")

    def __enter__(self) -> Self:
        said = Path(self.folder, "scheduler.json")
        self.scheduler = self._run("scheduler", "--port", "0", "--scheduler-file", str(said))
        until(lambda: self.scheduler.poll() is not None or said.exists(), "the scheduler listens")
        assert said.exists(), self.said("scheduler")
        self._url = json.loads(said.read_text())["address"]
        return self

    def __exit__(self, *_: object) -> None:
        self._host.close()

    @property
    def address(self) -> str:
        """`HOST:PORT` of the scheduler."""
        return str(self._url.partition("://")[2])

    def worker(self, name: str, *options: str, pythonpath: str = "", before: tuple[str, ...] = ()) -> Process:
        """Start one, and return it once the scheduler knows it.

        Args:
            name: its alias.
            options: more of them.
            pythonpath: where its Python looks for modules first.
            before: a command that runs it.
        """
        log = f"{self.folder}/{len(self.workers)}.log"
        self._logs[name] = log
        command = ("--name", name, "--nthreads", "1", "--local-directory", self.folder, *options)
        self.workers[name] = process = self._run(
            "worker", self._url, *command, log=log, pythonpath=pythonpath, before=before
        )
        known = "Registered to:"
        until(lambda: known in self._host.fetch(log).decode() or process.poll() is not None, f"worker {name} is there")
        assert process.poll() is None, self._host.fetch(log).decode()
        return process

    def said(self, name: str) -> str:
        """Return the log of a worker, or of the scheduler."""
        return self._host.fetch(self._logs.get(name, f"{self.folder}/{name}.log")).decode()

    def target(self, authority: Authority | None = None) -> DaskTarget:
        """Return how it is joined, with a certificate of its own authority or of another."""
        name = "theirs" if authority else "ours"
        cert, key = (authority or self.authority).client("pytest").put(self._host, self.folder, name)
        made = dask_target(f"dask://{self.address}", f"{self.folder}/ca.crt", cert, key)
        assert made
        return made

    def _run(
        self, what: str, *arguments: str, log: str = "", pythonpath: str = "", before: tuple[str, ...] = ()
    ) -> Process:
        program = str(Path(sys.executable).with_name("dask"))
        protocol = ("--protocol", "tls" if self._tls else "tcp")
        paths = [str(self._without), pythonpath, os.environ.get("PYTHONPATH", "")]
        env = {**OUTSIDE, "DASK_TEMPORARY_DIRECTORY": self.folder, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        command = [*before, program, what, *arguments, *_LOOPBACK, *protocol, *self._secured]
        return self._host.run(command, log=log or f"{self.folder}/{what}.log", env=env, folder=self.folder)
