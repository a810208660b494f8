"""The errors a person is meant to read: each one line that says what is wrong and how to mend it."""

from __future__ import annotations


class ThermobenchError(Exception):
    """What stopped the run, in the user's words.

    Args:
        what: what is wrong, naming the file, field, value or address, and what was expected.
        mend: what to do about it, as a command where there is one; empty where nothing can be advised.
    """

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what, mend)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what} – {self.mend}" if self.mend else self.what


class UsageError(ThermobenchError):
    """The user asked for something that does not exist or cannot be done."""


class SensorError(ThermobenchError):
    """A sensor cannot be read, or gave something that is not a temperature."""


class Unavailable(ThermobenchError):
    """A backend or service cannot run on this machine: software it needs is not installed."""


class ServerError(ThermobenchError):
    """A server did not start, cannot be reached, or refused us."""


class ContractError(ThermobenchError):
    """A writer or reader broke its protocol; a bug in that backend, not in the user's set-up."""
