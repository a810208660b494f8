from __future__ import annotations

from typing import Any

from fixtures.cost import BARE, NATIVE, OURS, Leg, cost
from reports.cost import cost_table


def found(ours: float, native: float | None = None, *, missing: str = "") -> dict[str, Any]:
    rates = {BARE: 1000.0, OURS: ours} | ({NATIVE: native} if native else {})
    legs = {name: Leg(tps, 2.0, 2000, 12.5) for name, tps in rates.items()}
    tools = {BARE: "client 1.0 in a bare loop", OURS: "python -m collectors", NATIVE: "sysbench"}
    goals = {"versus_bare": 0.97, "versus_native": 0.75}
    return cost([legs] * 10, tools={name: tools[name] for name in legs}, goals=goals, missing=missing)


def cells(line: str) -> list[str]:
    return [cell for cell in line.split("  ") if cell.strip()]


def test_a_case_shows_rates_cost_ratios_and_goals() -> None:
    head, row, *_ = cost_table({"mysql-each": found(900.0, 600.0)})
    assert head.split()[:3] == ["case", "TPS", "bare"]
    shown = [cell.strip() for cell in cells(row)]
    assert shown == [
        *("mysql-each", "1,000", "900", "600", "12.50", "12.50", "12.50"),
        *("0.90 (0.90–0.90)", "≥ 0.97", "missed"),
        *("1.50 (1.50–1.50)", "≥ 0.75", "met"),
        "1.67 (1.67–1.67)",
    ]


def test_a_case_without_a_native_tool_says_why() -> None:
    lines = cost_table({"a": found(990.0, missing="sysbench is not on host local – sudo apt-get install sysbench")})
    assert [cell.strip() for cell in cells(lines[1])] == [
        *("a", "1,000", "990", "–", "12.50", "12.50", "–", "0.99 (0.99–0.99)", "≥ 0.97", "met", "–", "–")
    ]
    assert "sudo apt-get install sysbench" in "\n".join(lines)


def test_what_ran_is_told_once_for_all_cases_alike() -> None:
    lines = cost_table({"a": found(990.0, 800.0), "b": found(900.0, 800.0), "c": found(990.0)})
    assert "a, b: bare: client 1.0 in a bare loop; native: sysbench" in lines
    assert "c: bare: client 1.0 in a bare loop" in lines


def test_the_method_and_its_confidence_are_told() -> None:
    assert "median over 10 interleaved rounds" in " ".join(cost_table({"a": found(990.0)}))
    assert "97.9%" in " ".join(cost_table({"a": found(990.0)}))


def test_no_case_no_table() -> None:
    assert cost_table({}) == []
