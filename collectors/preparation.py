"""Preparing the server, in a process of its own."""

from __future__ import annotations

import json
import multiprocessing
from contextlib import suppress
from multiprocessing.connection import Connection

from .errors import ContractError, ServerError, ThermobenchError
from .load import Load
from .producer import die_with

PREPARE_SECONDS = 60.0
"""Longest time that making a table or topic may take."""


def prepare(load: Load) -> None:
    """Call `Backend.prepare` in a forked process: it starts its client's threads, and we are still to fork.

    Raises:
        ServerError: the server cannot be reached or refuses, or does not answer in time.
        ContractError: the process died.
    """
    context, name = multiprocessing.get_context("fork"), load.backend.name
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(load, send))
    process.start()
    send.close()
    try:
        if not receive.poll(PREPARE_SECONDS):
            raise ServerError(f"{name}: no table or topic was ready within {PREPARE_SECONDS:.0f} s")
        told: dict[str, str] | None = None
        with suppress(EOFError):
            told = json.loads(receive.recv_bytes())
    finally:
        receive.close()
        process.kill()
        process.join()
    if told is None:
        raise ContractError(f"backend {name}: preparing the server ended without a word")
    if told:
        raise ServerError(told["what"], told["mend"])


def _tell(load: Load, channel: Connection) -> None:
    die_with()
    told = {}
    try:
        load.backend.prepare(load.assignment(load.first_producer, ""))
    except ThermobenchError as error:
        told = {"what": error.what, "mend": error.mend}
    channel.send_bytes(json.dumps(told).encode())
