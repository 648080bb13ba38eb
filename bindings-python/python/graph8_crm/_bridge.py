"""Runs a push: its source in, its report out."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar, cast

from . import _results as results
from ._events import Telling, logger
from ._futures import completed, unless
from ._graph8_crm import NativeReply
from ._memory import memory_is_low
from ._progress import ProgressStream

if TYPE_CHECKING:
    from asyncio import Future

    from ._graph8_crm import NativePush
    from ._results import CheckReport, Problem, PushProgress, PushReport
    from ._sources import Source
    from ._types import StopFlag

T = TypeVar("T")
PROGRESS_INTERVAL = 0.1
"""Seconds between two snapshots."""
STOP_INTERVAL = 0.05
"""Seconds between two looks at whether the caller wants the push stopped."""


class Hooks:
    """The caller's own functions that a push calls.

    No NamedTuple: to make one takes a twentieth of the import.
    """

    __slots__ = ("progress", "resolve", "stop")

    def __init__(
        self,
        progress: Callable[[PushProgress], object] | None,
        resolve: Callable[[Problem], object] | None,
        stop: StopFlag | None = None,
    ) -> None:
        self.progress = progress
        self.resolve = resolve
        self.stop = stop


NO_HOOKS = Hooks(None, None)


def checked(built: T | NativeReply) -> T:
    """What was built, or the exception that says why it was not."""
    __tracebackhide__ = True
    if isinstance(built, NativeReply):
        results.raise_error(built)
    return built


def attach(error: BaseException, reply: NativeReply) -> None:
    """Sets `.report` on an exception that is not ours."""
    inner: object = getattr(error, "report", None)
    try:
        report = results.report_in(reply)
        error.report = report  # type: ignore[attr-defined]
        if inner is not None:
            # The source made a push of its own that failed: its report must not be lost.
            error.inner_report = inner  # type: ignore[attr-defined]
    except AttributeError:
        # A class without room for it; the exception matters more.
        return
    # Python 3.10 has no notes.
    add_note = getattr(error, "add_note", None)
    if add_note is not None:
        told = [report.summary]
        if (failure := results.last_failure_in(reply)) is not None:
            told.append(f"the last try failed: {failure}")
        told.append("(the report is this exception's attribute `report`)")
        add_note("\n".join(told))


def is_async_function(hook: object) -> bool:
    """Whether calling it gives a coroutine, as far as that can be seen."""
    while isinstance(hook, functools.partial):
        hook = hook.func
    # Not at the top: loading it is slow.
    from inspect import iscoroutinefunction

    call = getattr(type(hook), "__call__", None)  # noqa: B004 (not whether it is callable)
    return iscoroutinefunction(hook) or iscoroutinefunction(call)


class _Listener:
    """Gives snapshots to a callable of the caller's, whose errors must not harm the push."""

    def __init__(self, progress: Callable[[PushProgress], object]) -> None:
        self.progress = progress
        self.has_failed = False

    def __call__(self, snapshot: str) -> None:
        if self.has_failed:
            return
        try:
            told = self.progress(results.progress_from_json(snapshot))
            if isinstance(told, Awaitable):
                _drop(cast("Awaitable[object]", told))
                raise TypeError(
                    "progress gave an awaitable, which Client can't await: push with AsyncClient"
                )
        except Exception:  # noqa: BLE001 (it is logged)
            self._failed()

    async def tell(self, snapshot: str) -> None:
        """As a call, on the running event loop, where it may be a coroutine function."""
        if self.has_failed:
            return
        try:
            told = self.progress(results.progress_from_json(snapshot))
            if isinstance(told, Awaitable):
                await cast("Awaitable[object]", told)
        except Exception:  # noqa: BLE001 (it is logged)
            self._failed()

    def close(self, *, is_whole: bool) -> None:
        """The push is over, by itself or interrupted."""
        progress: object = self.progress
        if isinstance(progress, ProgressStream):
            progress.close()
        # Only what shows progress has this; it was loaded then.
        elif (end := getattr(progress, "end_of_push", None)) is not None and not self.has_failed:
            try:
                end(is_whole=is_whole)
            except Exception:  # noqa: BLE001 (it is logged)
                self._failed()

    def _failed(self) -> None:
        self.has_failed = True
        logger().exception("the progress callback raised and is not called again; the push goes on")


def _drop(told: Awaitable[object]) -> None:
    """Ends a coroutine that is never awaited, so that Python does not warn of it."""
    close = getattr(told, "close", None)
    if close is not None:
        close()


def run_check(check: NativePush, source: Source) -> CheckReport:
    """Feeds the check, and waits for what it found."""
    __tracebackhide__ = True
    whole = _whole(source, NO_HOOKS)
    try:
        reply = _feed_to_end(check, source, NO_HOOKS) if whole is None else check.run(whole)
    except BaseException:
        check.cancel()
        raise
    return _found_or_raise(source, reply)


async def run_check_async(check: NativePush, source: Source) -> CheckReport:
    """As `run_check`, on the running event loop."""
    __tracebackhide__ = True
    whole = _whole(source, NO_HOOKS)
    telling = Telling(check) if check.is_listened else None
    try:
        reply: NativeReply
        if whole is None:
            reply = await _feed_to_end_async(check, source, NO_HOOKS)
        else:
            reply = await completed(lambda done: check.run_async(whole, done), drop=False)
    except BaseException:
        check.cancel()
        raise
    finally:
        if telling is not None:
            telling.end()
    return _found_or_raise(source, reply)


def _found_or_raise(source: Source, reply: NativeReply) -> CheckReport:
    __tracebackhide__ = True
    if source.error is not None:
        raise source.error
    return results.check_report_from_json(results.result_of(reply))


def run_push(push: NativePush, source: Source, hooks: Hooks) -> PushReport:
    """Feeds the push until its source or itself ends, and waits for the report."""
    __tracebackhide__ = True
    whole = _whole(source, hooks)
    try:
        if hooks.stop is not None:
            push.stop_when(hooks.stop.is_set)
        reply = _feed_to_end(push, source, hooks) if whole is None else push.run(whole)
    except BaseException as interrupt:
        _stop(push, source, interrupt)
        raise
    return _report_or_raise(source, reply)


def _feed_to_end(push: NativePush, source: Source, hooks: Hooks) -> NativeReply:
    listener = None if hooks.progress is None else _Listener(hooks.progress)
    is_whole = False
    try:
        reply = _feed_and_finish(push, source, hooks, listener)
        is_whole = reply.error is None and source.error is None
        return reply
    finally:
        if listener:
            listener.close(is_whole=is_whole)


def _feed_and_finish(
    push: NativePush, source: Source, hooks: Hooks, listener: _Listener | None
) -> NativeReply:
    _announce_total(push, source)
    if listener:
        push.listen(listener)
    source.feed(push)
    not_sent = _count_not_sent(push, source)
    # finish() drains as well; a listener and resolve_unknown need the state in between.
    in_doubt = push.drain(not_sent) if hooks.resolve or listener else ""
    if hooks.resolve:
        for problem in results.problems_from_json(in_doubt):
            if push.is_interrupted():
                break
            _settle_doubt(push, problem, hooks.resolve(problem))
    if listener:
        listener(push.progress())
    return push.finish(not_sent)


async def run_push_async(push: NativePush, source: Source, hooks: Hooks) -> PushReport:
    """As `run_push`, on the running event loop."""
    __tracebackhide__ = True
    whole = _whole(source, hooks)
    telling = Telling(push) if push.is_listened else None
    stopping = None
    try:
        if hooks.stop is not None:
            stopping = _stop_when_set(push, hooks.stop)
        reply: NativeReply
        if whole is None:
            reply = await _feed_to_end_async(push, source, hooks)
        else:
            reply = await completed(lambda done: push.run_async(whole, done), drop=False)
    except BaseException as interrupt:
        _stop(push, source, interrupt)
        raise
    finally:
        if stopping is not None:
            stopping.cancel()
        if telling is not None:
            telling.end()
    return _report_or_raise(source, reply)


async def _feed_to_end_async(push: NativePush, source: Source, hooks: Hooks) -> NativeReply:
    reporter = None if hooks.progress is None else _Reporter(push, _Listener(hooks.progress))
    is_whole = False
    try:
        _announce_total(push, source)
        if reporter:
            reporter.start()
        await source.feed_async(push)
        not_sent = _count_not_sent(push, source)
        in_doubt = ""
        if hooks.resolve or reporter:
            drained: str = await completed(
                lambda done: push.drain_async(not_sent, done), drop=False
            )
            in_doubt = drained
        if hooks.resolve:
            resolving = _resolve_all(push, results.problems_from_json(in_doubt), hooks.resolve)
            await unless(push.interrupted_async, resolving, lambda: True)
        if reporter:
            # A call that hangs must not outlive the deadline.
            await unless(push.interrupted_async, reporter.tell_last(), lambda: True)
        reply: NativeReply = await completed(
            lambda done: push.finish_async(not_sent, done), drop=False
        )
        is_whole = reply.error is None and source.error is None
        return reply
    finally:
        if reporter:
            reporter.close(is_whole=is_whole)


async def _resolve_all(
    push: NativePush, problems: tuple[Problem, ...], resolve: Callable[[Problem], object]
) -> None:
    for problem in problems:
        if push.is_interrupted():
            return
        found = resolve(problem)
        if isinstance(found, Awaitable):
            found = await cast("Awaitable[object]", found)
        if not push.is_interrupted():
            _settle_doubt(push, problem, found)


def _whole(source: Source, hooks: Hooks) -> list[object] | None:
    """All records, when they can go in one call: nothing reads the push's state in between."""
    is_watched = hooks.progress is not None or hooks.resolve is not None
    return None if is_watched or memory_is_low() else source.whole


def _count_not_sent(push: NativePush, source: Source) -> int:
    if source.error is not None:
        push.source_failed(f"the source of the records raised {type(source.error).__name__}")
    if source.is_left:
        push.leave_source()
    return source.not_sent(push)


def _announce_total(push: NativePush, source: Source) -> None:
    if source.total:
        push.expect_total(source.total)


def _stop(push: NativePush, source: Source, interrupt: BaseException) -> None:
    """Ends the push after an interrupt, which then carries its report."""
    push.cancel()
    not_sent = source.not_sent(push)
    reply = None
    while reply is None:
        reply = _finished(push, not_sent)
    attach(interrupt, reply)


def _finished(push: NativePush, not_sent: int) -> NativeReply | None:
    """The reply; None where a second interrupt came between, which must not lose the report."""
    try:
        # This does not wait for the service: the cancel has ended what was in flight.
        return push.finish(not_sent)
    except Exception:
        raise
    except BaseException:  # noqa: BLE001 (the first one is raised)
        return None


def _report_or_raise(source: Source, reply: NativeReply) -> PushReport:
    """The report; or what went wrong, in the source or on the way."""
    __tracebackhide__ = True
    if source.error is not None:
        attach(source.error, reply)
        raise source.error
    if reply.error is not None:
        results.raise_error(reply)
    report = results.report_in(reply)
    if report.warnings:
        _log_warnings(report)
    return report


def _log_warnings(report: PushReport) -> None:
    """What a push warns of in all its records together, on the log."""
    of_source = (warning for warning in report.warnings if not warning.examples)
    for warning in of_source:
        if warning.field is None:
            logger().warning("%s to %s: %s", report.kind, report.provider, warning.message)
            continue
        logger().warning(
            "%s to %s: %s in '%s', %d of %d records",
            report.kind,
            report.provider,
            warning.code,
            warning.field,
            warning.count,
            report.records,
        )


def _stop_when_set(push: NativePush, stop: StopFlag) -> Future[None]:
    """Stops the push once the caller wants that, from the running event loop."""
    import asyncio

    push.stop_when(stop.is_set)

    async def look() -> None:
        while not push.has_ended():  # noqa: ASYNC110 (an event of another thread wakes nobody)
            await asyncio.sleep(STOP_INTERVAL)

    return asyncio.ensure_future(look())


class _Reporter:
    """Tells a listener of a push on the running event loop, one call at a time."""

    def __init__(self, push: NativePush, listener: _Listener) -> None:
        # Not at the top: loading it is slow.
        import asyncio

        self._push = push
        self._listener = listener
        self._turn = asyncio.Lock()
        self._task: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Tells from time to time from now on."""
        import asyncio

        self._task = asyncio.ensure_future(self._tell_on())

    async def _tell_on(self) -> None:
        import asyncio

        while not self._listener.has_failed:
            await asyncio.sleep(PROGRESS_INTERVAL)
            async with self._turn:
                await self._listener.tell(self._push.progress())

    async def tell_last(self) -> None:
        """Tells how the push ended, after a call under way."""
        async with self._turn:
            self._stop()
            await self._listener.tell(self._push.progress())

    def close(self, *, is_whole: bool) -> None:
        """Ends a call under way and tells no more."""
        self._stop()
        self._listener.close(is_whole=is_whole)

    def _stop(self) -> None:
        if self._task:
            self._task.cancel()


def _settle_doubt(push: NativePush, problem: Problem, found: object) -> None:
    """Takes the caller's answer; anything but True, False and None would be a guess.

    Raises:
        TypeError: It is neither True, False nor None.
    """
    if found is None:
        return
    # numpy's bool_ as well, without an import of numpy.
    if type(found).__name__ not in ("bool", "bool_"):
        raise TypeError(
            f"resolve_unknown gave a {type(found).__name__} for record {problem.index}: return "
            "True when the record is in the CRM, False when it is not, None when that is not known"
        )
    push.resolve(problem.index, bool(found))
