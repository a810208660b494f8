"""A virtual cluster leaves nothing, however it ends, and disturbs no other."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.errors import ServerError
from tests.waiting import until

from . import VirtualCluster, VirtualHost
from . import cluster as cluster_module
from .asking import ROOT, answers, told, traces
from .owner import lives, tag_in
from .removal import remove
from .state import State

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.usefixtures("possible")]


class ByHand:
    """A cluster of one host that another process has made, by hand."""

    def __init__(self) -> None:
        argv = [sys.executable, "-m", "tests.virtual_cluster", "--hosts", "1"]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        assert self.process.stdout.readline() == "Ctrl-C takes all of it away.\n"
        tag = tag_in(Path(self.line.split()[2]).parent.name)
        assert tag is not None
        self.tag = tag
        self.processes = State(tag).processes()
        self.groups = State(tag).groups()

    def is_gone(self) -> bool:
        """Whether nothing is left of it."""
        return not (
            traces(self.tag)
            or any(lives(*one) for one in self.processes)
            or any(group.exists() for group in self.groups)
        )


@pytest.fixture
def by_hand() -> Iterator[ByHand]:
    made = ByHand()
    with made.process:
        yield made
        made.process.kill()
        made.process.wait()
    remove(made.tag)


def test_ctrl_c_takes_a_cluster_away(by_hand: ByHand) -> None:
    command = by_hand.line.partition("#")[0].split()
    done = subprocess.run([*command, "hostname"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "pi-1\n"
    assert len(by_hand.processes) == 3
    assert len(by_hand.groups) >= 1
    by_hand.process.send_signal(signal.SIGINT)
    assert by_hand.process.wait(30) == 0
    assert by_hand.is_gone()


def test_what_a_killed_owner_left_goes_when_the_next_one_comes(by_hand: ByHand) -> None:
    by_hand.process.kill()
    by_hand.process.wait()
    assert not by_hand.is_gone()
    until(lambda: [lives(*one) for one in by_hand.processes] == [True, False, False], "only sshd is left")
    with VirtualCluster([VirtualHost("pi-1")]) as cluster:
        assert by_hand.is_gone()
        assert told(cluster, "pi-1", "hostname") == "pi-1"


def test_two_clusters_do_not_disturb_each_other(by_hand: ByHand) -> None:
    with VirtualCluster([VirtualHost("pi-1")]) as cluster:
        with VirtualCluster([VirtualHost("pi-1")]) as other:
            addresses = [by_hand.line.split()[-1], cluster.address("pi-1"), other.address("pi-1")]
            assert len({one.rpartition(".")[0] for one in addresses}) == 3
            other.link_down("pi-1")
            assert answers(cluster, "pi-1")
            tag = other.tag
        assert traces(tag) == []
        assert told(cluster, "pi-1", "hostname") == "pi-1"
    assert not by_hand.is_gone()
    assert by_hand.process.poll() is None


def test_nothing_is_left_of_one_that_could_not_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = []

    def fail(name: str, described: object, state: State) -> None:
        del name, described
        tags.append(state.tag)
        assert traces(state.tag) != []
        raise ServerError("no climate")

    monkeypatch.setattr(cluster_module, "Background", fail)
    with pytest.raises(ServerError, match="no climate"):
        VirtualCluster([VirtualHost("pi-1")])
    assert traces(tags[0]) == []
