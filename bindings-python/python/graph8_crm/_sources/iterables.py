"""Records out of lists and other iterables, a chunk at a time."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Sized
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING

from .._futures import unless
from .feeding import ChunkedSource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .._graph8_crm import NativePush

Prepare = Callable[[object], object]

IN_MEMORY = (list, tuple)
"""Iterables that never wait for anything."""

_NOTHING = object()
_UNCHANGING = (tuple, str, bytes, int, float, Enum, type(None))
"""What can't hold another record later."""


class ShortListSource(ChunkedSource):
    """A list whose records are one chunk."""

    def __init__(self, records: list[object]) -> None:
        super().__init__(len(records))
        self.records = self.whole = records

    def feed(self, push: NativePush) -> None:
        self._feed(push, self.records)

    async def feed_async(self, push: NativePush) -> None:
        await self._feed_async(push, self.records)


class _IterableChunks(ChunkedSource):
    """Chunks of an iterable."""

    def __init__(self, total: int, prepare: Prepare | None, chunk: int) -> None:
        super().__init__(total)
        self.prepare = prepare
        self.size = chunk
        self.chunk: list[object] = []
        self.fed_before = 0
        self.is_exhausted = False
        self.is_in_memory = False
        self.chunks = 0
        self.last: object = _NOTHING
        self.is_refilling = False
        """Whether it gives one object again and again, each time with another record in it."""

    def _begin(self, push: NativePush) -> bool:
        self.fed_before = push.fed
        self.chunk = []
        self.chunks += 1
        return self.error is None and not self.is_exhausted

    @property
    def _most(self) -> int:
        # The first record alone, to see whether the second is the same object; by then it is
        # encoded. With those of the second chunk it is a whole request.
        if self.is_refilling or self.chunks == 1:
            return 1
        return max(self.size - 1, 1) if self.chunks == 2 else self.size

    def _is_refilled(self, record: object) -> bool:
        """Whether the last record is gone since its object has a new one; notes the record.

        Raises:
            ValueError: That record was not encoded yet.
        """
        if record is not self.last or isinstance(record, _UNCHANGING):
            self.last = record
            return False
        if self.chunk:
            # It holds the new record, under the place of the one that is lost.
            self.chunk.pop()
            raise ValueError(
                f"the source gave the same {type(record).__name__} for two records in a row, so "
                "that the first of them is lost: have it give each record an object of its own"
            )
        self.is_refilling = True
        return True

    def _end(self) -> bool:
        if self.is_in_memory and self.error is None:
            self.is_exhausted = len(self.chunk) < self.size
        return bool(self.chunk)

    @property
    def is_left(self) -> bool:
        return not self.is_exhausted and self.total == 0

    def _take(self, push: NativePush, records: Iterator[object]) -> bool:
        """Takes the next chunk; false when there is none."""
        if not self._begin(push):
            return False
        try:
            if self.is_in_memory:
                self.chunk.extend(islice(records, self.size))
            else:
                # Any record may have taken long to come, and the push may have ended.
                most = self._most
                for record in records:
                    if self._is_refilled(record):
                        most = 1
                    self.chunk.append(record)
                    if len(self.chunk) == most or push.has_ended():
                        break
                else:
                    self.is_exhausted = True
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            self.error = error
        return self._end()

    def _prepared(self) -> list[object]:
        """The chunk as the encoder takes it."""
        return self.chunk if self.prepare is None else list(map(self.prepare, self.chunk))

    def not_sent(self, push: NativePush) -> int:
        read = self.fed_before + len(self.chunk)
        # The length is what the iterable says of itself; at its end it is known.
        return (read if self.is_exhausted else max(self.total, read)) - push.fed


class IterableSource(_IterableChunks):
    def __init__(self, records: Iterable[object], prepare: Prepare | None, chunk: int) -> None:
        super().__init__(len(records) if isinstance(records, Sized) else 0, prepare, chunk)
        self.records = records
        self.is_in_memory = type(records) in IN_MEMORY

    def feed(self, push: NativePush) -> None:
        records = iter(self.records)
        while self._take(push, records):
            if not self._feed(push, self._prepared()):
                return

    async def feed_async(self, push: NativePush) -> None:
        records = iter(self.records)
        while self._take(push, records):
            if not await self._feed_async(push, self._prepared()):
                return


class AsyncIterableSource(_IterableChunks):
    def __init__(self, records: AsyncIterable[object], prepare: Prepare | None, chunk: int) -> None:
        super().__init__(0, prepare, chunk)
        self.records = records
        self.is_waiting = False
        self.is_abandoned = False

    def feed(self, push: NativePush) -> None:  # noqa: ARG002
        raise TypeError("an async iterable needs an AsyncClient: use one, or pass a list")

    async def feed_async(self, push: NativePush) -> None:
        # In a task of its own, so that an end of the push need not wait for it.
        is_over = await unless(push.ended_async, self._feed_all(push), self._leave)
        if not is_over and push.fed == self.fed_before:
            # What it gave before it was left has to be counted.
            push.feed(self._prepared())

    def _leave(self) -> bool:
        self.is_abandoned = self.is_waiting
        return self.is_abandoned

    async def _feed_all(self, push: NativePush) -> None:
        records = aiter(self.records)
        while await self._take_async(push, records):
            if not await self._feed_async(push, self._prepared()):
                return

    async def _take_async(self, push: NativePush, records: AsyncIterator[object]) -> bool:
        if not self._begin(push):
            return False
        try:
            most = self._most
            while len(self.chunk) < most and not push.has_ended():
                self.is_waiting = True
                record = await anext(records)
                self.is_waiting = False
                if self.is_abandoned:
                    return False
                if self._is_refilled(record):
                    most = 1
                self.chunk.append(record)
        except StopAsyncIteration:
            self.is_exhausted = True
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            if not self.is_abandoned:
                self.error = error
        finally:
            self.is_waiting = False
        return self._end()
