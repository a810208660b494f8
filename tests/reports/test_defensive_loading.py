"""Files from elsewhere: every schema that was ever saved still loads, and what is wrong with a file is named."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.errors import UsageError
from reports.conclusions import concluded
from reports.journal import read
from reports.saved_run import load
from reports.strict_json import DEPTH, LIMIT
from reports.table import closing_table

SAVED = Path(__file__).parent / "saved"
"""Made by the code of the commits whose schema or fields were new: see its README."""
RUNS = sorted(SAVED.glob("trial*.json"))
NAME = "perf/test_one_thread.py::test_one_thread[sqlite]"
TRIAL = ("benchmarks", 0, "extra_info", "trial")
ROUND = (*TRIAL, "rounds", 1)


def changed(place: tuple[str | int, ...], value: Any, path: Path = SAVED / "trial2-starts.json") -> Any:
    """Return a saved file's content with one value changed."""
    content = within = json.loads(path.read_text())
    for part in place[:-1]:
        within = within[part]
    within[place[-1]] = value
    return content


def refusal(path: Path, content: Any) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(UsageError) as raised:
        load(path)
    assert str(raised.value).startswith(f"{path}: ")
    return str(raised.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_every_schema_ever_saved_loads(path: Path) -> None:
    [case] = load(path).cases
    assert case.name == NAME
    assert len(case.trial.rounds) == 3
    assert closing_table([concluded(case.trial)])


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_journal_ever_kept_loads(path: Path) -> None:
    journal = read(path)
    assert ([case.name for case in journal.whole], journal.closed, journal.torn) == ([NAME], True, [])


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ((*ROUND, "tps"), math.nan, f"case {NAME}: rounds[1].tps: nan, expected a finite number"),
        ((*TRIAL, "settings", "rate"), math.inf, f"case {NAME}: settings.rate: inf, expected a finite number"),
        ((*ROUND, "tps"), "fast", f"case {NAME}: rounds[1].tps: 'fast', expected a number"),
        ((*ROUND, "attempted"), 1.5, "rounds[1].attempted: 1.5, expected an integer"),
        ((*ROUND, "attempted"), True, "rounds[1].attempted: True, expected an integer"),
        ((*ROUND, "lost"), -1, "rounds[1].lost: -1, expected 0 to"),
        ((*ROUND, "duplicated"), "no", "rounds[1].duplicated: 'no', expected an integer or null"),
        ((*ROUND, "seconds"), 1e300, "rounds[1].seconds: 1e+300, expected 0 to"),
        ((*ROUND, "attempted"), 2**70, "expected a finite number of 64 bits"),
        ((*ROUND, "windows"), [[0.0, 0], [2.0, 9], [1.0, 10]], "rounds[1].windows[2]: 1 s and 10 readings after 2 s"),
        ((*ROUND, "windows"), [[0.0, 5], [1.0, 4]], "expected windows that go forwards"),
        ((*ROUND, "windows"), [[0.0]], "rounds[1].windows[0]: a list of 1, expected 2 values"),
        ((*ROUND, "accounting"), "fine", "rounds[1].accounting: 'fine', expected pass, fail"),
        ((*ROUND, "novelty"), 1, "rounds[1].novelty: no field of a round of thermobench.trial/2"),
        ((*ROUND, "samples"), {"a": {"at": [1.0], "cpu.user": ["x"]}}, "samples.a.cpu.user[0]: 'x', expected a number"),
        ((*ROUND, "samples"), {"a": {"at": [1.0], "b": []}}, "rounds[1].samples.a: columns of different lengths"),
        ((*ROUND, "histogram"), "HISTFAAA!", "rounds[1].histogram: no HDR histogram"),
        ((*TRIAL, "rounds"), [{}] * 10_001, "rounds: a list of 10001, expected a list of at most 10,000 rounds"),
        ((*TRIAL, "rounds"), {}, "rounds: {}, expected a list of at most"),
        ((*TRIAL, "rounds", 0), 7, "rounds[0]: 7, expected an object"),
        ((*TRIAL, "hosts"), [{"roles": []}], "hosts[0].name: missing"),
        ((*TRIAL, "settings", "wait"), 1, "settings.wait: 1, expected true or false"),
        ((*TRIAL, "server", "warm_up"), {"tps": [1.0]}, "server.warm_up.settled: missing"),
        ((*TRIAL, "server", "layout"), {"nodes": [{"node": 1}]}, "server.layout.nodes[0]"),
        ((*ROUND, "schedule"), {"rate": 9.0}, "rounds[1].schedule.intended: missing"),
        ((*ROUND, "server", "missed"), 7, "rounds[1].server.missed: 7, expected a list"),
        ((*ROUND, "samples", "producer1"), {"at": [1.0], "cpu.user": [-1.0]}, "cpu.user: -1.0, expected 0 or more"),
        ((*TRIAL, "hosts", 0, "links", "lo", "speed"), "fast", "hosts[0].links.lo.speed: 'fast', expected a number"),
        ((*TRIAL, "hosts", 0, "roles"), "producer", "hosts[0].roles: 'producer', expected a list"),
        ((*TRIAL, "schema"), "thermobench.trial/9", "schema: 'thermobench.trial/9', expected thermobench.trial/1 or"),
        ((*TRIAL, "environment"), "moon", "environment 'moon': expected one of native"),
        ((*TRIAL, "latency"), {"p50_ms": None}, "latency.p50_ms: None, expected a number or an integer"),
        (("benchmarks", 0, "fullname"), None, "case 1: fullname: None, expected a text"),
        (("benchmarks", 0, "extra_info"), [], f"case {NAME}: extra_info: a list of 0, expected an object"),
        (("benchmarks",), {}, "benchmarks: {}, expected a list of at most 10,000 cases"),
        (("datetime",), "yesterday", "datetime: 'yesterday', expected a time in ISO 8601"),
        (("machine_info",), "pi", "machine_info: 'pi', expected an object"),
    ],
)
def test_a_wrong_value_is_named_by_case_and_field(
    tmp_path: Path, place: tuple[str | int, ...], value: Any, words: str
) -> None:
    assert words in refusal(tmp_path / "a.json", changed(place, value))


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    content = changed(("version",), "")
    del content["benchmarks"][0]["extra_info"]["trial"]["rounds"][2]["delivered"]
    assert refusal(tmp_path / "a.json", content) == f"case {NAME}: rounds[2].delivered: missing"


def test_a_case_that_is_there_twice_is_named(tmp_path: Path) -> None:
    content = changed(("version",), "")
    content["benchmarks"] *= 2
    assert f"case {NAME}: there twice" in refusal(tmp_path / "a.json", content)


def test_what_is_too_large_or_too_deep_is_refused_before_it_takes_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    for depth in (DEPTH + 5, 100_000):
        assert "nested too deeply" in refusal(path, "[" * depth + "]" * depth)
        inside = '{"datetime": ' + "[" * depth + "]" * depth
        assert "nested too deeply" in refusal(
            path, inside + ', "machine_info": {}, "commit_info": {}, "benchmarks": []}'
        )
    monkeypatch.setenv(LIMIT, "1")
    assert "values, expected at most 20,000" in refusal(path, f"[{'[],' * 50_000}0]")
    assert f"larger than 1 MiB – if it is to be trusted, set {LIMIT}" in refusal(path, " " * (2**20 + 1))
    monkeypatch.setenv(LIMIT, "lots")
    path.write_text("{}")
    with pytest.raises(UsageError, match=f"{LIMIT}='lots': expected MiB"):
        load(path)


def test_what_is_no_plain_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for path in (tmp_path / "pipe.json", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match=r"no plain file|Is a directory"):
            load(path)


def test_a_histogram_that_unpacks_to_a_thousand_times_its_size_is_refused(tmp_path: Path) -> None:
    import base64
    import struct
    import zlib

    packed = zlib.compress(struct.pack(">IIIIqqd", 0x1C849303, 2**24, 0, 3, 1, 10**9, 1.0) + bytes(2**24))
    bomb = base64.b64encode(struct.pack(">II", 0x1C849304, len(packed)) + packed).decode()
    assert "a histogram of more than" in refusal(tmp_path / "a.json", changed((*TRIAL, "histogram"), bomb))


def test_what_a_terminal_would_obey_is_spelt_out(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(changed((*TRIAL, "hosts", 0, "name"), "pi\x1b]0;owned\x07\u202e\ud800ä")))
    [case] = load(path).cases
    assert case.trial.hosts[0]["name"] == "pi‹U+001B›]0;owned‹U+0007›‹U+202E›‹U+D800›ä"
    path.write_text(json.dumps(changed((*TRIAL, "settings"), {"a\x1bb": 1})))
    assert load(path).cases[0].trial.settings == {"a‹U+001B›b": 1}


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.none() | st.integers(), max_size=2),
)


def places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place] * bool(place) + [one for name, part in inside for one in places(part, (*place, name))]


PLACES = places(json.loads((SAVED / "trial2-starts.json").read_text()))


def loads_or_names(path: Path) -> None:
    try:
        run = load(path)
    except UsageError as error:
        assert str(path) in str(error)
        assert "\x1b" not in str(error)
    else:
        assert all(one.tps >= 0 for case in run.cases for one in case.trial.rounds)


@given(place=st.sampled_from(PLACES), value=JUNK)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_any_value_changed_loads_or_is_refused_by_name(
    tmp_path: Path, place: tuple[str | int, ...], value: Any
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(changed(place, value)))
    loads_or_names(path)


@given(data=st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_bytes_changed_cut_or_put_in_loads_or_is_refused_by_name(
    tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray((SAVED / "trial1-first.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        first = data.draw(st.integers(0, len(content)))
        content[first : first + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=6))
    path = tmp_path / "a.json"
    path.write_bytes(content)
    loads_or_names(path)
