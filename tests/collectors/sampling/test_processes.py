"""What groups of processes use, held against what the kernel tells the processes themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.errors import UsageError
from collectors.sampling.kept_file import Allowance
from collectors.sampling.sampler import Sampler
from collectors.sampling.source import Columns
from collectors.sampling.threads import TURNS

from ...waiting import until
from .programs import BURN, Program

TICKS = 0.035
"""Seconds that may go astray where counters have clock ticks of 10 ms."""


class Meter:
    """A sampler whose rates are added up to amounts again."""

    def __init__(self, **watched: list[int]) -> None:
        self.sampler = Sampler(watched)
        self.last: Columns = {}
        self.amounts: dict[str, float] = {}
        self.lowest = 0.0
        self.take()

    def take(self) -> Columns:
        before = self.sampler.sampled_ns
        self.last = self.sampler.sample()
        for name, rate in self.last.items():
            seconds = ((self.sampler.sampled_ns or 0) - (before or 0)) / 1e9
            self.amounts[name] = self.amounts.get(name, 0.0) + (rate or 0.0) * seconds
            self.lowest = min(self.lowest, rate or 0.0)
        return self.last


@pytest.fixture
def meters() -> Iterator[list[Meter]]:
    made: list[Meter] = []
    yield made
    for one in made:
        one.sampler.close()


def test_cpu_of_a_group_is_what_its_process_was_charged(meters: list[Meter]) -> None:
    with Program("say(); wait(); burn(0.2); say(time.process_time()); wait()") as program:
        program.said()
        meters.append(Meter(producers=[program.pid]))
        used = float(program.asked())
        sample = meters[0].take()
    assert meters[0].amounts["producers.cpu"] == pytest.approx(0.2, abs=TICKS)
    assert used >= 0.2
    assert sample["producers.cpu"] == pytest.approx((sample["producers.user"] or 0) + (sample["producers.system"] or 0))
    assert sample["producers.threads"] == 1
    assert (sample["producers.rss"] or 0) > 2**21


def test_what_a_process_used_before_it_was_watched_does_not_count(meters: list[Meter]) -> None:
    with Program("burn(0.2); say(); wait(); burn(0.1); say(); wait()") as program:
        program.said()
        meters.append(Meter(producers=[]))
        meters[0].sampler.watch("server", [program.pid])
        meters[0].take()
        program.asked()
        meters[0].take()
        assert meters[0].last["server.threads"] == 1
        assert meters[0].last["producers.cpu"] is None
    assert meters[0].amounts["server.cpu"] == pytest.approx(0.1, abs=TICKS)


def test_all_descendants_are_of_the_group_unless_watched_as_another(meters: list[Meter]) -> None:
    grandchild = BURN + "burn(0.2); say(); time.sleep(60)"
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {grandchild!r}]).wait()"
    with Program(f"import subprocess; wait(); subprocess.Popen([sys.executable, '-c', {child!r}]); wait()") as program:
        meters.append(Meter(producers=[program.pid]))
        program.asked()  # the grandchild answers, which has the same standard output
        sample = meters[0].take()
        assert sample["producers.threads"] == 3
        assert meters[0].amounts["producers.cpu"] >= 0.2
        meters[0].sampler.watch("server", _children(program.pid))
        meters[0].take()
        assert (meters[0].last["producers.threads"], meters[0].last["server.threads"]) == (1, 2)
        meters[0].take()
        assert (meters[0].last["server.cpu"] or 0) < 0.5


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


REAPS = """
import os
def child(seconds):
    pid = os.fork()
    if not pid:
        burn(seconds)
        os.read(hold[0], 1)
        os._exit(0)
    return pid
hold = os.pipe()
"""


def test_a_child_that_came_and_went_unseen_counts_once(meters: list[Meter]) -> None:
    with Program(REAPS + "say(); wait(); os.write(hold[1], b'1'); os.waitpid(child(0.2), 0); say(); wait()") as program:
        program.said()
        meters.append(Meter(server=[program.pid]))
        program.asked()
        meters[0].take()
        meters[0].take()
    assert meters[0].amounts["server.cpu"] == pytest.approx(0.2, abs=TICKS)


def test_a_child_that_was_seen_and_waited_for_later_counts_once(meters: list[Meter]) -> None:
    text = REAPS + "say(); wait(); pid = child(0.2); wait(); os.write(hold[1], b'1'); os.waitpid(pid, 0); say(); wait()"
    with Program(text) as program:
        program.said()
        meters.append(Meter(server=[program.pid]))
        program.tell()
        while meters[0].amounts.get("server.cpu", 0) < 0.2 - TICKS:
            time.sleep(0.05)
            meters[0].take()
        assert meters[0].last["server.threads"] == 2
        program.asked()
        for _ in range(3):
            meters[0].take()
        assert meters[0].last["server.threads"] == 1
    assert meters[0].amounts["server.cpu"] == pytest.approx(0.2, abs=2 * TICKS)
    assert meters[0].lowest == 0


def test_grandchildren_waited_for_within_one_interval_count_once(meters: list[Meter]) -> None:
    text = REAPS + (
        "say(); wait(); middle = os.fork()\n"
        "if not middle:\n"
        "    pid = child(0.2); os.waitpid(pid, 0); os._exit(0)\n"
        "wait(); os.write(hold[1], b'1'); os.waitpid(middle, 0); say(); wait()"
    )
    with Program(text) as program:
        program.said()
        meters.append(Meter(server=[program.pid]))
        program.tell()
        while meters[0].amounts.get("server.cpu", 0) < 0.2 - TICKS:
            time.sleep(0.05)
            meters[0].take()
        assert meters[0].last["server.threads"] == 3
        program.asked()
        for _ in range(3):
            meters[0].take()
    assert meters[0].amounts["server.cpu"] == pytest.approx(0.2, abs=2 * TICKS)


def test_a_process_killed_within_an_interval_makes_no_rate_negative(meters: list[Meter]) -> None:
    with Program("say(); wait(); burn(0.2); say(); burn(60)") as program:
        program.said()
        meters.append(Meter(server=[program.pid]))
        program.asked()
        meters[0].take()
        program.end()
        sample = meters[0].take()
        assert sample["server.cpu"] == sample["server.rss"] == sample["server.threads"] == 0
        assert meters[0].lowest == 0
        assert meters[0].amounts["server.cpu"] >= 0.2 - TICKS


def test_an_orphan_is_known_by_the_session_of_its_group(meters: list[Meter]) -> None:
    text = """
import os
say(); wait()
if not os.fork():
    if not os.fork():
        burn(0.2); say(); time.sleep(60)
    os._exit(0)
os.wait(); wait()
"""
    with Program(text, session=True) as program:
        program.said()
        meters.append(Meter(server=[program.pid]))
        program.asked()
        assert meters[0].take()["server.threads"] == 2
        assert meters[0].amounts["server.cpu"] >= 0.2 - TICKS


@pytest.mark.parametrize("kept", ["files are kept", "files are not kept"])
def test_a_pid_that_is_given_away_again_is_not_mistaken(
    meters: list[Meter], kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "not" in kept:
        monkeypatch.setattr(Allowance, "share", classmethod(lambda made, _: made(0)))
    last = Path("/proc/sys/kernel/ns_last_pid")
    if os.geteuid() or not last.exists():
        pytest.skip("only root may choose the next pid, where /proc/sys/kernel/ns_last_pid is")
    with Program("say(); wait()") as program:
        program.said()
        meters.append(Meter(server=[program.pid]))
        meters[0].take()
        pid = program.pid
    for _ in range(50):
        last.write_text(str(pid - 1))
        with Program("burn(0.1); say(); wait()") as other:
            if other.pid == pid:
                other.said()
                sample = meters[0].take()
                assert (sample["server.threads"], sample["server.cpu"]) == (0, 0)
                return
    pytest.skip("others always took the pid first")


def test_waiting_is_what_the_kernel_counted_for_all_threads(meters: list[Meter]) -> None:
    core = f"import os; os.sched_setaffinity(0, [{max(os.sched_getaffinity(0))}])\n"
    text = """
import threading
for _ in range(20):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
def work():
    begin.wait(); burn(0.15); done.release(); time.sleep(60)
begin, done = threading.Event(), threading.Semaphore(0)
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
say(); wait(); begin.set()
for _ in range(3):
    done.acquire()
say(); wait()
"""
    with Program(core + text) as program, Program(core + "say(); burn(60)") as rival:
        program.said()
        meters.append(Meter(server=[program.pid]))
        before = _waited(program.pid)
        for _ in range(2 * TURNS):
            meters[0].take()
        rival.said()
        program.asked()
        meters[0].take()
        truth = (_waited(program.pid) - before) / 1e9
        assert meters[0].last["server.threads"] == 24
    assert truth > 0.04
    assert meters[0].amounts["server.waiting"] == pytest.approx(truth, rel=0.2, abs=0.02)


def _waited(pid: int) -> int:
    return sum(int(one.read_text().split()[1]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def test_bytes_go_to_the_disk_once_they_are_written(meters: list[Meter], tmp_path: Path) -> None:
    path = tmp_path / "data"
    other = "open('/dev/null', 'wb').write(bytes(2**22)); open('/dev/zero', 'rb').read(2**22)"
    write = f"f = open({str(path)!r}, 'wb'); f.write(bytes(2**23)); f.flush(); os.fsync(f)"
    text = f"import os; say(); wait(); {other}; {write}; say(); wait()"
    with Program(text) as program:
        program.said()
        meters.append(Meter(server=[program.pid]))
        program.asked()
        meters[0].take()
    assert meters[0].amounts["server.write_bytes"] == pytest.approx(2**23, rel=0.02)
    assert meters[0].amounts["server.read_bytes"] < 2**22
    written = {name: value for name, value in meters[0].amounts.items() if name.startswith("disk.")}
    if any(name.endswith(".write_bytes") for name in written) and _on_a_disk(path):
        assert max(value for name, value in written.items() if name.endswith(".write_bytes")) >= 2**23
        assert max(value for name, value in written.items() if name.endswith(".io")) > 0


@pytest.mark.parametrize("others", [0, 20])
def test_bytes_of_a_child_count_once_whoever_waits_for_it(meters: list[Meter], tmp_path: Path, others: int) -> None:
    text = f"""
import os, signal
say(); wait()
for _ in range({others}):
    if not os.fork():
        time.sleep(60)
pid = os.fork()
if not pid:
    with open({str(tmp_path / "data")!r}, "wb") as file:
        file.write(bytes(2**23)); file.flush(); os.fsync(file)
    say(); time.sleep(60)
wait(); os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0); say(); wait()
"""
    with Program(text) as program:
        program.said()
        meters.append(Meter(server=[program.pid]))
        program.asked()
        for _ in range(TURNS):
            meters[0].take()
        assert meters[0].amounts["server.write_bytes"] == pytest.approx(2**23, rel=0.02)
        assert meters[0].last["server.threads"] == others + 2
        program.asked()
        for _ in range(TURNS):
            meters[0].take()
        assert meters[0].last["server.threads"] == others + 1
    assert meters[0].amounts["server.write_bytes"] == pytest.approx(2**23, rel=0.02)


def _on_a_disk(path: Path) -> bool:
    device = path.stat().st_dev
    return Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").exists()


def test_the_sampler_is_a_group_of_its_own_and_of_no_other(meters: list[Meter]) -> None:
    meters.append(Meter(producers=[os.getpid()]))
    with Program("wait()"):
        before, began = time.process_time(), meters[0].amounts.get("sampler.cpu", 0.0)
        while time.process_time() < before + 0.2:
            pass
        sample = meters[0].take()
        assert (sample["producers.threads"] or 0) >= 1  # more, where other tests have left servers running
    assert meters[0].amounts["sampler.cpu"] - began == pytest.approx(time.process_time() - before, abs=TICKS)
    assert (sample["producers.cpu"] or 0) < (sample["sampler.cpu"] or 0)


def test_what_others_use_is_foreign(meters: list[Meter]) -> None:
    with Program("say(); wait(); burn(0.25); say(); wait()") as program:
        program.said()
        meters.append(Meter(producers=[]))
        program.asked()
        meters[0].take()
    busy = meters[0].amounts["cpu.user"] + meters[0].amounts["cpu.system"]
    assert 0.15 <= meters[0].amounts["foreign.cpu"] <= busy


def test_what_the_watched_use_is_not_foreign(meters: list[Meter]) -> None:
    with Program("say(); wait(); burn(0.25); say(); wait()") as program:
        program.said()
        meters.append(Meter(producers=[program.pid]))
        program.asked()
        meters[0].take()
    amounts = meters[0].amounts
    busy = amounts["cpu.user"] + amounts["cpu.system"]
    assert amounts["foreign.cpu"] == pytest.approx(
        max(0.0, busy - amounts["producers.cpu"] - amounts["sampler.cpu"]), abs=TICKS
    )


@pytest.mark.parametrize("name", ["sampler", "cpu", "net", "", "Producers", "a.b"])
def test_a_name_that_would_spoil_the_columns_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"group '{name}'"), Sampler({name: [os.getpid()]}):
        pass


def test_one_that_ended_before_it_was_watched_uses_nothing(meters: list[Meter]) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    meters.append(Meter(server=[ended.pid]))
    until(lambda: meters[0].take()["cpu.user"] is not None, "a clock tick")
    sample = meters[0].last
    assert (sample["server.cpu"], sample["server.threads"]) == (0, 0)
    assert sample["foreign.cpu"] is not None


HIDDEN = """
import json, os, sys
from collectors.sampling.kept_file import Allowance
from collectors.sampling.sampler import Sampler
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with Sampler({"server": [int(sys.argv[1])], "producers": [int(sys.argv[2])]}, proc=sys.argv[3]) as sampler:
    sample = sampler.sample()
    while sample.get("cpu.user") is None:  # until a clock tick has passed
        sample = sampler.sample()
    print(json.dumps(sample))
"""


@pytest.fixture
def hiding() -> Iterator[str]:
    """A /proc that hides the processes of others, where everybody can reach it."""
    if os.geteuid():
        pytest.skip("only root may mount /proc with hidepid")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        subprocess.run(["mount", "-t", "proc", "-o", "hidepid=2", "proc", folder], check=True)
        yield folder
        subprocess.run(["umount", folder], check=True)


def test_processes_that_may_not_be_seen_are_unknown_and_not_idle(hiding: str) -> None:
    with (
        Program("wait()") as server,
        subprocess.Popen(["sleep", "60"], user=65534, group=65534, extra_groups=[]) as producer,
    ):
        try:
            pids = [str(server.pid), str(producer.pid), hiding]
            ran = subprocess.run([sys.executable, "-c", HIDDEN, *pids], stdout=subprocess.PIPE, text=True, check=True)
        finally:
            producer.kill()
    sample = json.loads(ran.stdout)
    assert sample["server.cpu"] is None
    assert sample["server.threads"] is None
    assert sample["producers.threads"] == 1
    assert sample["foreign.cpu"] is None
    assert sample["cpu.user"] is not None
    assert sample["sampler.cpu"] > 0


def test_processes_that_are_pinned_show_how_many_cpus_they_have_together(meters: list[Meter]) -> None:
    cpus = sorted(os.sched_getaffinity(0))
    pinned = [Program("say(); wait()", prefix=("taskset", "--cpu-list", str(cpu))) for cpu in (cpus[0], cpus[0])]
    with pinned[0] as one, pinned[1] as other:
        one.said(), other.said()
        meters.append(Meter(server=[one.pid, other.pid], producers=[os.getpid()]))
        sample = meters[0].take()
    assert sample["server.cpus"] == (1 if os.cpu_count() != 1 else None)
    assert sample["producers.cpus"] == (None if len(cpus) == os.cpu_count() else len(cpus))
