"""Asking the kernel about its network interfaces and their queues, over rtnetlink (rtnetlink(7))."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

_NLM_F_REQUEST, _NLM_F_DUMP = 0x1, 0x300
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_RTM_GETLINK, _RTM_GETQDISC, _RTM_GETTCLASS = 18, 38, 42
_IFLA_IFNAME, _IFLA_LINKINFO, _IFLA_EXT_MASK, _IFLA_INFO_KIND = 3, 18, 29, 1
_SKIP_STATS = 1 << 3
_TCA_KIND, _TCA_OPTIONS, _TCA_STATS2, _TCA_STATS_QUEUE = 1, 2, 7, 3
_NESTED = 0x8000
_HEADER, _IFINFO, _TC = struct.Struct("=IHHII"), struct.Struct("=BxHiII"), struct.Struct("=BxxxiIII")
_ATTRIBUTE, _QUEUE = struct.Struct("=HH"), struct.Struct("=IIIII")

UP = 0x1
"""IFF_UP among the flags of a link."""
ROOT = 0xFFFFFFFF
"""The parent of a queueing discipline that is an interface's own, and of a class at the top of one."""


class Link(NamedTuple):
    """A network interface."""

    interface: int
    """Its number."""
    flags: int
    name: str
    rest: bytes = b""
    """All its attributes; taking apart some forty of them every second would cost more than all else."""

    @property
    def kind(self) -> str:
        """What the kernel made it as: `veth`, `bridge`, `vlan`, …; empty for hardware and loopback."""
        made = attributes(self.rest).get(_IFLA_LINKINFO, b"")
        return _text(attributes(made).get(_IFLA_INFO_KIND, b""))


class Queue(NamedTuple):
    """A queueing discipline, or a class of one (tc(8))."""

    interface: int
    handle: int
    parent: int
    kind: str
    options: bytes
    backlog: int
    """Bytes that wait."""
    drops: int
    """Packets dropped so far."""
    overlimits: int
    """How often so far something had to wait or was dropped because a limit was reached."""


class Netlink:
    """A socket to the kernel, in the network namespace of whoever opens it.

    Raises:
        OSError: sockets of this kind are not allowed here.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.settimeout(1.0)
        self._number = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def links(self) -> list[Link]:
        """Return all interfaces.

        Raises:
            OSError: the kernel refused.
        """
        mask = _ATTRIBUTE.pack(8, _IFLA_EXT_MASK) + struct.pack("=I", _SKIP_STATS)
        return [_link(body) for body in self._dump(_RTM_GETLINK, _IFINFO.pack(0, 0, 0, 0, 0) + mask)]

    def queues(self) -> list[Queue]:
        """Return all queueing disciplines of all interfaces.

        Raises:
            OSError: the kernel refused.
        """
        return [_queue(body) for body in self._dump(_RTM_GETQDISC, _TC.pack(0, 0, 0, 0, 0))]

    def classes(self, interface: int) -> list[Queue]:
        """Return the classes of one interface's queueing disciplines.

        Raises:
            OSError: the kernel refused.
        """
        return [_queue(body) for body in self._dump(_RTM_GETTCLASS, _TC.pack(0, interface, 0, 0, 0))]

    def _dump(self, kind: int, body: bytes) -> Iterator[bytes]:
        self._number += 1
        flags = _NLM_F_REQUEST | _NLM_F_DUMP
        self._socket.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, self._number, 0) + body)
        while True:
            answer = self._socket.recv(2**16)
            at = 0
            while at < len(answer):
                length, what, _, number, _ = _HEADER.unpack_from(answer, at)
                # What was left behind when an earlier request failed half-way is not ours.
                if number == self._number:
                    if what == _NLMSG_DONE:
                        return
                    if what == _NLMSG_ERROR:
                        raise OSError(-struct.unpack_from("=i", answer, at + _HEADER.size)[0], "rtnetlink")
                    yield answer[at + _HEADER.size : at + length]
                at += (length + 3) & ~3


def attributes(body: bytes, at: int = 0) -> dict[int, bytes]:
    """Return the attributes that stand one after the other from an offset on, by type."""
    found = {}
    while at + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind & ~_NESTED] = body[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")


def _link(body: bytes) -> Link:
    _, _, interface, flags, _ = _IFINFO.unpack_from(body)
    rest = body[_IFINFO.size :]
    length, first = _ATTRIBUTE.unpack_from(rest)
    name = rest[_ATTRIBUTE.size : length] if first == _IFLA_IFNAME else attributes(rest).get(_IFLA_IFNAME, b"")
    return Link(interface, flags, _text(name), rest)


def _queue(body: bytes) -> Queue:
    _, interface, handle, parent, _ = _TC.unpack_from(body)
    found = attributes(body, _TC.size)
    counted = attributes(found.get(_TCA_STATS2, b"")).get(_TCA_STATS_QUEUE, bytes(_QUEUE.size))
    _, backlog, drops, _, overlimits = _QUEUE.unpack_from(counted)
    kind, options = _text(found.get(_TCA_KIND, b"")), found.get(_TCA_OPTIONS, b"")
    return Queue(interface, handle, parent, kind, options, backlog, drops, overlimits)
