"""What containers use, as the kernel tells it: both versions of control groups, and the container's own interfaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.sampling.containers import Containers

DEV = """\
Inter-|   Receive                                               |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier
    lo: 5000000 1 0 0 0 0 0 0 5000000 1 0 0 0 0 0 0
  eth0: {received} 1 0 0 0 0 0 0 {sent} 1 0 0 0 0 0 0
"""


class Machine:
    """A tree that shows one container: process 7."""

    def __init__(self, root: Path, version: int) -> None:
        self.version = version
        self.proc, self.groups = root / "proc", root / "cgroup"
        (self.proc / "self").mkdir(parents=True)
        (self.proc / "7" / "net").mkdir(parents=True)
        folders = [self.groups] if version == 2 else [self.groups / name for name in ("cpuacct", "blkio", "memory")]
        kinds = ["cgroup2 none rw"] if version == 2 else [f"cgroup none rw,{folder.name}" for folder in folders]
        lines = [f"30 20 0:20 / {folder} rw - {kind}" for folder, kind in zip(folders, kinds, strict=True)]
        (self.proc / "self" / "mountinfo").write_text("\n".join(lines))
        listed = (
            ["0::/docker/a"] if version == 2 else ["3:cpuacct:/docker/a", "4:blkio:/docker/a", "5:memory:/docker/a"]
        )
        (self.proc / "7" / "cgroup").write_text("\n".join(listed))
        for folder in folders:
            (folder / "docker" / "a").mkdir(parents=True)

    def has_used(self, seconds: float, written: int, memory: int, received: int, sent: int) -> None:
        if self.version == 2:
            group = self.groups / "docker" / "a"
            (group / "cpu.stat").write_text(f"usage_usec {seconds * 1e6:.0f}\nuser_usec 1\n")
            (group / "io.stat").write_text(f"254:0 rbytes=1024 wbytes={written} rios=1 wios=1\n8:0 rbytes=0 wbytes=1\n")
            (group / "memory.current").write_text(f"{memory}\n")
        else:
            (self.groups / "cpuacct/docker/a/cpuacct.usage").write_text(f"{seconds * 1e9:.0f}\n")
            text = f"254:0 Read 1024\n254:0 Write {written}\n254:0 Total 9\n8:0 Write 1\nTotal 9\n"
            (self.groups / "blkio/docker/a/blkio.throttle.io_service_bytes").write_text(text)
            (self.groups / "memory/docker/a/memory.usage_in_bytes").write_text(f"{memory}\n")
        (self.proc / "7" / "net" / "dev").write_text(DEV.format(received=received, sent=sent))


@pytest.mark.parametrize("version", [1, 2])
def test_what_a_container_uses_is_told_by_the_second(tmp_path: Path, version: int) -> None:
    machine = Machine(tmp_path, version)
    machine.has_used(10.0, 1000, 5, 100, 10)
    containers = Containers({"kafka-1": 7}, str(machine.proc))
    containers.sample(1.0)
    machine.has_used(13.0, 9000, 7, 500, 50)
    assert containers.sample(2.0) == {
        "container.kafka-1.cores": 1.5,
        "container.kafka-1.memory": 7.0,
        "container.kafka-1.read_bytes": 0.0,
        "container.kafka-1.write_bytes": 4000.0,
        "container.kafka-1.rx_bytes": 200.0,
        "container.kafka-1.tx_bytes": 20.0,
    }
    containers.close()


def test_of_a_container_that_cannot_be_looked_into_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    containers = Containers({"gone": 7}, str(tmp_path))
    assert containers.sample(1.0) == {"container.gone.memory": None}
    containers.close()
