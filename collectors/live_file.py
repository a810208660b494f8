"""How a run goes, for another process to look at: a file that holds the latest tick."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from .progress import Tick


class LiveFile:
    """Keeps the latest tick in a file, as JSON with the fields of `Tick`.

    Where it cannot be written nobody sees how the run goes, which is no reason to end it.

    Args:
        path: of the file; who reads it finds one tick or the next, never half of one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.part")

    def __call__(self, tick: Tick) -> None:
        """Put the tick in place of the one before."""
        with suppress(OSError):
            self._partial.write_text(json.dumps(asdict(tick)))
            self._partial.replace(self._path)
