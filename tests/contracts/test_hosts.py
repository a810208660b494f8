"""What every host promises, asked of each implementation."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collectors.errors import ServerError, UsageError
from fixtures.hosts.base import Host, Process
from fixtures.hosts.cpu_share import CpuShare
from fixtures.hosts.dask_cluster import DaskCluster
from fixtures.hosts.local import LocalHost
from fixtures.hosts.ssh import SshHost
from fixtures.process_table import entry
from tests.containers import pid_here, python_container, seen
from tests.sshd import ALIAS, Sshd

CPU = min(os.sched_getaffinity(0))


def over_ssh(request: pytest.FixtureRequest) -> Host:
    sshd: Sshd = request.getfixturevalue("sshd")
    target = sshd.target(request.getfixturevalue("tmp_path_factory").mktemp("ssh"))
    return SshHost(ALIAS, "127.0.0.1", target, python=sys.executable)


def over_dask(request: pytest.FixtureRequest) -> Host:
    cluster: DaskCluster = request.getfixturevalue("dask_cluster")
    return cluster.host(cluster.workers[0])


HOSTS: dict[str, Callable[[pytest.FixtureRequest], Host]] = {
    "local": lambda _: LocalHost(),
    "cpu share": lambda _: CpuShare("share", cpus=[CPU]),
    "ssh": over_ssh,
    "container": lambda _: python_container(),
    "dask": over_dask,
}
"""What makes each. The far host is this machine, so that its pids and files can be looked at."""
MARKS = {
    "ssh": pytest.mark.slow,
    "container": (pytest.mark.containers, pytest.mark.slow),
    "dask": (pytest.mark.slow, pytest.mark.dask),
}

# The system's interpreter where there is one: our own may lie where the servers' user must not look.
PYTHON = (shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable, "-I", "-S", "-c")

IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(300)"
)
LISTENS = (
    "import socket, sys, time; s = socket.create_server((sys.argv[1], int(sys.argv[2])));"
    "print('ready', flush=True); s.accept()[0].sendall(b'here'); time.sleep(300)"
)
STARTS_ANOTHER = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-I', '-S', '-c', *sys.argv[1:]]);"
    "print(p.pid, flush=True); p.wait()"
)
BECOMES_DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(300)
    os._exit(0)
os.wait()
"""


@pytest.fixture(params=[pytest.param(name, marks=MARKS.get(name, ())) for name in HOSTS])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    made = HOSTS[request.param](request)
    yield made
    made.close()


def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


def log_of(host: Host, label: str = "test", *, server: bool = False) -> str:
    return f"{host.folder(label, server=server)}/log"


def first_line(host: Host, log: str) -> str:
    until(lambda: b"\n" in host.fetch(log))
    return host.fetch(log).decode().splitlines()[0]


def is_there(pid: int) -> bool:
    found = entry(pid)
    return found is not None and found.state != "Z"


# Processes


def test_a_process_gives_its_status_and_its_output_is_appended_to_the_log(host: Host) -> None:
    log = log_of(host)
    script = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(7)"
    process = host.run([*PYTHON, script], log=log)
    assert process.wait(10) == 7
    assert process.poll() == 7
    assert host.run([*PYTHON, "print('again')"], log=log).wait(10) == 0
    assert host.fetch(log) == b"out\nerr\nagain\n"


def test_a_running_process_has_no_status_and_waiting_for_it_ends(host: Host) -> None:
    process = host.run(["sleep", "300"], log=log_of(host))
    assert process.poll() is None
    assert is_there(process.pid)
    with pytest.raises(TimeoutError, match=str(process.pid)):
        process.wait(0.1)


def test_a_process_gets_the_environment_and_the_folder_asked_for(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THERMOBENCH_OUTSIDE", "outer")
    log, elsewhere = log_of(host), host.folder("elsewhere")
    script = "import os; print(os.environ['THERMOBENCH_OUTSIDE'], os.environ['GIVEN'], os.getcwd())"
    for folder, shown in ((None, str(Path(log).parent)), (elsewhere, elsewhere)):
        assert host.run([*PYTHON, script], log=log, env={"GIVEN": "ä b"}, folder=folder).wait(10) == 0
        assert host.fetch(log).decode().splitlines()[-1] == f"outer ä b {shown}"


def test_a_process_has_nothing_to_read_and_no_descriptor_of_ours(host: Host) -> None:
    log = log_of(host)
    script = "import os, sys; print(repr(sys.stdin.read()), sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"
    assert host.run([*PYTHON, script], log=log).wait(10) == 0
    assert host.fetch(log) == b"'' [0, 1, 2]\n"


def test_a_process_starts_with_the_usual_signals(host: Host) -> None:
    log = log_of(host)
    assert host.run(["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"], log=log).wait(10) == 0
    blocked, ignored = (int(line.split()[1], 16) for line in host.fetch(log).decode().splitlines())
    assert blocked == 0
    assert not ignored & sum(1 << number - 1 for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))


def test_a_server_runs_as_somebody_unprivileged_at_home_in_its_folder(host: Host) -> None:
    log = log_of(host, server=True)
    script = "import os; print(os.getuid(), os.geteuid(), os.getgroups(), os.environ['HOME'])"
    process = host.run([*PYTHON, script], log=log, server=True)
    assert process.wait(10) == 0
    shown = host.fetch(log).decode().strip()
    uid, gid = seen(host, log).stat().st_uid, seen(host, log).stat().st_gid
    assert uid != 0
    assert uid == seen(host, log).parent.stat().st_uid
    if os.geteuid() == 0:
        assert shown.replace(f"[{gid}]", "[]") == f"{uid} {uid} [] {Path(log).parent}"
    else:
        assert shown.startswith(f"{os.getuid()} {os.geteuid()} ")


@pytest.mark.parametrize("program", ["thermobench-no-such-program", "/nowhere/thermobench-server"])
def test_a_program_that_is_not_there_is_named(host: Host, program: str) -> None:
    with pytest.raises(ServerError, match=program):
        host.run([program], log=log_of(host))


def test_a_program_that_may_not_be_run_is_named(host: Host) -> None:
    folder = host.folder("plain")
    host.put(f"{folder}/program", b"#!/bin/sh\n", mode=0o600)
    with pytest.raises(ServerError, match="program"):
        host.run([f"{folder}/program"], log=f"{folder}/log")


def test_a_program_in_a_broken_file_is_named(host: Host) -> None:
    folder = host.folder("broken")
    host.put(f"{folder}/program", b"#!/nowhere/interpreter\n", mode=0o700)
    with pytest.raises(ServerError, match="program"):
        host.run([f"{folder}/program"], log=f"{folder}/log")


def test_a_working_folder_or_log_that_is_not_there_is_named(host: Host) -> None:
    log = log_of(host)
    with pytest.raises(ServerError, match="/nowhere/at-all"):
        host.run(["true"], log=log, folder="/nowhere/at-all")
    with pytest.raises(ServerError, match="/nowhere/log"):
        host.run(["true"], log="/nowhere/log")


# Signals and ends


def test_a_signal_reaches_the_process_and_shows_in_its_status(host: Host) -> None:
    process = host.run(["sleep", "300"], log=log_of(host))
    process.signal(signal.SIGUSR1)
    assert process.wait(10) == -signal.SIGUSR1
    process.signal(signal.SIGUSR1)


def test_stop_ends_a_process_with_sigterm_and_may_be_called_twice(host: Host) -> None:
    process = host.run(["sleep", "300"], log=log_of(host))
    assert process.stop() == -signal.SIGTERM
    assert process.stop() == -signal.SIGTERM
    assert not is_there(process.pid)


def test_stop_lets_a_server_end_in_its_own_way(host: Host) -> None:
    log = log_of(host)
    script = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(5));"
        "print('ready', flush=True); time.sleep(300)"
    )
    process = host.run([*PYTHON, script], log=log)
    first_line(host, log)
    assert process.stop() == 5


def test_stop_ends_a_process_that_ignores_sigterm(host: Host) -> None:
    log = log_of(host)
    process = host.run([*PYTHON, IGNORES_SIGTERM], log=log)
    first_line(host, log)
    assert process.stop(timeout=0.3) == -signal.SIGKILL
    assert not is_there(process.pid)


def test_stop_ends_a_paused_process(host: Host) -> None:
    process = host.run(["sleep", "300"], log=log_of(host))
    process.signal(signal.SIGSTOP)
    until(lambda: (found := entry(process.pid)) and found.state == "T")
    assert process.stop() == -signal.SIGTERM


def test_stop_ends_what_the_process_started(host: Host) -> None:
    log = log_of(host)
    process = host.run([*PYTHON, STARTS_ANOTHER, IGNORES_SIGTERM], log=log)
    grandchild = pid_here(host, int(first_line(host, log)))
    assert is_there(grandchild)
    process.stop()
    assert not is_there(grandchild)


def test_stop_leaves_other_processes_alone(host: Host) -> None:
    one, other = (host.run(["sleep", "300"], log=log_of(host)) for _ in range(2))
    one.stop()
    assert other.poll() is None


def test_many_threads_may_use_a_host_while_one_waits(host: Host) -> None:
    log = log_of(host)
    slow = host.run(["sleep", "300"], log=log)
    statuses: dict[int, int] = {}

    def use(number: int) -> None:
        process = host.run([*PYTHON, f"import sys; sys.exit({number})"], log=log)
        statuses[number] = process.wait(30)

    waiting = threading.Thread(target=lambda: slow.wait(60))
    users = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in (waiting, *users):
        thread.start()
    for thread in users:
        thread.join()
    assert statuses == {number: number for number in range(8)}
    assert waiting.is_alive()
    slow.stop()
    waiting.join()


# Closing


def test_close_ends_everything_and_may_be_called_twice(host: Host) -> None:
    log = log_of(host)
    plain = host.run(["sleep", "300"], log=log)
    paused = host.run(["sleep", "300"], log=log)
    paused.signal(signal.SIGSTOP)
    log = log_of(host, server=True)
    daemon = host.run([*PYTHON, BECOMES_DAEMON], log=log, server=True)
    grandchild = pid_here(host, int(first_line(host, log)))
    assert daemon.wait(10) == 0
    assert is_there(grandchild)
    host.close()
    assert [pid for pid in (plain.pid, paused.pid, grandchild) if is_there(pid)] == []
    assert (plain.poll(), paused.stop(), daemon.poll()) == (-signal.SIGTERM, -signal.SIGTERM, 0)
    plain.signal(signal.SIGTERM)
    host.close()


def test_a_closed_host_starts_nothing_more(host: Host) -> None:
    log = log_of(host)
    host.close()
    with pytest.raises(ServerError, match="closed"):
        host.run(["true"], log=log)
    with pytest.raises(ServerError, match="closed"):
        host.folder("late")


@pytest.mark.parametrize("server", [False, True])
def test_a_folder_is_private_unpredictable_and_gone_after_close(host: Host, server: bool, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o750)
    (outside / "file").write_text("not ours")
    folders = [host.folder("my label/x", server=server) for _ in range(2)]
    assert folders[0] != folders[1]
    assert "my-label-x" in folders[0]
    for folder in folders:
        assert seen(host, folder).stat().st_mode & 0o7777 == 0o700
    seen(host, f"{folders[0]}/link").symlink_to(outside)
    sealed = "mkdir -p sealed/below; touch sealed/below/file; chmod 0 sealed/below; chmod 0 sealed ."
    log = f"{folders[0]}/log"
    assert host.run(["sh", "-c", sealed], log=log, server=server).wait(10) == 0
    paths = [seen(host, folder) for folder in folders]
    host.close()
    assert [path for path in paths if path.exists()] == []
    assert (outside / "file").read_text() == "not ours"
    assert outside.stat().st_mode & 0o7777 == 0o750


# Files


@pytest.mark.parametrize("server", [False, True])
def test_a_file_that_was_put_is_private_and_its_folders_owners(host: Host, server: bool) -> None:
    folder = host.folder("files", server=server)
    path = f"{folder}/secret"
    host.put(path, b"\0one\xff")
    assert host.fetch(path) == b"\0one\xff"
    host.put(path, b"two")
    assert host.fetch(path) == b"two"
    status, owner = seen(host, path).stat(), seen(host, folder).stat()
    assert status.st_mode & 0o7777 == 0o600
    assert (status.st_uid, status.st_gid) == (owner.st_uid, owner.st_gid)
    assert [file.name for file in seen(host, folder).iterdir()] == ["secret"]
    host.put(path, b"three", mode=0o640)
    assert seen(host, path).stat().st_mode & 0o7777 == 0o640
    assert host.run(["cat", path], log=f"{folder}/log", server=server).wait(10) == 0
    assert host.fetch(f"{folder}/log") == b"three"
    assert seen(host, f"{folder}/log").stat().st_mode & 0o7777 == 0o600


def test_a_file_that_cannot_be_put_or_fetched_is_named(host: Host) -> None:
    with pytest.raises(ServerError, match="/nowhere/file"):
        host.put("/nowhere/file", b"")
    with pytest.raises(FileNotFoundError, match="/nowhere/file"):
        host.fetch("/nowhere/file")


def test_programs_are_found_in_sbin_too(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin:/usr/bin")
    assert host.find("sh")
    assert "sbin" in (host.find("ldconfig") or "")
    assert host.find("thermobench-no-such-program") is None


# Addresses


def test_free_ports_are_free_and_never_given_twice(host: Host) -> None:
    # The ports of a container are published when it is made, which keeps them from everybody else.
    published = host.environment == "container"
    ports = [host.free_port() for _ in range(8 if published else 200)]
    assert len(set(ports)) == len(ports)
    for port in ports[:20] if not published else ():
        with socket.socket() as probe:
            probe.bind((host.address, port))
    if published:
        with pytest.raises(ServerError, match="8 ports"):
            host.free_port()


def test_a_port_is_free_until_somebody_takes_it(host: Host) -> None:
    port = host.free_port()
    assert host.is_free(host.address, port)
    listener(host, port, server=False, below=False)
    assert not host.is_free(host.address, port)
    with pytest.raises(ServerError, match=r"(?i)assign requested address"):
        host.is_free("192.0.2.1", port)


def test_what_listens_on_a_port_of_a_host_is_reached_at_its_address(host: Host) -> None:
    port = host.free_port()
    listener(host, port, server=False, below=False)
    with socket.create_connection((host.address, port), timeout=10) as connection:
        assert connection.recv(4) == b"here"


def listener(host: Host, port: int, *, server: bool, below: bool) -> Process:
    log = log_of(host, server=server)
    script = [STARTS_ANOTHER, LISTENS] if below else [LISTENS]
    process = host.run([*PYTHON, *script, host.listens_on, str(port)], log=log, server=server)
    until(lambda: b"ready" in host.fetch(log))
    return process


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("server", [False, True])
def test_a_listener_of_its_own_is_told_from_anothers(host: Host, server: bool, below: bool) -> None:
    port, foreign = host.free_port(), host.free_port()
    process = listener(host, port, server=server, below=below)
    other = listener(host, foreign, server=server, below=False)
    assert host.listens(process, port)
    assert not host.listens(process, foreign)
    assert not host.listens(other, port)
    process.stop()
    assert not host.listens(process, port)


def test_a_connection_is_not_a_listener(host: Host) -> None:
    log, port = log_of(host), host.free_port()
    script = (
        "import socket, sys, time; s = socket.create_connection((sys.argv[1], int(sys.argv[2])));"
        "print(s.getsockname()[1], flush=True); time.sleep(300)"
    )
    listener(host, port, server=False, below=False)
    process = host.run([*PYTHON, script, host.listens_on, str(port)], log=log)
    assert not host.listens(process, int(first_line(host, log)))


# What it says of itself


def test_facts_are_told_and_can_be_saved(host: Host) -> None:
    facts = host.facts()
    assert {"hostname", "machine", "board", "kernel", "cpus", "memory_mib", "os", "python"} <= facts.keys()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["cpus"] >= 1
    assert facts["memory_mib"] > 0
    assert host.environment in {"native", "container", "hardware"}


def test_the_file_system_of_a_path_is_known(host: Host) -> None:
    assert host.filesystem("/proc/self") == "proc"
    assert host.filesystem(host.folder("here")) not in {"proc", "unknown", ""}


# The local host's parent folder


def test_a_parent_folder_that_is_not_there_is_named() -> None:
    with LocalHost(parent=Path("/nowhere/data")) as local, pytest.raises(UsageError) as error:
        local.folder("x")
    assert "/nowhere/data" in str(error.value)
    assert "--data-dir" in str(error.value)


def test_a_parent_folder_of_no_use_to_servers_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700 if os.geteuid() == 0 else 0o500)
    with LocalHost(parent=closed) as local, pytest.raises(UsageError) as error:
        local.folder("x", server=True)
    assert str(closed) in str(error.value)
    assert "--data-dir" in str(error.value)
    assert list(closed.iterdir()) == []
