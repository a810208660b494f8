"""A network of its own for each cluster, out of the range for measurements of network devices."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from ipaddress import IPv4Interface, IPv4Network

from .programs import run

RANGE = IPv4Network("198.18.0.0/15")
"""Nobody's addresses (RFC 2544, RFC 6890)."""
PREFIX = 24
MOST = 200
"""Hosts: their addresses end with 11 and up, this machine's with 1."""
_FIRST = 11


def taken(but: str = "") -> list[IPv4Network]:
    """Return the networks that this machine has addresses in or routes to, the default route left out.

    Args:
        but: name of an interface that does not count.
    """
    found = []
    for interface in json.loads(run("ip", "-json", "-4", "addr", "show")):
        if interface.get("ifname") != but:
            found += [f"{one['local']}/{one['prefixlen']}" for one in interface.get("addr_info", [])]
    for route in json.loads(run("ip", "-json", "-4", "route", "show", "table", "all")):
        if route.get("dev") != but and route["dst"] != "default":
            found.append(route["dst"])
    return [IPv4Interface(text).network for text in found]


def is_free(network: IPv4Network, used: Iterable[IPv4Network]) -> bool:
    """Whether a network has no address in common with any of the others; a default route does not count."""
    return not any(one.prefixlen and network.overlaps(one) for one in used)


def free_network() -> IPv4Network:
    """Return a network of the range that nothing here uses; which one is left to chance."""
    used = taken()
    while True:
        number = secrets.randbelow(1 << (PREFIX - RANGE.prefixlen))
        network = IPv4Network((int(RANGE.network_address) + (number << (32 - PREFIX)), PREFIX))
        if is_free(network, used):
            return network


def host_address(network: IPv4Network, number: int) -> str:
    """Return the address of the host of a number, which counts from 0."""
    return str(network[_FIRST + number])
