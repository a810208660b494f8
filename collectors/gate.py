"""Where the producers of one host wait, connected, until those of every host may begin.

Two files beside each other, since whoever starts producers on several hosts can put and fetch files on each:
`PATH.ready` is written when the producers are connected, and says what is about to run; `PATH.go` says when to begin.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from pathlib import Path
from typing import Any

from .errors import ServerError
from .fingerprint import code
from .load import Load

WAIT_SECONDS = 180.0
"""Longest time that one host's producers wait for the others: a small board takes a minute to import a client."""
OWN = ("processes", "first_producer", "rate", "location", "sensor", "endpoint", "backend", "settings")
"""Fields of a load that each host has of its own, or that `identity` takes in in another form."""


def ready_file(path: str) -> str:
    """Return the path of the file that says that a host's producers are ready."""
    return f"{path}.ready"


def go_file(path: str) -> str:
    """Return the path of the file that says when to begin."""
    return f"{path}.go"


def go(began_ns: int) -> bytes:
    """Return what `PATH.go` holds.

    Args:
        began_ns: when to begin, by the host's `time.perf_counter_ns`.
    """
    return json.dumps({"began_ns": began_ns}).encode()


def identity(load: Load, client: str) -> dict[str, str]:
    """Return what producers that take part in one run have to agree in, and what they run.

    Returns:
        `code`, the hash of the collectors' source; `client`, name and version of what they write with; `python`;
        `settings`, the hash of everything that was asked for, but for what each host has of its own.
    """
    asked = {name: value for name, value in vars(load).items() if name not in OWN}
    asked |= {"backend": load.backend.name, "options": dict(load.settings), "paced": bool(load.rate)}
    told = json.dumps(asked, sort_keys=True, default=str).encode()
    settings = hashlib.sha256(told).hexdigest()
    return {"code": code(), "client": client, "python": platform.python_version(), "settings": settings}


class Gate:
    """One host's side of a common start.

    Args:
        path: of both files, but for their endings.
    """

    def __init__(self, path: str) -> None:
        self._ready = Path(ready_file(path))
        self._go = Path(go_file(path))

    def announce(self, load: Load, client: str) -> None:
        """Say that the producers of this host are connected, and what they run.

        Raises:
            ServerError: that cannot be written; names the file.
        """
        try:
            partial = self._ready.with_name(f"{self._ready.name}.{os.getpid()}.part")
            partial.write_text(json.dumps(identity(load, client)))
            partial.replace(self._ready)
        except OSError as error:
            raise ServerError(f"hold {self._ready}: {error.strerror}") from None

    def began_ns(self) -> int | None:
        """Return when to begin, by `time.perf_counter_ns`, or None as long as that was not said.

        Raises:
            ServerError: the file holds something else.
        """
        try:
            said: Any = json.loads(self._go.read_bytes())
            return int(said["began_ns"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError):
            raise ServerError(f'{self._go}: expected {{"began_ns": NANOSECONDS}}') from None
