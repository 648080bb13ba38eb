"""The base of all sources: each feeds a push and counts what it holds, gave and was fed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from .._futures import completed
from .._memory import LOW_MEMORY, memory_is_low

if TYPE_CHECKING:
    from typing import TypeAlias

    from .._graph8_crm import NativePush

    Chunk: TypeAlias = list[object] | tuple[list[str], list[object], int]


class Source(ABC):
    """Feeds a push, and counts its own records."""

    native_input: object = None
    """What the native half reads by itself, or the columns' names; None for anything else."""
    whole: list[object] | None = None
    """All records, when they are few enough to be fed at once."""

    def __init__(self, total: int) -> None:
        self.total = total
        """How many records it holds, as far as it says."""
        self.fed_before = 0
        """Records that its push was fed before it came to it."""
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


class ChunkedSource(Source):
    """Feeds chunks one by one."""

    def _take_in(self, push: NativePush, chunk: Chunk) -> bool | None:
        """Feeds a chunk: whether there is room for another at once, None without memory."""
        if memory_is_low():
            self.error = MemoryError(LOW_MEMORY)
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
            # Room at once: other tasks on the event loop must get their turn all the same.
            await asyncio.sleep(0)
            return True
        # Not dropped with a cancelled task: the push ends by its own cancel.
        return self._is_last(push) or await completed(push.ready_async, drop=False)

    def _is_last(self, push: NativePush) -> bool:
        """Whether nothing follows, so that there is no need to wait for room."""
        return push.fed - self.fed_before == self.total

    def not_sent(self, push: NativePush) -> int:
        return self.total - (push.fed - self.fed_before)
