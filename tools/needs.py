"""What the suite needs from the system, why, and which Debian packages bring it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tools.machine import Machine

# Cassandra 5.0 runs on Java 11 and 17 alone, Kafka 4 from 17 on.
JAVA = 17

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Need:
    """One thing the system has to bring.

    Args:
        what: the thing, in a person's words.
        why: what the suite does with it.
        packages: the Debian packages that bring it, named alike on Ubuntu and Raspberry Pi OS.
        is_met: tells whether a machine has it.
        by_python: the packages extend the distribution's own Python and no other.
    """

    what: str
    why: str
    packages: tuple[str, ...]
    is_met: Callable[[Machine], bool]
    by_python: bool = False


ENVIRONMENT = Need(
    "pip for a virtual environment",
    "all Python packages go into .venv, none into the system",
    (f"{PYTHON}-venv",),
    lambda machine: machine.has_module("ensurepip"),
    by_python=True,
)

BUILD = (
    Need(
        "a C compiler",
        "mysqlclient has no ready-made package for Linux, others have none for ARM",
        ("gcc", "libc6-dev"),
        lambda machine: machine.has_compiler(),
    ),
    Need(
        "Python's C headers",
        "to build the same Python packages",
        (f"lib{PYTHON}-dev",),
        lambda machine: machine.has_python_headers(),
        by_python=True,
    ),
    Need(
        "pkg-config",
        "tells mysqlclient where the client library lies",
        ("pkgconf",),
        lambda machine: machine.has_program("pkg-config"),
    ),
    Need(
        "MariaDB's client library",
        "mysqlclient is built on it",
        ("libmariadb-dev",),
        lambda machine: machine.has_library("libmariadb", "mariadb", "mysqlclient"),
    ),
)

SERVERS = (
    Need(
        "MariaDB's server programs",
        "backend mysql; no system service comes with them",
        ("mariadb-server-core",),
        lambda machine: machine.has_program("mariadbd") and machine.has_program("mariadb-install-db"),
    ),
    Need(
        "MariaDB's client programs",
        "to prepare the server's data folder",
        ("mariadb-client-core",),
        lambda machine: machine.has_program("mariadb") and machine.has_program("my_print_defaults"),
    ),
    Need(
        "Mosquitto",
        "backends mqtt and awsiot; its system service stays off",
        ("mosquitto",),
        lambda machine: machine.has_program("mosquitto"),
    ),
    Need(
        f"a Java {JAVA} runtime",
        "backends kafka and cassandra",
        (f"openjdk-{JAVA}-jre-headless",),
        lambda machine: machine.has_java(JAVA),
    ),
    Need(
        "Maven",
        "fetches Kafka and Cassandra when a run first needs them",
        ("maven",),
        lambda machine: machine.has_program("mvn"),
    ),
)

COST = (
    Need(
        "sysbench",
        "backend mysql is held against it",
        ("sysbench",),
        lambda machine: machine.has_program("sysbench"),
    ),
    Need(
        "Mosquitto's client programs",
        "backends mqtt and mqtt-raw are held against mosquitto_pub",
        ("mosquitto-clients",),
        lambda machine: machine.has_program("mosquitto_pub"),
    ),
    Need(
        "SQLite's shell",
        "backend sqlite is held against it",
        ("sqlite3",),
        lambda machine: machine.has_program("sqlite3"),
    ),
    Need(
        f"a Java {JAVA} compiler",
        "for the Java producers that backend kafka-confluent is held against",
        (f"openjdk-{JAVA}-jdk-headless",),
        lambda machine: machine.has_program("javac"),
    ),
)
"""What `make cost` measures against; without one of them its ratios are left out."""

BASELINES = (
    Need(
        "sysbench",
        "measures what a host's CPU can do at best (docs/baselines.md)",
        ("sysbench",),
        lambda machine: machine.has_program("sysbench"),
    ),
    Need(
        "fio",
        "measures what its disk can do at best",
        ("fio",),
        lambda machine: machine.has_program("fio"),
    ),
    Need(
        "iperf3",
        "measures what the network between hosts carries at best",
        ("iperf3",),
        lambda machine: machine.has_program("iperf3"),
    ),
)
"""What host baselines are measured with; without one of them its figures are left out, and the result says so."""


TESTS = (
    Need(
        "OpenSSH's client",
        "to reach hosts over SSH",
        ("openssh-client",),
        lambda machine: machine.has_program("ssh"),
    ),
    Need(
        "OpenSSH's server",
        "the tests of hosts over SSH start one on loopback; its system service stays off",
        ("openssh-server",),
        lambda machine: machine.has_program("sshd"),
    ),
    Need(
        "iproute2",
        "virtual hosts' networks are made with it",
        ("iproute2",),
        lambda machine: machine.has_program("ip") and machine.has_program("tc"),
    ),
    Need(
        "faketime",
        "gives a virtual host a clock that is off",
        ("faketime",),
        lambda machine: machine.has_program("faketime"),
    ),
    Need(
        "a container engine",
        "the tests of containers start one of their own; its system service stays off",
        # The second comes with the first: it is named because it brings a service, too.
        ("docker.io", "containerd"),
        lambda machine: machine.has_program("dockerd"),
    ),
    Need(
        "mmdebstrap",
        "builds the images of servers that containers are tested with",
        ("mmdebstrap",),
        lambda machine: machine.has_program("mmdebstrap"),
    ),
)
"""What the tests need beside all of these; without it some are skipped."""


def missing(machine: Machine, needs: Iterable[Need]) -> tuple[Need, ...]:
    """Those of `needs` that `machine` does not meet, in their order."""
    return tuple(need for need in needs if not need.is_met(machine))


def packages(needs: Iterable[Need], *, distributions_python: bool = True) -> tuple[str, ...]:
    """The Debian packages that bring `needs`, each once.

    Args:
        needs: what is missing.
        distributions_python: whether the Python in use is the system's own. Another one (pyenv's, one that
            was compiled by hand) gains nothing from the system's Python packages, so they are left out.
    """
    usable = (need for need in needs if distributions_python or not need.by_python)
    return tuple(dict.fromkeys(name for need in usable for name in need.packages))


def command(names: Sequence[str], *, services: Sequence[str] = (), sudo: bool = True) -> str:
    """The one line that a person with the right to do so runs to install `names`.

    Args:
        names: Debian packages.
        services: system services that the packages bring and that the suite does not want to run.
        sudo: whether the machine has sudo; su otherwise.
    """
    steps = ["apt-get update", "apt-get install -y --no-install-recommends " + " ".join(names)]
    steps += [f"systemctl disable --now {name}" for name in services]
    return f"{'sudo sh' if sudo else 'su root'} -c '{' && '.join(steps)}'"
