"""A file of /proc or /sys that is read again and again."""

from __future__ import annotations

import os
import resource

ENDED = (ProcessLookupError, FileNotFoundError)
"""What reading a file of /proc/PID raises when the process is no more."""

_FULL = 2048
_MANY_FILES = 2**14


class Allowance:
    """How many descriptors may be kept: a process with many others open must not run out of them.

    Args:
        most: that many, at any time.
    """

    def __init__(self, most: int) -> None:
        self.left = most

    @classmethod
    def share(cls, parts: int) -> Allowance:
        """Return one part of all descriptors that this process may open."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return cls(max(soft if soft != resource.RLIM_INFINITY else 2**16, 0) // parts)


class KeptFile:
    """Stays open after it was first read, if the allowance lasts: reading it again then takes a quarter of the time.

    A kept descriptor of /proc/PID stays with its process: it never shows another one that got the same pid.

    Args:
        path: where it is; need not be there yet.
        allowance: shared with other files; without one it is always kept.
    """

    __slots__ = ("_allowance", "_descriptor", "path")

    def __init__(self, path: str, allowance: Allowance | None = None) -> None:
        self.path = path
        self._allowance = allowance
        self._descriptor = -1

    def read(self, size: int = 4096) -> bytes:
        """Return what it holds now, from its start, at most `size` bytes and what the kernel gives at once.

        Raises:
            OSError: it is not there, or not for us; one of `ENDED` where it belonged to a process that is no more.
        """
        if self._descriptor >= 0:
            return os.pread(self._descriptor, size, 0)
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.pread(descriptor, size, 0)
        except OSError:
            os.close(descriptor)
            raise
        self._keep(descriptor)
        return text

    def read_all(self) -> bytes:
        """Return the whole of it, however long. The kernel gives such files in portions of about a page.

        Raises:
            OSError: as `read` does.
        """
        text = self.read(2**16)
        part = text
        # A portion is as many whole lines as fit into a page; one that is half empty was the last.
        while len(part) >= _FULL and self._descriptor >= 0:
            part = os.pread(self._descriptor, 2**16, len(text))
            text += part
        return text

    def close(self) -> None:
        """Give its descriptor back; reading opens it anew."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            if self._allowance:
                self._allowance.left += 1

    def _keep(self, descriptor: int) -> None:
        if self._allowance is None:
            self._descriptor = descriptor
        elif self._allowance.left > 0:
            self._allowance.left -= 1
            self._descriptor = descriptor
        else:
            os.close(descriptor)


def allow_many_files() -> None:
    """Raise the soft limit of open files of this process: each thread that is watched has one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, _MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def text_of(path: str) -> str | None:
    """Return what a small file holds, without the line's end, or None where it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 – twice as fast as a Path's own
            return file.read().decode(errors="replace").strip()
    except OSError:
        return None
