"""The TLS side of an MQTT connection: authorities, client certificate, ALPN, and who may read the private key."""

from __future__ import annotations

import shlex
import ssl
import stat
from pathlib import Path
from typing import Any

from ..endpoint import Endpoint
from ..errors import UsageError

ALPN_PROTOCOL = "x-amzn-mqtt-ca"
"""What AWS IoT Core expects for MQTT with a client certificate on port 443 (its developer guide, "Protocols")."""


class KeepingContext(ssl.SSLContext):
    """Remembers the last socket it made: paho forgets to close it when the handshake fails."""

    made: ssl.SSLSocket | None = None

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        """Do as the base class does."""
        self.made = super().wrap_socket(*arguments, **named)
        return self.made


def context(endpoint: Endpoint, *, alpn: bool = False) -> KeepingContext:
    """Return a context that verifies the server's certificate and host name, with TLS 1.2 or newer.

    Raises:
        UsageError: a file is not PEM, or certificate and key do not belong together.
    """
    made = KeepingContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_verify_locations(endpoint.ca_file)
    except (ssl.SSLError, OSError) as error:
        raise _unusable("ca_file", endpoint.ca_file, "a PEM certificate of the authority", error) from None
    if endpoint.cert_file:
        _load_pair(made, endpoint)
    if alpn:
        made.set_alpn_protocols([ALPN_PROTOCOL])
    return made


def check_files(endpoint: Endpoint, *, required: bool) -> None:
    """Look at the files of an endpoint, connecting to nothing.

    Args:
        endpoint: whose files.
        required: authority, certificate and key must all be given.

    Raises:
        UsageError: names the option that is missing, or the file and what is wrong with it.
    """
    given = {name: getattr(endpoint, name) for name in ("ca_file", "cert_file", "key_file")}
    if not any(given.values()) and not required:
        return
    paired = required or given["cert_file"] or given["key_file"]
    for name, path in given.items():
        if not path and (paired or name == "ca_file"):
            raise UsageError(f"{name} is missing: expected the path of a PEM file", f"give {name}")
        if path and not Path(path).is_file():
            raise UsageError(f"{name} {path}: there is no such file", f"check the path given as {name}")
    if given["key_file"]:
        _check_mode(given["key_file"])
    context(endpoint)


def _check_mode(path: str) -> None:
    mode = stat.S_IMODE(Path(path).stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(
            f"key_file {path}: mode {mode:04o} lets others than its owner at the private key, expected 0600",
            f"chmod 600 {shlex.quote(path)}",
        )


def _load_pair(made: ssl.SSLContext, endpoint: Endpoint) -> None:
    def encrypted() -> str:
        # Without this OpenSSL would ask on the terminal and hang.
        raise UsageError(
            f"key_file {endpoint.key_file}: is encrypted, expected a key without a pass phrase",
            f"openssl pkey -in {endpoint.key_file} -out NEW_FILE",
        )

    try:
        made.load_cert_chain(endpoint.cert_file, endpoint.key_file, password=encrypted)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(
                f"key_file {endpoint.key_file} does not belong to cert_file {endpoint.cert_file}",
                "give the key that the certificate was made with",
            ) from None
        files = f"{endpoint.cert_file} and {endpoint.key_file}"
        raise _unusable("cert_file and key_file", files, "a PEM certificate and its PEM key", error) from None
    except OSError as error:
        raise _unusable("key_file", endpoint.key_file, "a file this user may read", error) from None


def _unusable(option: str, path: str, expected: str, error: OSError) -> UsageError:
    why = getattr(error, "reason", None) or error.strerror or str(error)
    return UsageError(f"{option} {path}: expected {expected} ({why})", f"check {option}")
