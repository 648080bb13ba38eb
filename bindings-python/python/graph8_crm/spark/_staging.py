"""Rows of a task on their way to the driver: a compressed Arrow stream within a commit message."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DIRECT_PUSH = (
    'push directly from the driver instead: client.push_contacts("hubspot", df, journal=…, '
    "primary_key=…), see docs/spark.md"
)
MOST_SHOWN = 1 << 20


class TooManyBytesError(ConfigError):
    """A task's rows, or those of all tasks, are more than may be staged."""


def too_many(what: str, size: int, limit: int) -> TooManyBytesError:
    """The error that says where to go with so many rows."""
    return TooManyBytesError(
        f"{what} {_shown(size)}, compressed, and max_staged_bytes is {_shown(limit)}; nothing was "
        f"sent. Raise max_staged_bytes (and spark.driver.maxResultSize, 1g by default), or "
        f"{DIRECT_PUSH}"
    )


def _shown(size: int) -> str:
    return f"{size / MOST_SHOWN:.0f} MiB" if size >= 10 * MOST_SHOWN else f"{size:,} bytes"


def stage(batches: Iterable[Any], limit: int) -> tuple[bytes, int]:
    """Arrow's batches as one compressed stream, and how many rows those are; nothing for no rows.

    Raises:
        TooManyBytesError: They are more than `limit` bytes.
    """
    arrow: Any = import_module("pyarrow")
    ipc: Any = import_module("pyarrow.ipc")
    sink = arrow.BufferOutputStream()
    options = ipc.IpcWriteOptions(compression="zstd")
    writer: Any = None
    rows = 0
    for batch in batches:
        if batch.num_rows == 0:
            continue
        if writer is None:
            writer = ipc.new_stream(sink, batch.schema, options=options)
        writer.write(batch)
        rows += batch.num_rows
        if sink.tell() > limit:
            raise too_many("the rows of this task are", sink.tell(), limit)
    if writer is None:
        return b"", 0
    writer.close()
    return sink.getvalue().to_pybytes(), rows


class StagedRows:
    """The rows of all tasks, in the order of Spark's partitions: a table that is read once."""

    num_rows: int = 0
    """Known before they are read, so that the report of a push that stops counts all of them."""

    def __init__(self, streams: Sequence[bytes], rows: int, schema: Any) -> None:
        self.num_rows = rows
        self._streams = streams
        self._schema = schema
        """Of a table without rows."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        arrow: Any = import_module("pyarrow")
        ipc: Any = import_module("pyarrow.ipc")
        schema = ipc.open_stream(self._streams[0]).schema if self._streams else self._schema
        reader = arrow.RecordBatchReader.from_batches(schema, self._batches(ipc))
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self, ipc: Any) -> Iterator[Any]:
        for stream in self._streams:
            yield from ipc.open_stream(stream)
