"""What is done to the hosts of a virtual cluster, and how it shows on them."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.waiting import until

from . import VirtualCluster
from .asking import SECONDS, answers, python, told

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

OCTETS = 2_000_000
MBIT = 8.0
SLACK = 1.05
"""Above the rate: the bucket is full to begin with."""
BURN = "import time; end = time.monotonic() + {}; \nwhile time.monotonic() < end: pass\nprint(time.process_time())"
WARMING = """
import time
from collectors.sensors.sysfs import SysfsSensor
sensor = SysfsSensor()
sensor.open()
print(sensor.read().value)
end = time.monotonic() + 1.5
while time.monotonic() < end: pass
warm = sensor.read().value
print(warm)
end = time.monotonic() + 20
while time.monotonic() < end and sensor.read().value > warm - 200: time.sleep(0.05)
print(sensor.read().value)
"""
BOARD = """
from collectors.sampling.board import Board
print(*Board().sample(1.0).values())
"""
QUOTA = """
import os, time
from collectors.sampling.cgroup import Cgroups
groups = Cgroups()
folder = groups.folder(os.getpid())
print(groups.held(folder, 1, 1.0).quota)
end = time.monotonic() + 0.5
while time.monotonic() < end: pass
print(groups.held(folder, 2, 0.5).throttled)
"""
STOLEN = """
import time
def stolen():
    with open("/proc/stat") as file: return int(file.readline().split()[8])
before, end = stolen(), time.monotonic() + 20
while stolen() < before + 20 and time.monotonic() < end: pass
print(stolen() - before)
"""
LINKS = """
from collectors.sampling.links import links
print(links()["eth0"]["shaped"])
"""


def test_a_link_carries_no_more_than_it_is_held_to(cluster: VirtualCluster) -> None:
    assert told(cluster, "pi-1", *python(LINKS)) == "100000000"
    cluster.limit_link("pi-1", MBIT)
    try:
        assert told(cluster, "pi-1", *python(LINKS)) == "8000000"
        for argv, sent in ((["wc", "-c"], bytes(OCTETS)), (["head", "-c", str(OCTETS), "/dev/zero"], b"")):
            start = time.monotonic()
            done = subprocess.run(
                cluster.ssh("pi-1", *argv), input=sent, stdout=subprocess.PIPE, check=True, timeout=SECONDS
            )
            mbit = OCTETS * 8e-6 / (time.monotonic() - start)
            assert mbit < MBIT * SLACK
            assert done.stdout == (f"{OCTETS}\n".encode() if sent else bytes(OCTETS))
    finally:
        cluster.limit_link("pi-1", 100.0)


def test_a_quota_shows_and_holds(cluster: VirtualCluster) -> None:
    assert float(told(cluster, "pi-1", *python(QUOTA)).split()[0]) == 1.0
    cluster.limit_cpu("pi-1", 0.2)
    try:
        quota, throttled = map(float, told(cluster, "pi-1", *python(QUOTA)).split())
        assert quota == 0.2
        assert throttled > 0
        # Whatever of the last period is left over comes on top.
        assert float(told(cluster, "pi-1", *python(BURN.format(1.0)))) < 0.2 + 0.1
    finally:
        cluster.limit_cpu("pi-1", 1.0)


def test_what_others_take_of_a_hosts_cpu_shows_as_stolen(cluster: VirtualCluster) -> None:
    if cluster._host("pi-1").stat["pressure"] is None:
        pytest.skip("this kernel counts no pressure stall information for control groups")
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        try:
            os.sched_setaffinity(other.pid, cluster._host("pi-1").cpus)
            assert int(told(cluster, "pi-1", *python(STOLEN))) >= 20
        finally:
            other.kill()


def test_a_board_gets_warm_under_load_and_cools_down(cluster: VirtualCluster) -> None:
    before, warm, after = map(int, told(cluster, "pi-2", *python(WARMING)).split())
    assert before >= 45_000
    assert warm > before + 500
    assert after <= warm - 200


def test_a_hot_board_is_throttled(cluster: VirtualCluster) -> None:
    assert told(cluster, "pi-1", *python(BOARD)).split()[2] == "0.0"
    cluster.heat("pi-1", 82.5)
    mhz, celsius, throttled = map(float, told(cluster, "pi-1", *python(BOARD)).split())
    assert celsius >= 82.5
    assert mhz <= 1050
    assert int(throttled) == 0x60006
    assert float(told(cluster, "pi-1", *python(QUOTA)).split()[0]) <= 0.7
    cluster.cool("pi-1")
    until(lambda: told(cluster, "pi-1", *python(BOARD)).split()[2] == f"{0x60000:.1f}", "it has cooled down")
    assert float(told(cluster, "pi-1", *python(QUOTA)).split()[0]) == 1.0


def test_a_link_that_goes_down_comes_up_again(cluster: VirtualCluster) -> None:
    before = carrier_changes(cluster)
    cluster.link_down("pi-1")
    try:
        assert not answers(cluster, "pi-1")
        assert answers(cluster, "pi-2")
    finally:
        cluster.link_up("pi-1")
    until(lambda: answers(cluster, "pi-1"), "it is there again")
    assert carrier_changes(cluster) == before + 2


def test_a_cut_is_told_to_nobody(cluster: VirtualCluster) -> None:
    before = carrier_changes(cluster)
    cluster.cut("pi-1")
    try:
        start = time.monotonic()
        assert not answers(cluster, "pi-1")
        assert time.monotonic() - start > 0.5, "nobody refuses: there is no answer at all"
        assert answers(cluster, "pi-2")
    finally:
        cluster.mend("pi-1")
    until(lambda: answers(cluster, "pi-1"), "it is there again")
    assert carrier_changes(cluster) == before


def carrier_changes(cluster: VirtualCluster) -> int:
    return int(told(cluster, "pi-1", "cat", "/sys/class/net/eth0/carrier_changes"))
