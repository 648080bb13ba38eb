"""Native calls as awaitables."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ._graph8_crm import NativeCall

T = TypeVar("T")


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
