"""`python -m collectors` as a person uses it: a process of its own, a real file or server."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fixtures.hosts.local import LocalHost
from fixtures.process_table import descendants
from fixtures.services.base import RunningService
from fixtures.services.mariadb import MariadbService
from tests.waiting import until

COMMAND = [sys.executable, "-m", "collectors"]
DEADLINE = 30
NO_PASSWORD = os.environ | {"THERMOBENCH_PASSWORD": ""}


def run(*arguments: object, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120, **kwargs
    )


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        count: int = connection.execute("SELECT count(*) FROM reading").fetchone()[0]
    return count


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


@pytest.fixture
def start(database: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        command = [*COMMAND, "--backend", "sqlite", "--broker", str(database), "--test-time", "60", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        until(lambda: database.exists() and rows_or_none(database), "the first reading is stored")
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def pids_below(pid: int) -> list[int]:
    return [one.pid for one in descendants(pid)]


def rows_or_none(database: Path) -> int:
    try:
        return rows(database)
    except sqlite3.Error:
        return 0


def test_it_tells_the_totals_and_they_are_true(database: Path) -> None:
    done = run(
        "--backend", "sqlite", "--broker", database, "--test-time", "1.5", "--processes", "2", "--frequency", "5"
    )
    assert done.returncode == 0, done.stderr
    stored = rows(database)
    assert f"attempted {stored:,} = acknowledged {stored:,}, failed 0, unknown 0, unanswered 0" in done.stdout
    assert done.stdout.startswith("producer 0: ")
    assert "sensor synthetic" in done.stdout
    assert "acknowledged means: on disk" in done.stdout
    assert "average TPS" in done.stderr, "a live line"


def test_json_is_all_that_is_on_standard_output(database: Path) -> None:
    done = run("--backend", "sqlite", "--broker", database, "--test-time", "0.5", "--frequency", "0", "--json")
    totals = json.loads(done.stdout)
    assert totals["attempted"] == totals["acknowledged"] == rows(database)
    assert totals["tps"] == pytest.approx(totals["attempted"] / totals["seconds"])
    assert totals["producers"][0]["acknowledged"] == totals["acknowledged"]


def test_what_is_stored_is_what_the_sensor_gave(database: Path, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded"
    recorded.write_text("41000\n42000\n")
    source = f"replay:{recorded}"
    done = run(
        "--backend", "sqlite", "--broker", database, "--test-time", "0.3", "--sensor", source, "--location", "pi"
    )
    assert done.returncode == 0, done.stderr
    assert f"sensor {source}" in done.stdout
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute(
            "SELECT reading_location, reading_value, reading_number FROM reading ORDER BY rowid LIMIT 3"
        ).fetchall()
    assert found == [("pi", 41000.0, 1), ("pi", 42000.0, 2), ("pi", 41000.0, 3)]


def test_sleeping_between_readings_makes_them_few(database: Path) -> None:
    run("--backend", "sqlite", "--broker", database, "--test-time", "1", "--sleep-time", "0.3")
    assert 1 <= rows(database) <= 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_early_it_tells_the_totals_so_far(
    start: Callable[..., subprocess.Popen[str]], database: Path, number: signal.Signals
) -> None:
    process = start("--processes", "2")
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert f"= acknowledged {rows(database):,}, failed 0, unknown 0" in stdout
    assert "ended early" in stdout
    assert "Traceback" not in stderr


def test_ended_while_it_still_connects_it_ends_at_once() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:  # takes the connection, and never says a word
        where = ["--backend", "mysql", "--username", "me", "--broker", f"127.0.0.1:{silent.getsockname()[1]}"]
        process = subprocess.Popen([*COMMAND, *where], stderr=subprocess.PIPE, text=True, env=NO_PASSWORD)
        silent.settimeout(DEADLINE)
        with silent.accept()[0]:
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=DEADLINE / 6)
    assert process.returncode == 130
    assert "Traceback" not in stderr


def test_a_producer_that_is_killed_ends_the_run_by_name_and_keeps_its_count(
    start: Callable[..., subprocess.Popen[str]], database: Path
) -> None:
    process = start("--processes", "2", "--json")
    producers = until(lambda: len(found := pids_below(process.pid)) == 2 and found, "two producers run")
    os.kill(max(producers), signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=DEADLINE)
    totals = json.loads(stdout)
    assert process.returncode == 1
    assert "producer 1: was killed by signal 9" in stderr
    assert totals["attempted"] == sum(totals[k] for k in ("acknowledged", "failed", "unknown", "unanswered"))
    assert totals["unknown"] <= 1, "at most the reading in flight"
    assert totals["acknowledged"] <= rows(database) <= totals["acknowledged"] + totals["unknown"]


def test_killed_itself_it_leaves_no_producer(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start("--processes", "2")
    producers = until(lambda: len(found := pids_below(process.pid)) == 2 and found, "two producers run")
    process.kill()
    process.communicate()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in producers), "the producers are gone")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no --backend given, expected one of sqlite, mysql"),
        (["--backend", "mongo"], "backend 'mongo': there is none of that name; there are: sqlite"),
        (["--backend", "sqlite"], "backend sqlite: no file given"),
        (["--backend", "sqlite", "--broker", "/nowhere/x.db"], "the folder /nowhere does not exist"),
        (["--backend", "mysql", "--broker", "host:port"], "broker 'host:port': expected HOST or HOST:PORT"),
        (["--backend", "mysql", "--password-file", "/nowhere"], "password-file /nowhere:"),
        (["--backend", "sqlite", "--broker", "x", "--set", "x"], "set 'x': expected OPTION=VALUE"),
        (["--backend", "sqlite", "--broker", "x", "--set", "batch=0"], "option batch: '0' – expected a number from 1"),
        (["--backend", "sqlite", "--broker", "x", "--processes", "0"], "processes '0': expected"),
        (["--backend", "sqlite", "--broker", "x", "--frequency", "-1"], "frequency -1: expected 0 or more"),
        (["--backend", "sqlite", "--broker", "x", "--batch", "9", "--frequency", "3"], "frequency 3: expected 0 or"),
        (["--backend", "sqlite", "--broker", "x", "--no-wait"], "no-wait: sqlite answers every write"),
        (["--backend", "sqlite", "--broker", "x", "--test-time", "0"], "test-time 0.0: expected more than 0"),
        (["--backend", "sqlite", "--broker", "x", "--message", "3"], "message 3: expected 1 or 2"),
        (["--backend", "sqlite", "--broker", "x", "--run", "me"], "run 'me': expected 8 to 32"),
        (["--backend", "sqlite", "--broker", "x", "--sensor", "nose"], "sensor 'nose': expected auto"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert f"error: {message}" in done.stderr or message in done.stderr
    assert done.stderr.count("\n") <= 2, done.stderr
    assert done.stdout == ""


def test_a_sensor_that_gives_no_temperature_is_one_line(database: Path, tmp_path: Path) -> None:
    (tmp_path / "temp").write_text("lukewarm\n")
    done = run("--backend", "sqlite", "--broker", database, "--sensor", f"sysfs:{tmp_path}/temp")
    assert done.returncode == 1
    assert done.stderr == (
        f"error: sensor {tmp_path}/temp: holds 'lukewarm\\n', expected thousandths of a degree Celsius as a whole"
        " number, such as 57452\n"
    )


def test_a_sensor_that_breaks_in_the_middle_ends_the_run_by_name(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, database: Path
) -> None:
    zone = tmp_path / "temp"
    zone.write_text("50000\n")
    process = start("--sensor", f"sysfs:{zone}")
    with zone.open("r+b", buffering=0) as file:  # in one write: an empty file in between would be seen
        file.write(b"gone!\n")
    stdout, stderr = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert f"error: producer 0: sensor {zone}: holds 'gone" in stderr
    assert f"acknowledged {rows(database):,}, failed 0, unknown 0" in stdout


def test_help_teaches_a_backends_own_options() -> None:
    done = run("--backend", "mysql", "--help")
    assert done.returncode == 0
    for word in ("--frequency", "--password-file", "examples:", "options of mysql", "batch", "Exit status"):
        assert word in done.stdout


@pytest.fixture
def mariadb(running: Callable[[str], RunningService]) -> RunningService:
    return running("mariadb")


def test_a_password_comes_from_a_file_or_the_environment(mariadb: RunningService, tmp_path: Path) -> None:
    endpoint = mariadb.endpoints["default"]
    secret = tmp_path / "password"
    secret.write_text(f"{endpoint.password}\n")
    where = ["--backend", "mysql", "--broker", f"{endpoint.host}:{endpoint.port}", "--username", endpoint.username]
    by_file = run(*where, "--test-time", "0.3", "--password-file", secret)
    by_variable = run(*where, "--test-time", "0.3", env=os.environ | {"THERMOBENCH_PASSWORD": endpoint.password})
    without = run(*where, "--test-time", "0.3", stdin=subprocess.DEVNULL)
    assert (by_file.returncode, by_variable.returncode) == (0, 0), by_file.stderr + by_variable.stderr
    assert without.returncode == 1
    assert f"user {endpoint.username}: Access denied" in without.stderr
    for done in (by_file, by_variable, without):
        assert endpoint.password not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_a_server_that_dies_ends_the_run_with_what_was_measured_so_far(host: LocalHost, tmp_path: Path) -> None:
    doomed = MariadbService().start(host, lambda _: None)
    endpoint = doomed.endpoints["default"]
    where = ["--backend", "mysql", "--broker", f"{endpoint.host}:{endpoint.port}", "--username", endpoint.username]
    environment = os.environ | {"THERMOBENCH_PASSWORD": endpoint.password}
    with (tmp_path / "live").open("w") as live:
        process = subprocess.Popen(
            [*COMMAND, *where, "--processes", "2", "--test-time", "60", "--json"],
            stdout=subprocess.PIPE,
            stderr=live,
            text=True,
            env=environment,
        )
    until(lambda: "average TPS" in (tmp_path / "live").read_text(), "it writes")
    for one in doomed.processes:
        one.signal(signal.SIGKILL)
    stdout, _ = process.communicate(timeout=DEADLINE)
    said, totals = (tmp_path / "live").read_text(), json.loads(stdout)
    assert process.returncode == 1
    assert "error: producer 0: the connection was lost: 20" in said
    assert "Traceback" not in said
    assert totals["acknowledged"] > 0
    assert totals["tps"] == pytest.approx(totals["acknowledged"] / totals["seconds"], rel=0.05)
    assert totals["attempted"] == sum(totals[kind] for kind in ("acknowledged", "failed", "unknown", "unanswered"))


def test_a_password_is_asked_for_at_a_terminal(mariadb: RunningService) -> None:
    endpoint = mariadb.endpoints["default"]
    where = ["--backend", "mysql", "--broker", f"{endpoint.host}:{endpoint.port}", "--username", endpoint.username]
    pid, terminal = pty.fork()
    if not pid:
        os.execv(sys.executable, [*COMMAND, *where, "--test-time", "0.3"])
    shown = b""
    while b"password of" not in shown:
        shown += os.read(terminal, 1000)
    os.write(terminal, f"{endpoint.password}\n".encode())
    try:
        while chunk := os.read(terminal, 10_000):
            shown += chunk
    except OSError:  # what a terminal whose other end is closed gives on Linux
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
    assert endpoint.password.encode() not in shown
    assert b"\r\x1b[K" in shown or b"TPS" in shown


def test_a_full_disk_is_one_line_and_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", small], check=True)
    try:
        database = small / "readings.db"
        where = ["--backend", "sqlite", "--broker", database, "--set", "journal=delete"]
        done = run(*where, "--test-time", "2", "--json")
        totals = json.loads(done.stdout)
        stored = rows(database)
    finally:
        subprocess.run(["umount", small], check=True)
    assert done.returncode == 1
    assert "database or disk is full" in done.stderr
    assert totals["failed"] > 0
    assert totals["acknowledged"] == stored > 0
    assert "Traceback" not in done.stderr
