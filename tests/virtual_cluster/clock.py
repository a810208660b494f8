"""A host whose clock is off.

The kernel has one wall clock: time namespaces move the steady clocks alone (time_namespaces(7)). So it is moved in what
is run over SSH, by libfaketime, which is put between programs and the C library. That holds for everything that a
session starts and that asks the C library, Python and Java among it. It does not hold for sshd itself, nor for
sessions that were there before the clock was first set (later settings reach all that began after it, within 1 s),
statically linked programs, and the kernel's own stamps, those of packets and files (libfaketime corrects the latter in
what stat(2) returns). Steady clocks are off by as much: told to leave those alone, libfaketime cannot have a program
sleep until one of them reaches a time. Where such a clock begins means nothing, so nothing follows from that.
"""

from __future__ import annotations

from pathlib import Path

from collectors.errors import Unavailable

from .keys import Keys

LIBRARY = "libfaketimeMT.so.1"
_INSIDE = "/etc/ssh/clock"


def library() -> Path:
    """Return the path of libfaketime, for programs with threads.

    Raises:
        Unavailable: it is not there.
    """
    for found in sorted(Path("/usr/lib").glob(f"*/faketime/{LIBRARY}")):
        return found
    raise Unavailable(f"{LIBRARY} not found", "sudo apt-get install --no-install-recommends libfaketime")


def set_clock(keys: Keys, folder: Path, seconds: float) -> None:
    """Set a host's clock.

    Args:
        keys: of the cluster.
        folder: the host's /etc/ssh.
        seconds: that it is ahead of this machine's; behind where negative.

    Raises:
        Unavailable: libfaketime is not installed.
    """
    path = library()
    new = folder / "clock.new"
    new.write_text(f"{seconds:+.6f}\n")
    new.rename(folder / "clock")
    keys.let_in(
        folder,
        {
            "LD_PRELOAD": str(path),
            "FAKETIME_TIMESTAMP_FILE": _INSIDE,
            "FAKETIME_CACHE_DURATION": "1",
        },
    )
