"""Records out of lists and other iterables, a chunk at a time."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Sized
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, cast

from .._errors import error_from_json
from .._futures import unless
from .advice import advice_for, cursor_advice, is_cursor
from .classes import class_of
from .feeding import ChunkedSource
from .first_records import check_first
from .tables import collected, holds_tables, is_query, is_table, open_table, rows_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .._graph8_crm import NativePush
    from .feeding import Source

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
    """Chunks of an iterable, and the tables among its records, one at a time."""

    def __init__(self, given: object, total: int, prepare: Prepare | None, chunk: int) -> None:
        super().__init__(total)
        self.prepare = prepare
        self.size = chunk
        self.chunk: list[object] = []
        self.table: object = _NOTHING
        """A table that came behind the chunk."""
        self.table_source: Source | None = None
        """The rows of the table at hand."""
        self.items = 0
        """Records and tables that were taken."""
        self.fed_until_chunk = 0
        self.is_exhausted = False
        self.is_in_memory = False
        self.chunks = 0
        self.last: object = _NOTHING
        self.last_kind: type = dict
        self.cursor = type(given) if is_cursor(type(given)) else None
        self.may_refill = type(given) not in IN_MEMORY
        self.is_refilling = False
        """Whether it gives one object again and again, each time with another record in it."""

    def _begin(self, push: NativePush) -> bool:
        self.fed_until_chunk = push.fed
        self.chunk = []
        self.chunks += 1
        return self.error is None and not self.is_exhausted

    @property
    def _most(self) -> int:
        # The first record alone, to see whether the second is the same object; by then it is
        # encoded. With those of the second chunk it is a whole request.
        if not self.may_refill:
            return self.size
        if self.is_refilling or self.chunks == 1:
            return 1
        return max(self.size - 1, 1) if self.chunks == 2 else self.size

    def _is_refilled(self, record: object) -> bool:
        """Whether the last record is gone since its object, which came again, has a new one.

        Raises:
            ValueError: That record was not encoded yet.
        """
        if isinstance(record, _UNCHANGING) or not self.may_refill:
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

    def _is_table(self, record: object) -> bool:
        """Whether a record of another class than the last is a table, which then waits; notes it.

        Raises:
            TypeError: It is a row of a cursor that tells no names, or the first record is of a
                kind that none can be.
        """
        kind = type(record)
        if self.cursor is not None and kind in (tuple, list):
            raise TypeError(cursor_advice(self.cursor))
        if self.items == 0 and not self.chunk:
            check_first([record])
        if not is_table(kind):
            self.last_kind = kind
            return False
        self.table = record
        if not self.chunk:
            self.chunks -= 1
        if self.may_refill:
            # A length would count tables.
            self.total = 0
        return True

    def _end(self) -> bool:
        self.items += len(self.chunk)
        return bool(self.chunk) or self.table is not _NOTHING

    @property
    def is_left(self) -> bool:
        return not self.is_exhausted and self.total == 0

    def _take(self, push: NativePush, records: Iterator[object]) -> bool:
        """Takes the next chunk, up to a table; false when there is neither."""
        if not self._begin(push):
            return False
        try:
            if self.is_in_memory:
                self.chunk.extend(islice(records, self.size))
                self.is_exhausted = len(self.chunk) < self.size
                return self._end()
            # Any record may have taken long to come, and the push may have ended.
            most = self._most
            for record in records:
                if type(record) is not self.last_kind and self._is_table(record):
                    break
                if record is self.last and self._is_refilled(record):
                    most = 1
                self.last = record
                self.chunk.append(record)
                if len(self.chunk) == most or push.has_ended():
                    break
            else:
                self.is_exhausted = True
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            self.error = error
        return self._end()

    def _open_table(self, push: NativePush) -> Source | None:
        """Opens the table that came behind the chunk; None when it can't be, or the push ended."""
        if push.has_ended():
            return None
        # Let go of, so that it need not be there beside the next.
        table, self.table = self.table, _NOTHING
        self.fed_until_chunk, self.chunk = push.fed, []
        try:
            advice = advice_for(table)
            if advice is not None:
                raise TypeError(f"a {class_of(table).__name__} is no table of rows: {advice}")
            source = open_table(table)
            reply = push.follow_with(source.native_input, source.total)
            if reply.error is not None:
                raise error_from_json(reply.error, None)
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            self.error = error
            return None
        self.items += 1
        source.fed_before = push.fed
        self.table_source = source
        return source

    async def _feed_table_async(self, push: NativePush) -> bool:
        if is_query(type(self.table)) and not push.has_ended():
            try:
                self.table = await collected(self.table)
            except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
                self.error = error
                return False
        source = self._open_table(push)
        if source is None:
            return False
        await source.feed_async(push)
        return self._close_table(source, push)

    def _close_table(self, source: Source, push: NativePush) -> bool:
        """Whether the push goes on behind the table."""
        self.error = source.error
        if self.error is not None or push.has_ended():
            return False
        self.table_source = None
        self.fed_until_chunk = push.fed
        return True

    def _prepared(self) -> list[object]:
        """The chunk as the encoder takes it."""
        return self.chunk if self.prepare is None else list(map(self.prepare, self.chunk))

    def _rest(self) -> int:
        """Records that were not taken, as far as the iterable says."""
        # The length is what it says of itself; at its end it is known.
        return 0 if self.is_exhausted else max(self.total - self.items, 0)

    def not_sent(self, push: NativePush) -> int:
        if self.table_source is not None:
            return self.table_source.not_sent(push) + self._rest()
        unfed = self.fed_until_chunk + len(self.chunk) - push.fed
        if self.table is not _NOTHING and self.may_refill:
            unfed += rows_of(self.table)
        return unfed + self._rest()


class IterableSource(_IterableChunks):
    def __init__(self, records: Iterable[object], prepare: Prepare | None, chunk: int) -> None:
        total = len(cast("Sized", records)) if issubclass(type(records), Sized) else 0
        super().__init__(records, total, prepare, chunk)
        self.records = records
        self.tables: list[object] | tuple[object, ...] | None = None
        """The records, when they are in memory and some are tables."""
        if type(records) in IN_MEMORY:
            given = cast("list[object] | tuple[object, ...]", records)
            self.is_in_memory = not holds_tables(given)
            if not self.is_in_memory:
                self.tables = given
                self.total = self._rest()

    def _rest(self) -> int:
        if self.tables is None:
            return super()._rest()
        return sum(
            rows_of(record) if is_table(type(record)) else 1 for record in self.tables[self.items :]
        )

    @property
    def is_left(self) -> bool:
        if self.tables is None:
            return super().is_left
        # Tables that don't tell how many rows they have.
        return not self.is_exhausted and any(
            is_table(type(record)) and rows_of(record) == 0 for record in self.tables[self.items :]
        )

    def _iterated(self) -> Iterator[object]:
        try:
            return iter(self.records)
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            self.error = error
            return iter(())

    def feed(self, push: NativePush) -> None:
        records = self._iterated()
        while self._take(push, records):
            if self.chunk and not self._feed(push, self._prepared()):
                return
            if self.table is not _NOTHING and not self._feed_table(push):
                return

    def _feed_table(self, push: NativePush) -> bool:
        source = self._open_table(push)
        if source is None:
            return False
        source.feed(push)
        return self._close_table(source, push)

    async def feed_async(self, push: NativePush) -> None:
        records = self._iterated()
        while self._take(push, records):
            if self.chunk and not await self._feed_async(push, self._prepared()):
                return
            if self.table is not _NOTHING and not await self._feed_table_async(push):
                return


class AsyncIterableSource(_IterableChunks):
    def __init__(self, records: AsyncIterable[object], prepare: Prepare | None, chunk: int) -> None:
        super().__init__(records, 0, prepare, chunk)
        self.records = records
        self.is_waiting = False
        self.is_abandoned = False

    def feed(self, push: NativePush) -> None:  # noqa: ARG002
        raise TypeError("an async iterable needs an AsyncClient: use one, or pass a list")

    async def feed_async(self, push: NativePush) -> None:
        # In a task of its own, so that an end of the push need not wait for it.
        is_over = await unless(push.ended_async, self._feed_all(push), self._leave)
        if not is_over and self.chunk and push.fed == self.fed_until_chunk:
            # What it gave before it was left has to be counted.
            push.feed(self._prepared())

    def _leave(self) -> bool:
        self.is_abandoned = self.is_waiting
        return self.is_abandoned

    async def _feed_all(self, push: NativePush) -> None:
        records = aiter(self.records)
        while await self._take_async(push, records):
            if self.chunk and not await self._feed_async(push, self._prepared()):
                return
            if self.table is not _NOTHING and not await self._feed_table_async(push):
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
                if type(record) is not self.last_kind and self._is_table(record):
                    break
                if record is self.last and self._is_refilled(record):
                    most = 1
                self.last = record
                self.chunk.append(record)
        except StopAsyncIteration:
            self.is_exhausted = True
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            if not self.is_abandoned:
                self.error = error
        finally:
            self.is_waiting = False
        return self._end()
