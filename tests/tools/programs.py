"""Programs that only claim to have run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class Programs:
    """Stands for every program the set-up runs: notes the commands, makes what venv would make."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        # Those whose command holds one of these words fail.
        self.failing: tuple[str, ...] = ()

    def run(self, command: Sequence[str], *, cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> int:
        del extra
        line = " ".join(command)
        self.commands.append(line)
        if "-m venv" in line:
            shutil.rmtree(command[-1], ignore_errors=True)
            python = Path(command[-1], "bin", "python")
            python.parent.mkdir(parents=True)
            # An interpreter that has pip, as the one in a real environment.
            python.write_text(f'#!/bin/sh\n[ "$2" = -c ] && exec {sys.executable} -c "import sys"\nexit 1\n')
            python.chmod(0o755)
            Path(command[-1], "pyvenv.cfg").write_text("version = 3.11\n")
        if "apt-get download" in line and cwd is not None:
            (cwd / "pip.deb").touch()
        if "dpkg-deb -x" in line:
            wheels = Path(command[-1], "usr/share/python-wheels")
            wheels.mkdir(parents=True)
            (wheels / "pip-1-py3-none-any.whl").touch()
        return 1 if any(word in line for word in self.failing) else 0
