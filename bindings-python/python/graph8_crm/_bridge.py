"""Runs a push: its source in, its report out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from . import _results as results
from ._events import Telling, logger
from ._futures import completed, unless
from ._graph8_crm import NativeReply
from ._memory import memory_is_low
from ._progress import ProgressStream

if TYPE_CHECKING:
    from ._graph8_crm import NativePush
    from ._results import CheckReport, Problem, PushProgress, PushReport
    from ._sources import Source

T = TypeVar("T")
PROGRESS_INTERVAL = 0.1
"""Seconds between two snapshots."""


class Hooks(NamedTuple):
    """The caller's own functions that a push calls."""

    progress: Callable[[PushProgress], object] | None
    resolve: Callable[[Problem], object] | None


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
        add_note(f"{report.summary}\n(the report is this exception's attribute `report`)")


class _Listener:
    """Gives snapshots to a callable of the caller's, whose errors must not harm the push."""

    def __init__(self, progress: Callable[[PushProgress], object]) -> None:
        self.progress: Callable[[PushProgress], object] | None = progress

    def __call__(self, snapshot: str) -> None:
        if self.progress is None:
            return
        try:
            self.progress(results.progress_from_json(snapshot))
        except Exception:  # noqa: BLE001 (it is logged)
            self.progress = None
            logger().exception(
                "the progress callback raised and is not called again; the push goes on"
            )


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
        reply = _feed_to_end(push, source, hooks) if whole is None else push.run(whole)
    except BaseException as interrupt:
        _stop(push, source, interrupt)
        raise
    return _report_or_raise(source, reply)


def _feed_to_end(push: NativePush, source: Source, hooks: Hooks) -> NativeReply:
    listener = None if hooks.progress is None else _Listener(hooks.progress)
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
    try:
        reply: NativeReply
        if whole is None:
            reply = await _feed_to_end_async(push, source, hooks)
        else:
            reply = await completed(lambda done: push.run_async(whole, done), drop=False)
    except BaseException as interrupt:
        _stop(push, source, interrupt)
        raise
    finally:
        if telling is not None:
            telling.end()
    return _report_or_raise(source, reply)


async def _feed_to_end_async(push: NativePush, source: Source, hooks: Hooks) -> NativeReply:
    listener = None if hooks.progress is None else _Listener(hooks.progress)
    reporting = None
    try:
        _announce_total(push, source)
        if listener:
            import asyncio

            reporting = asyncio.ensure_future(_report_progress(push, listener))
        await source.feed_async(push)
        not_sent = _count_not_sent(push, source)
        in_doubt = ""
        if hooks.resolve or listener:
            drained: str = await completed(
                lambda done: push.drain_async(not_sent, done), drop=False
            )
            in_doubt = drained
        if hooks.resolve:
            resolving = _resolve_all(push, results.problems_from_json(in_doubt), hooks.resolve)
            await unless(push.interrupted_async, resolving, lambda: True)
        if listener:
            listener(push.progress())
        reply: NativeReply = await completed(
            lambda done: push.finish_async(not_sent, done), drop=False
        )
        return reply
    finally:
        if reporting:
            reporting.cancel()
        if isinstance(hooks.progress, ProgressStream):
            hooks.progress.close()


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
    # This does not wait for the service: the cancel has ended what was in flight.
    attach(interrupt, push.finish(source.not_sent(push)))


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


async def _report_progress(push: NativePush, listener: _Listener) -> None:
    import asyncio

    while True:
        await asyncio.sleep(PROGRESS_INTERVAL)
        listener(push.progress())


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
