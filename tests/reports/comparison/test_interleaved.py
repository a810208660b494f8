"""Measuring in turn: the order, the end, and sessions that are ended with what started them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.errors import ThermobenchError, UsageError
from reports.comparison.interleaved import Interleaved, differences
from reports.comparison.pair import pairs
from reports.comparison.session import measure
from reports.comparison.subject import Subject, subjects
from reports.saved_run import SavedRun
from tests.trials import a_round, a_trial
from tests.waiting import until

from .simulated import a_run

ROOT = Path(__file__).parents[3]
A, B = (Subject(label, Path()) for label in "AB")
BRIEF = "-m sqlite -k one_thread --test-time 0.3 --warm-up 0 --rounds 1"


class Scripted:
    """Measures what it is told to, and notes the order; each session takes ten seconds."""

    def __init__(self, tps: Callable[[str, int], float]) -> None:
        self.order = ""
        self.now = 0.0
        self._tps = tps

    def __call__(self, subject: Subject) -> SavedRun:
        self.now += 10
        self.order += subject.label
        count = len(self.order)
        return a_run(f"{count:04}", a_trial(a_round(self._tps(subject.label, count))))

    def until(self, seconds: float) -> Interleaved:
        made = Interleaved((A, B), frozenset(), self, clock=lambda: self.now)
        self.verdicts = [one for [one] in made.until(seconds)]
        return made


def test_each_comes_first_as_often_as_the_other() -> None:
    scripted = Scripted(lambda _, count: 100 + count % 3 * 30)
    scripted.until(160)
    assert scripted.order == "ABBAABBAABBAABBA"


def test_it_ends_as_soon_as_there_is_a_verdict() -> None:
    scripted = Scripted(lambda label, count: (150 if label == "B" else 100) + count % 3)
    scripted.until(10_000)
    assert (scripted.order, scripted.verdicts[-1].word) == ("ABBAABBA", "faster")
    assert [one.word for one in scripted.verdicts[:-1]] == ["no verdict"] * 3


def test_what_is_alike_ends_it_too() -> None:
    scripted = Scripted(lambda _, count: 100 + count % 5)
    scripted.until(10_000)
    assert scripted.verdicts[-1].word == "no difference shown"


def test_it_begins_no_pair_that_would_outlast_the_time() -> None:
    scripted = Scripted(lambda _, count: 100 + count % 3 * 30)
    scripted.until(59)
    assert scripted.order == "ABBA"
    assert Scripted(lambda *_: 100.0).until(1).runs


def test_what_does_not_compare_ends_it_with_the_reason() -> None:
    def measured(subject: Subject) -> SavedRun:
        return a_run(subject.label, a_trial(a_round(), processes=1 + (subject.label == "B")))

    made = Interleaved((A, B), frozenset({"settings"}), measured)
    [[verdict]] = list(made.until(10_000))
    assert (verdict.word, verdict.why) == ("not comparable", "processes: 1 → 2")


def test_a_session_that_lacks_a_case_moves_no_other_pair() -> None:
    other = replace(a_trial(a_round(50.0)), name="test_other")
    runs = [
        (a_run("1", a_trial(a_round(100.0)), other), a_run("2", a_trial(a_round(110.0)))),
        (a_run("3", other), a_run("4", a_trial(a_round(900.0)))),
        (a_run("5", a_trial(a_round(200.0))), a_run("6", a_trial(a_round(220.0)))),
    ]
    found, _ = pairs([base for base, _ in runs], [candidate for _, candidate in runs])
    assert differences(found, runs) == pytest.approx([0.0953, 0.0953], abs=1e-4)


def test_subjects_are_checkouts_or_options_or_settings(tmp_path: Path) -> None:
    both, across = subjects("--frequency 100 --set 'kafka.x=a b'", "kafka.acks=1 qos=2", ROOT)
    assert [one.options for one in both] == [
        ("--frequency", "100", "--set", "kafka.x=a b"),
        ("--set", "kafka.acks=1", "--set", "qos=2"),
    ]
    assert "settings" in across
    assert not {"code", "board", "environment"} & across
    assert subjects(str(ROOT), str(ROOT / "."), tmp_path)[1] == {"code"}


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (str(ROOT), "kafka.acks=1", "one is a folder, the other is not"),
        (str(ROOT / "docs"), str(ROOT), "docs is no checkout of the suite: there is no perf"),
        ("fast", "slow", "'fast' is neither a folder nor options"),
        ("--set 'x", "a=1", "No closing quotation"),
    ],
    ids=("two kinds", "no checkout", "nothing", "quotes"),
)
def test_what_is_no_subject_is_named(one: str, other: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        subjects(one, other, ROOT)


@pytest.mark.slow
def test_a_session_without_a_case_says_so(tmp_path: Path) -> None:
    with pytest.raises(ThermobenchError, match=r"pytest for nothing selected no case: .*session-01\.log"):
        measure(Subject("nothing", ROOT, ("-k", "no_such_case")), (), tmp_path)


@pytest.mark.slow
def test_two_settings_are_measured_and_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--storage", str(tmp_path), "batch=1", "batch=2", "--time", "1s", "--pytest", BRIEF],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "settings.batch: 1 → 2 (test_one_thread[sqlite])" in done.stdout
    assert "fewer than two pairs of sessions (test_one_thread[sqlite])" in done.stdout
    saved = sorted(tmp_path.glob("interleaved/*/*/*.json"))
    batches = [json.loads(path.read_text())["benchmarks"][0]["extra_info"]["trial"]["settings"] for path in saved]
    assert [one["batch"] for one in batches] == [1, 2]


@pytest.mark.slow
def test_a_session_ends_with_what_started_it(tmp_path: Path) -> None:
    """By SIGTERM, which takes the same way as Ctrl-C."""
    process = subprocess.Popen(
        [*COMMAND, "--storage", str(tmp_path), "batch=1", "batch=2", "--pytest", BRIEF.replace("0.3", "60")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: any('"begin"' in path.read_text() for path in tmp_path.rglob("*.jsonl")), "a case begins")
        [session] = children(process.pid)
        process.send_signal(signal.SIGTERM)
        shown, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "results go to" in shown
    assert not Path(f"/proc/{session}").exists()


COMMAND = [sys.executable, "-m", "reports", "compare", "--interleaved"]


def children(pid: int) -> list[int]:
    """Return the processes that a process started and that are still there."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(one) for one in (task / "children").read_text().split()]
    return found
