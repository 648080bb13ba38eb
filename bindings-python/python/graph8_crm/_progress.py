"""Snapshots of a push as an async iterator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._results import PushProgress


class ProgressStream:
    """Snapshots of one `AsyncClient` push, to be iterated beside it; it ends with the push.

    Pass it as `progress`. It keeps the newest snapshot only, so a slow reader misses some and holds
    nothing up.

        stream = ProgressStream()
        push = asyncio.create_task(client.push_contacts("hubspot", people, progress=stream))
        async for snapshot in stream:
            print(snapshot.pushed)
        report = await push
    """

    def __init__(self) -> None:
        # Not at the top: loading it is slow, and only an iteration needs it.
        import asyncio

        self._changed = asyncio.Event()
        self._newest: PushProgress | None = None
        self._is_over = False

    def __call__(self, snapshot: PushProgress) -> None:
        """Takes in a snapshot; the push calls this."""
        self._newest = snapshot
        self._changed.set()

    def close(self) -> None:
        """Ends the iteration after the newest snapshot; the push calls this."""
        self._is_over = True
        self._changed.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> PushProgress:
        while self._newest is None:
            if self._is_over:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        snapshot, self._newest = self._newest, None
        return snapshot
