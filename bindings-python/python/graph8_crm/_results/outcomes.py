"""What became of each record."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, overload

from .. import _graph8_crm as native

if TYPE_CHECKING:
    from collections.abc import Iterator


class Outcome(str, Enum):
    """What became of a record."""

    PUSHED = "pushed"
    """The service answered that it was created, or the list change applied."""
    SKIPPED = "skipped"
    """Left out on purpose, because the push was asked to: an earlier record of it has the same
    identity (`unique="first"`). Don't send it again."""
    FAILED = "failed"
    """The service, the CRM or our own check refused it. Safe to send again after a fix."""
    UNKNOWN = "unknown"
    """It was sent and no trustworthy answer came. Look before you send it again."""
    NOT_SENT = "not_sent"
    """It never left. Safe to send again."""

    def __str__(self) -> str:
        return self.value


_BY_CODE = (Outcome.PUSHED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.SKIPPED)
BITS = 4
"""Of an outcome among packed ones."""


# No subclass of Sequence: polars would make a table of the Python objects, one by one.
class Outcomes:
    """The outcome of every record by its index in the input; two records a byte.

    It has the interface of a sequence, and table libraries take it as it is, with the columns
    `index` and `outcome`.
    """

    __slots__ = ("_length", "_packed")

    def __init__(self, packed: bytes, length: int, bits: int = 2) -> None:
        # Pickles of earlier versions have two bits a record, and don't say so.
        self._packed = packed if bits == BITS else _from_two_bits(packed)
        self._length = length

    @property
    def packed(self) -> bytes:
        """Two outcomes a byte, the first in the lower four bits.

        0 is pushed, 1 failed, 2 unknown, 3 not sent, 4 skipped. Records beyond the last byte are
        not sent.
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
        if index >> 1 >= len(self._packed):
            return Outcome.NOT_SENT
        return _BY_CODE[self._packed[index >> 1] >> ((index & 1) << 2) & 15]

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._at, range(self._length))

    def __reversed__(self) -> Iterator[Outcome]:
        return map(self._at, range(self._length - 1, -1, -1))

    def __contains__(self, item: object) -> bool:
        return any(outcome == item for outcome in self)

    def index(self, outcome: Outcome | str) -> int:
        """The place of the first record with that outcome.

        Raises:
            ValueError: There is none.
        """
        for index, found in enumerate(self):
            if found == outcome:
                return index
        raise ValueError(f"no record is {outcome}")

    def count(self, outcome: Outcome | str) -> int:
        """How many records have that outcome."""
        return sum(found == outcome for found in self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The outcomes as an Arrow stream, in a capsule (the Arrow PyCapsule interface).

        The schema is always the table's own; a requested one is left to its reader to cast to.
        """
        return native.outcomes_stream(self._packed, self._length)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Outcomes):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, bytes]:
        return self._length, self._packed.rstrip(b"\x33")

    def __repr__(self) -> str:
        return f"<Outcomes of {len(self)} records>"

    def __reduce__(self) -> tuple[type[Outcomes], tuple[bytes, int, int]]:
        return Outcomes, (self._packed, self._length, BITS)


def _from_two_bits(packed: bytes) -> bytes:
    """Four outcomes a byte as two a byte."""
    pairs = (pair for byte in packed for pair in (byte & 15, byte >> 4))
    return bytes(pair & 3 | (pair >> 2) << 4 for pair in pairs)
