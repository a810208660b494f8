"""A real sshd on loopback, with keys and files of its own, for tests of hosts over SSH."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

import pytest

from fixtures.hosts.ssh_target import SshTarget
from fixtures.process_table import descendants, send

from .waiting import until

ALIAS = "far"
OUTSIDE = "THERMOBENCH_OUTSIDE"
"""A variable of the host's own environment."""
_SEPARATION = Path(
    "/run/sshd"
)  # where root's sshd locks its unprivileged part in: made by the system's service, and shared


class Sshd:
    """Runs sshd as long as it is entered.

    Args:
        folder: for its files.
    """

    def __init__(self, folder: Path) -> None:
        self.program = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")
        if self.program is None or shutil.which("ssh") is None:
            pytest.skip("sshd or ssh is not installed: apt-get install openssh-server")
        self.folder = folder
        self.log = folder / "log"
        self.port = 0
        for name in ("host", "user", "stranger"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        settings = {
            "Port": self.port,
            "ListenAddress": "127.0.0.1",
            "HostKey": self.folder / "host",
            "PidFile": "none",
            "AuthorizedKeysFile": self.folder / "user.pub",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "MaxStartups": 100,
            "UseDNS": "no",
            "LogLevel": "VERBOSE",
            # With a level of shells, Debian's bash leaves out the .bashrc that it would read under sshd.
            "SetEnv": f"{OUTSIDE}=outer SHLVL=1",
        }
        path = self.folder / "sshd_config"
        path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(self.program), "-D", "-e", "-f", str(path)], stdin=subprocess.DEVNULL, stderr=log
            )
        until(lambda: "listening" in self.said() or self._process.poll() is not None, "sshd listens")
        return self

    def __exit__(self, *_: object) -> None:
        sessions = descendants(self._process.pid)
        self._process.terminate()
        self._process.wait()
        for session in sessions:
            send(session, signal.SIGKILL)

    def said(self) -> str:
        """Return its log."""
        return self.log.read_text()

    def logins(self) -> int:
        """Return how often it has let somebody in."""
        return self.said().count("Accepted publickey")

    def target(self, folder: Path, *, key: str = "host", user: str = "user", port: int = 0) -> SshTarget:
        """Return how it is reached, by a configuration that is written into a folder.

        Args:
            folder: for the configuration.
            key: whose key is known as its own; none if empty.
            user: whose key is shown to it.
            port: another one to connect to.
        """
        known = folder / "known_hosts"
        public = (self.folder / f"{key}.pub").read_text() if key else ""
        known.write_text(f"[127.0.0.1]:{port or self.port} {public}" if key else "")
        settings = {
            "HostName": "127.0.0.1",
            "Port": port or self.port,
            "User": getpass.getuser(),
            "IdentityFile": self.folder / user,
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": known,
            "GlobalKnownHostsFile": "/dev/null",
        }
        lines = "".join(f"  {name} {value}\n" for name, value in settings.items())
        (folder / "ssh_config").write_text(f"Host {ALIAS}\n{lines}")
        return SshTarget(ALIAS, config=folder / "ssh_config")
