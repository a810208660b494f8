"""`python -m tests.virtual_cluster --hosts 3`: a virtual cluster to be used by hand, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from collectors.errors import ThermobenchError

from . import VirtualCluster, VirtualHost


def main(argv: Sequence[str] | None = None) -> int:
    """Make a cluster, tell how its hosts are reached, and take it away after SIGINT, SIGTERM or SIGHUP."""
    parser = argparse.ArgumentParser(prog="python -m tests.virtual_cluster", description=__doc__)
    parser.add_argument("--hosts", type=int, default=3, metavar="N", help="how many (default: 3)")
    parser.add_argument("--cores", type=float, default=1.0, metavar="C", help="of each host (default: 1)")
    parser.add_argument("--mbit", type=float, default=100.0, metavar="M", help="of each link (default: 100)")
    asked = parser.parse_args(argv)
    # A shell that starts this in the background has Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        hosts = [VirtualHost(f"pi-{number}", asked.cores, asked.mbit) for number in range(1, asked.hosts + 1)]
        with VirtualCluster(hosts) as cluster:
            for alias in cluster.aliases:
                print(f"ssh -F {cluster.ssh_config} {alias}  # {cluster.address(alias)}")
            print("Ctrl-C takes all of it away.", flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        return 0
    except ThermobenchError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
