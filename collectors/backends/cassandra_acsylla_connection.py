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

_abandoned: list[Connection] = []
"""Those whose requests the server left unanswered: freeing their memory would wait for the answers."""


class Connection:
    """A session and the event loop that drives it.

    Args:
        assignment: where.
        retries: `default`, or `fallthrough` to repeat nothing.
        datacenter: the one whose nodes to use; by default that of the first node.

    Raises:
        ServerError: the server cannot be reached or refuses.
    """

    def __init__(self, assignment: Assignment, retries: str, datacenter: str = "") -> None:
        self.endpoint = assignment.endpoint
        self.loop = asyncio.new_event_loop()
        self.session: Any = None
        self.lost: list[Any] = []
        """What must not be freed before the session is closed: the C++ driver still calls back into it."""
        self._cluster: Any = None
        self._closed = False
        try:
            self.run(self._connect(assignment, retries, datacenter))
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
        if self._closed:
            return
        self._closed = True
        with suppress(Exception):
            if self.loop.run_until_complete(self._disconnect()):
                self.loop.close()
                return
        self.loop.set_exception_handler(lambda *_: None)
        _abandoned.append(self)

    async def _connect(self, assignment: Assignment, retries: str, datacenter: str) -> None:
        import acsylla

        endpoint, settings = assignment.endpoint, assignment.settings
        nodes = endpoint.nodes(shared.USUAL_PORT)
        self._cluster = acsylla.create_cluster(
            [host for host, _ in nodes],
            port=nodes[0][1],
            username=endpoint.username or None,
            password=endpoint.password if endpoint.username else None,
            connect_timeout=shared.CONNECT_SECONDS,
            request_timeout=assignment.timeout,
            consistency=acsylla.Consistency[settings["consistency"]],
            load_balance_dc_aware=datacenter or None,
            retry_policy=retries,
            log_level="disabled",
        )
        self.session = await self._cluster.create_session()

    async def _disconnect(self) -> bool:
        """Close the session and the sockets that wake the loop up; False if the server lets us wait for it."""
        if self.session is not None:
            closing = asyncio.ensure_future(self.session.close())
            # Not `wait_for`: the C++ driver still calls back into what a cancelled task would have freed.
            done, _ = await asyncio.wait({closing}, timeout=_CLOSE_SECONDS)
            if not done:
                return False
            closing.exception()
        if self._cluster is not None:
            self._cluster.destroy()
        return True
