"""Where results lie, and how a file of them is put there: whole, or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from collectors.errors import ThermobenchError

STORAGE = ".benchmarks"
"""Where pytest-benchmark saves unless told otherwise, in the current folder."""


def journals(storage: str | Path = STORAGE) -> Path:
    """Return the folder of the journals that belong to a storage."""
    return Path(storage) / "journal"


def storage_folder(uri: str) -> Path:
    """Return the folder of pytest-benchmark's `--benchmark-storage`; the usual one where that is no folder."""
    scheme, found, path = uri.rpartition("://")
    return Path(path) if not found or scheme == "file" else Path(STORAGE)


def next_number(folder: Path) -> str:
    """Return the four digits that the next saved file of a folder begins with, as pytest-benchmark counts them."""
    numbers = [int(path.name[:4]) for path in folder.glob("[0-9][0-9][0-9][0-9]_*.json")]
    return f"{max(numbers, default=0) + 1:04}"


def write_atomically(path: Path, content: bytes, mend: str = "free some space there, or choose another folder") -> None:
    """Put a file in place at once: who reads it finds the old one or the new one, also after a power cut.

    Args:
        path: of the file; its folder is made if need be.
        content: of the file.
        mend: what the user can do if it cannot be written.

    Raises:
        ThermobenchError: it could not be written, for want of space say; names the file and the reason. What was
            there is untouched.
    """
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            target.write_bytes(content)  # a terminal or a pipe: there is nothing to be replaced
        else:
            _replace(target, content)
    except OSError as error:
        raise ThermobenchError(f"{path} cannot be written: {error.strerror}", mend) from None


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a new file in it is found again after a power cut (fsync(2)).

    Raises:
        OSError: the disk reports an error.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(target: Path, content: bytes) -> None:
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
