"""What of a virtual cluster needs neither root nor namespaces."""

from __future__ import annotations

import os
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from collectors.errors import Unavailable, UsageError

from . import VirtualHost, climate, proc_stat, programs, state
from .addresses import RANGE, host_address, is_free
from .climate import HOT, IDLE, MAX_KHZ, MIN_KHZ, RISE, SECONDS, Board, clock_khz, drifted
from .cluster import _check
from .cpus import shared_out
from .link import token_bucket
from .owner import is_dead, new_tag, tag_in


def test_it_is_said_why_there_can_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "run as root" in str(programs.why_not.__wrapped__())
    monkeypatch.setitem(programs.PACKAGES, "no-such-program", "no-package")
    with pytest.raises(Unavailable, match=r"no-such-program not found – sudo apt-get install .* no-package"):
        programs.program("no-such-program")


@pytest.mark.parametrize("alias", ["", "Pi", "pi_1", "-pi", "pi-", "pi 1", "../pi", "p" * 33])
def test_aliases_are_host_names(alias: str) -> None:
    with pytest.raises(UsageError, match="lower-case"):
        VirtualHost(alias)


def test_hosts_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="host pi-1: cores is 0"):
        VirtualHost("pi-1", cores=0)
    with pytest.raises(UsageError, match="host pi-1: mbit is nan"):
        VirtualHost("pi-1", mbit=float("nan"))
    with pytest.raises(UsageError, match="two hosts are called pi-1"):
        _check([VirtualHost("pi-1"), VirtualHost("pi-2"), VirtualHost("pi-1")])
    with pytest.raises(UsageError, match="a cluster of 0 hosts"):
        _check([])


def test_a_name_tells_whether_its_owner_is_dead() -> None:
    tag = new_tag()
    assert not is_dead(tag)
    assert tag_in(f"{tag}-pi-1") == tag
    prefix, pid, started, word = tag.rsplit("-", 3)
    # The same pid again, but another process.
    assert is_dead(f"{prefix}-{pid}-{int(started) + 1}-{word}")
    assert not is_dead("thermobench-cluster-of-somebody-else")
    assert tag_in("thermobench-1-0123456789ab") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder away")
def test_only_roots_folders_are_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "PARENT", tmp_path)
    own, others, linked = (f"thermobench-cluster-1-{number}-01234567" for number in (1, 2, 3))
    for name in (own, others):
        (tmp_path / name).mkdir()
    os.chown(tmp_path / others, 65534, 65534)
    (tmp_path / linked).symlink_to(tmp_path / own)
    assert [one.tag for one in state.states()] == [own]


def test_a_network_is_free_if_no_address_of_it_is_used() -> None:
    network = IPv4Network("198.18.7.0/24")
    assert not is_free(network, [IPv4Network("198.18.7.16/30")])
    assert not is_free(network, [IPv4Network("198.18.0.0/16")])
    assert is_free(network, [IPv4Network("198.18.8.0/24"), IPv4Network("0.0.0.0/0")])
    assert network.subnet_of(RANGE)
    assert host_address(network, 0) == "198.18.7.11"


def test_a_token_bucket_takes_a_full_packet_however_slow() -> None:
    assert token_bucket(100)[:5] == ["tbf", "rate", "100000000bit", "burst", "50000"]
    assert token_bucket(0.1)[:5] == ["tbf", "rate", "100000bit", "burst", "3028"]
    with pytest.raises(UsageError, match="Mbit/s, expected a rate above 0"):
        token_bucket(0)


def test_a_board_warms_up_and_cools_down_by_newtons_law() -> None:
    assert drifted(IDLE, 0.0, 100.0) == pytest.approx(IDLE)
    assert drifted(IDLE, 1.0, SECONDS) == pytest.approx(IDLE + RISE * 0.632, abs=0.01)
    assert drifted(IDLE, 0.5, 100 * SECONDS) == pytest.approx(IDLE + RISE / 2)
    # However it is cut into steps.
    assert drifted(drifted(70.0, 0.3, 2.0), 0.3, 5.0) == pytest.approx(drifted(70.0, 0.3, 7.0))


def test_a_hot_board_is_slowed_down() -> None:
    assert clock_khz(HOT - 0.1) == MAX_KHZ
    assert clock_khz(HOT) < MAX_KHZ
    assert clock_khz(82.5) == (MAX_KHZ + MIN_KHZ) // 2
    assert clock_khz(99.0) == MIN_KHZ


def test_a_boards_files_follow_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    board = _board(tmp_path)
    os.umask(before)
    assert (tmp_path / "thermal/thermal_zone0/temp").stat().st_mode & 0o777 == 0o644
    board.held = 85.0
    board.pass_time(0.0)
    assert _shown(tmp_path) == ["85000\n", "600000\n", "60006\n", "40000\n"]
    board.held = None
    board.cores = 0.5
    board.pass_time(100 * SECONDS)
    # It is over, but it has been.
    assert _shown(tmp_path) == ["45000\n", "1500000\n", "60000\n", "50000\n"]
    (tmp_path / "usage").write_text(f"{round(50e9)}\n")
    board.pass_time(100.0)
    assert float(_shown(tmp_path)[0]) == pytest.approx((IDLE + RISE / 2) * 1000, abs=5)


def test_climate_knows_version_2_of_control_groups(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    board = _board(tmp_path, tmp_path / "cpu.stat", tmp_path / "cpu.max")
    assert board._cpu_seconds() == 2.5
    climate.obey({"pi-1": board}, {"alias": "pi-1", "cores": 0.25})
    board.show()
    assert (tmp_path / "cpu.max").read_text() == "25000 100000\n"


def test_hosts_take_cpus_in_turn() -> None:
    assert shared_out([1.0, 0.5, 1.0], [2, 5]) == [[2], [5], [2]]
    assert shared_out([1.5, 1.0, 2.0], [0, 1, 2]) == [[0, 1], [2], [0, 1]]
    assert shared_out([4.0, 0.2], [0, 1]) == [[0, 1], [0]]


@pytest.mark.parametrize(
    ("counted", "ticks"),
    [("user 250\nsystem 51\n", (250, 51)), ("usage_usec 1\nuser_usec 2509999\nsystem_usec 510000\n", (250, 51))],
)
def test_cpu_time_is_read_from_either_version_of_control_groups(counted: str, ticks: tuple[int, int]) -> None:
    assert proc_stat.used(counted) == tuple(one * proc_stat.TICK // 100 for one in ticks)


def test_a_hosts_stat_shares_all_time_out_and_never_changes_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(proc_stat.time, "clock_gettime", lambda _: now)
    rest = proc_stat.other_lines("cpu  1 2\ncpu0 1 2\nintr 77 1 2 3\nctxt 5\nbtime 6\nprocesses 8\n")
    file, usage = tmp_path / "stat", tmp_path / "cpuacct.stat"
    file.write_text(proc_stat.cpu_lines([0, 3], (0, 0, 0, 0)) + rest)
    length = len(file.read_text())
    usage.write_text("user 1001\nsystem 500\n")
    throttled, pressure = tmp_path / "cpu.stat", tmp_path / "cpu.pressure"
    throttled.write_text("nr_periods 1\nnr_throttled 1\nthrottled_time 1500000000\n")
    pressure.write_text("some avg10=0.00 avg60=0.00 total=9000000\nfull avg10=0.00 avg60=0.00 total=2000000\n")
    host = proc_stat.HostStat(file, [0, 3], usage, throttled, pressure)
    host.update(rest)
    lines = [line.split() for line in file.read_text().splitlines()]
    half = proc_stat.TICK // 2
    assert lines[0] == f"cpu 1001 0 500 {2000 * proc_stat.TICK - 1501 - half} 0 0 0 {half} 0 0".split()
    assert [line[0] for line in lines[1:3]] == ["cpu0", "cpu3"]
    assert [int(one) + int(other) for one, other in zip(lines[1][1:], lines[2][1:], strict=True)] == [
        int(both) for both in lines[0][1:]
    ]
    assert lines[3:] == [["intr", "77"], ["ctxt", "5"], ["btime", "6"], ["processes", "8"]]
    # Counted before its time has passed: idle time does not go back.
    usage.write_text("user 1003\nsystem 500\n")
    throttled.write_text("throttled_usec 1600000\n")
    host.update(rest)
    assert file.read_text().split()[4:9] == lines[0][4:9]
    assert len(file.read_text()) == length


def _board(folder: Path, usage: Path | None = None, quota: Path | None = None) -> Board:
    from .board import make_board

    make_board(folder, [0])
    if usage is None:
        (folder / "usage").write_text("0\n")
    (folder / "quota").touch()
    return Board(folder, usage or folder / "usage", quota or folder / "quota", 1.0)


def _shown(folder: Path) -> list[str]:
    names = (
        "thermal/thermal_zone0/temp",
        "cpufreq/policy0/scaling_cur_freq",
        "platform/soc/soc:firmware/get_throttled",
    )
    return [(folder / name).read_text() for name in (*names, "quota")]
