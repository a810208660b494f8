"""Brokers for the MQTT tests, and clients of them that are none of ours."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from collectors.endpoint import Endpoint
from fixtures.hosts.local import LocalHost
from fixtures.services.base import RunningService
from fixtures.services.mosquitto import MosquittoService

DEADLINE = 20.0


def eventually(condition: Callable[[], object], *, within: float = DEADLINE) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextlib.contextmanager
def own_broker(host: LocalHost) -> Iterator[RunningService]:
    """A broker that the test may kill."""
    service = MosquittoService()
    service.check(host)
    started = service.start(host, lambda _: None)
    try:
        yield started
    finally:
        started.stop()


@contextlib.contextmanager
def observer(endpoint: Endpoint) -> Iterator[paho.Client]:
    """A connected paho client of its own thread, none of ours."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(endpoint.username, endpoint.password)
    client.connect(endpoint.host, endpoint.port)
    client.loop_start()
    try:
        assert eventually(client.is_connected)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@contextlib.contextmanager
def by_hand(host: LocalHost, *lines: str) -> Iterator[Endpoint]:
    """A Mosquitto with these settings, for everybody."""
    folder, port = host.folder("mosquitto", server=True), host.free_port()
    text = "\n".join(["allow_anonymous true", *lines, f"listener {port} {host.address}"]).format(folder=folder)
    host.put(f"{folder}/mosquitto.conf", text.encode() + b"\n")
    host.put(f"{folder}/acl", b"topic read #\n")
    process = host.run(["mosquitto", "-c", f"{folder}/mosquitto.conf"], log=f"{folder}/log", server=True)
    try:
        assert eventually(lambda: host.listens(process, port))
        yield Endpoint(host.address, port)
    finally:
        process.stop()
