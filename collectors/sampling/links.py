"""How fast the network interfaces are, as far as that can be believed."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path
from typing import Any

from .kept_file import text_of
from .netlink import ROOT, Link, Netlink, Queue, attributes

_ARPHRD_LOOPBACK = 772
_MEGABIT = 1_000_000
_OCTET = 8

_PARAVIRTUAL = frozenset(("virtio_net", "vmxnet3", "xen_netfront", "vif", "hv_netvsc", "ena", "gve", "mana"))
"""Drivers of network cards that a hypervisor makes up: the speed that they name is nobody's."""

_TBF_PARMS, _TBF_RATE64 = 1, 4
_HTB_PARMS, _HTB_CEIL64 = 1, 7
_RATE = struct.Struct("=BBHhHI")
"""struct tc_ratespec of linux/pkt_sched.h; its last field is the rate in bytes per second."""
_LARGEST = 0xFFFFFFFF
_RATE64 = struct.Struct("=Q")


def links(sys: str = "/sys") -> dict[str, dict[str, Any]]:
    """Return what is known of each network interface of this network namespace.

    Args:
        sys: where /sys is.

    Returns:
        By name: `kind` (`physical`, `wireless`, `virtual` for the card of a virtual machine, `loopback`, `veth`,
        `bridge`, or what else the kernel calls it), `speed` in bit/s as the card has negotiated it (None where it is
        not known or names one that it does not have) and `shaped`: the rate in bit/s that a token bucket (tbf, htb)
        holds it to, or None. Empty where the kernel may not be asked.
    """
    try:
        netlink = Netlink()
    except OSError:
        return {}
    with contextlib.closing(netlink):
        try:
            queues = netlink.queues()
            return {one.name: _facts(one, sys) | {"shaped": _shaped(netlink, one, queues)} for one in netlink.links()}
        except OSError:
            return {}


def _facts(link: Link, sys: str) -> dict[str, Any]:
    folder = Path(sys, "class/net", link.name)
    if text_of(f"{folder}/ifindex") != str(link.interface):
        # That /sys was mounted for another network namespace and shows another's interfaces.
        folder = Path("/nonexistent")
    kind = kind_of(link.kind, folder)
    return {"kind": kind, "speed": speed_of(folder) if kind == "physical" else None}


def kind_of(made_as: str, folder: Path) -> str:
    """Return the kind of an interface.

    Args:
        made_as: what the kernel made it as; empty for hardware and loopback.
        folder: of the interface in /sys/class/net.
    """
    if made_as:
        return made_as
    if text_of(f"{folder}/type") == str(_ARPHRD_LOOPBACK):
        return "loopback"
    if (folder / "wireless").exists() or (folder / "phy80211").exists():
        return "wireless"
    if (folder / "bridge").exists():
        return "bridge"
    driver = folder / "device" / "driver"
    if driver.exists():
        return "virtual" if driver.resolve().name in _PARAVIRTUAL else "physical"
    return "unknown"


def speed_of(folder: Path) -> int | None:
    """Return what an interface's folder in /sys/class/net names as its speed, in bit/s; None where it names none."""
    with contextlib.suppress(ValueError):
        megabits = int(text_of(f"{folder}/speed") or "")
        return megabits * _MEGABIT if megabits > 0 else None
    return None


def _shaped(netlink: Netlink, link: Link, queues: list[Queue]) -> int | None:
    own = [one for one in queues if one.interface == link.interface]
    rates = [_tbf_rate(one.options) for one in own if one.kind == "tbf"]
    if any(one.kind == "htb" for one in own):
        tops = [one for one in netlink.classes(link.interface) if one.kind == "htb" and one.parent == ROOT]
        rates += [sum(_htb_ceil(one.options) for one in tops)] if tops else []
    return min(rates) * _OCTET if rates else None


def _tbf_rate(options: bytes) -> int:
    """Return bytes per second of a struct tc_tbf_qopt, which begins with the rate."""
    found = attributes(options)
    return _wide(_RATE.unpack_from(found[_TBF_PARMS])[5], found.get(_TBF_RATE64))


def _htb_ceil(options: bytes) -> int:
    """Return bytes per second of a struct tc_htb_opt, in which the ceiling follows the rate."""
    found = attributes(options)
    return _wide(_RATE.unpack_from(found[_HTB_PARMS], _RATE.size)[5], found.get(_HTB_CEIL64))


def _wide(rate: int, wider: bytes | None) -> int:
    """Return the rate; one that does not fit into 32 bits stands in an attribute of its own."""
    return _RATE64.unpack(wider)[0] if rate == _LARGEST and wider else rate
