"""Keys of a cluster: one that lets its user in everywhere, and one by which each host is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .programs import run

_HOST = """\
Host {alias}
  HostName {address}
  Port 22
  User root
  IdentityFile "{folder}/user_key"
  UserKnownHostsFile "{folder}/known_hosts"

"""
_ALL = """\
Host *
  StrictHostKeyChecking yes
  GlobalKnownHostsFile none
  IdentitiesOnly yes
  IdentityAgent none
  BatchMode yes
  ConnectTimeout 10
"""
_SSHD = """\
Port 22
ListenAddress {address}
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PermitUserEnvironment {variables}
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
PidFile none
PrintMotd no
# A fleet logs in all at once.
MaxStartups 100
MaxSessions 100
"""
_ENVIRONMENT = ("LD_PRELOAD", "DONT_FAKE_MONOTONIC", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_CACHE_DURATION")
"""What the key that logs in may set: see `clock`."""


class Keys:
    """The user's key, and the files that OpenSSH's client needs.

    Args:
        folder: that they are put into.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.identity = folder / "user_key"
        self.known_hosts = folder / "known_hosts"
        self.config = folder / "ssh_config"
        _make_key(self.identity, "virtual cluster")

    def make_host(self, folder: Path, alias: str, address: str) -> None:
        """Write what is to be a host's /etc/ssh.

        Args:
            folder: made here.
            alias: of the host.
            address: that its sshd listens on, and no other.
        """
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        _make_key(folder / "ssh_host_ed25519_key", f"root@{alias}")
        (folder / "sshd_config").write_text(_SSHD.format(address=address, variables=",".join(_ENVIRONMENT)))
        self.let_in(folder, {})
        kind, key, _ = (folder / "ssh_host_ed25519_key.pub").read_text().split(" ", 2)
        with self.known_hosts.open("a") as file:
            file.write(f"{address} {kind} {key}\n")

    def let_in(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Let the user in from now on.

        Args:
            folder: a host's /etc/ssh.
            environment: of what is run from then on.
        """
        options = [f'environment="{name}={value}"' for name, value in environment.items()]
        line = " ".join([",".join(options), Path(f"{self.identity}.pub").read_text()]).lstrip()
        new = folder / "authorized_keys.new"
        new.write_text(line)
        new.chmod(0o644)  # whatever the umask: sshd believes no file that others may write
        # Whoever logs in meanwhile reads the old one or the new one.
        new.rename(folder / "authorized_keys")

    def write_config(self, addresses: Mapping[str, str]) -> None:
        """Write the client's configuration: one block for each host, by alias, and one for all."""
        hosts = [_HOST.format(alias=one, address=addresses[one], folder=self._folder) for one in addresses]
        self.config.write_text("".join(hosts) + _ALL)


def _make_key(path: Path, comment: str) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path))
