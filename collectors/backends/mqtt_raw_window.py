"""Which readings are outstanding, and under which packet identifiers."""

from __future__ import annotations

_IDENTIFIERS = 65535
"""Packet identifiers are 1 to 65535 (MQTT 3.1.1 and 5, section 2.2.1)."""


class Window:
    """The outstanding readings of one connection, their identifiers worked out from their numbers.

    Numbers follow one another, so identifiers do. Only what comes out of order is kept one by one.

    Args:
        size: how many may be outstanding.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        """How many may be outstanding. What was given up still counts for the broker, so it makes this smaller."""
        self.outstanding = 0
        """How many are."""
        self.crowded = False
        """Whether `room` may be 0 after the last one that was sent."""
        self._first = 1
        """The oldest that is outstanding, or else the next."""
        self._next = 1
        """The one after the last that was sent."""
        self._early: set[int] = set()
        """Those in between that are settled already."""
        self._shift = -1
        """A reading's identifier is its number and this, modulo 65535, and 1."""
        self._given_up: set[int] = set()
        """Identifiers that the broker may still answer."""

    def room(self) -> int:
        """Return how many more may be sent now; 0 also where the next identifier is not free before all are settled."""
        room = self.size - self.outstanding
        if not self._given_up and not self._early:
            return room
        if not self.outstanding:
            while self._identifier(self._next) in self._given_up:
                self._shift += 1
        following = self._identifier(self._next)
        # Up to the first that is taken: of one given up, or of the oldest that is outstanding.
        taken = ((identifier - following) % _IDENTIFIERS for identifier in self._given_up)
        return min(room, self._first + _IDENTIFIERS - self._next, *taken)

    def _identifier(self, number: int) -> int:
        return (number + self._shift) % _IDENTIFIERS + 1

    def add(self, number: int) -> bytes:
        """Note that a reading is sent; return its identifier as it stands in the packet."""
        if number != self._next:
            self._jump(number)
        self._next = number + 1
        self.outstanding = outstanding = self.outstanding + 1
        self.crowded = outstanding >= self.size or bool(self._early or self._given_up)
        return ((number + self._shift) % _IDENTIFIERS + 1).to_bytes(2)

    def _jump(self, number: int) -> None:
        """Go on from a number that does not follow the last one."""
        if self.outstanding:
            # As though those in between had been sent and settled, so that the arithmetic holds.
            self._early.update(range(self._next, number))
        else:
            self._shift += self._next - number
            self._first = number

    def withdraw(self, count: int) -> int:
        """Note that the last `count` readings were not sent after all; return the number of the first of them."""
        self.outstanding -= count
        self._next -= count
        return self._next

    def settle(self, identifier: int) -> int:
        """Return the number of the reading that the broker answers; 0 where it is not outstanding."""
        first = self._first
        number = first + (identifier - 1 - self._shift - first) % _IDENTIFIERS
        if number >= self._next or number in self._early:
            if identifier in self._given_up:
                self._given_up.remove(identifier)
                self.size += 1
            return 0
        self.outstanding -= 1
        if number != first:
            self._early.add(number)
            return number
        self._first = first + 1
        while self._early and self._first in self._early:
            self._early.remove(self._first)
            self._first += 1
        return number

    def settle_last(self) -> int:
        """Do as `settle` where only the last one that was sent is outstanding."""
        self.outstanding = 0
        self._first = self._next
        self._early.clear()
        return self._next - 1

    def give_up(self) -> list[int]:
        """Return the numbers of all that are outstanding, and no longer wait for them."""
        given_up = [number for number in range(self._first, self._next) if number not in self._early]
        self._given_up.update(map(self._identifier, given_up))
        self.size -= self.outstanding
        self.outstanding = 0
        self._first = self._next
        self._early.clear()
        return given_up
