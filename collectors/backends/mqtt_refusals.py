"""What it means when a broker does not let us in, in one line."""

from __future__ import annotations

import ssl

from ..errors import ServerError
from .mqtt_address import Address

CONNECT_SECONDS = 10.0
"""How long a connection may take, from the first packet to the broker's answer to CONNECT."""


def failure(where: Address, error: Exception) -> ServerError:
    """Say what an exception while connecting means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrust(where, error.verify_message.rstrip("."))
    if isinstance(error, ssl.SSLError):
        return silence(where, str(error))
    if isinstance(error, TimeoutError):
        return silence(where, "")
    if isinstance(error, ConnectionRefusedError):
        return ServerError(f"{where}: nothing listens there", "start the broker, or check host and port")
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ServerError(f"{where}: {why.lower()}", "check host and port")


def _distrust(where: Address, why: str) -> ServerError:
    """Say what it means that the server's certificate did not pass."""
    what = f"{where}: its certificate is not accepted: {why}"
    if "mismatch" in why:
        return ServerError(what, "connect by a name that stands in the certificate")
    if "expired" in why or "not yet valid" in why:
        return ServerError(what, "renew the server's certificate, or set this host's clock")
    return ServerError(what, f"ca_file {where.endpoint.ca_file} must hold the authority that signed it")


def silence(where: Address, said: str) -> ServerError:
    """Say what it means that the broker gave no answer to CONNECT."""
    if not said:
        within = f"no answer within {CONNECT_SECONDS:.0f} s"
        return ServerError(f"{where}: {within}", "check that a broker listens there, and whether it expects TLS")
    said = " ".join(said.removeprefix("failed to receive on socket: ").split())
    what = f"{where}: refused while connecting: {said}"
    if not where.endpoint.ca_file:
        return ServerError(what, "if that port expects TLS, give a ca_file")
    if not where.endpoint.cert_file:
        return ServerError(what, "it may ask for a client certificate: give cert_file and key_file")
    alpn = "" if where.alpn else ", and whether the port expects ALPN (port 443 of AWS IoT does)"
    mend = f"check that the broker knows the client certificate {where.endpoint.cert_file}"
    return ServerError(what, f"{mend}, that it has not expired{alpn}")


def refusal(where: Address, reason: str) -> ServerError:
    """Say what the broker's refusal in CONNACK means."""
    what = f"{where} refused: {reason.lower()}"
    if reason in ("Bad user name or password", "Not authorized"):
        user = f"user {where.endpoint.username!r}" if where.endpoint.username else "no user name was given"
        return ServerError(f"{what} ({user})", "check user name and password")
    if reason == "Unsupported protocol version":
        return ServerError(what, "use the backend option protocol=3.1.1")
    return ServerError(what, "its log says more")
