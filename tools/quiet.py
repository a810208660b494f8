"""Keeps the services of newly installed packages from running: the suite starts servers of its own.

Debian starts and enables a service when its package is installed. While the installation runs, a policy-rc.d
(see /usr/share/doc/init-system-helpers/README.policy-rc.d.gz) denies that to exactly the services named here;
afterwards they are disabled. A service that was on the machine before is never touched.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
MARK = "# Written by thermobench's set-up for:"
DENIED = 101
# Set for the installation, and so for all that it runs.
VARIABLE = "THERMOBENCH_KEEPS_SERVICES_OFF"

# Packages that bring a service, and its name.
SERVICES = {"mosquitto": "mosquitto", "openssh-server": "ssh"}


def services_of(packages: Iterable[str]) -> tuple[str, ...]:
    """The system services that `packages` bring."""
    return tuple(SERVICES[name] for name in packages if name in SERVICES)


def policy_text(services: Sequence[str]) -> str:
    """A policy-rc.d that denies `services` to start, in what our own apt-get runs and nowhere else."""
    names = "|".join(f"{name}|{name}.service" for name in services)
    return (
        f"#!/bin/sh\n{MARK} {' '.join(services)}\n"
        "# It has no effect on any other installation and may be deleted once the set-up has ended.\n"
        f'[ "${{{VARIABLE}:-}}" = 1 ] || exit 0\n'
        f'for word in "$@"; do case "$word" in {names}) exit {DENIED};; esac; done\n'
        "exit 0\n"
    )


def left_behind(policy: Path = POLICY) -> tuple[str, ...]:
    """The services named in a policy of ours that a killed set-up left; empty where there is none."""
    try:
        lines = policy.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    marked = [line for line in lines if line.startswith(MARK)]
    return tuple(marked[0].removeprefix(MARK).split()) if marked else ()


@contextmanager
def kept_off(services: Sequence[str], policy: Path = POLICY) -> Iterator[None]:
    """Keeps `services` from being started or left enabled by an installation that runs within.

    Args:
        services: those that the installation would bring; none that is there already.
        policy: where policy-rc.d lies. One that is there already is left alone; the services are then stopped
            afterwards if it let them start.

    Raises:
        OSError: the policy cannot be written.
    """
    if not services:
        yield
        return
    ours = _write_policy(policy, policy_text(services))
    os.environ[VARIABLE] = "1"
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        for name in services:
            disable(name, stop=not ours)
        if ours:
            policy.unlink(missing_ok=True)


def disable(service: str, *, stop: bool) -> None:
    """Takes `service` out of the start of the machine.

    Args:
        service: a system service's name; one that is not installed is no error.
        stop: also end it where no systemd runs (where it does, it is ended in any case).
    """
    unit = f"{service}.service"
    script = Path("/etc/init.d", service)
    if script.exists():
        # It takes care of systemd's links, too, even where systemd is not installed.
        _run("update-rc.d", service, "disable")
    if Path("/run/systemd/system").is_dir():
        _run("systemctl", "disable", "--now", unit)
        return
    _run("deb-systemd-helper", "disable", unit, package=service)
    if stop and script.exists():
        _run(str(script), "stop")


def clean_up(policy: Path = POLICY) -> None:
    """Ends what a killed set-up left: its services are disabled, its policy is deleted."""
    for name in left_behind(policy):
        disable(name, stop=False)
        policy.unlink(missing_ok=True)


def _write_policy(policy: Path, text: str) -> bool:
    """Whether the policy could be put in place; False where the machine has one of its own."""
    try:
        descriptor = os.open(policy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    policy.chmod(0o755)  # whatever the umask
    return True


def _run(*command: str, package: str = "") -> None:
    """Runs `command`, as `package`'s own scripts would; one that is not there or fails leaves it to the others."""
    env = {**os.environ, "DPKG_MAINTSCRIPT_PACKAGE": package} if package else None
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, check=False, env=env)
    except OSError:
        return
