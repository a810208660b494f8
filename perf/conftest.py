"""The price of measuring is a job of its own: its options, its table, and how it stays out of the main one."""

from __future__ import annotations

from typing import Any

import pytest

from reports.cost import cost_table

COSTS = pytest.StashKey[dict[str, dict[str, Any]]]()
"""By case, what this session found."""

# Collected where it is named on the command line alone: `pytest perf` is the main job, and this takes an hour.
collect_ignore = ["test_harness_cost.py"]


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


def pytest_configure(config: pytest.Config) -> None:
    """Look at the options, and have a place for what is found."""
    if config.option.cost_rounds < 1:
        raise pytest.UsageError(f"--cost-rounds {config.option.cost_rounds}: expected 1 or more")
    if not config.option.cost_seconds > 0:
        raise pytest.UsageError(f"--cost-seconds {config.option.cost_seconds}: expected more than 0 seconds")
    config.stash[COSTS] = {}


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """End the session with the table."""
    found: dict[str, dict[str, Any]] = config.stash[COSTS]
    if lines := cost_table(found):
        terminalreporter.section("the price of measuring", sep="=", bold=True)
        for line in lines:
            terminalreporter.write_line(line)
