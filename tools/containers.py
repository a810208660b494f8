"""Tries everything that runs in containers: `tox -e containers`.

It takes the engine that answers, or starts one of its own; builds the stand-ins for official images; runs the tests
that need containers; and has one thread write to every backend in them. Where no engine can be had it says why, and
what would mend that.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from collectors.errors import Unavailable
from fixtures.containers.images import stand_in
from fixtures.hosts.local import LocalHost
from tools import engine, images

_PYTEST = [sys.executable, "-m", "pytest"]
_BRIEFLY = ["--test-time", "1", "--rounds", "1", "--server-warm-up", "5"]
_AS_A_PI = ["--cpus", "1", "--memory", "1g"]
_STAND_INS = [word for service in images.SERVERS for word in ("--image", f"{service}={stand_in(service)}")]
STEPS = (
    [sys.executable, "-m", "tools.images"],
    [*_PYTEST, "tests", "-m", "containers", "--strict-backends"],
    [*_PYTEST, "perf", "-k", "one_thread", "--containers", *_AS_A_PI, "--strict-backends", *_BRIEFLY, *_STAND_INS],
)


def main(arguments: Sequence[str]) -> int:
    """Take all steps, the given options with those that run pytest; return the exit status of the first that failed."""
    with LocalHost() as host:
        try:
            with engine.running(host) as address:
                images.say(f"engine: {address or 'the usual one'}")
                return next((status for step in STEPS if (status := _run(step, arguments))), 0)
        except Unavailable as error:
            images.say(f"skipped: {error}")
            return 0


def _run(step: list[str], arguments: Sequence[str]) -> int:
    given = list(arguments) if step[: len(_PYTEST)] == _PYTEST else []
    return subprocess.run([*step, *given], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
