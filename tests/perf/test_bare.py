"""The bare loops write what our own loop writes: the same readers account for every reading of both."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.backends.registry import backend, names
from collectors.endpoint import Endpoint
from collectors.errors import UsageError
from collectors.load import checked
from collectors.sensors.base import Sample
from collectors.sensors.synthetic import SyntheticSensor
from fixtures.cost import BARE
from fixtures.hosts.local import LocalHost
from fixtures.native.legs import Legs
from fixtures.services.base import RunningService
from perf.bare.base import Given
from perf.test_harness_cost import CASES, Case

ENDPOINT = Endpoint(path="/readings.db")
MOST_LINES = 15
MODULES = sorted((Path(__file__).parents[2] / "perf" / "bare").glob("*.py"))
QUICK = {"sqlite-each", "mqtt-each"}


def marked(case: Case) -> list[pytest.MarkDecorator]:
    return [] if case.name in QUICK else [pytest.mark.slow]


@pytest.mark.parametrize("case", [pytest.param(one, id=one.name, marks=marked(one)) for one in CASES])
def test_every_reading_is_read_back_as_our_readers_expect_it(
    case: Case, host: LocalHost, server_of: Callable[[str], RunningService]
) -> None:
    if case.backend not in names():
        pytest.skip(f"there is no backend {case.backend}")
    made = backend(case.backend)
    load = checked(
        made,
        case.settings,
        frequency=case.frequency,
        endpoint=server_of(case.backend).endpoints[made.listener],
        processes=case.processes,
        sensor="synthetic",
        test_time=0.3,
        warm_up=0.1,
    )
    made.load()
    Legs(host, load, None).rehearse(BARE)


def loops(path: Path) -> list[ast.While]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.While)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_bare_loop_is_longer_than_fifteen_lines(path: Path) -> None:
    for loop in loops(path):
        assert loop.end_lineno is not None
        assert loop.end_lineno - loop.lineno < MOST_LINES


def test_every_case_has_a_bare_loop() -> None:
    modules = {path.stem for path in MODULES if loops(path)}
    assert {case.backend.replace("-", "_") for case in CASES} <= modules


def test_what_the_bare_loops_would_leave_out_is_refused() -> None:
    class Moist(SyntheticSensor):
        def read(self) -> Sample:
            return Sample(20_000, "humidity 50 %")

    made = backend("sqlite")
    load = checked(made, {}, frequency=1, endpoint=ENDPOINT)
    with pytest.raises(UsageError, match="notes"):
        Given.of(load.assignment(0, "pi_cpu"), Moist())
    first = checked(made, {}, frequency=1, endpoint=ENDPOINT, generation=1)
    with pytest.raises(UsageError, match="generation 2"):
        Given.of(first.assignment(0, "pi_cpu"), SyntheticSensor())
