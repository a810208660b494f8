"""One host of a virtual cluster."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from collectors.errors import ServerError, UsageError
from fixtures.process_table import descendants

from .board import make_board
from .groups import HostGroups
from .link import HostLink
from .programs import program
from .state import State

_ALIAS = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_BOOT = Path(__file__).with_name("boot.py")
_SECONDS = 30.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class VirtualHost:
    """What a host is to be.

    Args:
        alias: by which it is known and which is its host name: lower-case letters, digits and hyphens.
        cores: how many cores' time all that runs on it gets.
        mbit: what its link carries in each direction, in Mbit/s.

    Raises:
        UsageError: one of them cannot be.
    """

    alias: str
    cores: float = 1.0
    mbit: float = 100.0

    def __post_init__(self) -> None:
        if not _ALIAS.fullmatch(self.alias):
            raise UsageError(f"host {self.alias!r}: expected lower-case letters, digits and hyphens, 32 at most")
        for name, value in (("cores", self.cores), ("mbit", self.mbit)):
            if not value > 0:
                raise UsageError(f"host {self.alias}: {name} is {value}, expected a number above 0")


class RunningHost:
    """A host that has been started.

    Args:
        host: what it is.
        state: the cluster's, in which it notes what it makes.
        address: of it.
        link: of it; its namespace is called as the cluster with the host's alias.
        cpus: the numbers of those that are its own, or shared with as few other hosts as can be.
    """

    def __init__(self, host: VirtualHost, state: State, address: str, link: HostLink, cpus: Sequence[int]) -> None:
        self.host = host
        self.cpus = cpus
        self.address = address
        self.link = link
        self.folder = state.folder / host.alias
        self.ssh_folder = self.folder / "ssh"
        self.board_folder = self.folder / "board"
        self._groups = HostGroups(host.cores, state)
        self._process = self._start(state)

    @property
    def board(self) -> dict[str, str | float]:
        """What `climate` has to know of it."""
        return {"folder": str(self.board_folder), "cores": self.host.cores} | self._groups.for_climate

    @property
    def stat(self) -> dict[str, str | Sequence[int] | None]:
        """What `proc_stat` has to know of it."""
        return {"file": str(self.board_folder / "stat"), "cpus": self.cpus} | self._groups.for_proc_stat

    def await_ssh(self) -> None:
        """Wait until its sshd answers.

        Raises:
            ServerError: it does not; tells the end of its log.
        """
        deadline = time.monotonic() + _SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with socket.create_connection((self.address, 22), timeout=2.0) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(0.02)
        raise ServerError(f"host {self.host.alias} does not answer: {self._log()}")

    def reap(self) -> None:
        """Take note of the end of its first process, after it was killed."""
        _end(self._process)

    def _start(self, state: State) -> subprocess.Popen[bytes]:
        shown = make_board(self.board_folder, self.cpus)
        spaces = ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]
        enter = [program("nsenter"), f"--net=/run/netns/{state.tag}-{self.host.alias}", program("unshare"), *spaces]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*enter, sys.executable, "-I", "-S", str(_BOOT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env={"PATH": _PATH, "LANG": "C.UTF-8"},
                start_new_session=True,
            )
        try:
            self._boot(process, state, shown)
        except BaseException:
            process.kill()
            _end(process)
            raise
        return process

    def _boot(self, process: subprocess.Popen[bytes], state: State, shown: Mapping[str, str]) -> None:
        assert process.stdin is not None
        self._expect(process, b"up\n")
        # It is this one that has to end: then unshare, which waits for it, ends by itself. The other way round it would
        # be left to this machine's process 1, which may not care for it.
        (first,) = (one.pid for one in descendants(process.pid) if one.parent == process.pid)
        state.note_process(first)
        self._groups.hold(first)
        asked = {"alias": self.host.alias, "folder": str(self.folder), "shown": shown, "cpus": self.cpus}
        process.stdin.write(json.dumps(asked | {"sshd": program("sshd")}).encode() + b"\n")
        process.stdin.flush()
        self._expect(process, b"ready\n")

    def _expect(self, process: subprocess.Popen[bytes], line: bytes) -> None:
        assert process.stdout is not None
        said = _line_of(process.stdout)
        if said != line:
            why = said.decode(errors="replace").strip() or self._log()
            raise ServerError(f"host {self.host.alias} does not start: {why}")

    def _log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-1000:].strip() or "it says nothing"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.wait(_SECONDS)
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()


def _line_of(stream: IO[bytes]) -> bytes:
    """Return the next line, which is short and written in one piece; empty when nothing comes."""
    ready, _, _ = select.select([stream], [], [], _SECONDS)
    return os.read(stream.fileno(), 4096) if ready else b""
