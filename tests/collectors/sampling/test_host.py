"""What the whole host does, held against what was done to it, and files as other hosts have them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from collectors.sampling.disks import Disks
from collectors.sampling.memory import Memory
from collectors.sampling.pressure import Pressure
from collectors.sampling.processor import Processor
from collectors.sampling.sampler import Sampler
from collectors.sampling.source import growth

from .programs import Program

FIXED = (
    *("cpu.user", "cpu.system", "cpu.iowait", "cpu.steal", "cpu.idle", "cpu.mhz", "cpu.temperature", "cpu.throttled"),
    *("core.0.busy", "foreign.cpu", "memory.available", "memory.swap_used", "memory.swap_in", "memory.swap_out"),
    *("pressure.cpu", "pressure.io", "pressure.memory", "net.lo.rx_bytes", "net.lo.tx_bytes", "net.lo.drops"),
    *("net.lo.backlog", "net.lo.overlimits"),
)
OF_A_GROUP = (
    *("cpu", "user", "system", "waiting", "throttled", "quota", "cpus"),
    *("rss", "read_bytes", "write_bytes", "threads"),
)


def test_the_first_sample_only_begins_and_the_next_has_every_column() -> None:
    with Sampler({"producers": [os.getpid()], "server": []}) as sampler:
        assert sampler.sample() == {}
        sample = sampler.sample()
        assert set(FIXED) <= sample.keys()
        for name in ("producers", "server", "sampler"):
            assert {f"{name}.{one}" for one in OF_A_GROUP} <= sample.keys()
        assert 0 < sampler.cost < 1


def test_nothing_passed_is_no_interval() -> None:
    now = 5
    with Sampler({}, lambda: now) as sampler:
        sampler.sample()
        assert sampler.sample() == {}
        now += 10**9
        assert sampler.sample()["sampler.threads"] == sum(1 for _ in Path("/proc/self/task").iterdir())
        assert sampler.sampled_ns == now


def test_without_any_of_it_a_sample_is_empty_but_there(tmp_path: Path) -> None:
    with Sampler({"server": [os.getppid()]}, proc=str(tmp_path / "none"), sys=str(tmp_path)) as sampler:
        sampler.sample()
        sample = sampler.sample()
    assert sample["server.cpu"] is None
    assert sample["cpu.user"] is None
    assert sample["foreign.cpu"] is None
    assert sample["memory.available"] is None
    assert sample["pressure.io"] is None
    assert (sample["sampler.cpu"] or 0) > 0
    assert not [name for name in sample if name.startswith(("disk.", "core."))]


def test_a_core_that_is_kept_busy_is_busy_and_all_cores_together_are_whole() -> None:
    core = max(os.sched_getaffinity(0))
    processor = Processor()
    with Program(f"import os; os.sched_setaffinity(0, [{core}]); say(); wait(); burn(0.2); say(); wait()") as program:
        program.said()
        processor.sample(1)
        program.asked()
        columns = processor.sample(1)
    processor.close()
    cores = [name for name in columns if name.startswith("core.")]
    assert len(cores) == os.cpu_count()
    parts = ("user", "system", "iowait", "steal", "idle")
    assert sum(columns[f"cpu.{one}"] or 0 for one in parts) == pytest.approx(len(cores))
    assert (columns[f"core.{core}.busy"] or 0) + (columns["cpu.steal"] or 0) > 0.6
    assert (processor.forks or 0) > 0


STAT = """cpu  {0} 0 100 1000 {1} {2} 30 0 0 0
cpu0 {0} 0 50 500 {1} {2} 15 0 0 0
{3}intr 5 5
processes 77
"""


def _processor(tmp_path: Path, *texts: str) -> tuple[Processor, dict[str, float | None]]:
    (tmp_path / "stat").write_text(texts[0])
    processor = Processor(str(tmp_path))
    processor.sample(1)
    (tmp_path / "stat").write_text(texts[1])
    columns = processor.sample(1)
    processor.close()
    return processor, columns


def test_waiting_for_disks_that_goes_back_makes_nothing_negative(tmp_path: Path) -> None:
    processor, columns = _processor(tmp_path, STAT.format(0, 50, 0, ""), STAT.format(100, 40, 0, ""))
    assert columns["cpu.iowait"] == 0
    assert columns["cpu.user"] == columns["core.0.busy"] == processor.busy == 1.0
    assert processor.forks == 77


def test_a_core_that_comes_has_no_share_yet(tmp_path: Path) -> None:
    cpu1 = "cpu1 9 0 9 9 0 0 0 0 0 0\n"
    _, columns = _processor(tmp_path, STAT.format(0, 0, 0, ""), STAT.format(100, 0, 0, cpu1))
    assert columns["cpu.user"] == 2.0
    assert "core.1.busy" not in columns


def test_interrupts_that_are_measured_apart_are_no_processs(tmp_path: Path) -> None:
    text = "cpu  {0} 0 0 0 0 {1} {2} 0 0 0\ncpu0 {0} 0 0 0 0 {1} {2} 0 0 0\nprocesses 1\n"
    processor, columns = _processor(tmp_path, text.format(0, 1, 0), text.format(100, 1, 100))
    assert columns["cpu.system"] == columns["cpu.user"] == processor.busy == 0.5
    processor, columns = _processor(tmp_path, text.format(0, 0, 0), text.format(100, 0, 100))
    assert columns["cpu.system"] == columns["cpu.user"] == 0.5
    assert processor.busy == 1.0


@pytest.mark.parametrize(
    ("before", "now", "grown"),
    [(5, 7, 2), (2**32 - 5, 5, 10), (2**33, 5, None), (2**40, 2**40 - 1, None), (1000, 0, None)],
)
def test_counters_of_32_bits_may_start_again(before: int, now: int, grown: int | None) -> None:
    assert growth(before, now) == grown


def _line(name: str, count: int = 0) -> str:
    return f" 8 0 {name} {count} 0 {count} 0 {count} 0 {count * 2} 0 0 {count} {count * 3} 0 0 0 0\n"


def _disks(tmp_path: Path, names: str, whole: str) -> dict[str, float | None]:
    for name in whole.split():
        (tmp_path / "block" / name).mkdir(parents=True, exist_ok=True)
    (tmp_path / "diskstats").write_text("".join(_line(name) for name in names.split()))
    disks = Disks(str(tmp_path), str(tmp_path))
    disks.sample(1)
    (tmp_path / "diskstats").write_text("".join(_line(name, 1000) for name in names.split()))
    columns = disks.sample(2)
    disks.close()
    return columns


ALL_DISKS = "loop0 ram0 zram0 dm-0 mmcblk0 mmcblk0p1 mmcblk0boot0 nvme0n1 nvme0n1p2 sda sda1 xvda1"
WHOLE_DISKS = "loop0 ram0 zram0 dm-0 mmcblk0 mmcblk0boot0 nvme0n1 sda xvda1"


def test_disks_are_whole_ones(tmp_path: Path) -> None:
    columns = _disks(tmp_path, ALL_DISKS, WHOLE_DISKS)
    assert {name.split(".")[1] for name in columns} == {"mmcblk0", "nvme0n1", "sda", "xvda1"}
    assert columns["disk.sda.io"] == 500
    assert columns["disk.sda.read_bytes"] == 500 * 512
    assert columns["disk.sda.write_bytes"] == 1000 * 512
    assert columns["disk.sda.queue"] == 1.5


def test_without_sys_partitions_are_told_by_their_names(tmp_path: Path) -> None:
    columns = _disks(tmp_path, ALL_DISKS.removesuffix(" xvda1"), "")
    assert {name.split(".")[1] for name in columns} == {"mmcblk0", "nvme0n1", "sda"}


def test_where_there_is_nothing_else_memory_is_a_disk_too(tmp_path: Path) -> None:
    assert {name.split(".")[1] for name in _disks(tmp_path, "loop0 zram0", "loop0 zram0")} == {"loop0", "zram0"}


def test_memory_is_what_meminfo_says() -> None:
    memory = Memory()
    memory.sample(1)
    columns = memory.sample(1)
    memory.close()
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(lines["MemAvailable"].split()[0]) * 1024
    assert columns["memory.available"] == pytest.approx(available, rel=0.2)
    used = int(lines["SwapTotal"].split()[0]) - int(lines["SwapFree"].split()[0])
    assert columns["memory.swap_used"] == pytest.approx(used * 1024, rel=0.2)


def test_pages_swapped_become_bytes(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemAvailable:  100 kB\nSwapTotal: 50 kB\nSwapFree: 20 kB\n")
    (tmp_path / "vmstat").write_text("nr_free_pages 1\npswpin 10\npswpout 20\n")
    memory = Memory(str(tmp_path))
    memory.sample(1)
    (tmp_path / "vmstat").write_text("nr_free_pages 1\npswpin 12\npswpout 26\n")
    page = os.sysconf("SC_PAGE_SIZE")
    assert memory.sample(2) == {
        "memory.available": 100 * 1024,
        "memory.swap_used": 30 * 1024,
        "memory.swap_in": page,
        "memory.swap_out": 3 * page,
    }
    memory.close()


def test_pressure_is_the_share_of_time_in_which_some_were_stalled(tmp_path: Path) -> None:
    text = "some avg10=0.00 avg60=0.00 avg300=0.00 total={}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "cpu").write_text(text.format(1_000_000))
    pressure = Pressure(str(tmp_path))
    pressure.sample(1)
    (tmp_path / "pressure" / "cpu").write_text(text.format(1_500_000))
    assert pressure.sample(2) == {"pressure.cpu": 0.25, "pressure.io": None, "pressure.memory": None}
    pressure.close()


def test_what_goes_over_loopback_is_seen() -> None:
    with (
        Sampler({}) as sampler,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        sampler.sample()
        began = sampler.sampled_ns
        for _ in range(100):
            sender.sendto(bytes(10_000), receiver.getsockname())
            receiver.recv(20_000)
        sample = sampler.sample()
        seconds = ((sampler.sampled_ns or 0) - (began or 0)) / 1e9
    for name in ("net.lo.rx_bytes", "net.lo.tx_bytes"):
        assert (sample[name] or 0) * seconds >= 1_000_000
    assert sample["net.lo.backlog"] is None
    assert sample["net.lo.overlimits"] is None
