"""What containers use, from their control groups (version 1 and 2) and from their own network interfaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .cgroup import Mount, folder_in, mount_in
from .kept_file import KeptFile, text_of
from .source import Columns, Rates

PREFIX = "container."
"""What a watched group's name begins with that is a container, and what the columns of it begin with."""
_SECOND = 2


class Containers:
    """Containers on this machine.

    Bytes of version 1 are those of direct and synchronous writes: it does not know whose it is what the kernel writes
    later.

    Args:
        pids: by name, a process of each, such as its first one.
        proc: where /proc is.
    """

    def __init__(self, pids: Mapping[str, int], proc: str = "/proc") -> None:
        mountinfo = text_of(f"{proc}/self/mountinfo") or "" if pids else ""
        self._found = {name: _Container(pid, mountinfo, proc) for name, pid in pids.items()}
        self._rates = Rates()

    def sample(self, seconds: float) -> Columns:
        """Return `container.NAME.*`: `cores`; bytes of `memory`; bytes per second read, written, received and sent.

        See `Source.sample`.
        """
        columns: Columns = {}
        counts: dict[str, int] = {}
        for name, one in self._found.items():
            counts |= {f"{PREFIX}{name}.{what}": value for what, value in one.counts().items()}
            columns[f"{PREFIX}{name}.memory"] = one.memory()
        rates = self._rates.of(counts, seconds)
        for column, rate in rates.items():
            columns[column] = rate / 1e9 if rate is not None and column.endswith(".cores") else rate
        return columns

    def close(self) -> None:
        """Close all files."""
        for one in self._found.values():
            one.close()


class _Container:
    def __init__(self, pid: int, mountinfo: str, proc: str) -> None:
        listed = text_of(f"{proc}/{pid}/cgroup") or ""
        self._files: list[KeptFile] = []
        self._cpu = self._file(listed, mountinfo, "cpuacct", {1: "cpuacct.usage", 2: "cpu.stat"})
        self._disk = self._file(listed, mountinfo, "blkio", {1: "blkio.throttle.io_service_bytes", 2: "io.stat"})
        self._memory = self._file(listed, mountinfo, "memory", {1: "memory.usage_in_bytes", 2: "memory.current"})
        self._network = KeptFile(f"{proc}/{pid}/net/dev")
        self._files.append(self._network)

    def _file(self, listed: str, mountinfo: str, controller: str, names: Mapping[int, str]) -> Callable[[], str]:
        mount: Mount | None = mount_in(mountinfo, controller)
        folder = folder_in(listed, mount, controller) if mount else None
        if mount is None or folder is None:
            return str
        file = KeptFile(f"{folder}/{names[mount.version]}")
        self._files.append(file)
        return lambda: _text(file)

    def counts(self) -> dict[str, int]:
        """Return nanoseconds of all cores, and bytes, since it was started; what cannot be read is left out."""
        found = {} if (used := cpu_ns(self._cpu())) is None else {"cores": used}
        return found | disk_bytes(self._disk()) | network_bytes(_text(self._network))

    def memory(self) -> float | None:
        """Return the bytes that it has, those of files that it has read among them."""
        text = self._memory().strip()
        return float(text) if text.isdecimal() else None

    def close(self) -> None:
        for one in self._files:
            one.close()


def cpu_ns(text: str) -> int | None:
    """Return the ns that `cpuacct.usage` or `cpu.stat` tells."""
    if text.strip().isdecimal():
        return int(text)
    fields = dict(line.split() for line in text.splitlines())
    return int(fields["usage_usec"]) * 1000 if "usage_usec" in fields else None


def disk_bytes(text: str) -> dict[str, int]:
    """Return `read_bytes` and `write_bytes` over all disks, of `blkio.throttle.io_service_bytes` or `io.stat`.

    Those are lines `8:0 Read 4096` and lines `8:0 rbytes=4096 wbytes=0 …` (cgroup-v1/blkio-controller.rst and
    cgroup-v2.rst in the kernel's documentation).
    """
    if not text:
        return {}
    found = {"read_bytes": 0, "write_bytes": 0}
    keys = {"Read": "read_bytes", "Write": "write_bytes", "rbytes": "read_bytes", "wbytes": "write_bytes"}
    for line in text.splitlines():
        _, *fields = line.replace("=", " ").split()
        for key, value in zip(fields[::2], fields[1::2], strict=False):
            if key in keys:
                found[keys[key]] += int(value)
    return found


def network_bytes(text: str) -> dict[str, int]:
    """Return `rx_bytes` and `tx_bytes` over all interfaces but loopback, of /proc/PID/net/dev."""
    found = {"rx_bytes": 0, "tx_bytes": 0}
    lines = [line.partition(":") for line in text.splitlines() if ":" in line]
    for interface, _, values in lines:
        if interface.strip() != "lo":
            received, sent = values.split()[0], values.split()[8]
            found["rx_bytes"] += int(received)
            found["tx_bytes"] += int(sent)
    return found if lines else {}


def _text(file: KeptFile) -> str:
    try:
        return file.read().decode()
    except OSError:  # the container has ended, or the kernel was built without this
        return ""
