"""Disk and memory of the hosts.

I/O is judged by three signs, as none of them is always there: how long a disk was at work (diskstats), how long threads
waited (I/O wait, pressure stall information), and threads of the server found waiting for a disk when a sample was
taken. The first misses what waits before it reaches the disk, held by a cgroup or a network's file system; the
second is of the whole host; the third is coarse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .cpu import EXHAUSTED, SIDES, full
from .suspect import LIKELY, SURE, Suspect, percent
from .usage import Usage

STALLED = 0.5
"""Share of the time that a thread waited for a disk: most of it, so that a disk twice as fast is felt."""
DISK_BUSY = 0.9
"""Share of the time that a disk was at work; of an SD card that is all it can do, of a fast SSD a sign only."""
SOME_BYTES = 4096.0
"""Bytes per second, one page: who reads and writes less does not wait for the disk that others keep busy."""
OURS = 0.1
"""Of the bytes a disk wrote, the least part that is the server's for the disk's time to count as used for it. A small
row that is made durable is written several times: log, file system's journal, metadata."""
SWAPPING = 1 << 20
"""Bytes per second in and out, a tenth of what an SD card can do: from here on pages are missed all the time."""
MEMORY_STALLED = 0.2
"""Share of the time that a task waited for memory; reclaiming unused cache stays far below it."""


def memory(usage: Usage) -> Suspect | None:
    """Return a host that swapped, or whose tasks waited for memory.

    It is named before the disk and CPU that the swapping keeps busy.
    """
    swapped = usage.of("memory.swap_in") + usage.of("memory.swap_out")
    stalled = usage.of("pressure.memory")
    if swapped < SWAPPING and stalled < MEMORY_STALLED:
        return None
    line = (
        f"host {usage.name}: {swapped / (1 << 20):.1f} MiB/s swapped in and out, tasks waited for memory "
        f"{percent(stalled)} of the time, {usage.of('memory.available') / (1 << 20):,.0f} MiB were available"
    )
    side = next(iter(usage.roles)) if len(usage.roles) == 1 else "both"
    both = swapped >= SWAPPING and stalled >= MEMORY_STALLED
    return Suspect("memory", side, "memory", 1.0, SURE if both else LIKELY, (line,))


def disk(usage: Usage, producers: int, *, file: bool) -> Suspect | None:
    """Return the disk of a server's host, if its threads waited for it most of the time or it was always at work.

    Args:
        usage: of the host.
        producers: how many there are.
        file: there is no server, the producers themselves write to a file.
    """
    group = "producers" if file else "server"
    moved = _sum(usage.mean(f"{group}.read_bytes"), usage.mean(f"{group}.write_bytes"))
    if moved is not None and moved < SOME_BYTES:
        return None
    stalled, signs = _stalled(usage, group, producers)
    at_work = {one: usage.of(f"disk.{one}.io") / 1000 for one in usage.instances("disk", "io")}
    device = max(at_work, key=at_work.__getitem__, default="")
    strength = max(
        (share for share, bound in ((stalled, STALLED), (at_work.get(device, 0.0), DISK_BUSY)) if share >= bound),
        default=0.0,
    )
    if not strength:
        return None
    if device:
        written = usage.of(f"disk.{device}.write_bytes")
        signs.append(f"disk {device} was at work {1000 * at_work[device]:.0f} ms/s, writing {written:,.0f} B/s")
    if moved is not None:
        signs.append(f"{'the producers' if file else 'the server'} read and wrote {moved:,.0f} B/s")
    line = f"host {usage.name}: {'; '.join(signs)}"
    sure = SURE if strength >= EXHAUSTED else LIKELY
    found = Suspect("server I/O", "server", "io", min(1.0, strength), sure, (line,))
    return _of_others(found, usage, moved, device)


def _of_others(found: Suspect, usage: Usage, moved: float | None, device: str) -> Suspect:
    if moved is None:
        return found.at_most(LIKELY)
    total = usage.of(f"disk.{device}.write_bytes") + usage.of(f"disk.{device}.read_bytes")
    if total and moved < OURS * total:
        return found.at_most(LIKELY, "most of what the disk did was not for the server")
    return found


def _stalled(usage: Usage, group: str, producers: int) -> tuple[float, list[str]]:
    """Return the share of the time that a thread waited for a disk, by the clearest sign, and all signs in words.

    What the host as a whole shows counts only where CPU was to spare: else those that wait hold nobody up.
    """
    spare = not full(usage, producers)
    shares, signs = [0.0], []
    if (blocked := usage.mean(f"{group}.blocked")) is not None:
        shares.append(blocked)
        signs.append(f"{blocked:.1f} threads of the {group} waiting for a disk at a time")
    if (wait := usage.mean("cpu.iowait")) is not None:
        shares.append(wait if spare else 0.0)
        signs.append(f"I/O wait {wait:.2f} cores")
    if (pressure := usage.mean("pressure.io")) is not None:
        one = min(1.0, _seen_through(pressure, usage.busy or 0.0))
        shares.append(one if spare else 0.0)
        signs.append(f"tasks stalled on I/O {percent(pressure)} of the time (PSI), {percent(one)} if it was one thread")
    return min(1.0, max(shares)), signs


def _seen_through(pressure: float, busy: float) -> float:
    """Return how long one thread was stalled, if it was one, from the host's pressure and the cores that were busy.

    The kernel averages over the CPUs, weighing each by the time that it was not idle (kernel/sched/psi.c,
    `psi_avgs_work`): stalled² ÷ (stalled + busy elsewhere) is the pressure of a thread that waits on one CPU while
    others work. A thread that always waits shows as 0.5 beside one busy CPU.
    """
    return (pressure + math.sqrt(pressure * pressure + 4 * pressure * busy)) / 2


def _sum(*values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def suspects(usages: Sequence[Usage], producers: int, *, file: bool) -> list[Suspect]:
    """Return what of memory and disks was exhausted, memory first."""
    found = [memory(usage) for usage in usages]
    found += [disk(usage, producers, file=file) for usage in usages if _stores(usage, file=file)]
    return [one for one in found if one]


def _stores(usage: Usage, *, file: bool) -> bool:
    groups = usage.groups()
    if set(groups) & set(SIDES):
        return ("producers" if file else "server") in groups
    return "server" in usage.roles
