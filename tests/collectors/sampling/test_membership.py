"""A process table as it may look when pids are given away again, and files that stay open."""

from __future__ import annotations

from pathlib import Path

from collectors.sampling.kept_file import Allowance, KeptFile
from collectors.sampling.membership import Membership
from collectors.sampling.process_table import ProcessTable

from .programs import Program


def _process(proc: Path, pid: int, parent: int, started: int) -> None:
    (proc / str(pid)).mkdir(exist_ok=True)
    zeros = " ".join(["0"] * 14)
    text = f"{pid} (a) b) S {parent} 1 1 0 -1 {zeros[:-2]} {started} 0 0\n"
    (proc / str(pid) / "stat").write_text(text)


def _members(membership: Membership, forks: int | None) -> dict[int, str]:
    return {entry.pid: group for entry, group in membership.look(forks)}


def test_children_are_found_whatever_their_pid_and_only_once(tmp_path: Path) -> None:
    _process(tmp_path, 50, 1, 7)
    _process(tmp_path, 40, 50, 7)  # of the same clock tick, with a lower pid
    _process(tmp_path, 30, 40, 8)
    _process(tmp_path, 60, 1, 9)
    membership = Membership(ProcessTable(str(tmp_path)))
    assert membership.watch("server", [50, 99]) == [99]
    assert _members(membership, 1) == {50: "server", 40: "server", 30: "server"}
    assert _members(membership, 2) == {}
    _process(tmp_path, 70, 30, 10)
    assert _members(membership, 3) == {70: "server"}


def test_a_pid_is_looked_at_again_when_it_may_have_been_given_away_again(tmp_path: Path) -> None:
    (tmp_path / "sys" / "kernel").mkdir(parents=True)
    (tmp_path / "sys" / "kernel" / "pid_max").write_text("1000\n")
    _process(tmp_path, 50, 1, 7)
    _process(tmp_path, 60, 1, 7)
    membership = Membership(ProcessTable(str(tmp_path)))
    membership.watch("server", [50])
    assert _members(membership, 100) == {50: "server"}
    _process(tmp_path, 60, 50, 9)
    assert _members(membership, 101) == {}
    assert 60 in _members(membership, 601)


def test_a_root_whose_pid_went_to_another_is_no_root(tmp_path: Path) -> None:
    _process(tmp_path, 50, 1, 7)
    membership = Membership(ProcessTable(str(tmp_path)))
    membership.watch("server", [50])
    _process(tmp_path, 50, 1, 8)
    assert _members(membership, 1) == {}


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_more_files_stay_open_than_are_allowed() -> None:
    allowance = Allowance(1)
    files = [KeptFile("/proc/self/stat", allowance) for _ in range(3)]
    before = _open_files()
    for _ in range(2):
        assert len({file.read(8) for file in files}) == 1
    assert _open_files() == before + 1
    for file in files:
        file.close()
    assert _open_files() == before
    assert allowance.left == 1


def test_a_long_file_is_read_to_its_end() -> None:
    with Program("import json, decimal, ssl; say(); wait()") as program:
        program.said()
        whole = Path(f"/proc/{program.pid}/maps").read_bytes()
        file = KeptFile(f"/proc/{program.pid}/maps")
        file.read(1)
        assert len(whole) > 8192
        assert file.read_all() == whole
        file.close()
