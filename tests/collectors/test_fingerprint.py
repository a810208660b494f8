"""The fingerprint of this machine, and of machines that the tests do not run on."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from collectors import hardware
from collectors.fingerprint import code, data_disks, fingerprint

SOURCE = Path(hardware.__file__).parent

PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n"
    "Serial\t\t: 10000000abcdef01\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n",
    "proc/meminfo": "MemTotal:         948280 kB\nMemFree:  1 kB\nSwapTotal:        102396 kB\n",
    "proc/swaps": "Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n/var/swap\tfile\t102396\t0\t-2\n",
    "proc/sys/vm/swappiness": "60\n",
    "sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq": "1500000\n",
    "sys/devices/system/cpu/cpufreq/policy2/scaling_governor": "performance\n",
    "sys/devices/system/cpu/cpufreq/policy2/cpuinfo_max_freq": "1800000\n",
    "sys/devices/system/cpu/cpuidle/current_driver": "psci_idle\n",
    "sys/devices/system/cpu/cpuidle/current_governor": "menu\n",
    "sys/devices/system/cpu/cpu0/cpuidle/state0/name": "WFI\n",
    "sys/devices/system/cpu/cpu0/cpuidle/state0/latency": "1\n",
    "sys/devices/system/cpu/cpu0/cpuidle/state0/disable": "0\n",
    "sys/devices/system/cpu/cpu0/cpuidle/state1/name": "sleep\n",
    "sys/devices/system/cpu/cpu0/cpuidle/state1/latency": "250\n",
    "sys/devices/system/cpu/cpu0/cpuidle/state1/disable": "1\n",
    "sys/devices/system/cpu/cpu1/cpuidle/state0/name": "WFI\n",
    "sys/devices/system/cpu/cpu1/cpuidle/state0/latency": "1\n",
    "sys/devices/system/cpu/cpu1/cpuidle/state0/disable": "0\n",
    "sys/block/mmcblk0/size": "62333952\n",
    "sys/block/mmcblk0/device/name": "SC32G\n",
    "sys/block/mmcblk0/queue/rotational": "0\n",
    "sys/block/mmcblk0/queue/scheduler": "none [mq-deadline] kyber\n",
    "sys/block/mmcblk0/mmcblk0p2/partition": "2\n",
    "sys/block/sda/size": "1953525168\n",
    "sys/block/sda/device/model": "Elements 25A1   \n",
    "sys/block/sda/queue/rotational": "1\n",
    "sys/block/sda/queue/scheduler": "none\n",
    "sys/block/sda/queue/write_cache": "write back\n",
    "sys/block/loop0/size": "8\n",
    "sys/class/net/eth0/flags": "0x1003\n",
    "sys/class/net/eth0/type": "1\n",
    "sys/class/net/eth0/speed": "100\n",
    "sys/class/net/eth0/duplex": "full\n",
    "sys/class/net/eth0/mtu": "1500\n",
    "sys/class/net/eth0/device/uevent": "",
    "sys/class/net/wlan0/flags": "0x1003\n",
    "sys/class/net/wlan0/type": "1\n",
    "sys/class/net/wlan0/wireless/status": "0\n",
    "sys/class/net/wlan0/device/uevent": "",
    "sys/class/net/veth1/flags": "0x1003\n",
    "sys/class/net/veth1/type": "1\n",
    "sys/class/net/veth1/speed": "10000\n",
    "sys/class/net/lo/flags": "0x9\n",
    "sys/class/net/lo/type": "772\n",
    "sys/class/net/down0/flags": "0x1002\n",
    "sys/class/net/unplugged/flags": "0x1003\n",
    "sys/class/net/unplugged/type": "1\n",
    "sys/class/net/unplugged/speed": "-1\n",
    "sys/class/net/unplugged/device/uevent": "",
}
"""Files of a Raspberry Pi 4, shortened, with a second cpufreq policy and links that it does not have."""


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    for name, text in PI.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    devices = tmp_path / "sys/dev/block"
    devices.mkdir(parents=True)
    (devices / "179:2").symlink_to("../../block/mmcblk0/mmcblk0p2")
    (devices / "8:0").symlink_to("../../block/sda")
    raid = tmp_path / "sys/block/dm-0/slaves"
    raid.mkdir(parents=True)
    (raid / "mmcblk0p2").symlink_to("../../mmcblk0/mmcblk0p2")
    (raid / "sda").symlink_to("../../sda")
    (devices / "253:0").symlink_to("../../block/dm-0")
    return tmp_path


def test_a_raspberry_pi_is_told_from_its_files(pi: Path) -> None:
    assert hardware.board(pi) == "Raspberry Pi 4 Model B Rev 1.4"
    governors = {"policy0": "ondemand", "policy2": "performance"}
    assert hardware.cpu(pi) == {"model": "Cortex-A72", "max_mhz": 1800.0, "governors": governors}
    states = [{"name": "WFI", "exit_latency_us": 1}]
    assert hardware.idle(pi) == {"driver": "psci_idle", "governor": "menu", "states": states}
    assert hardware.memory(pi) == {
        "memory_mib": 926,
        "swap_mib": 99,
        "swaps": {"/var/swap": {"type": "file", "mib": 99}},
        "swappiness": 60,
    }
    assert not hardware.virtual(pi)


def test_disks_are_told_and_which_one_a_folder_lies_on(pi: Path) -> None:
    card: dict[str, Any] = {"model": "SC32G", "rotational": False, "scheduler": "mq-deadline", "write_cache": None}
    disk: dict[str, Any] = {
        "model": "Elements 25A1",
        "rotational": True,
        "scheduler": None,
        "write_cache": "write back",
    }
    assert hardware.disks(pi) == {
        "mmcblk0": card | {"bytes": 31_914_983_424},
        "sda": disk | {"bytes": 1_000_204_886_016},
    }
    assert hardware.disks_below(179, 2, pi) == ["mmcblk0"]
    assert hardware.disks_below(253, 0, pi) == ["mmcblk0", "sda"]
    assert hardware.disks_below(0, 42, pi) == []


def test_a_links_speed_is_told_where_it_is_to_be_trusted(pi: Path) -> None:
    links = hardware.links(pi)
    assert {name: (link["kind"], link["speed"]) for name, link in links.items()} == {
        "eth0": ("wired", 100_000_000),
        "lo": ("loopback", None),
        "unplugged": ("wired", None),
        "veth1": ("virtual", None),
        "wlan0": ("wireless", None),
    }
    assert (links["eth0"]["duplex"], links["eth0"]["mtu"]) == ("full", 1500)


def test_a_machine_that_tells_nothing_is_none_throughout(tmp_path: Path) -> None:
    assert hardware.board(tmp_path) is None
    assert hardware.cpu(tmp_path) == {"model": None, "max_mhz": None, "governors": {}}
    assert hardware.idle(tmp_path) is None
    assert (hardware.disks(tmp_path), hardware.links(tmp_path)) == ({}, {})
    assert hardware.memory(tmp_path)["memory_mib"] is None


def test_this_machine(tmp_path: Path) -> None:
    found = fingerprint(str(tmp_path))
    assert json.loads(json.dumps(found)) == found
    assert (found["kernel"], found["python"]) == (platform.release(), platform.python_version())
    assert found["memory_mib"] > 100
    assert found["links"]["lo"]["kind"] == "loopback"
    assert found["clients"]["hdrhistogram"]
    assert found["code"] == code()
    assert data_disks("/dev/shm") == []  # noqa: S108
    assert set(found["data_disks"]) <= set(found["disks"])
    assert "data_disks" not in fingerprint()


def test_it_starts_no_process() -> None:
    program = """
import sys
from collectors.fingerprint import fingerprint
starts = ("os.fork", "os.posix_spawn", "os.system", "subprocess.Popen")
sys.addaudithook(lambda event, arguments: event in starts and sys.exit(event))
fingerprint("/var/tmp")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=SOURCE.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_code_is_told_by_its_source_alone(tmp_path: Path) -> None:
    copy = shutil.copytree(SOURCE, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("__pycache__"))
    assert code(copy) == code()
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "loop.cpython-311.pyc").write_bytes(b"compiled")
    (copy / "py.typed").write_text("no code")
    code.cache_clear()
    assert code(copy) == code()
    seen = {code()}
    changes = [
        lambda: (copy / "loop.py").write_text((copy / "loop.py").read_text() + "\n"),
        lambda: (copy / "loop.py").rename(copy / "loops.py"),
        (copy / "backends" / "new.py").touch,
        lambda: (copy / "backends" / "new.py").rename(copy / "new.py"),
    ]
    for change in changes:
        change()
        code.cache_clear()
        seen.add(code(copy))
    assert len(seen) == len(changes) + 1
