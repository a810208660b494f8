"""Shaped links, in a network namespace of their own, and what is believed of a link's speed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectors.sampling.links import kind_of, links, speed_of

from .programs import Program

SEND = """
import json, socket
from collectors.sampling.links import links
from collectors.sampling.sampler import Sampler
with Sampler({}) as sampler, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.setblocking(False)
    sampler.sample()
    began = sampler.sampled_ns
    for _ in range(200):
        try:
            sender.sendto(bytes(1000), ("10.99.0.2", 9))
        except BlockingIOError:
            pass
    sample = sampler.sample()
    say(json.dumps([sample, links(), (sampler.sampled_ns - began) / 1e9]))
"""


def _ip(*words: str) -> None:
    subprocess.run(words, check=True, stderr=subprocess.PIPE)


FLAP = """
import json, subprocess
from collectors.sampling.sampler import Sampler
with Sampler({}) as sampler:
    sampler.sample()
    began = sampler.sampled_ns
    for state in ("down", "up"):
        subprocess.run(["ip", "link", "set", "up1", state], check=True)
    sample = sampler.sample()
    say(json.dumps([sample, (sampler.sampled_ns - began) / 1e9]))
"""


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network namespace with one pair of interfaces that are up, and one of which are not."""
    if os.geteuid():
        pytest.skip("only root may make a network namespace")
    name = f"sampling-{os.getpid()}"
    _ip("ip", "netns", "add", name)
    try:
        for pair in ("up0 up1", "down0 down1"):
            one, other = pair.split()
            _ip("ip", "-n", name, "link", "add", one, "type", "veth", "peer", "name", other)
        _ip("ip", "-n", name, "address", "add", "10.99.0.1/24", "dev", "up0")
        for one in ("up0", "up1"):
            _ip("ip", "-n", name, "link", "set", one, "up")
        _ip("ip", "-n", name, "neighbour", "add", "10.99.0.2", "lladdr", "02:00:00:00:00:02", "dev", "up0")
        yield name
    finally:
        _ip("ip", "netns", "delete", name)


def _sent(namespace: str) -> tuple[dict[str, float | None], dict[str, dict[str, Any]], float]:
    with Program(SEND, prefix=("ip", "netns", "exec", namespace)) as program:
        sample, known, seconds = json.loads(program.said())
    return sample, known, seconds


def test_a_token_bucket_shows_what_waits_and_what_it_drops(namespace: str) -> None:
    shape = ("tbf", "rate", "1mbit", "burst", "10kb", "limit", "50kb")
    _ip("tc", "-n", namespace, "qdisc", "add", "dev", "up0", "root", *shape)
    sample, known, seconds = _sent(namespace)
    assert 20_000 < (sample["net.up0.backlog"] or 0) <= 50 * 1024
    assert (sample["net.up0.overlimits"] or 0) * seconds >= 1
    assert (sample["net.up0.drops"] or 0) * seconds >= 50
    assert 5_000 <= (sample["net.up0.tx_bytes"] or 0) * seconds < 100_000
    assert sample["net.up1.backlog"] is None
    assert "net.down0.tx_bytes" not in sample
    assert known["up0"] == {"kind": "veth", "speed": None, "shaped": 1_000_000}
    assert known["up1"] == {"kind": "veth", "speed": None, "shaped": None}
    assert known["lo"]["kind"] == "loopback"


def test_the_ceiling_of_a_hierarchy_of_token_buckets_is_the_rate(namespace: str) -> None:
    tc = ("tc", "-n", namespace)
    _ip(*tc, "qdisc", "add", "dev", "up0", "root", "handle", "1:", "htb", "default", "10")
    _ip(*tc, "class", "add", "dev", "up0", "parent", "1:", "classid", "1:1", "htb", "rate", "2mbit", "ceil", "3mbit")
    _ip(*tc, "class", "add", "dev", "up0", "parent", "1:1", "classid", "1:10", "htb", "rate", "1mbit", "ceil", "9mbit")
    _ip(*tc, "qdisc", "add", "dev", "up1", "root", "tbf", "rate", "40gbit", "burst", "100mb", "limit", "100mb")
    sample, known, _ = _sent(namespace)
    assert known["up0"]["shaped"] == 3_000_000
    assert known["up1"]["shaped"] == 40_000_000_000
    assert (sample["net.up0.backlog"] or 0) > 20_000


def test_a_link_that_went_down_and_up_shows(namespace: str) -> None:
    with Program(FLAP, prefix=("ip", "netns", "exec", namespace)) as program:
        sample, seconds = json.loads(program.said())
    # The other end of the pair loses its carrier with it.
    assert [round((sample[f"net.{name}.carrier_changes"] or 0) * seconds) for name in ("up0", "up1")] == [2, 2]


def test_every_interface_here_has_a_kind() -> None:
    found = links()
    assert found.keys() == {path.name for path in Path("/sys/class/net").iterdir() if path.is_dir()}
    assert found["lo"] == {"kind": "loopback", "speed": None, "shaped": None}


def _folder(tmp_path: Path, driver: str = "", **files: str) -> Path:
    folder = tmp_path / "class" / "net" / "one"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    if driver:
        (tmp_path / "drivers" / driver).mkdir(parents=True)
        (folder / "device").mkdir()
        (folder / "device" / "driver").symlink_to(tmp_path / "drivers" / driver)
    return folder


@pytest.mark.parametrize(
    ("made_as", "driver", "files", "kind"),
    [
        ("", "bcmgenet", {"type": "1"}, "physical"),
        ("", "brcmfmac", {"type": "1", "phy80211": ""}, "wireless"),
        ("", "virtio_net", {"type": "1"}, "virtual"),
        ("", "", {"type": "772"}, "loopback"),
        ("", "", {"type": "1", "bridge": ""}, "bridge"),
        ("veth", "", {"type": "1"}, "veth"),
        ("", "", {}, "unknown"),
    ],
)
def test_kinds_of_interfaces(tmp_path: Path, made_as: str, driver: str, files: dict[str, str], kind: str) -> None:
    assert kind_of(made_as, _folder(tmp_path, driver, **files)) == kind


@pytest.mark.parametrize(("text", "speed"), [("1000\n", 10**9), ("-1\n", None), ("", None), ("100\n", 10**8)])
def test_a_speed_is_in_bits_per_second(tmp_path: Path, text: str, speed: int | None) -> None:
    assert speed_of(_folder(tmp_path, speed=text)) == speed
    assert speed_of(tmp_path / "gone") is None
