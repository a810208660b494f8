"""`python -m reports html`, and the page that a session ends with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from collectors.errors import UsageError
from reports.__main__ import main

from .runs import a_watched_trial, run_of


def test_the_latest_run_has_its_page_beside_the_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_of(tmp_path, a_watched_trial())
    assert main(["html", "--storage", str(tmp_path)]) == 0
    written = tmp_path / "html" / f"{run.label}.html"
    assert capsys.readouterr().out.strip() == str(written)
    assert written.read_text().startswith("<!doctype html>")


def test_a_run_is_found_by_its_number_and_written_where_it_is_wanted(tmp_path: Path) -> None:
    run_of(tmp_path, a_watched_trial())
    assert main(["html", "0007", "--storage", str(tmp_path), "-o", str(tmp_path / "one.html")]) == 0
    assert (tmp_path / "one.html").is_file()


def test_a_run_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["html", "0042", "--storage", str(tmp_path)]) == 2
    assert "'0042'" in capsys.readouterr().err


def test_a_record_that_is_not_as_it_was_saved_is_an_error_that_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError):  # it is saved, and refused when it is loaded
        run_of(tmp_path, a_watched_trial(server={"layout": {"nodes": [{}, {}]}}))
    assert main(["html", "--storage", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "0007_0123abc_20261123_100000.json: case " in error
    assert "server.layout.nodes[0].node: missing" in error


def test_without_its_extra_it_says_how_to_install_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_of(tmp_path, a_watched_trial())
    for name in [name for name in sys.modules if name.startswith(("pygal", "reports.page."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygal", None)
    assert main(["html", "--storage", str(tmp_path)]) == 1
    assert "pip install 'thermobench[html]'" in capsys.readouterr().err
