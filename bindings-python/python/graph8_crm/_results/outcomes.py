"""What became of each record."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterator


class Outcome(str, Enum):
    """What became of a record."""

    PUSHED = "pushed"
    """The service answered that it was created, or the list change applied."""
    FAILED = "failed"
    """The service, the CRM or our own check refused it. Safe to send again after a fix."""
    UNKNOWN = "unknown"
    """It was sent and no trustworthy answer came. Look before you send it again."""
    NOT_SENT = "not_sent"
    """It never left. Safe to send again."""

    def __str__(self) -> str:
        return self.value


_BY_CODE = tuple(Outcome)


class Outcomes(Sequence[Outcome]):
    """The outcome of every record by its index in the input; four records a byte."""

    __slots__ = ("_length", "_packed")

    def __init__(self, packed: bytes, length: int) -> None:
        self._packed = packed
        self._length = length

    @property
    def packed(self) -> bytes:
        """Four outcomes a byte, the first in the lowest bits.

        0 is pushed, 1 failed, 2 unknown, 3 not sent. Records beyond the last byte are not sent.
        """
        return self._packed

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Outcome, ...]: ...
    def __getitem__(self, index: int | slice) -> Outcome | tuple[Outcome, ...]:
        if isinstance(index, slice):
            return tuple(map(self._at, range(*index.indices(self._length))))
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(f"no record has the index {index}: there are {self._length}")
        return self._at(place)

    def _at(self, index: int) -> Outcome:
        if index >> 2 >= len(self._packed):
            return Outcome.NOT_SENT
        return _BY_CODE[self._packed[index >> 2] >> ((index & 3) << 1) & 3]

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._at, range(self._length))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Outcomes):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, bytes]:
        return self._length, self._packed.rstrip(b"\xff")

    def __repr__(self) -> str:
        return f"<Outcomes of {len(self)} records>"

    def __reduce__(self) -> tuple[type[Outcomes], tuple[bytes, int]]:
        return Outcomes, (self._packed, self._length)
