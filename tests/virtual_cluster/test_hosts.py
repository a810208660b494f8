"""What the hosts of a virtual cluster are."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from collectors.errors import Unavailable, UsageError
from tests.waiting import until

from . import VirtualCluster
from .asking import SECONDS, answers, python, told

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

TICK = os.sysconf("SC_CLK_TCK")
BURN = "import time\nwhile time.process_time() < 1.5: pass"
CPUS = """
import os
from collectors.sampling.processor import Processor
allowed = sorted(os.sched_getaffinity(0))
processor = Processor()
processor.sample(1.0)
print(allowed, os.cpu_count(), [f"core.{cpu}.busy" for cpu in allowed] == list(processor.sample(1.0))[5:])
"""


def test_each_host_answers_with_its_own_name_and_address(cluster: VirtualCluster) -> None:
    for alias in cluster.aliases:
        said = told(cluster, alias, "sh", "-c", "hostname; ip -json -4 addr show dev eth0").split("\n", 1)
        assert said[0] == alias
        assert [one["local"] for one in json.loads(said[1])[0]["addr_info"]] == [cluster.address(alias)]
    assert len({cluster.address(alias) for alias in cluster.aliases}) == 2
    with pytest.raises(UsageError, match="no host 'pi-9', expected one of pi-1, pi-2"):
        cluster.address("pi-9")


def test_hosts_reach_each_other_and_nobody_else(cluster: VirtualCluster) -> None:
    code = f"import socket; print(socket.create_connection(({cluster.address('pi-2')!r}, 22), 10).recv(4))"
    assert told(cluster, "pi-1", *python(code)) == "b'SSH-'"
    (route,) = json.loads(told(cluster, "pi-1", "ip", "-json", "route", "show", "table", "main"))
    assert route["dst"] == f"{cluster.machine_address.rpartition('.')[0]}.0/24"
    assert "gateway" not in route


def test_host_keys_differ_and_are_checked(cluster: VirtualCluster, tmp_path: Path) -> None:
    lines = [line.split() for line in cluster.known_hosts.read_text().splitlines()]
    assert len({key for _, _, key in lines}) == len(cluster.aliases)
    swapped = [*lines[0][:2], lines[1][2]]
    for name, known in (("changed", " ".join(swapped) + "\n"), ("unknown", "")):
        (tmp_path / name).write_text(known)
        first, *rest = cluster.ssh("pi-1", "touch", f"/tmp/{name}")  # noqa: S108
        argv = [first, "-o", f"UserKnownHostsFile={tmp_path / name}", *rest]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=SECONDS)
        assert done.returncode == 255
        assert "Host key verification failed" in done.stderr
    assert told(cluster, "pi-1", "ls", "/tmp") == ""  # noqa: S108


def test_nobody_is_let_in_without_the_key(cluster: VirtualCluster, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(cluster.ssh_config.read_text().replace(str(cluster.identity), str(tmp_path / "none")))
    argv = [str(config) if one == str(cluster.ssh_config) else one for one in cluster.ssh("pi-1", "true")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 255
    assert "Permission denied (publickey)" in done.stderr


def test_what_a_host_writes_stays_on_it(cluster: VirtualCluster) -> None:
    name = f"of-{cluster.tag}"
    system = ("/etc", "/home", "/opt", "/root", "/srv", "/usr/local/bin", "/var/cache", "/var/lib", "/var/log")
    paths = [f"{folder}/{name}" for folder in (*system, "/run", "/dev/shm", "/tmp", "/var/tmp")]  # noqa: S108
    told(cluster, "pi-1", "touch", *paths)
    assert told(cluster, "pi-1", "ls", *paths).split() == sorted(paths)
    assert (
        told(cluster, "pi-2", "sh", "-c", f"ls -d {' '.join(paths)} 2>&1 | grep -c 'No such file'") == f"{len(paths)}"
    )
    assert not any(Path(path).exists() for path in paths)
    told(cluster, "pi-1", "rm", *paths)
    assert told(cluster, "pi-1", "ls", "/var/tmp", "/tmp").split() == ["/tmp:", "/var/tmp:"]  # noqa: S108


def test_a_login_runs_nothing_of_this_machines_own(cluster: VirtualCluster) -> None:
    names = [".bashrc", ".profile", ".ssh"]
    if not any(Path("/root", name).exists() for name in names):
        pytest.skip("there is nothing of that kind in /root")
    assert told(cluster, "pi-1", "sh", "-c", f"cd && pwd && ls -d {' '.join(names)} 2>/dev/null || true") == "/root"


def test_a_host_cannot_set_what_belongs_to_the_machine(cluster: VirtualCluster) -> None:
    groups = "ls -d /sys/fs/cgroup/thermobench-* /sys/fs/cgroup/*/thermobench-* 2>/dev/null | head -1"
    group = told(cluster, "pi-1", "sh", "-c", groups)
    paths = ["/proc/sys/vm/swappiness", "/sys/kernel/mm/transparent_hugepage/enabled", f"{group}/cgroup.procs"]
    said = told(cluster, "pi-1", "sh", "-c", f"for path in {' '.join(paths)}; do (: > $path) 2>&1; done; true")
    assert said.count("Read-only file system") == 3


def test_a_host_sees_its_own_processes_alone(cluster: VirtualCluster) -> None:
    said = told(cluster, "pi-1", "sh", "-c", "cat /proc/1/comm; ls /proc | grep -c '^[0-9]'").split()
    assert said[0] == "sshd"
    assert int(said[1]) < 12


def test_a_host_has_as_many_cpus_as_cores(cluster: VirtualCluster) -> None:
    said = [told(cluster, alias, *python(CPUS)) for alias in cluster.aliases]
    available = sorted(os.sched_getaffinity(0))
    assert said == [f"[{available[number % len(available)]}] 1 True" for number in range(2)]
    assert told(cluster, "pi-1", "sh", "-c", "ls /proc/pressure 2>/dev/null || true") == ""


def test_a_hosts_cpus_show_what_is_used_on_it_and_nothing_else(cluster: VirtualCluster) -> None:
    before = {alias: _used(cluster, alias) for alias in cluster.aliases}
    told(cluster, "pi-1", *python(BURN))
    until(lambda: _used(cluster, "pi-1") - before["pi-1"] >= 1.45, "it shows on the host")
    # To look at it takes CPU time, too.
    assert _used(cluster, "pi-2") - before["pi-2"] < 1.0


def _used(cluster: VirtualCluster, alias: str) -> float:
    """Return the CPU seconds that a host's /proc/stat shows."""
    line = told(cluster, alias, "head", "-1", "/proc/stat").split()
    return (int(line[1]) + int(line[3])) / TICK


def test_nothing_of_a_host_shows_on_the_machine(cluster: VirtualCluster) -> None:
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4] for line in mounts if cluster.tag in line]
    assert [point for point in points if not point.startswith("/run/netns/")] == []
    assert not any(line.split()[4].startswith(("/sys/class", "/sys/devices", "/sys/firmware")) for line in mounts)


def test_a_clock_can_be_off(cluster: VirtualCluster) -> None:
    try:
        cluster.set_clock_offset("pi-2", -3600.0)
    except Unavailable as error:
        pytest.skip(str(error))
    code = "import time; began = time.monotonic(); time.sleep(0.2); print(time.time(), time.monotonic() - began)"
    before = time.time()
    wall, slept = map(float, told(cluster, "pi-2", *python(code)).split())
    assert before - 3601 < wall < time.time() - 3599
    assert 0.2 <= slept < SECONDS
    cluster.set_clock_offset("pi-2", 0.0)
    assert before - 1 < float(told(cluster, "pi-2", "date", "+%s.%N")) < time.time() + 1
    assert answers(cluster, "pi-2")
