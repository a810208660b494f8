"""What holds a case is gone when the session ends, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.process_table import descendants
from tests.waiting import until

pytestmark = [
    pytest.mark.known_answers,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and control groups are made by root"),
]

PLACES = {
    "a_link_of_two_megabits": "/run/netns/thermobench-{pid}-*",
    "a_server_held_to_a_twentieth_of_a_cpu": "/sys/fs/cgroup/**/thermobench-{pid}-*",
    "a_disk_that_takes_fifty_writes_a_second": "/sys/fs/cgroup/**/thermobench-{pid}-*",
}
"""By case, where what holds it shows."""


@pytest.mark.parametrize("case", PLACES)
def test_nothing_is_left_after_ctrl_c(case: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", __file__.replace("ending", "known_answers")]
    with (tmp_path / "log").open("w") as log:
        # A shell that starts this in the background has Ctrl-C ignored, and its children would, too.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        session = subprocess.Popen([*argv, "-k", f"named and {case}"], stdout=log, stderr=log)
        signal.signal(signal.SIGINT, before)
    place = PLACES[case].format(pid=session.pid)

    def found() -> list[Path]:
        return list(Path("/").glob(place.removeprefix("/")))

    try:
        # Not before it is written to: a process that is just being started when Ctrl-C comes leaves its pipe unclosed.
        held = f"{case} is held and written to"
        until(lambda: (found() and _writes(session.pid)) or session.poll() is not None, held, 60)
        if session.poll() == pytest.ExitCode.OK:
            pytest.skip("such a case cannot be made here")
        session.send_signal(signal.SIGINT)
        assert session.wait(60) == pytest.ExitCode.INTERRUPTED, (tmp_path / "log").read_text()
        assert found() == []
    finally:
        session.kill()
        session.wait()


def _writes(pid: int) -> bool:
    """Whether producers run among what a process has started."""
    for one in descendants(pid):
        try:
            if b"\0collectors\0--backend" in Path(f"/proc/{one.pid}/cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False
