"""Runs as JUnit XML: a test case each, whose figures are properties."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from .rows import Exported, utc, writers

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 (2.2) has not."""


def junit(cases: Sequence[Exported]) -> bytes:
    """Return the document: a suite for each run. Cases that failed or lost readings are failures; the figures stay."""
    top = ET.Element("testsuites", name="thermobench")
    for label, of_run in groupby(cases, key=lambda case: case.label):
        inside = list(of_run)
        suite = ET.SubElement(top, "testsuite", _suite(label, inside))
        for case in inside:
            _add_case(suite, case)
    ET.indent(top)
    made: bytes = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _suite(label: str, cases: Sequence[Exported]) -> dict[str, str]:
    host = str(cases[0].run.machine.get("node") or "")
    counts = {"tests": len(cases), "failures": sum(_failure(case) is not None for case in cases)}
    return {
        "name": _clean(label),
        **{name: str(value) for name, value in (counts | {"errors": 0, "skipped": 0}).items()},
        "time": f"{sum(map(_seconds, cases)):.3f}",
        "timestamp": utc(cases[0].run.saved).partition(".")[0],
        "hostname": _clean(host),
    }


def _add_case(suite: ET.Element, case: Exported) -> None:
    module, _, name = case.case.name.rpartition("::")
    classname = module.removesuffix(".py").replace("/", ".").replace("::", ".")
    attributes = {"classname": _clean(classname), "name": _clean(name), "time": f"{_seconds(case):.3f}"}
    element = ET.SubElement(suite, "testcase", attributes)
    properties = ET.SubElement(element, "properties")
    for key, value in _properties(case):
        ET.SubElement(properties, "property", name=key, value=_clean(value))
    if (why := _failure(case)) is not None:
        failure = ET.SubElement(element, "failure", message=_clean(why), type="accounting")
        failure.text = _clean("\n".join(case.trial.evidence))


def _properties(case: Exported) -> Iterator[tuple[str, str]]:
    trial, limit = case.trial, case.trial.limit or {}
    yield "tps", f"{trial.tps['median']:g}"
    for one in trial.rounds:
        yield "tps_round", f"{one.tps:g}"
    for name, value in trial.latency.items():
        yield name, f"{value:g}"
    for name in ("acknowledged", "delivered", "lost"):
        if (count := trial.total(name)) is not None:
            yield name, str(count)
    yield "accounting", trial.accounting
    yield "acknowledged_means", trial.acknowledged_means
    yield "environment", trial.environment
    yield "hosts", ", ".join(writers(case))
    yield "commit", str(case.run.commit.get("id") or "")
    if limit:
        yield "limit", f"{limit.get('class')} ({limit.get('sure')})"
    for doubt in trial.doubts:
        yield "doubt", doubt


def _failure(case: Exported) -> str | None:
    if case.trial.accounting == "fail":
        return f"accounting: fail, {case.trial.total('lost') or 0} readings lost"
    return None if case.trial.state == "whole" else f"the case was {case.trial.state}"


def _seconds(case: Exported) -> float:
    return sum(one.seconds or 0.0 for one in case.trial.rounds)


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
