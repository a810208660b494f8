"""What does measuring cost? Our loop beside the same client in a bare one, and beside the server's own tool.

`make cost`, or `pytest perf/test_harness_cost.py -k kafka`. A goal that is missed is printed and fails nothing;
a reading that is lost, or a count that is not the server's, does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from collectors.backends.registry import backend, names
from collectors.errors import ThermobenchError, Unavailable
from collectors.load import Load, checked
from collectors.sensors.choice import resolve
from fixtures.case import CLOCK
from fixtures.cost import BARE, NATIVE, OURS, Leg, cost, orders
from fixtures.native.base import NativeTool
from fixtures.native.kafka_performance import KafkaPerformance
from fixtures.native.kafka_waiting import KafkaWaiting
from fixtures.native.latte import Latte
from fixtures.native.legs import Legs
from fixtures.native.mariadb_slap import MariadbSlap
from fixtures.native.mosquitto_pub import MosquittoPub
from fixtures.native.sqlite_shell import SqliteShell
from fixtures.native.sysbench import Sysbench
from fixtures.plugin.measuring import save_automatically
from fixtures.plugin.selection import FAMILIES
from fixtures.stage import Stage

from .conftest import COSTS

WARM_UP_SECONDS = 0.5


@dataclass(frozen=True)
class Case:
    """One way of writing, on all sides."""

    name: str
    backend: str
    frequency: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    processes: int = 1
    natives: tuple[Callable[[], NativeTool], ...] = ()
    """Those that can do the same; the first that is installed is taken."""
    bare: float | None = None
    """The goal for ours ÷ bare."""
    native: float | None = None
    """The goal for ours ÷ native."""


SQL, PUB, LATTE, PERFORMANCE = (Sysbench, MariadbSlap), (MosquittoPub,), (Latte,), (KafkaPerformance,)
AT_ONCE = {"qos": "0"}

CASES = (
    Case("sqlite-each", "sqlite", natives=(SqliteShell,), bare=0.97),
    Case("mysql-each", "mysql", natives=SQL, bare=0.97, native=0.75),
    Case("mysql-each-2-processes", "mysql", processes=2, natives=SQL, bare=0.97, native=0.90),
    Case("mysql-commit-1000", "mysql", 1000, natives=SQL, bare=0.95, native=0.75),
    Case("mysql-commit-1000-batch-100", "mysql", 1000, {"batch": "100"}, natives=SQL, bare=0.95, native=0.75),
    Case("mqtt-each", "mqtt", natives=PUB, bare=0.97),
    Case("mqtt-20-in-flight", "mqtt", 0, {"in_flight": "20"}, bare=0.95),
    Case("mqtt-qos-0", "mqtt", 0, AT_ONCE, natives=PUB, bare=0.95),
    Case("mqtt-raw-each", "mqtt-raw", natives=PUB, bare=0.97, native=1.0),
    Case("mqtt-raw-qos-0", "mqtt-raw", 0, AT_ONCE, natives=PUB, bare=0.90, native=0.9),
    Case("kafka-each", "kafka", bare=0.97),
    Case("kafka-flat-out", "kafka", 0, bare=0.95),
    Case("kafka-confluent-each", "kafka-confluent", natives=(KafkaWaiting,), bare=0.97, native=1.0),
    Case("kafka-confluent-acks-1", "kafka-confluent", 0, {"acks": "1"}, natives=PERFORMANCE, bare=0.90),
    Case("kafka-confluent-acks-all", "kafka-confluent", 0, natives=PERFORMANCE, bare=0.90),
    Case("kafka-confluent-acks-1-2-processes", "kafka-confluent", 0, {"acks": "1"}, 2, PERFORMANCE, native=2.0),
    Case("kafka-confluent-acks-all-2-processes", "kafka-confluent", 0, {}, 2, PERFORMANCE, native=2.0),
    Case("cassandra-each", "cassandra", bare=0.97),
    Case("cassandra-128-in-flight", "cassandra", 0, {"in_flight": "128"}, bare=0.95),
    Case("cassandra-acsylla-each", "cassandra-acsylla", bare=0.97),
    Case("cassandra-acsylla-128-in-flight", "cassandra-acsylla", 0, {"in_flight": "128"}, 1, LATTE, 0.95, 1.0),
)
"""Those of one server after another, so that each starts once."""


def _marks(name: str) -> list[pytest.MarkDecorator]:
    known = [name, FAMILIES.get(name, name)] if name in names() else []
    return [getattr(pytest.mark, one.replace("-", "_")) for one in dict.fromkeys(known)]


@dataclass(frozen=True)
class Prepared:
    """A case whose legs have been rehearsed."""

    legs: Legs
    tools: dict[str, str]
    """By leg, what runs there."""
    missing: str
    """Why there is no native leg, if there should be one."""
    progress: Callable[[str], None]


@pytest.fixture
def prepared(case: Case, stage: Stage, pytestconfig: pytest.Config) -> Prepared:
    """The case's server running, and every leg rehearsed; skipped where the backend cannot run."""
    try:
        load = _load(case, stage, pytestconfig)
        tool, missing = _tool(case, stage)
        legs = Legs(stage.host, load, tool)
        for leg in legs.names:
            stage.progress(f"{case.name}: rehearsing {leg}")
            legs.rehearse(leg)
    except Unavailable as error:
        if pytestconfig.getoption("strict_backends"):
            pytest.fail(f"{error} (--strict-backends)", pytrace=False)
        pytest.skip(str(error))
    except ThermobenchError as error:
        pytest.fail(str(error), pytrace=False)
    tools = {BARE: f"{load.backend.load()} in a bare loop", OURS: "python -m collectors"}
    return Prepared(legs, tools | ({NATIVE: tool.name} if tool else {}), missing, stage.progress)


@pytest.mark.parametrize("case", [pytest.param(one, id=one.name, marks=_marks(one.backend)) for one in CASES])
@pytest.mark.benchmark(timer=CLOCK, group="cost")
def test_harness_cost(case: Case, prepared: Prepared, pytestconfig: pytest.Config, benchmark: Any) -> None:
    """Our load generator, the bare client and the native tool in turn, round by round."""
    count = pytestconfig.option.cost_rounds
    turns, found = iter(orders(prepared.legs.names, count)), list[dict[str, Leg]]()

    def one_round() -> None:
        one = {leg: prepared.legs.run(leg) for leg in next(turns)}
        found.append(one)
        CLOCK.advance(one[OURS].tps)
        shown = ", ".join(f"{leg} {one[leg].tps:,.0f}" for leg in prepared.legs.names)
        prepared.progress(f"{case.name}: round {len(found)} of {count}: {shown} TPS")

    save_automatically(pytestconfig)
    benchmark.has_error = True
    try:
        benchmark.pedantic(one_round, rounds=count, iterations=1)
    except ThermobenchError as error:
        pytest.fail(str(error), pytrace=False)
    goals = {name: goal for name, goal in (("versus_bare", case.bare), ("versus_native", case.native)) if goal}
    benchmark.extra_info["cost"] = cost(found, tools=prepared.tools, goals=goals, missing=prepared.missing)
    benchmark.has_error = False
    pytestconfig.stash[COSTS][case.name] = benchmark.extra_info["cost"]


def _load(case: Case, stage: Stage, config: pytest.Config) -> Load:
    """Return what all legs do, the server running.

    Raises:
        Unavailable: there is no such backend, or neither its client nor its server is here.
    """
    if case.backend not in names():
        raise Unavailable(f"there is no backend {case.backend}")
    made = backend(case.backend)
    made.load()
    running = stage.service(made.service)
    return checked(
        made,
        case.settings,
        frequency=case.frequency,
        endpoint=running.endpoints[made.listener],
        processes=case.processes,
        sensor=resolve(config.getoption("sensor"))[0],
        test_time=config.option.cost_seconds,
        warm_up=WARM_UP_SECONDS,
    )


def _tool(case: Case, stage: Stage) -> tuple[NativeTool | None, str]:
    """Return the first native tool that is installed, or why there is none."""
    why = []
    for make in case.natives:
        tool = make()
        try:
            tool.check(stage.host)
        except Unavailable as error:
            why.append(str(error))
        else:
            return tool, ""
    return None, "; ".join(why)
