"""Where a server is and how to be let in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Endpoint:
    """The address of one server or cluster, and the credentials for it.

    Fields that a backend has no use for stay empty. The password appears neither in `repr` nor in `str`.
    """

    host: str = "127.0.0.1"
    """Name or address; for a cluster, that of the first node."""
    port: int = 0
    """0 for the backend's usual port."""
    others: tuple[str, ...] = ()
    """Further nodes of a cluster, each as `host:port`."""
    path: str = ""
    """The file of an embedded database."""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    """PEM file of the authorities to trust; with it the connection uses TLS."""
    cert_file: str = ""
    """PEM file of the client's certificate."""
    key_file: str = ""
    """PEM file of the client's private key."""

    def nodes(self, usual_port: int) -> list[tuple[str, int]]:
        """Return all nodes as (host, port), the first one first."""
        first = (self.host, self.port or usual_port)
        rest = [node.rpartition(":") for node in self.others]
        return [first, *((host, int(port)) for host, _, port in rest)]

    def bootstrap(self, usual_port: int) -> list[str]:
        """Return all nodes as `host:port` strings, the first one first."""
        return [f"{host}:{port}" for host, port in self.nodes(usual_port)]
