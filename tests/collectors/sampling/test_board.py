"""A Raspberry Pi's files in /sys, and its program `vcgencmd`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.sampling.board import Board
from collectors.sampling.firmware import Firmware
from collectors.sampling.sampler import Sampler

from ...waiting import until


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """A /sys with two clusters of cores, a thermometer, and the firmware's bits."""
    for policy, cores, khz in (("policy0", "0 1 2 3", 1_500_000), ("policy4", "4", 500_000)):
        folder = tmp_path / "devices/system/cpu/cpufreq" / policy
        folder.mkdir(parents=True)
        (folder / "affected_cpus").write_text(f"{cores}\n")
        (folder / "scaling_cur_freq").write_text(f"{khz}\n")
    zone = tmp_path / "class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("57452\n")
    soc = tmp_path / "devices/platform/soc/soc:firmware"
    soc.mkdir(parents=True)
    (soc / "get_throttled").write_text("50005\n")
    return tmp_path


def test_frequency_temperature_and_the_firmwares_bits(sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(sys))
    with Sampler({}, sys=str(sys)) as sampler:
        sampler.sample()
        sample = sampler.sample()
        assert (sample["cpu.mhz"], sample["cpu.temperature"], sample["cpu.throttled"]) == (1300, 57.452, 0x50005)
        (sys / "class/thermal/thermal_zone0/temp").write_text("81000\n")
        (sys / "devices/system/cpu/cpufreq/policy0/scaling_cur_freq").write_text("600000\n")
        (sys / "devices/platform/soc/soc:firmware/get_throttled").write_text("e0008\n")
        sample = sampler.sample()
        assert (sample["cpu.mhz"], sample["cpu.temperature"], sample["cpu.throttled"]) == (580, 81, 0xE0008)
        (sys / "class/thermal/thermal_zone0/temp").write_text("what\n")
        assert sampler.sample()["cpu.temperature"] is None


def test_a_board_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    board = Board(str(tmp_path))
    assert board.sample(1) == {"cpu.mhz": None, "cpu.temperature": None, "cpu.throttled": None}
    board.close()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a program named vcgencmd where programs are looked for; return the file in which it notes its calls."""

    def make(text: str) -> Path:
        calls = tmp_path / "calls"
        path = tmp_path / "vcgencmd"
        path.write_text(f"#!/bin/sh\necho $1 $$ >> {calls}\n{text}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return calls

    return make


def test_the_program_is_asked_every_five_seconds_and_not_waited_for(program: Callable[[str], Path], sys: Path) -> None:
    calls = program("echo throttled=0x50000")
    now = 0
    firmware = Firmware(str(sys), lambda: now)
    assert firmware.throttled() is None
    assert until(firmware.throttled, "an answer") == 0x50000
    assert firmware.cpu_seconds > 0
    now = 4_999_999_999
    firmware.throttled()
    assert firmware.throttled() == 0x50000
    assert calls.read_text().split()[::2] == ["get_throttled"]
    now = 5_000_000_000
    assert firmware.throttled() == 0x50000
    until(lambda: len(calls.read_text().splitlines()) == 2, "the second call")
    firmware.close()


def test_a_program_that_fails_leaves_no_answer(program: Callable[[str], Path], sys: Path) -> None:
    calls = program("echo VCHI initialization failed; exit 255")
    firmware = Firmware(str(sys))
    firmware.throttled()
    until(calls.exists, "the call")
    deadline = time.monotonic() + 1
    while firmware.throttled() is None and time.monotonic() < deadline and firmware.cpu_seconds == 0:
        time.sleep(0.01)
    assert firmware.throttled() is None
    firmware.close()


def test_a_program_that_hangs_is_not_waited_for_and_ended(program: Callable[[str], Path], sys: Path) -> None:
    calls = program("exec sleep 20")
    now = 0
    firmware = Firmware(str(sys), lambda: now)
    assert firmware.throttled() is None
    until(calls.exists, "the call")
    pid = int(until(lambda: calls.read_text().split()[1:2], "its process")[0])
    assert firmware.throttled() is None
    assert Path(f"/proc/{pid}").exists()
    firmware.close()
    assert not Path(f"/proc/{pid}").exists()
