"""What a virtual host runs first, as process 1 of its namespaces: its file system and its name, and then sshd.

Run as a program, by itself and with the standard library alone: `boot.py`, with lines of JSON to read. It says `up`,
waits until it is told what to do (the caller has put it into its control groups by then), does it and says `ready`.
When the caller dies before that it ends.

The host's file system is this machine's, but
- what is written to system folders lands in layers of the host's own (overlayfs), so packages installed on one host are
  on no other;
- nothing in root's home is run by a login;
- /tmp, /var/tmp, /run and /dev/shm are its own, and empty;
- /sys shows its own network interfaces, its CPUs and a Pi's sensors, /proc its own processes and what its CPUs do;
- control groups and the kernel's settings are there to be read only: they are the machine's.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import socket
import stat
import sys
from pathlib import Path

RDONLY, NOSUID, NODEV, REMOUNT, BIND, MOVE = 0x1, 0x2, 0x4, 0x20, 0x1000, 0x2000
"""Flags of mount(2), as linux/mount.h has them."""
_DETACH = 2
LAYERED = ("/etc", "/home", "/opt", "/root", "/srv", "/usr", "/var/cache", "/var/lib", "/var/log")
_PERSONAL = (".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile", ".zshenv", ".ssh")
"""What of root's home a host does not have: what a login runs here may take its time, or wait for a lock."""
_READ_ONLY = ("/proc/sys", "/proc/sysrq-trigger")

_libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Call mount(2).

    Raises:
        OSError: the kernel refuses; names the target.
    """
    if _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def bind(source: str, target: str, *, writable: bool = False) -> None:
    """Show a file or folder in another place, too."""
    mount(source, target, flags=BIND)
    if not writable:
        mount("none", target, flags=REMOUNT | BIND | RDONLY)


def main() -> None:
    """Boot and become sshd."""
    os.write(1, b"up\n")
    line = sys.stdin.readline()
    if not line:
        return
    asked = json.loads(line)
    os.umask(0o022)
    os.sched_setaffinity(0, asked["cpus"])
    # Other hosts' namespaces would live as long as this one.
    with contextlib.suppress(OSError):
        _unmount("/run/netns")
    try:
        _file_system(Path(asked["folder"]), asked["alias"])
        for target, source in asked["shown"].items():
            bind(source, target)
        _temporary_folders(Path(asked["folder"]))
    except OSError as error:
        os.write(1, f"{error.filename}: {error.strerror}\n".encode())
        sys.exit(1)
    os.write(1, b"ready\n")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execv(asked["sshd"], [asked["sshd"], "-D", "-e", "-f", "/etc/ssh/sshd_config"])


def _file_system(folder: Path, alias: str) -> None:
    mount("proc", "/proc", "proc", NOSUID | NODEV)
    for path in filter(os.path.exists, _READ_ONLY):
        bind(path, path)
    _system_folder(folder / "groups")
    _layers(folder / "layers", alias)
    bind(str(folder / "ssh"), "/etc/ssh", writable=True)
    for target in ("/run", "/dev/shm"):  # noqa: S108
        mount("tmpfs", target, "tmpfs", NOSUID | NODEV, "mode=755" if target == "/run" else "mode=1777")
    for name in ("sshd", "lock"):
        Path("/run", name).mkdir()


def _system_folder(aside: Path) -> None:
    """Mount /sys anew: it shows the network of whoever mounts it. What was mounted below it is kept."""
    aside.mkdir()
    points = [line.split(" ")[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    groups = [point for point in points if point.startswith("/sys/fs/cgroup")]
    mount("/sys/fs/cgroup", str(aside), flags=MOVE)
    mount("sysfs", "/sys", "sysfs", RDONLY | NOSUID | NODEV)
    mount(str(aside), "/sys/fs/cgroup", flags=MOVE)
    for point in dict.fromkeys(groups):
        mount("none", point, flags=REMOUNT | BIND | RDONLY)


def _temporary_folders(folder: Path) -> None:
    """Comes last: the cluster's own folder lies in one of them, and nobody on the host is to see it."""
    for number, target in enumerate(("/tmp", "/var/tmp")):  # noqa: S108
        own = folder / f"tmp{number}"
        own.mkdir()
        own.chmod(0o1777)
        bind(str(own), target, writable=True)


def _layers(folder: Path, alias: str) -> None:
    """Lay the host's own files over this machine's. What they begin with is written before: it cannot go astray."""
    for target in filter(os.path.isdir, LAYERED):
        upper, work = (folder / target.strip("/").replace("/", "-") / one for one in ("upper", "work"))
        upper.mkdir(parents=True)
        work.mkdir()
        shutil.copystat(target, upper)
        status = os.stat(target)  # noqa: PTH116
        os.chown(upper, status.st_uid, status.st_gid)
        if target == "/etc":
            _name(upper, alias)
            _unlock(upper / "shadow")
        elif target == "/root":
            for name in _PERSONAL:
                os.mknod(upper / name, stat.S_IFCHR, os.makedev(0, 0))  # overlayfs: there is no such file
        mount("overlay", target, "overlay", options=f"lowerdir={target},upperdir={upper},workdir={work}")


def _name(folder: Path, alias: str) -> None:
    socket.sethostname(alias)
    (folder / "hostname").write_text(f"{alias}\n")
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {alias}\n")


def _unlock(shadow: Path) -> None:
    """Write a shadow(5) without passwords. sshd lets nobody in whose password is locked, as root's may be here."""
    lines = [line.split(":") for line in Path("/etc/shadow").read_text().splitlines()]
    shadow.touch(mode=0o600)
    shadow.write_text("".join(":".join([name, "*", *rest]) + "\n" for name, _, *rest in lines))


def _unmount(target: str) -> None:
    if _libc.umount2(target.encode(), _DETACH):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


if __name__ == "__main__":
    main()
