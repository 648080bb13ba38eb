"""How calls go to the native half and come back: replies, futures, and the feeding of a push."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sized
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from ._graph8_crm import NativeReply
from ._progress import ProgressStream
from ._results import problems_from_json, progress_from_json, raise_error, report_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Iterator

    from ._graph8_crm import NativeCall, NativePush
    from ._results import Problem, PushProgress, PushReport

T = TypeVar("T")
Prepare = Callable[[object], object]

ONE_RECORD = (str, bytes, bytearray, Mapping)
"""What looks like an iterable of records and is at most one."""

CHUNK = 100
"""Records taken from the source at a time: one full request, so that a generator runs no further
ahead of the service than that."""


PROGRESS_INTERVAL = 0.1
"""Seconds between two snapshots."""


class Hooks(NamedTuple):
    """The caller's own functions that a push calls."""

    progress: Callable[[PushProgress], object] | None
    resolve: Callable[[Problem], object] | None


def check_records(records: object) -> None:
    """Raises for one record where many are expected: iterating over it would give its keys."""
    kind = type(records).__name__
    if isinstance(records, ONE_RECORD):
        raise TypeError(f"one {kind} instead of many records: pass a list or another iterable")


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


class _Listener:
    """Hands snapshots to a callable of the caller's, which must not harm the push."""

    def __init__(self, progress: Callable[[PushProgress], object]) -> None:
        self.progress: Callable[[PushProgress], object] | None = progress

    def __call__(self, snapshot: str) -> None:
        if self.progress is None:
            return
        try:
            self.progress(progress_from_json(snapshot))
        except Exception:
            import logging

            self.progress = None
            logging.getLogger("graph8_crm").exception(
                "the progress callback raised and is not called again; the push goes on"
            )


class _Source:
    """The books of a push's source: what it holds, what it gave, what was fed."""

    def __init__(self, push: NativePush, records: object, prepare: Prepare | None) -> None:
        self.push = push
        self.prepare = prepare
        self.total = len(records) if isinstance(records, Sized) else 0
        if self.total:
            push.expect_total(self.total)
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
        self.push.drain(self.not_sent())
        attach(interrupt, self.push.finish())

    def end(self, reply: NativeReply) -> PushReport:
        """The report; or what went wrong, in the source or on the way."""
        if self.error is not None:
            attach(self.error, reply)
            raise self.error
        if reply.error is not None:
            raise_error(reply)
        return report_of(reply)


def run_push(
    push: NativePush,
    records: Iterable[object],
    prepare: Prepare | None,
    hooks: Hooks,
) -> PushReport:
    """Feeds `records` until they or the push end, and waits for the report."""
    source = _Source(push, records, prepare)
    iterator = iter(records)
    listener = None if hooks.progress is None else _Listener(hooks.progress)
    try:
        if listener:
            push.listen(listener)
        while source.take(iterator):
            if not push.feed(source.prepared()):
                break
        in_doubt = push.drain(source.not_sent())
        if hooks.resolve:
            for problem in problems_from_json(in_doubt):
                _settle_doubt(push, problem, hooks.resolve(problem))
        if listener:
            listener(push.progress())
        reply = push.finish()
    except BaseException as interrupt:
        source.stop(interrupt)
        raise
    return source.end(reply)


async def run_push_async(
    push: NativePush,
    records: Iterable[object] | AsyncIterable[object],
    prepare: Prepare | None,
    hooks: Hooks,
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

    listener = None if hooks.progress is None else _Listener(hooks.progress)
    telling = None
    try:
        if listener:
            import asyncio

            telling = asyncio.ensure_future(_tell(push, listener))
        while await take():
            if not await _feed(push, source.prepared()):
                break
        not_sent = source.not_sent()
        in_doubt: str = await completed(lambda done: push.drain_async(not_sent, done), drop=False)
        if hooks.resolve:
            for problem in problems_from_json(in_doubt):
                found = hooks.resolve(problem)
                if isinstance(found, Awaitable):
                    found = await cast("Awaitable[object]", found)
                _settle_doubt(push, problem, found)
        if listener:
            listener(push.progress())
        reply: NativeReply = await completed(push.finish_async, drop=False)
    except BaseException as interrupt:
        source.stop(interrupt)
        raise
    finally:
        if telling:
            telling.cancel()
        if isinstance(hooks.progress, ProgressStream):
            hooks.progress.close()
    return source.end(reply)


async def _tell(push: NativePush, listener: _Listener) -> None:
    import asyncio

    while True:
        await asyncio.sleep(PROGRESS_INTERVAL)
        listener(push.progress())


def _settle_doubt(push: NativePush, problem: Problem, found: object) -> None:
    if found is not None:
        push.resolve(problem.index, bool(found))


async def _feed(push: NativePush, chunk: list[object]) -> bool:
    # A cancelled task does not drop this: the records count as fed, so they must get there.
    return await completed(lambda done: push.feed_async(chunk, done), drop=False)
