from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collectors.backends.base import Backend
from collectors.backends.registry import OWN, backend, names
from collectors.errors import UsageError

WHOLE = """
from collectors.backends.sqlite import SqliteBackend

class Made(SqliteBackend):
    name = "other"
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a distribution `thermobench-other` that brings one backend, in a module `other_backend`."""

    def write(source: str, *, name: str = "other", value: str = "other_backend:Made") -> None:
        (tmp_path / "other_backend.py").write_text(source)
        info = tmp_path / "thermobench_other-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thermobench-other\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[thermobench.backends]\n{name} = {value}\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "other_backend", raising=False)

    return write


def refusal(name: str = "other") -> str:
    with pytest.raises(UsageError) as caught:
        backend(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", OWN)
def test_each_of_ours_goes_by_its_own_name(name: str) -> None:
    assert backend(name).name == name


def test_what_another_distribution_brings_comes_after_ours(install: Install) -> None:
    others = set(names()) - set(OWN)
    install(WHOLE)
    assert names() == [*OWN, *sorted({*others, "other"})]
    assert type(backend("other")).__module__ == "other_backend"


def test_a_name_that_does_not_exist_is_refused_with_those_that_do(install: Install) -> None:
    install(WHOLE)
    assert "other" in names()
    assert refusal("nowhere") == f"backend 'nowhere': there is none of that name; there are: {', '.join(names())}"


WHO = "backend 'other' of thermobench-other (other_backend:Made) "


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import no_such_client\n", "ModuleNotFoundError: No module named 'no_such_client'"),
        ("Made = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("def broken(:\n", "SyntaxError: "),
        ("", "AttributeError: module 'other_backend' has no attribute 'Made'"),
        ("class Made:\n    def __init__(self, x): pass\n", "TypeError: "),
        ("Made = 7\n", "TypeError: 'int' object is not callable"),
    ],
    ids=["client", "error", "syntax", "no class", "arguments", "no callable"],
)
def test_what_cannot_be_made_is_refused_with_the_reason(install: Install, source: str, why: str) -> None:
    install(source)
    assert refusal().startswith(f"{WHO}cannot be made: {why}")


def test_a_module_that_is_not_there_is_named(install: Install) -> None:
    install(WHOLE, value="nowhere_at_all:Made")
    assert refusal() == (
        "backend 'other' of thermobench-other (nowhere_at_all:Made) cannot be made: "
        "ModuleNotFoundError: No module named 'nowhere_at_all'"
    )


def test_one_that_lacks_parts_of_the_protocol_is_told_which(install: Install) -> None:
    install(
        'class Made:\n    name = "other"\n    options = ()\n    def load(self): return ""\n    def facts(self): ...\n'
    )
    lacking = "summary, extra, service, listener, can_forget, check, acknowledged_means, prepare, writer, reader"
    assert refusal() == f"{WHO}lacks {lacking}; expected what collectors.backends.base.Backend lists"


def test_every_part_of_the_protocol_is_asked_for(install: Install) -> None:
    """What is added to the protocol later is asked for, too."""
    install("class Made: ...\n")
    parts = {*Backend.__annotations__, *(name for name, member in vars(Backend).items() if callable(member))}
    asked = refusal().partition(" lacks ")[2].partition(";")[0].split(", ")
    assert set(asked) == {part for part in parts if not part.startswith("_")}


def test_one_that_calls_itself_otherwise_than_its_entry_point_is_refused(install: Install) -> None:
    install(WHOLE.replace('"other"', '"another"'))
    assert refusal() == f"{WHO}calls itself 'another', expected the name of its entry point"


def test_one_that_cannot_be_made_does_not_hide_the_others(install: Install) -> None:
    install("import no_such_client\n")
    assert {*OWN, "other"} <= set(names())
    assert backend("sqlite").name == "sqlite"


@pytest.mark.parametrize("name", OWN)
def test_ours_have_every_part_of_the_protocol(name: str) -> None:
    made: Any = backend(name)
    expected = {part for part in vars(Backend) if not part.startswith("_")} | set(Backend.__annotations__)
    assert {part for part in expected if not hasattr(made, part)} == set()
    assert made.name == name


@pytest.mark.parametrize("name", ["sqlite", "kafka-confluent"])
def test_a_name_of_ours_is_taken(install: Install, name: str) -> None:
    install(WHOLE, name=name)
    assert names() == [*OWN, *names()[len(OWN) :]]
    who = f"backend {name!r} of thermobench-other (other_backend:Made)"
    assert refusal(name) == f"{who}: the name is taken by one of ours, expected another one"
