"""Which questions belong to the main job; and the options and the table of the price of measuring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reports.cost import cost_table

COSTS = pytest.StashKey[dict[str, dict[str, Any]]]()
"""By case, what this session found."""
SATURATED = pytest.StashKey[list[tuple[str, list[str]]]]()
"""Cases that searched for saturation, and what each found, in lines."""

MAIN = {"test_one_thread.py", "test_all_threads.py"}
"""What `pytest perf` asks. Every other question takes minutes or an hour, and is asked where its file is named."""

collect_ignore = [path.name for path in Path(__file__).parent.glob("test_*.py") if path.name not in MAIN]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the price of measuring."""
    group = parser.getgroup("thermobench-cost", "thermobench: the price of measuring (perf/test_harness_cost.py)")
    group.addoption(
        "--cost-rounds",
        type=int,
        default=10,
        metavar="N",
        help="rounds, in each of which every leg runs once (default 10, the fewest by which a goal can be met)",
    )
    group.addoption(
        "--cost-seconds", type=float, default=2.0, metavar="S", help="measured seconds of each leg (default 2)"
    )
    group = parser.getgroup("thermobench-saturation", "thermobench: saturation (perf/test_saturation.py)")
    group.addoption(
        "--probe-seconds",
        type=float,
        default=8.0,
        metavar="S",
        help="measured seconds of each probe of a rate (default 8; a backlog that grows by little takes long to show)",
    )
    group.addoption(
        "--most-processes", type=int, default=64, metavar="N", help="producers to put on at most (default 64)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Look at the options, and have a place for what is found."""
    if config.option.cost_rounds < 1:
        raise pytest.UsageError(f"--cost-rounds {config.option.cost_rounds}: expected 1 or more")
    if not config.option.cost_seconds > 0:
        raise pytest.UsageError(f"--cost-seconds {config.option.cost_seconds}: expected more than 0 seconds")
    config.stash[COSTS] = {}
    config.stash[SATURATED] = []
    if not config.option.probe_seconds > 0:
        raise pytest.UsageError(f"--probe-seconds {config.option.probe_seconds}: expected more than 0 seconds")
    if config.option.most_processes < 1:
        raise pytest.UsageError(f"--most-processes {config.option.most_processes}: expected 1 or more")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """End the session with what was found."""
    for name, lines in config.stash[SATURATED]:
        terminalreporter.section(f"saturation: {name.rpartition('::')[2]}", sep="=", bold=True)
        for line in lines:
            terminalreporter.write_line(line)
    found: dict[str, dict[str, Any]] = config.stash[COSTS]
    if lines := cost_table(found):
        terminalreporter.section("the price of measuring", sep="=", bold=True)
        for line in lines:
            terminalreporter.write_line(line)
