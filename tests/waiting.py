"""Waiting for something to be so, with a deadline; never for a time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, seconds: float = 30.0) -> T:
    """Return what the condition returns once that is true; fail the test if it is not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail(f"not within {seconds} s: {what}")


def stands_still(pid: int) -> bool:
    """Whether each thread of a process has stopped: SIGSTOP returns before they have."""
    tasks = [task.read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(tasks) == {"T"}
