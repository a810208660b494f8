"""Talking to a program that keeps files of the hosts up to date, as long as their cluster is there."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collectors.errors import ServerError

from .state import State

_SECONDS = 30.0


class Background:
    """Starts a program of this folder that is told what to do in lines of JSON, and says `done` to each.

    Args:
        name: of the program, without its ending.
        described: what it has to know of each host, by alias.
        state: the cluster's.

    Raises:
        ServerError: it has ended; tells what it said.
    """

    def __init__(self, name: str, described: Mapping[str, Any], state: State) -> None:
        self._name = name
        self._log = state.folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(__file__).with_name(f"{name}.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        state.note_process(self._process.pid)
        self.say(described)

    def say(self, what: Mapping[str, Any]) -> None:
        """Tell it something, and wait until it is done.

        Raises:
            ServerError: it has ended; tells what it said.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        ready, _, _ = select.select([self._process.stdout], [], [], _SECONDS)
        if not ready or os.read(self._process.stdout.fileno(), 64) != b"done\n":
            raise self._ended()

    def reap(self) -> None:
        """Take note of its end, after it was killed."""
        self._process.wait(_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def _ended(self) -> ServerError:
        return ServerError(f"the hosts' {self._name} stands still: {self._log.read_text().strip()[-1000:]}")
