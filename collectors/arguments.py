"""The command line of `python -m collectors`."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from .backends.base import Backend
from .backends.registry import backend, names
from .endpoint import Endpoint
from .errors import UsageError
from .load import Load, checked, new_run
from .observer import parse_watched
from .sensors.choice import SENSORS, resolve

PASSWORD_VARIABLE = "THERMOBENCH_PASSWORD"  # noqa: S105 – the variable's name

_EPILOG = """\
examples:
  python -m collectors --backend sqlite --broker readings.db --test-time 10
  python -m collectors --backend mysql --broker db.local --username pi --password-file ~/.db-password --processes 2x
  python -m collectors --backend kafka --broker pi3:9092,pi4:9092 --frequency 1000 --set acks=1
  python -m collectors --backend mqtt --rate 500 --processes 4 --test-time 60
  python -m collectors --backend awsiot --broker XXXX-ats.iot.eu-west-1.amazonaws.com \\
      --ca-file rootCA.pem --cert-file certificate.pem.crt --key-file private.pem.key

`python -m collectors --backend NAME --help` lists the options of that backend for --set.
A password is read from --password-file, else from THERMOBENCH_PASSWORD, else asked for at a terminal.
Exit status: 0 done, 1 something failed, 2 wrong usage, 130 ended by Ctrl-C (with the totals so far).
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of everything but the backend's own options."""
    made = argparse.ArgumentParser(
        prog="python -m collectors",
        description="Read the CPU's temperature and write it to a server as fast as it goes, or as told.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    _where(made.add_argument_group("where to"))
    _how(made.add_argument_group("how much"))
    _what(made.add_argument_group("what"))
    shown = made.add_argument_group("what is shown")
    shown.add_argument("--json", action="store_true", help="print the totals as JSON on standard output")
    shown.add_argument("--quiet", action="store_true", help="no line a second")
    shown.add_argument("--live", metavar="FILE", help="instead of that line, keep its figures, as JSON, in this file")
    shown.add_argument("--result", metavar="FILE", help="also write every detail, as JSON, to this file")
    shown.add_argument(
        "--watch",
        metavar="GROUP=PID[,PID…]",
        action="append",
        default=[],
        help="processes of this host to sample beside the producers, such as server=812; may be repeated; "
        "container.NAME=PID is the container that a process is in, as a whole",
    )
    shown.add_argument(
        "--hold",
        metavar="PATH",
        help="for producers on several hosts: when connected, write PATH.ready, and begin when PATH.go says",
    )
    shown.add_argument("-h", "--help", action="store_true", help="show this help, and --backend's own options")
    return made


def _where(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--backend", metavar="NAME", help=f"one of {', '.join(names())}")
    group.add_argument(
        "--broker",
        metavar="HOST[:PORT][,…]",
        help="the server, or several nodes of a cluster (default 127.0.0.1); for a backend without a server its file",
    )
    group.add_argument("--username", metavar="NAME")
    group.add_argument("--password-file", metavar="FILE", help="a file that holds the password and nothing else")
    group.add_argument("--ca-file", metavar="PEM", help="the authority to trust; turns TLS on")
    group.add_argument("--cert-file", metavar="PEM", help="the client's certificate")
    group.add_argument("--key-file", metavar="PEM", help="the client's private key, readable by its owner alone")
    group.add_argument(
        "--set", metavar="OPTION=VALUE", action="append", default=[], help="an option of the backend; may be repeated"
    )


def _how(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--frequency",
        type=int,
        metavar="N",
        help="wait until readings are durable after every N (default 1, or the batch); 0: at the end only",
    )
    group.add_argument("--batch", metavar="N", help="rows in one statement, where the backend has that (default 1)")
    group.add_argument(
        "--in-flight", metavar="W", help="readings outstanding between two waits at most (default: the backend's own)"
    )
    group.add_argument(
        "--rate",
        type=float,
        default=0.0,
        metavar="R",
        help="readings per second of all processes together, on a schedule that does not wait for the server; "
        "latency then counts from when a reading was due (default: as fast as acknowledgements allow)",
    )
    group.add_argument("--no-wait", action="store_true", help="send and forget: wait for no acknowledgement at all")
    group.add_argument("--sleep-time", type=float, default=0.0, metavar="S", help="seconds between two readings")
    group.add_argument("--test-time", type=float, default=180.0, metavar="S", help="seconds to run (default 180)")
    group.add_argument("--warm-up", type=float, default=0.0, metavar="S", help="seconds before, written but not timed")
    group.add_argument(
        "--processes", default="1", metavar="N|Nx", help="producers; 2x is twice the number of CPUs (default 1)"
    )
    group.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="longest wait for the server (default 30)"
    )


def _what(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--sensor", default="auto", metavar="SENSOR", help=f"{SENSORS} (default auto)")
    group.add_argument("--location", default="", help="instead of <hostname>_cpu")
    group.add_argument(
        "--message", type=int, default=2, metavar="1|2", help="message generation, where messages are sent (default 2)"
    )
    group.add_argument("--run", default="", metavar="HEX", help="identifier of the run (default: a new one)")
    group.add_argument("--first-producer", type=int, default=0, metavar="N", help="number of the first producer")


def options_help(chosen: Backend) -> str:
    """Return what `--help` says about one backend."""
    lines = [f"options of {chosen.name} ({chosen.summary}), each as --set OPTION=VALUE:"]
    lines += [
        f"  {option.name:<14} {option.help}; {option.expected} (default {_shown(option.default)})"
        for option in chosen.options
    ]
    return "\n".join(lines if chosen.options else [f"{chosen.name} ({chosen.summary}) has no options of its own"])


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return str(default) or "none"


def load_from(given: argparse.Namespace) -> tuple[Load, str]:
    """Return what was asked for, checked, and a line about the sensor for the user (often empty).

    Raises:
        UsageError: something that was given does not exist or does not fit.
        SensorError: the sensor asked for cannot be read.
    """
    if not given.backend:
        raise UsageError(f"no --backend given, expected one of {', '.join(names())}")
    chosen = backend(given.backend)
    if given.message not in {1, 2}:
        raise UsageError(f"message {given.message}: expected 1 or 2")
    sensor, remark = resolve(given.sensor)
    load = checked(
        chosen,
        _own_options(given),
        frequency=given.frequency,
        endpoint=_endpoint(given, chosen),
        run=given.run or new_run(),
        wait=not given.no_wait,
        processes=processes(given.processes),
        first_producer=given.first_producer,
        sensor=sensor,
        location=given.location,
        generation=given.message,
        sleep_time=given.sleep_time,
        rate=given.rate,
        test_time=given.test_time,
        warm_up=given.warm_up,
        timeout=given.timeout,
    )
    return load, remark


def watched_by(given: argparse.Namespace) -> dict[str, list[int]]:
    """Return the processes to sample, by group.

    Raises:
        UsageError: not groups and process ids.
    """
    try:
        return parse_watched(given.watch)
    except ValueError as error:
        raise UsageError(f"watch {error}") from None


def processes(text: str) -> int:
    """Return how many producers `4` or `2x` (twice the CPUs that this process may use) are.

    Raises:
        UsageError: neither a number nor a number and `x`, or less than one.
    """
    times = text.removesuffix("x")
    if not times.isdecimal() or int(times) < 1:
        raise UsageError(f"processes {text!r}: expected a number from 1, or such a number and x for so many per CPU")
    return int(times) * (len(os.sched_getaffinity(0)) if text.endswith("x") else 1)


def _own_options(given: argparse.Namespace) -> dict[str, str]:
    own = {}
    for pair in given.set:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"set {pair!r}: expected OPTION=VALUE")
        own[name] = value
    for name in ("batch", "in_flight"):
        if (value := getattr(given, name)) is not None:
            own[name] = value
    return own


def _endpoint(given: argparse.Namespace, chosen: Backend) -> Endpoint:
    if chosen.service == "file":
        return Endpoint(path=given.broker or "")
    first, *others = (given.broker or "127.0.0.1").split(",")
    host, _, port = first.rpartition(":") if ":" in first else (first, "", "0")
    if not port.isdecimal() or int(port) > 65535 or not host:  # noqa: PLR2004 – the highest TCP port
        raise UsageError(f"broker {first!r}: expected HOST or HOST:PORT, the port a number up to 65535")
    return Endpoint(
        host=host,
        port=int(port),
        others=tuple(others),
        username=given.username or "",
        password=_password(given),
        ca_file=given.ca_file or "",
        cert_file=given.cert_file or "",
        key_file=given.key_file or "",
    )


def _password(given: argparse.Namespace) -> str:
    if given.password_file:
        try:
            return Path(given.password_file).expanduser().read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"password-file {given.password_file}: {error}") from None
    if PASSWORD_VARIABLE in os.environ:
        return os.environ[PASSWORD_VARIABLE]
    if given.username and sys.stdin.isatty():
        return getpass.getpass(f"password of {given.username}: ")
    return ""
