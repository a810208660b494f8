"""The page of a saved run: all of it there, every link leading somewhere, and whatever others wrote inert."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from collectors.errors import UsageError
from collectors.record import Trial
from reports.page.page import page
from reports.scaling.held import Verdict
from reports.scaling.knee import knee
from reports.scaling.level import Level
from reports.scaling.sustained import Sustained
from reports.scaling.usl import scalability
from tests.trials import a_trial

from .document import Document
from .runs import EVIL, a_watched_round, a_watched_trial, levels, run_of


def made(folder: Path, *trials: Trial) -> Document:
    return Document(page(run_of(folder, *trials)))


def test_it_tells_what_was_asked_what_was_found_and_what_casts_doubt_on_it(tmp_path: Path) -> None:
    fast = a_watched_trial(name="perf/test_all_threads.py::test_all_threads[mqtt-4]", backend="mqtt", processes=4)
    fast = replace(fast, rounds=[a_watched_round(900.0)], acknowledged_means="broker has it in memory (QoS 1)")
    text = made(tmp_path, a_watched_trial(), fast).text
    for told in (
        "2 cases of test_one_thread, test_all_threads, writing to sqlite, mqtt",
        "mqtt with 4 threads wrote the most: 900 readings per second (limit: server CPU, likely)",
        "each of the 600 acknowledged readings was found again, unchanged; there is one doubt.",
        "sqlite with 1 thread: 110 readings/s",
        "the readings are not this machine's own: sensor synthetic (every case)",
        "host local: 1.00 of 1 cores busy",
        "400 attempted = 400 acknowledged; 400 acknowledged = 400 delivered + 0 lost",
        "63.5 °C",
    ):
        assert told in text


def test_the_figures_of_2019_stand_beside_the_cases_that_ask_the_same(tmp_path: Path) -> None:
    page = made(tmp_path, a_watched_trial(backend="mysql", name="perf/test_one_thread.py::test_one_thread[mysql]"))
    assert "238 TPS" in page.text
    assert "#case-1-tps" in page.all("href")
    assert "figures of 2019" not in made(tmp_path, a_watched_trial()).text


def test_every_link_leads_to_a_part_of_the_page_and_no_part_is_there_twice(tmp_path: Path) -> None:
    found = made(tmp_path, a_watched_trial(), *levels(1, 2, 3))
    ids = Counter(found.all("id"))
    assert max(ids.values()) == 1
    assert found.all("href")
    assert {link for link in found.all("href") if link[1:] not in ids or not link.startswith("#")} == set()


def test_every_number_of_a_row_leads_to_what_it_was_made_of(tmp_path: Path) -> None:
    links = Counter(made(tmp_path, a_watched_trial()).all("href"))
    expected = {
        "tps": 3,
        "steady": 1,
        "limit": 2,
        "latency": 2,
        "accounting": 4,
        "asked": 1,
    }  # the sentence has some, too
    assert {part: links[f"#case-1-{part}"] for part in expected} == expected


def test_what_others_wrote_is_inert_wherever_it_stands(tmp_path: Path) -> None:
    trial = a_watched_trial(
        name=f"perf/test_one_thread.py::test_one_thread[{EVIL}]",
        hosts=[{"name": EVIL, "roles": [EVIL], "os": EVIL}],
        rounds=[a_watched_round(host=EVIL, errors=[EVIL], run=EVIL), a_watched_round(host="other")],
        doubts=[EVIL],
        evidence=[EVIL],
        acknowledged_means=EVIL,
        settings={EVIL: EVIL, "frequency": 1},
        limit={"class": EVIL, "sure": EVIL, "evidence": [EVIL]},
    )
    written = page(run_of(tmp_path, trial, *levels(1, 2, 3)))
    found = Document(written)
    assert found.count("script") == 1
    assert found.count("img") == 0
    assert [
        name for _, one in found.elements for name in one if name.startswith("on") or name in {"src", "style"}
    ] == []
    assert "‹U+202E›evil‹U+0007›" in found.text
    assert not set(written) & set("\u202e\x07")


def test_nothing_is_loaded_and_nothing_runs_but_what_the_policy_names(tmp_path: Path) -> None:
    found = made(tmp_path, a_watched_trial())
    policy = next(one["content"] for _, one in found.elements if one.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none';" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(found.raw[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"""(?:src|href|url\()=?["']?\s*(?:https?:)?//""", page(run_of(tmp_path, a_watched_trial())))


def test_a_lost_reading_is_in_the_answer(tmp_path: Path) -> None:
    lossy = a_watched_trial(rounds=[a_watched_round(lost=3, delivered=197, accounting="fail")])
    found = made(tmp_path, lossy)
    assert "3 of 200 acknowledged readings were lost" in found.text


def test_a_record_without_windows_samples_or_latencies_still_has_a_page(tmp_path: Path) -> None:
    bare = a_trial(latency={}, histogram="")
    text = made(tmp_path, bare).text
    assert "The record has no samples" in text
    assert "nothing was timed" in text


def test_levels_of_load_have_a_knee_and_six_of_them_a_curve(tmp_path: Path) -> None:
    few, many = (made(tmp_path, *levels(*loads)).text for loads in ((1, 2, 4), (1, 2, 3, 4, 6, 8)))
    assert "no curve is fitted" in few
    assert "knee at 4 processes" in many
    assert "Universal Scalability Law over 6 levels" in many


def test_what_saturation_has_found_is_shown_though_its_levels_are_no_cases(tmp_path: Path) -> None:
    found = [Level(load, (min(load, 3) * 100.0, min(load, 3) * 101.0)) for load in (1, 2, 3, 4, 5, 6)]
    grown = {"levels": [asdict(one) for one in found]}
    probe = Verdict(290.0, held=True, throughput=290.0, growth=0.0, lag=0.0, kept=1.0, side="", why="it was held")
    rate = Sustained(290.0, 285.0, 310.0, "server", "15 probes", (probe,))
    saved = {"name": "kafka-1x1", "growth": grown, "sustained": rate.to_json(), "knee": knee(found, 10).to_json()}
    told = [saved | {"usl": scalability(found, 10).to_json()}, saved | {"usl": {"refused": "not today"}}]
    text = Document(page(run_of(tmp_path, benchmarks=[{"extra_info": {"saturation": told}}]))).text
    assert "kafka-1x1 took 302 readings per second at most (processes: 3), the knee is at 3" in text
    assert "Universal Scalability Law over 6 levels" in text
    assert "no curve is fitted: not today" in text
    assert "sustained: 290 readings/s, the limit between 285 and 310" in text


def test_latency_lies_below_throughput_and_above_what_the_hosts_did(tmp_path: Path) -> None:
    text = made(tmp_path, a_watched_trial()).text
    titles = ("Throughput, readings per second", "Latency, ms, over each round", "CPU of host local", "Temperature, °C")
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_lines_beyond_the_colours_there_are_begin_with_the_first_again(tmp_path: Path) -> None:
    series = a_watched_round().samples["local"]
    fleet = a_watched_round(samples={f"pi-{at}": series for at in range(10)})
    written = page(run_of(tmp_path, a_watched_trial(rounds=[fleet])))
    assert "serie-9 color-1" in written
    assert "color-8" not in written
    assert "pi-9" in Document(written).text


def test_layout_is_shown_where_there_is_one(tmp_path: Path) -> None:
    partitions = [
        {"partition": at, "leader": at, "replicas": [at], "in_sync": [at], "records": 100 * at} for at in (1, 2)
    ]
    server = {"service": "kafka", "says": {}, "layout": {"partitions": partitions}}
    assert (
        "broker 1: 1 with 100 readings, 2: 1 with 200 readings" in made(tmp_path, a_watched_trial(server=server)).text
    )


def test_a_run_of_nothing_and_a_histogram_of_nonsense_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"0007_.*no case in it has a record"):
        page(run_of(tmp_path))
    with pytest.raises(UsageError, match=r"test_one_thread\[sqlite\]: histogram"):
        page(run_of(tmp_path, a_watched_trial(histogram="HISTnonsense")))
    with pytest.raises(UsageError, match="saturation: expected what"):
        page(run_of(tmp_path, benchmarks=[{"extra_info": {"saturation": [{"name": "x"}]}}]))
