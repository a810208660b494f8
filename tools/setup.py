"""Readies a checkout for `make perf` and `make test`; does nothing where nothing is missing.

System packages come through apt (as root or through sudo), Python packages go into .venv.
Usage: python3 -m tools.setup [--help]
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fixtures.provisioning import quiet
from tools import needs
from tools.environment import Environment
from tools.log import Log, SetupError
from tools.machine import Machine, ThisMachine, is_distributions_python

CHECKOUT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None, machine: Machine | None = None, checkout: Path = CHECKOUT) -> int:
    """Does the set-up; 0 when the suite can run, with whatever backends the machine allows."""
    options = _parser().parse_args(arguments)
    log = Log(checkout / ".thermobench" / "setup.log")
    try:
        with _alone(checkout / ".thermobench" / "setup.lock", log):
            return _set_up(options, machine or ThisMachine(), Environment(checkout, log), log)
    except (SetupError, OSError) as error:
        sys.stderr.write(f"thermobench: set-up failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nthermobench: set-up interrupted; run it again to go on\n")
        return 128 + signal.SIGINT


def _set_up(options: argparse.Namespace, machine: Machine, environment: Environment, log: Log) -> int:
    sound = environment.is_sound()
    wanted = (*(() if sound else (needs.ENVIRONMENT,)), *needs.BUILD, *needs.SERVERS)
    if options.cost:
        wanted += needs.COST
    if options.baselines:
        wanted += tuple(need for need in needs.BASELINES if need not in wanted)
    if options.tests:
        wanted += needs.TESTS
    lacking = needs.missing(machine, wanted)
    if quiet.left_behind():
        tidy(log, allowed=options.system)
    if lacking:
        bring(lacking, log, allowed=options.system)
        lacking = needs.missing(machine, lacking)
        if lacking:
            things = ", ".join(need.what for need in lacking)
            log.say(f"thermobench: going on without {things}")
    if not sound:
        log.say("thermobench: making .venv, which takes all Python packages")
        environment.make(has_ensurepip=machine.has_module("ensurepip"))
    unmet = [need.what for need in lacking if need in needs.BUILD]
    fingerprint = environment.wanted(unmet)
    if options.again or not environment.is_filled(fingerprint):
        log.say("thermobench: installing Python packages into .venv (constraints.txt), up to a few minutes")
        environment.fill(fingerprint)
    mend = f"install {', '.join(unmet)} first" if unmet else "make setup SETUP_ARGS=--again tries it once more"
    for extra, reason in environment.lacking().items():
        log.say(f"thermobench: without the client of {extra}: {reason} – {mend}")
    return 0


def bring(lacking: Sequence[needs.Need], log: Log, *, allowed: bool) -> None:
    """Installs what is missing from the system, or tells how; never fails, since the rest can go on."""
    own_python = is_distributions_python()
    names = needs.packages(lacking, distributions_python=own_python)
    for need in lacking:
        usable = needs.packages([need], distributions_python=own_python)
        brought_by = " ".join(("apt:", *usable)) if usable else f"belongs to {sys.executable}"
        log.say(f"thermobench: missing: {need.what} – {need.why} ({brought_by})")
    if not names:
        return
    if shutil.which("apt-get") is None:
        log.say("thermobench: no apt-get here: install these by the system's own means")
        return
    prefix = as_root() if allowed else None
    if prefix is not None:
        log.say(f"thermobench: installing them with apt ({log.path} shows how it goes)")
        if _debian(prefix, names, log) == 0:
            return
        log.say(f"thermobench: apt failed: {log.last_error()}")
    services = quiet.services_of(names) if Path("/run/systemd/system").is_dir() else ()
    line = needs.command(names, services=services, sudo=shutil.which("sudo") is not None)
    log.say("thermobench: installing them takes root's rights; have this run once, then make again:")
    log.say(f"    {line}")


def tidy(log: Log, *, allowed: bool) -> None:
    """Ends what a set-up that was killed has left in the system, or tells that it is there."""
    prefix = as_root() if allowed else None
    if prefix is None or _debian(prefix, (), log) != 0:
        log.say(f"thermobench: a set-up that was killed left {quiet.POLICY}: sudo rm {quiet.POLICY}")


def _debian(prefix: Sequence[str], names: Sequence[str], log: Log) -> int:
    return log.run([*prefix, sys.executable, "-B", "-m", "fixtures.provisioning.debian", *names], cwd=CHECKOUT)


def as_root() -> list[str] | None:
    """What to put before a command that needs root; None where that cannot be had without asking in vain."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    quietly = ["sudo", "-n"]
    test = subprocess.run([*quietly, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if test.returncode == 0:
        return quietly
    return ["sudo"] if sys.stdin.isatty() and sys.stderr.isatty() else None


@contextmanager
def _alone(lock: Path, log: Log) -> Iterator[None]:
    """Lets one set-up of this checkout run at a time."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.say("thermobench: waiting for another set-up of this checkout to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.setup",
        description="Readies this checkout: system packages through apt, Python packages into .venv. "
        "It looks for what is missing, tells what it installs and why, and does nothing else.",
    )
    parser.add_argument(
        "--no-system",
        dest="system",
        action="store_false",
        help="leave the system alone: only print the command that would install what it lacks",
    )
    parser.add_argument("--again", action="store_true", help="install the Python packages though nothing changed")
    parser.add_argument("--baselines", action="store_true", help="also bring what measures the hosts themselves")
    parser.add_argument("--cost", action="store_true", help="also bring the load tools that `make cost` needs")
    parser.add_argument("--tests", action="store_true", help="also bring what only the tests need")
    return parser


if __name__ == "__main__":
    sys.exit(main())
