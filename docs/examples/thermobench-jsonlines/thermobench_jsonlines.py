"""A backend for thermobench: a file with one line of JSON for each reading."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self

from collectors.backends.base import Arrival, Assignment, BaseReader
from collectors.errors import ServerError, UsageError
from collectors.ledger import Ledger
from collectors.message import Verifier, encoder, read_stamp, stamp
from collectors.options import Option, flag
from collectors.reading import Reading


class JsonLinesBackend:
    """A file of JSON lines. An acknowledgement is an fsync that returned."""

    name: ClassVar[str] = "jsonlines"
    summary: ClassVar[str] = "a file on this host, one line of JSON for each reading"
    extra: ClassVar[str] = ""
    service: ClassVar[str] = "file"
    listener: ClassVar[str] = "default"
    can_forget: ClassVar[bool] = False
    options: ClassVar[tuple[Option, ...]] = (
        Option("fsync", True, flag, "yes or no", "wait for the disk before anything is acknowledged"),
    )

    def load(self) -> str:
        """Everything needed comes with Python."""
        return f"Python {platform.python_version()}"

    def check(self, assignment: Assignment) -> None:
        """Refuse what cannot become a file, before anything is started."""
        if not assignment.endpoint.path:
            raise UsageError("backend jsonlines: no file given, expected --broker PATH")
        folder = Path(assignment.endpoint.path).absolute().parent
        if not folder.is_dir():
            raise UsageError(f"backend jsonlines: the folder {folder} does not exist")

    def acknowledged_means(self, assignment: Assignment) -> str:
        """What fsync(2) promises, or write(2) alone."""
        return "on disk (fsync)" if assignment.settings["fsync"] else "handed to the kernel"

    def prepare(self, assignment: Assignment) -> None:
        """Make the file, and make its name as durable as the readings that it will hold."""
        path = assignment.endpoint.path
        with _naming(path, "made"):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666))
            folder = os.open(Path(path).absolute().parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def writer(self, assignment: Assignment, ledger: Ledger) -> JsonLinesWriter:
        """Open the file."""
        return JsonLinesWriter(assignment, ledger)

    def reader(self, assignment: Assignment) -> JsonLinesReader:
        """Of one run's lines, among whatever else the file holds."""
        return JsonLinesReader(assignment)

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """The kernel keeps the file, so its version stands for the server's."""
        return {"version": platform.release(), "file": assignment.endpoint.path}


class JsonLinesWriter:
    """Appends a line at each `submit` and acknowledges all of them at `wait`."""

    def __init__(self, assignment: Assignment, ledger: Ledger) -> None:
        with _naming(assignment.endpoint.path, "opened"):
            self._file = os.open(assignment.endpoint.path, os.O_RDWR | os.O_APPEND)
        self._ledger = ledger
        self._fsync: bool = assignment.settings["fsync"]
        self._stamp = stamp(assignment.stream)
        self._message = encoder(assignment.generation, assignment.location)
        self._first = 1
        """The first reading that is not settled."""
        self._last = 0

    def submit(self, reading: Reading) -> None:
        """Append one reading; it is not durable yet."""
        line = json.dumps({"stamp": self._stamp(reading), "message": self._message(reading).decode()})
        try:
            self._append(line.encode() + b"\n")
        except OSError as error:
            self.wait()  # settles the readings before this one, which are in the file
            self._ledger.failed(reading.number, error=f"write: {error.strerror}")
            self._first = reading.number + 1
        else:
            self._last = reading.number

    def wait(self) -> None:
        """Settle everything that was appended."""
        first, count = self._first, self._last - self._first + 1
        if count < 1:
            return
        self._first = self._last + 1
        try:
            if self._fsync:
                os.fsync(self._file)
        except OSError as error:
            # The lines are in the file, but nobody can say whether they are on the disk.
            self._ledger.unknown(first, count, error=f"fsync: {error.strerror}")
        else:
            self._ledger.acknowledged(first, count)

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, -1
        with suppress(OSError):
            os.close(file)

    def _append(self, line: bytes) -> None:
        """Append all of a line or nothing of it, while other producers append theirs."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            end = os.lseek(self._file, 0, os.SEEK_END)
            if end and os.pread(self._file, 1, end - 1) != b"\n":
                line = b"\n" + line  # after a line whose producer was killed in the middle of it
            if os.write(self._file, line) < len(line):
                os.ftruncate(self._file, end)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)


class JsonLinesReader(BaseReader):
    """Reads what was appended since it was entered, in the order of the file.

    Lines that are no reading are foreign; another run's readings are not, and are counted in its facts.
    """

    shows_duplicates: ClassVar[bool] = True
    shows_order: ClassVar[bool] = True

    def __init__(self, assignment: Assignment) -> None:
        super().__init__()
        self.facts["other_runs"] = 0
        self._path = Path(assignment.endpoint.path)
        self._run = assignment.stream.run
        self._verifier = Verifier(self._run, assignment.generation)
        self._start = 0

    def __enter__(self) -> Self:
        with _naming(self._path, "read"):
            self._start = self._path.stat().st_size
        return self

    def arrivals(self, expected: int) -> Iterator[Arrival]:  # noqa: ARG002 – a file knows its own end
        """Yield the run's readings, each as often as it is there."""
        with _naming(self._path, "read"), self._path.open("rb") as file:
            file.seek(self._start)
            for line in file:
                arrival = self._arrival(line) if line.strip() else None
                if arrival:
                    yield arrival
        self.complete = True

    def _arrival(self, line: bytes) -> Arrival | None:
        try:
            fields = json.loads(line)
            run, producer, number, checksum = read_stamp(fields["stamp"])
            message = fields["message"].encode()
        except (AttributeError, KeyError, TypeError, ValueError):
            self.foreign += 1
            return None
        if run != self._run:
            self.facts["other_runs"] += 1
            return None
        return Arrival(producer, number, self._verifier.intact(message, producer, number, checksum))


@contextmanager
def _naming(path: str | Path, what: str) -> Iterator[None]:
    """Turn the system's errors into one line that names the file."""
    try:
        yield
    except OSError as error:
        raise ServerError(f"file {path} cannot be {what}: {error.strerror}") from None
