"""Native calls as awaitables, and the caller's own awaitables beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from ._errors import ConfigError, ConnectionFailedError
from ._graph8_crm import epoch

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from typing import TypeAlias

    from ._graph8_crm import NativeCall

T = TypeVar("T")
Start: TypeAlias = "Callable[[Callable[[T | BaseException], None]], NativeCall]"

PATIENCE = 1.0
"""Seconds that cancelled code of the caller's has to end, before it is left running."""

NO_LOOP = (
    "AsyncClient needs asyncio's event loop, and none runs here: under trio (or anyio on trio) "
    "call Client in a thread, trio.to_thread.run_sync(client.push_contacts, ...)"
)

_epochs: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
_left_behind: set[asyncio.Task[Any]] = set()
"""An event loop holds its tasks only weakly."""


async def completed(start: Start[T], *, drop: bool = True) -> T:
    """Awaits a native call on the running event loop; a cancel drops the call if `drop`."""
    # Not at the top: loading it is slow, and only an `AsyncClient` needs it.
    import asyncio

    future, call = _begin(start)
    try:
        return await future
    except asyncio.CancelledError:
        if drop:
            call.cancel()
        raise


def running_loop() -> asyncio.AbstractEventLoop:
    """The running event loop.

    Raises:
        ConfigError: There is none of `asyncio`.
    """
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigError(NO_LOOP) from None


def _begin(start: Start[T]) -> tuple[asyncio.Future[T], NativeCall]:
    loop = running_loop()
    now = epoch()
    if _epochs.setdefault(loop, now) != now:
        raise ConnectionFailedError(
            "the process forked or closed its file handles while this event loop ran, and the loop "
            "can't wait for anything any more: do so before asyncio.run()"
        )
    future: asyncio.Future[T] = loop.create_future()

    def settle(outcome: T | BaseException) -> None:
        if future.done():
            return
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def done(outcome: T | BaseException) -> None:
        # On a thread of the runtime. Once the loop is closed, nothing awaits the future.
        if loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:
            if not loop.is_closed():
                raise

    return future, start(done)


async def unless(
    ended: Start[None], work: Coroutine[Any, Any, None], may_leave: Callable[[], bool]
) -> bool:
    """Awaits the caller's own `work`; false when `ended` came before.

    That waits for `work` all the same, unless it `may_leave` it: it is then cancelled, and left
    behind when it goes on.
    """
    import asyncio

    end, call = _begin(ended)
    task = asyncio.ensure_future(_boxed(work))
    is_left = False
    try:
        both: set[asyncio.Future[Any]] = {task, end}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if end.done():
            end.result()
            if not may_leave():
                await asyncio.wait({task})
    finally:
        call.cancel()
        end.cancel()
        if not task.done():
            is_left = True
            task.cancel()
            _left_behind.add(task)
            task.add_done_callback(_forget)
            await asyncio.wait({task}, timeout=PATIENCE)
    if is_left and (not task.done() or task.cancelled() or task.exception()):
        return False
    interrupt = task.result()
    if interrupt:
        raise interrupt
    return True


async def _boxed(work: Coroutine[Any, Any, None]) -> BaseException | None:
    """What `work` raises to end the program: a task would end the event loop with it at once."""
    try:
        await work
    except (KeyboardInterrupt, SystemExit) as interrupt:
        return interrupt
    return None


def _forget(task: asyncio.Task[Any]) -> None:
    _left_behind.discard(task)
    if not task.cancelled():
        # Else the event loop logs that its exception was never retrieved.
        task.exception()
