"""Swapping, with a real swap file on a real disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.sampling.sampler import Sampler

from .programs import Program

MIB = 2**20

HUNGRY = f"""
import os
say(); wait()
held = [bytearray(os.urandom({MIB})) for _ in range(64)]
say(); wait()
for one in held:
    for at in range(0, {MIB}, 4096):
        one[at] ^= 1
say(); wait()
"""


@pytest.fixture
def swap(tmp_path: Path) -> Iterator[Path]:
    """A swap file of 96 MiB in use."""
    if os.geteuid():
        pytest.skip("only root may swap to a file of its own")
    path = tmp_path / "swap"
    path.touch(0o600)
    with path.open("wb") as file:
        for _ in range(96):
            file.write(bytes(MIB))
        os.fsync(file.fileno())
    subprocess.run(["mkswap", path], check=True, stdout=subprocess.PIPE)
    tried = subprocess.run(["swapon", path], check=False, stderr=subprocess.PIPE, text=True)
    if tried.returncode:
        pytest.skip(f"no swapping to a file here: {tried.stderr.strip()}")
    yield path
    subprocess.run(["swapoff", path], check=True)


@pytest.fixture
def small() -> Iterator[Path]:
    """A control group that has 24 MiB of memory."""
    first, second = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    if (first / "memory.limit_in_bytes").exists():
        group, limit = first / f"sampling-{os.getpid()}", "memory.limit_in_bytes"
    elif "memory" in _text(second / "cgroup.subtree_control").split():
        group, limit = second / f"sampling-{os.getpid()}", "memory.max"
    else:
        pytest.skip("the kernel's memory control groups are not in use here")
    group.mkdir()
    try:
        (group / limit).write_text(str(24 * MIB))
        yield group
    finally:
        group.rmdir()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.slow
@pytest.mark.usefixtures("swap")
def test_what_is_swapped_out_and_in_is_seen(small: Path) -> None:
    with Sampler({}) as sampler, Program(HUNGRY) as program:
        program.said()
        (small / "cgroup.procs").write_text(str(program.pid))
        sampler.sample()
        began = sampler.sampled_ns or 0
        program.asked()
        first, then = sampler.sample(), sampler.sampled_ns or 0
        program.asked()
        second, ended = sampler.sample(), sampler.sampled_ns or 0
    assert (first["memory.swap_used"] or 0) >= 32 * MIB
    assert (first["memory.swap_out"] or 0) * (then - began) / 1e9 >= 32 * MIB
    assert (second["memory.swap_in"] or 0) * (ended - then) / 1e9 >= 32 * MIB
    assert (second["memory.swap_out"] or 0) > 0
