"""Threads that hardly ever run are looked at in turn, and nothing they did is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.sampling.process_table import ProcessTable
from collectors.sampling.threads import TURNS, Threads


def _thread(proc: Path, tid: int, ran: int, waited: int) -> None:
    folder = proc / "10" / "task" / str(tid)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schedstat").write_text(f"{ran} {waited} 1\n")


@pytest.fixture
def threads(tmp_path: Path) -> Threads:
    for tid in range(10, 30):
        _thread(tmp_path, tid, 100, 7)
    made = Threads(10, ProcessTable(str(tmp_path)))
    made.refresh()
    for _ in range(2):
        made.sample()
    return made


def test_what_a_quiet_thread_waited_is_noted_once_it_is_its_turn(tmp_path: Path, threads: Threads) -> None:
    assert (threads.number, threads.waited) == (20, 0)
    _thread(tmp_path, 25, 150, 1007)
    turns = ran = 0
    while not threads.waited and turns < TURNS:
        ran, turns = threads.sample(), turns + 1
    assert (ran, threads.waited) == (50, 1000)
    _thread(tmp_path, 25, 250, 2007)
    assert (threads.sample(), threads.waited) == (100, 1000)
    threads.close()


def test_all_are_looked_at_when_asked_for(tmp_path: Path, threads: Threads) -> None:
    for tid in (12, 25):
        _thread(tmp_path, tid, 150, 1007)
    threads.sample_quiet()
    assert threads.waited == 2000
    threads.close()


def test_threads_that_come_count_from_their_start_and_those_that_go_no_more(tmp_path: Path, threads: Threads) -> None:
    (tmp_path / "10" / "task" / "11" / "schedstat").unlink()
    (tmp_path / "10" / "task" / "11").rmdir()
    _thread(tmp_path, 40, 500, 300)
    threads.refresh()
    assert (threads.number, threads.waited) == (20, 300)
    threads.close()


def test_an_id_that_went_to_another_thread_counts_from_its_start(tmp_path: Path, threads: Threads) -> None:
    _thread(tmp_path, 10, 20, 5)
    assert (threads.sample(), threads.waited) == (20, 5)
    threads.close()
