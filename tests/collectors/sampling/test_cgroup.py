"""CPU quotas: real ones of version 1, and files as version 2 has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.sampling.cgroup import Cgroups, Mount, folder_in, mount_in
from collectors.sampling.sampler import Sampler

from .programs import Program


@pytest.fixture
def limited() -> Iterator[Path]:
    """A control group of version 1 that allows a twentieth of a core, with one without a quota in it."""
    mount = Cgroups().mount
    if os.geteuid() or not mount or mount.version != 1:
        pytest.skip(f"needs root and the cpu controller of cgroup version 1; there is {mount}")
    group = Path(mount.point) / f"sampling-{os.getpid()}"
    inner = group / "inner"
    inner.mkdir(parents=True)
    try:
        (group / "cpu.cfs_period_us").write_text("100000")
        (group / "cpu.cfs_quota_us").write_text("5000")
        yield inner
    finally:
        inner.rmdir()
        group.rmdir()


def test_a_quota_shows_what_it_allows_and_how_long_it_held_back(limited: Path) -> None:
    with Program("say(); burn(0.04); say(); wait()") as program, Sampler({"server": [program.pid]}) as sampler:
        program.said()
        (limited / "cgroup.procs").write_text(str(program.pid))
        sampler.sample()
        program.said()
        sample = sampler.sample()
        assert sample["server.quota"] == 0.05
        assert 0.3 < (sample["server.throttled"] or 0) <= 1
        assert (sample["server.cpu"] or 0) < 0.25
        assert (sample["sampler.quota"], sample["sampler.throttled"]) == (None, 0)


def test_a_process_that_is_moved_takes_on_the_quota_of_its_new_group(limited: Path) -> None:
    with Program("say(); wait()") as program, Sampler({"server": [program.pid]}) as sampler:
        program.said()
        sampler.sample()
        assert sampler.sample()["server.quota"] is None
        (limited / "cgroup.procs").write_text(str(program.pid))
        (limited / "cpu.cfs_quota_us").write_text("2000")
        assert 0.02 in [sampler.sample()["server.quota"] for _ in range(32)]


def test_processes_in_one_group_share_its_quota(limited: Path) -> None:
    with Program("say(); wait()") as one, Program("say(); wait()") as other:
        for program in (one, other):
            program.said()
            (limited / "cgroup.procs").write_text(str(program.pid))
        with Sampler({"server": [one.pid, other.pid], "producers": [os.getpid()]}) as sampler:
            sampler.sample()
            sample = sampler.sample()
    assert sample["server.quota"] == 0.05
    assert sample["server.threads"] == 2


def _version_2(tmp_path: Path) -> tuple[Path, Cgroups]:
    """Make /proc and the groups a/b as with version 2, where processes 1 and 2 are in a/b and 3 in none."""
    mounted = tmp_path / "cgroup with space"
    (mounted / "a" / "b").mkdir(parents=True)
    point = str(mounted).replace(" ", "\\040")
    line = f"30 23 0:26 / {point} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
    for pid, where in (("self", "/"), ("1", "/a/b"), ("2", "/a/b"), ("3", "/")):
        (tmp_path / "proc" / pid).mkdir(parents=True)
        (tmp_path / "proc" / pid / "cgroup").write_text(f"0::{where}\n")
    (tmp_path / "proc" / "self" / "mountinfo").write_text("22 27 0:21 / /proc rw - proc proc rw\n" + line)
    for group, quota in (("a", "150000 100000"), ("a/b", "max 100000")):
        (mounted / group / "cpu.max").write_text(f"{quota}\n")
        (mounted / group / "cpu.stat").write_text("usage_usec 5\nnr_periods 1\nnr_throttled 1\nthrottled_usec 100000\n")
    return mounted, Cgroups(str(tmp_path / "proc"))


def test_version_2(tmp_path: Path) -> None:
    mounted, cgroups = _version_2(tmp_path)
    folder = cgroups.folder(1)
    assert folder == str(mounted / "a" / "b")
    assert cgroups.held(folder, 1, 1.0) == (1.5, 0, str(mounted / "a"))
    (mounted / "a" / "cpu.stat").write_text("usage_usec 5\nnr_periods 9\nnr_throttled 5\nthrottled_usec 600000\n")
    assert cgroups.held(folder, 2, 2.0) == (1.5, 0.25, str(mounted / "a"))
    assert cgroups.held(folder, 2, 2.0) == (1.5, 0.25, str(mounted / "a"))
    (mounted / "a" / "b" / "cpu.max").write_text("50000 100000\n")
    assert cgroups.held(folder, 3, 2.0) == (0.5, 0, str(mounted / "a" / "b"))
    assert cgroups.held(str(mounted), 3, 2.0).quota is None
    assert cgroups.folder(3) == str(mounted)
    assert cgroups.folder(4) is None
    cgroups.close()


MOUNTS = """\
31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
36 31 0:33 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
"""


def test_version_1_has_the_quotas_where_both_are_mounted() -> None:
    assert mount_in(MOUNTS) == Mount("/sys/fs/cgroup/unified", "/", 2)
    both = MOUNTS + "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
    mount = mount_in(both)
    assert mount == Mount("/sys/fs/cgroup/cpu,cpuacct", "/docker/abc", 1)
    listed = "5:cpuset:/x\n3:cpu,cpuacct:/docker/abc/in\n0::/y\n"
    assert folder_in(listed, mount) == "/sys/fs/cgroup/cpu,cpuacct/in"
    assert folder_in("3:cpu,cpuacct:/elsewhere\n", mount) is None
    assert folder_in("5:cpuset:/x\n", mount) is None
    assert folder_in("0::/../outside\n", Mount("/sys/fs/cgroup", "/", 2)) is None
    assert mount_in("") is None
