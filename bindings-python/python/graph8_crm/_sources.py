"""What a push takes its records from, with the books of it: what it holds, gave and was fed."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sized
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from ._errors import error_from_json
from ._futures import completed, unless
from ._memory import memory_is_low

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import TypeAlias

    from ._graph8_crm import NativePush, NativeReply

    Chunk: TypeAlias = list[object] | tuple[list[str], list[list[object]]]

Prepare = Callable[[object], object]

CHUNK = 100
"""Records taken from the source at a time, unless a request has fewer: one full request, so that a
generator runs no further ahead of the service than that."""

ROWS = 1_000
"""Rows of a data frame, or records of a list, taken at a time: nothing runs ahead there."""

ONE_RECORD = (str, bytes, bytearray, Mapping)
"""What looks like an iterable of records and is at most one."""

IN_MEMORY = (list, tuple)
"""Iterables that never wait for anything."""

MODELS = ("__dataclass_fields__", "__pydantic_fields__", "__attrs_attrs__", "_kinds")
"""Marks of classes of which one object is one record."""

NDJSON = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
"""Names of files that are taken as such even when a plain `str` names them."""


class Source(ABC):
    """Feeds a push, and keeps its own books."""

    handed: object = None
    """What the native half reads by itself, or the columns' names; None for anything else."""
    whole: list[object] | None = None
    """All records, when they are few enough to be fed at once."""

    def __init__(self, total: int) -> None:
        self.total = total
        """How many records it holds, as far as it says."""
        self.error: Exception | None = None
        """What it raised; raised again when the push has ended."""

    @property
    def is_left(self) -> bool:
        """Whether it may hold more records than it tells."""
        return False

    @abstractmethod
    def feed(self, push: NativePush) -> None:
        """Feeds until the source or the push ends."""

    @abstractmethod
    async def feed_async(self, push: NativePush) -> None:
        """As `feed`, on the running event loop."""

    @abstractmethod
    def not_sent(self, push: NativePush) -> int:
        """Records that the source holds or gave, and that were never fed."""


def open_source(records: object, prepare: Prepare | None, chunk: int, of_a_list: int) -> Source:
    """Finds out what `records` is; `chunk` of them, or `of_a_list`, are taken at a time.

    Raises:
        TypeError: It is one record, or nothing that holds records.
    """
    if type(records) is list:
        given = cast("list[object]", records)
        if prepare is None and len(given) <= of_a_list:
            # A copy: other threads may change it, and the records' own code while it is encoded.
            return _ShortListSource(given.copy())
        return _IterableSource(given, prepare, of_a_list)
    path = _path(records)
    if path is not None:
        return _ReadSource(path, 0)
    _check(records)
    frame = _pandas_frame(records)
    exported = _arrow_export(records, may_fail=frame is not None)
    if exported is not None:
        return _ReadSource(exported, _rows(records))
    if frame is not None:
        return _FrameSource(frame)
    if isinstance(records, AsyncIterable):
        return _AsyncIterableSource(cast("AsyncIterable[object]", records), prepare, chunk)
    if isinstance(records, Iterable):
        return _IterableSource(cast("Iterable[object]", records), prepare, chunk)
    raise TypeError(
        f"a {type(records).__name__} holds no records: pass a list or another iterable, a data "
        "frame, or the path of an NDJSON file"
    )


def _path(records: object) -> str | None:
    """The path of an NDJSON file, if it is one."""
    if isinstance(records, os.PathLike):
        return os.fsdecode(cast("os.PathLike[str]", records))
    return records if isinstance(records, str) and records.endswith(NDJSON) else None


def _check(records: object) -> None:
    """Raises for one record where many are expected: iterating over it would give its fields."""
    kind = type(records).__name__
    if isinstance(records, ONE_RECORD) or any(hasattr(type(records), mark) for mark in MODELS):
        hint = f", or the path of a file {', '.join(NDJSON)}" if isinstance(records, str) else ""
        raise TypeError(
            f"one {kind} instead of many records: pass a list or another iterable{hint}"
        )


def _pandas_frame(records: object) -> Any:
    pandas = sys.modules.get("pandas")
    return records if pandas is not None and isinstance(records, pandas.DataFrame) else None


def _arrow_export(records: Any, *, may_fail: bool) -> object:
    """The Arrow capsule of a table's stream, or those of its one batch."""
    for method in ("__arrow_c_stream__", "__arrow_c_array__"):
        if hasattr(records, method):
            try:
                exported: object = getattr(records, method)()
            except Exception:
                # pandas without pyarrow, or a column that Arrow has no type for.
                if not may_fail:
                    raise
                continue
            if not _is_of_capsules(exported):
                raise TypeError(
                    f"{method} of a {type(records).__name__} gives no Arrow data: pass a list of "
                    "records or another table"
                )
            return exported
    return None


def _is_of_capsules(exported: object) -> bool:
    parts = cast("tuple[object, ...]", exported) if isinstance(exported, tuple) else (exported,)
    # The type has no name that Python 3.10 could import.
    return bool(parts) and all(type(part).__name__ == "PyCapsule" for part in parts)


def _rows(records: Any) -> int:
    """How many rows a table has, if that takes no query to find out."""
    if hasattr(records, "num_rows"):
        return int(records.num_rows)
    return len(records) if hasattr(records, "iloc") or hasattr(records, "height") else 0


class _ReadSource(Source):
    """A file or Arrow data, which the native half reads."""

    def __init__(self, handed: object, total: int) -> None:
        super().__init__(total)
        self.handed = handed

    def feed(self, push: NativePush) -> None:
        self._note(push.feed_source())

    async def feed_async(self, push: NativePush) -> None:
        reply: NativeReply = await completed(push.feed_source_async, drop=False)
        self._note(reply)

    def _note(self, reply: NativeReply) -> None:
        if reply.error is not None:
            self.error = error_from_json(reply.error, None)

    def not_sent(self, push: NativePush) -> int:  # noqa: ARG002
        # The native half has counted them.
        return 0


class _FedSource(Source):
    """Feeds chunks one by one."""

    def _take_in(self, push: NativePush, chunk: Chunk) -> bool | None:
        """Feeds a chunk: whether there is room for another at once, None without memory."""
        if memory_is_low():
            self.error = MemoryError("less than 16 MiB are left within the process's memory limit")
            return None
        try:
            return push.feed(chunk)
        except MemoryError as error:
            self.error = error
            return None

    def _feed(self, push: NativePush, chunk: Chunk) -> bool:
        """Feeds a chunk and waits for room; false when the push has ended."""
        has_room = self._take_in(push, chunk)
        return has_room is not None and (has_room or self._is_last(push) or push.ready())

    async def _feed_async(self, push: NativePush, chunk: Chunk) -> bool:
        import asyncio

        has_room = self._take_in(push, chunk)
        if has_room is None:
            return False
        if has_room:
            # Room at once: others on the event loop must get their turn all the same.
            await asyncio.sleep(0)
            return True
        # A cancelled task does not drop this: the next to look finds the push where it is.
        return self._is_last(push) or await completed(push.ready_async, drop=False)

    def _is_last(self, push: NativePush) -> bool:
        """Whether nothing follows, so that nobody needs to wait for room."""
        return push.fed == self.total

    def not_sent(self, push: NativePush) -> int:
        return self.total - push.fed


class _ShortListSource(_FedSource):
    """A list whose records are one chunk."""

    def __init__(self, records: list[object]) -> None:
        super().__init__(len(records))
        self.records = self.whole = records

    def feed(self, push: NativePush) -> None:
        self._feed(push, self.records)

    async def feed_async(self, push: NativePush) -> None:
        await self._feed_async(push, self.records)


class _ChunkSource(_FedSource):
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
        self.last: object = None
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
        if record is not self.last or isinstance(record, (tuple, str, bytes)):
            self.last = record
            return False
        if self.chunk:
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


class _IterableSource(_ChunkSource):
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


class _AsyncIterableSource(_ChunkSource):
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
            # What it gave before it was left belongs into the books.
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


class _FrameSource(_FedSource):
    """A pandas frame that gives no Arrow data, as lists of its columns."""

    def __init__(self, frame: Any) -> None:
        # An index with a name is data.
        if any(name is not None for name in frame.index.names):
            frame = frame.reset_index(
                level=[i for i, name in enumerate(frame.index.names) if name is not None]
            )
        self.frame = frame
        self.names = [str(name) for name in frame.columns]
        self.handed = self.names
        super().__init__(len(frame))

    def _chunks(self) -> Iterator[tuple[list[str], list[list[object]]]]:
        for start in range(0, self.total, ROWS):
            rows = self.frame.iloc[start : start + ROWS]
            yield self.names, [rows.iloc[:, i].tolist() for i in range(len(self.names))]

    def feed(self, push: NativePush) -> None:
        for chunk in self._chunks():
            if not self._feed(push, chunk):
                return

    async def feed_async(self, push: NativePush) -> None:
        for chunk in self._chunks():
            if not await self._feed_async(push, chunk):
                return
