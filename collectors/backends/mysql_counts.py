"""What a MySQL or MariaDB server counts: its status variables, and the rows of a run."""

from __future__ import annotations

import time
from typing import Any

from .counting import Snapshot

COUNT_SECONDS = 600.0
"""How long counting the rows may take: no column is indexed, so all rows of all runs are looked at."""

COUNTERS = (
    *("Questions", "Com_insert", "Com_insert_select", "Com_commit", "Com_rollback", "Slow_queries"),  # statements
    *("Handler_commit", "Handler_write"),  # internal COMMITs, rows handed to a storage engine
    "Innodb_rows_inserted",  # rows; MySQL alone
    *("Innodb_data_fsyncs", "Innodb_data_writes", "Innodb_os_log_fsyncs", "Innodb_log_writes"),  # times
    *("Innodb_data_written", "Innodb_os_log_written"),  # bytes: pages, and the redo log
    *("Innodb_log_waits", "Innodb_buffer_pool_wait_free"),  # times that the log's or pool's buffer was too small
    "Innodb_row_lock_time",  # ms
    "Innodb_row_lock_waits",
    "Innodb_buffer_pool_pages_flushed",
    *("Binlog_commits", "Binlog_group_commits", "Binlog_cache_use", "Binlog_cache_disk_use"),
    "Binlog_bytes_written",
    *("Bytes_received", "Bytes_sent"),
    *("Connections", "Aborted_connects", "Aborted_clients"),
)
LEVELS = (
    *("Threads_connected", "Threads_running"),  # the one that asks among them
    *("Innodb_row_lock_current_waits", "Innodb_data_pending_fsyncs"),
    *("Innodb_buffer_pool_pages_dirty", "Innodb_checkpoint_age"),  # pages; bytes of log
)
"""Status variables as MariaDB 10.11 and MySQL 8 name them; neither has all.

Most are named in MariaDB's documentation, "Server Status Variables" and "InnoDB Status Variables".
"""
_UPTIME = "Uptime"


def counts(cursor: Any) -> Snapshot:
    """Return the server's status variables. Every statement counts at once, so nothing is waited for."""
    wanted = (*COUNTERS, *LEVELS, _UPTIME)
    marks = ", ".join(["%s"] * len(wanted))
    cursor.execute(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({marks})", wanted)
    found = {name: float(value) for name, value in cursor.fetchall()}
    return Snapshot(
        at=time.monotonic(),
        counters={name: found[name] for name in COUNTERS if name in found},
        levels={name: found[name] for name in LEVELS if name in found},
        uptimes={"": found[_UPTIME]},
    )


def stored(cursor: Any, run: str) -> int:
    """Return how many rows of the run there are."""
    cursor.execute("SELECT COUNT(*) FROM temperature.reading WHERE reading_run = %s", (run,))
    [(count,)] = cursor.fetchall()
    return int(count)
