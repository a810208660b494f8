"""Each question, asked as briefly as it can be: one case of every suite that is not part of the main job."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perf.conftest import MAIN

ROOT = Path(__file__).parent.parent.parent
COLD = ("--warm-up", "0", "--server-warm-up", "1")
BRIEF = ("--test-time", "0.5", "--rounds", "1", *COLD, "-p", "no:cacheprovider", "--strict-backends")
CASES = {
    "test_commit_frequency.py": ("-k", "test_commit_frequency[sqlite-every-100]"),
    "test_all_producers.py": ("-m", "mqtt"),
    "test_threads.py": ("-k", "test_threads[kafka-confluent-4]"),
    "test_mqtt_qos.py": ("-k", "mqtt-raw-qos1-20-1"),
    "test_kafka_acks.py": ("-k", "confluent and (acks1- and each or acks0)"),
    "test_kafka_scaling.py": ("-k", "kafka-2x1-p10-rf2"),
    "test_consumer_groups.py": ("-k", "p4- and members-2 and before"),
    "test_cassandra_ring.py": ("-k", "t128.256"),
    "test_saturation.py": ("-m", "sqlite", "--probe-seconds", "1", "--most-processes", "6"),
}
"""By suite, what selects little of it."""


def asked(suite: str, folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
    """Return how a session has ended, and the benchmarks that it saved."""
    argv = [sys.executable, "-m", "pytest", f"perf/{suite}", *BRIEF, "--benchmark-storage", str(folder), *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    saved = [json.loads(path.read_text()) for path in folder.glob("*/*.json")]
    return done, [one for file in saved for one in file["benchmarks"]]


def test_every_suite_is_asked_here_but_those_of_the_main_job_and_what_measuring_costs() -> None:
    suites = {path.name for path in (ROOT / "perf").glob("test_*.py")}
    assert suites - MAIN - {"test_harness_cost.py"} == CASES.keys()


@pytest.mark.slow
@pytest.mark.parametrize("suite", CASES)
def test_a_case_of_it_passes_and_is_saved(suite: str, tmp_path: Path) -> None:
    done, benchmarks = asked(suite, tmp_path, *CASES[suite])
    assert done.returncode == pytest.ExitCode.OK, done.stdout[-3000:]
    assert "no tests ran" not in done.stdout
    assert benchmarks
    for one in benchmarks:
        assert one["stats"]["ops"] > 0
        trial = one["extra_info"].get("trial", {"accounting": "pass"})
        # The notes' own key lets readings overwrite each other: the case tells of these, and passes.
        overwritten = sum(each["reader"].get("overwritten", 0) for each in trial.get("rounds", ()))
        assert trial["accounting"] in {"pass", "measured"} or trial["lost"] == overwritten > 0
    if suite == "test_saturation.py":
        [found] = benchmarks[0]["extra_info"]["saturation"]
        assert len(found["growth"]["levels"]) >= 4
        assert found["usl"].keys() == {"refused"} or found["usl"]["levels"] >= 6
        assert len(found["sustained"]["probes"]) <= 20
        assert any("sustained" in line for line in done.stdout.splitlines())
