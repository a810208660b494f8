"""Talking to the process that keeps the boards' sensors up to date."""

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

_CLIMATE = Path(__file__).with_name("climate.py")
_SECONDS = 30.0


class Thermostat:
    """Starts `climate`, and tells it what is asked of a board.

    Args:
        boards: what it has to know of each, by alias.
        state: the cluster's.
    """

    def __init__(self, boards: Mapping[str, Mapping[str, Any]], state: State) -> None:
        self._log = state.folder / "climate.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_CLIMATE)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        state.note_process(self._process.pid)
        self._say(boards)

    def ask(self, alias: str, **wanted: float | None) -> None:
        """Ask something of a board, and wait until it is done; see `climate.obey`.

        Raises:
            ServerError: the process has ended.
        """
        self._say({"alias": alias, **wanted})

    def reap(self) -> None:
        """Take note of its end, after it was killed."""
        self._process.wait(_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def _say(self, what: Mapping[str, Any]) -> None:
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

    def _ended(self) -> ServerError:
        return ServerError(f"the boards' climate stands still: {self._log.read_text().strip()[-1000:]}")
