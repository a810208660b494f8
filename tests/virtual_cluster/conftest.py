"""A cluster for the tests of this folder; where none can be made they are skipped, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import VirtualCluster, VirtualHost, why_not


@pytest.fixture(scope="session")
def possible() -> None:
    """Skip the test where no cluster can be made."""
    if why := why_not():
        pytest.skip(why)


@pytest.fixture(scope="module")
def cluster(possible: None) -> Iterator[VirtualCluster]:
    """Two hosts. A test leaves them as it has found them."""
    del possible
    with VirtualCluster([VirtualHost("pi-1"), VirtualHost("pi-2", cores=0.5, mbit=50.0)]) as made:
        yield made
