"""Driving acsylla's asynchronous session from a caller that is not asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from ..errors import ServerError
from . import cassandra_table as shared
from .base import Assignment

_CLOSE_SECONDS = 1.0


class Connection:
    """A session and the event loop that drives it, for a caller that is not asynchronous itself.

    Raises:
        ServerError: the server cannot be reached or refuses.
    """

    def __init__(self, assignment: Assignment, retries: str) -> None:
        self.endpoint = assignment.endpoint
        self.loop = asyncio.new_event_loop()
        self.session: Any = None
        try:
            self.session = self.run(_connected(assignment, retries))
        except ServerError:
            self.close()
            raise

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return what the coroutine returns.

        Raises:
            ServerError: it raised something.
        """
        try:
            return self.loop.run_until_complete(work)
        except Exception as error:
            raise shared.refusal(self.endpoint, error) from None

    def close(self) -> None:
        """Close session and loop. May be called twice, and never raises."""
        if self.loop.is_closed():
            return
        if self.session is not None:
            with suppress(Exception):
                self.loop.run_until_complete(asyncio.wait_for(self.session.close(), _CLOSE_SECONDS))
        self.loop.close()


async def _connected(assignment: Assignment, retries: str) -> Any:
    import acsylla

    endpoint, settings = assignment.endpoint, assignment.settings
    nodes = endpoint.nodes(shared.USUAL_PORT)
    # Waiting for more requests to send along costs a writer that sends one at a time 200 µs for each.
    delay = {"coalesce_delay_us": 0} if assignment.frequency == 1 else {}
    cluster = acsylla.create_cluster(
        [host for host, _ in nodes],
        port=nodes[0][1],
        username=endpoint.username or None,
        password=endpoint.password or None,
        connect_timeout=shared.CONNECT_SECONDS,
        request_timeout=assignment.timeout,
        consistency=acsylla.Consistency[settings["consistency"]],
        load_balance_dc_aware=settings["datacenter"] or None,
        retry_policy=retries,
        log_level="disabled",
        **delay,
    )
    return await cluster.create_session()
