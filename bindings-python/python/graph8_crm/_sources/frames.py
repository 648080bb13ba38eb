"""Data frames without Arrow data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .feeding import ROWS, ChunkedSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._graph8_crm import NativePush


class FrameSource(ChunkedSource):
    """A pandas frame that gives no Arrow data, as lists of its columns."""

    def __init__(self, frame: Any) -> None:
        # An index with a name is data.
        if any(name is not None for name in frame.index.names):
            frame = frame.reset_index(
                level=[i for i, name in enumerate(frame.index.names) if name is not None]
            )
        self.frame = frame
        self.names = [str(name) for name in frame.columns]
        self.native_input = self.names
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
