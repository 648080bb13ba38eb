"""Frames of pandas as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .chunks import ROWS
from .columns import FrameColumns, arrow_schema, has_text_name, refusal, slices
from .feeding import ChunkedSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from .._graph8_crm import NativePush
    from .columns import Values

    FrameChunk: TypeAlias = tuple[list[str], list[object], int]

MOST_SHOWN = 5
"""Names that a message lists."""


class FrameRows:
    """The rows of a frame, some at a time."""

    def __init__(self, frame: Any) -> None:
        self.total = len(frame)
        columns = [*_levels(frame.index), *_columns(frame)]
        unnamed = [name for name, _ in columns if not has_text_name(name)]
        self.named = [(str(name), column) for name, column in columns if has_text_name(name)]
        self.columns = FrameColumns(
            names=[name for name, _ in self.named],
            unnamed=_unnamed(unnamed) if unnamed else None,
            refused=[
                (name, why)
                for name, column in self.named
                if (why := refusal(column.dtype)) is not None
            ],
            of_arrow=[
                (name, schema)
                for name, column in self.named
                if (schema := arrow_schema(column.dtype)) is not None
            ],
        )
        """What can be judged before a row is read."""

    def chunks(self, push: NativePush) -> Iterator[FrameChunk]:
        """Names, columns and number of rows: of the columns that travel, as the push has them."""
        travels, nan_is_error = push.plan(self.columns.names)
        named = [pair for pair, does in zip(self.named, travels, strict=True) if does]
        names = [name for name, _ in named]
        columns = [slices(column, nan_is_error=nan_is_error) for _, column in named]
        for start in range(0, self.total, ROWS):
            end = min(start + ROWS, self.total)
            yield names, [column(start, end) for column in columns], end - start


def _levels(index: Any) -> Iterator[tuple[object, Values]]:
    """The levels of an index that have a name: those are data."""
    for level, name in enumerate(index.names):
        if name is not None:
            yield name, index.get_level_values(level)


def _columns(frame: Any) -> Iterator[tuple[object, Values]]:
    """By their places: names may stand twice."""
    for place, name in enumerate(frame.columns):
        yield name, frame.iloc[:, place]


def _unnamed(names: list[object]) -> str:
    """What is wrong with names that are no texts."""
    shown = ", ".join(map(repr, names[:MOST_SHOWN]))
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    if all(isinstance(name, tuple) for name in names):
        return (
            f"the frame's columns have names of several levels: {shown}{more}; join them, for "
            'example frame.columns = [" ".join(names) for names in frame.columns]'
        )
    return (
        f"the frame has columns without a text as name: {shown}{more}; name them, for example by "
        'frame.columns = ["email", …], or select those that travel with columns'
    )


class FrameSource(ChunkedSource):
    """A frame of pandas."""

    def __init__(self, frame: Any) -> None:
        self.rows = FrameRows(frame)
        self.native_input = self.rows.columns
        super().__init__(self.rows.total)

    def _next(self, chunks: Iterator[FrameChunk]) -> FrameChunk | None:
        try:
            return next(chunks, None)
        except Exception as error:  # noqa: BLE001 (raised again when the push has ended)
            self.error = error
            return None

    def feed(self, push: NativePush) -> None:
        chunks = self.rows.chunks(push)
        while (chunk := self._next(chunks)) is not None:
            if not self._feed(push, chunk):
                return

    async def feed_async(self, push: NativePush) -> None:
        chunks = self.rows.chunks(push)
        while (chunk := self._next(chunks)) is not None:
            if not await self._feed_async(push, chunk):
                return
