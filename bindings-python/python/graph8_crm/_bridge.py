"""How calls go to the native half and come back: replies, futures, and the feeding of a push."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sized
from itertools import islice
from typing import TYPE_CHECKING, NoReturn, TypeVar

from ._errors import error_from_json
from ._graph8_crm import NativeReply
from ._results import report_from_json

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Iterator

    from ._graph8_crm import NativeCall, NativePush
    from ._results import PushReport

T = TypeVar("T")
Prepare = Callable[[object], object]

ONE_RECORD = (str, bytes, bytearray, Mapping)
"""What looks like an iterable of records and is at most one."""

CHUNK = 100
"""Records taken from the source at a time: one full request, so that a generator runs no further
ahead of the service than that."""


def check_records(records: object) -> None:
    """Raises for one record where many are expected: iterating over it would give its keys."""
    kind = type(records).__name__
    if isinstance(records, ONE_RECORD):
        raise TypeError(f"one {kind} instead of many records: pass a list or another iterable")


def result_of(reply: NativeReply) -> str:
    """The result of a call that is no push, or its exception."""
    if reply.result is None:
        raise_error(reply)
    return reply.result


def report_of(reply: NativeReply) -> PushReport:
    """A push's report, whether it comes alone or with an error."""
    if reply.report is None or reply.outcomes is None:
        raise_error(reply)
    return report_from_json(reply.report, reply.outcomes)


def raise_error(reply: NativeReply) -> NoReturn:
    """Raises what the reply says went wrong, the report attached."""
    report = None if reply.report is None else report_of(reply)
    if reply.error is None:
        raise RuntimeError("the native module gave neither result nor error; reinstall graph8-crm")
    raise error_from_json(reply.error, report)


def checked(built: T | NativeReply) -> T:
    """What was built, or the exception that says why it was not."""
    if isinstance(built, NativeReply):
        raise_error(built)
    return built


async def completed(
    start: Callable[[Callable[[T | BaseException], None]], NativeCall], *, drop: bool = True
) -> T:
    """Awaits a native call on the running event loop; a cancel drops the call if `drop`."""
    # Here and not above: whoever awaits has it loaded, and nobody else should wait for it.
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(outcome: T | BaseException) -> None:
        if future.done():
            return
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def done(outcome: T | BaseException) -> None:
        # On a thread of the runtime. A loop that was closed meanwhile has nobody who waits.
        if loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:
            if not loop.is_closed():
                raise

    call = start(done)
    try:
        return await future
    except asyncio.CancelledError:
        if drop:
            call.cancel()
        raise


def attach(error: BaseException, reply: NativeReply) -> None:
    """Hangs the report on an exception that is not ours, as `.report`."""
    inner: object = getattr(error, "report", None)
    try:
        error.report = report_of(reply)  # type: ignore[attr-defined]
        if inner is not None:
            # The source made a push of its own that failed: its books must not be lost.
            error.inner_report = inner  # type: ignore[attr-defined]
    except AttributeError:
        # A class without room for it; the exception matters more.
        return


class _Source:
    """The books of a push's source: what it holds, what it gave, what was fed."""

    def __init__(self, push: NativePush, records: object, prepare: Prepare | None) -> None:
        self.push = push
        self.prepare = prepare
        self.total = len(records) if isinstance(records, Sized) else 0
        self.chunk: list[object] = []
        self.fed_before = 0
        self.is_exhausted = False
        self.error: Exception | None = None

    def take(self, records: Iterator[object]) -> bool:
        """Takes the next chunk; false when there is none."""
        if not self._begin_chunk():
            return False
        try:
            for record in islice(records, CHUNK):
                self.chunk.append(record)
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            self.error = error
        self._end_chunk()
        return bool(self.chunk)

    async def take_async(self, records: AsyncIterator[object]) -> bool:
        """As `take`."""
        if not self._begin_chunk():
            return False
        try:
            while len(self.chunk) < CHUNK:
                self.chunk.append(await anext(records))
        except StopAsyncIteration:
            pass
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            self.error = error
        self._end_chunk()
        return bool(self.chunk)

    def _begin_chunk(self) -> bool:
        self.fed_before = self.push.fed
        self.chunk = []
        return self.error is None and not self.is_exhausted

    def _end_chunk(self) -> None:
        self.is_exhausted = self.error is None and len(self.chunk) < CHUNK

    def prepared(self) -> list[object]:
        """The chunk as the encoder takes it."""
        return self.chunk if self.prepare is None else list(map(self.prepare, self.chunk))

    def not_sent(self) -> int:
        """Records that the source holds or gave, and that were never fed."""
        if self.is_exhausted:
            return 0
        return max(self.total, self.fed_before + len(self.chunk)) - self.push.fed

    def stop(self, interrupt: BaseException) -> None:
        """Ends the push after an interrupt and hangs its report on that."""
        self.push.cancel()
        # This does not wait for the service: the cancel has ended what was in flight.
        attach(interrupt, self.push.finish(self.not_sent()))

    def end(self, reply: NativeReply) -> PushReport:
        """The report; or what went wrong, in the source or on the way."""
        if self.error is not None:
            attach(self.error, reply)
            raise self.error
        if reply.error is not None:
            raise_error(reply)
        return report_of(reply)


def run_push(
    push: NativePush, records: Iterable[object], prepare: Prepare | None = None
) -> PushReport:
    """Feeds `records` until they or the push end, and waits for the report."""
    source = _Source(push, records, prepare)
    iterator = iter(records)
    try:
        while source.take(iterator):
            if not push.feed(source.prepared()):
                break
        reply = push.finish(source.not_sent())
    except BaseException as interrupt:
        source.stop(interrupt)
        raise
    return source.end(reply)


async def run_push_async(
    push: NativePush,
    records: Iterable[object] | AsyncIterable[object],
    prepare: Prepare | None = None,
) -> PushReport:
    """As `run_push`, on the running event loop."""
    source = _Source(push, records, prepare)
    if isinstance(records, AsyncIterable):
        later = aiter(records)

        async def take() -> bool:
            return await source.take_async(later)
    else:
        now = iter(records)

        async def take() -> bool:
            return source.take(now)

    try:
        while await take():
            if not await _feed(push, source.prepared()):
                break
        not_sent = source.not_sent()
        reply: NativeReply = await completed(
            lambda done: push.finish_async(not_sent, done), drop=False
        )
    except BaseException as interrupt:
        source.stop(interrupt)
        raise
    return source.end(reply)


async def _feed(push: NativePush, chunk: list[object]) -> bool:
    # A cancelled task does not drop this: the records count as fed, so they must get there.
    return await completed(lambda done: push.feed_async(chunk, done), drop=False)
