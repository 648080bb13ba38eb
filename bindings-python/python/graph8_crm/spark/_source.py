"""The data source, as Spark calls it: on the driver, and in tasks."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyspark.sql.datasource as spark
from pyspark import TaskContext
from pyspark.sql.pandas.types import to_arrow_schema

from .._errors import ConfigError, InternalError
from . import _pushing
from ._options import read_options
from ._staging import StagedRows, stage, too_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyspark.sql.types import StructType

    from ._options import Settings

CHUNK = 10_000
"""Rows that are made an Arrow batch at a time, where Spark gives them one by one."""


@dataclass(frozen=True)
class StagedTask(spark.WriterCommitMessage):
    """The rows of one task."""

    arrow: bytes
    rows: int
    batch_id: str | None = None
    """Of a stream: the batch that the task belonged to."""


def _rows_of(messages: Sequence[StagedTask | None], settings: Settings, schema: Any) -> StagedRows:
    """The rows of all tasks.

    Raises:
        InternalError: A task that Spark counts as done gave none.
        TooManyBytesError: They are more than may be staged.
    """
    staged = [message for message in messages if message is not None]
    if len(staged) != len(messages):
        raise InternalError("Spark commits a write whose tasks are not all done; nothing was sent")
    size = sum(len(task.arrow) for task in staged)
    if size > settings.max_staged_bytes:
        raise too_many("the rows of all tasks are", size, settings.max_staged_bytes)
    streams = [task.arrow for task in staged if task.rows]
    return StagedRows(streams, sum(task.rows for task in staged), schema)


def _arrow_schema(schema: StructType) -> Any:
    """The columns' types.

    Newer versions of PySpark want a zone for moments, which no push looks at.
    """
    wants_zone = "timezone" in inspect.signature(to_arrow_schema).parameters
    return to_arrow_schema(schema, timezone="UTC") if wants_zone else to_arrow_schema(schema)


class BatchWriter(spark.DataSourceArrowWriter):
    """The write of a frame. Tasks get a copy of it, and only `commit` talks to graph8."""

    def __init__(self, settings: Settings, schema: Any) -> None:
        self._settings = settings
        self._schema = schema

    def write(self, iterator: Iterator[Any]) -> StagedTask:
        """Hands a task's rows back."""
        return StagedTask(*stage(iterator, self._settings.max_staged_bytes))

    def commit(self, messages: list[StagedTask | None]) -> None:
        """Pushes the rows of all tasks, once."""
        settings = self._settings
        rows = _rows_of(messages, settings, self._schema)
        _pushing.warn_without_journal(settings)
        _pushing.push(settings, rows, settings.journal, settings.report)

    def abort(self, messages: list[StagedTask | None]) -> None:
        """Does nothing: what tasks staged goes with them, and a journal is needed next time."""


class _StreamWriter:
    """The writes of a stream: each batch is a push with a journal of its own."""

    def __init__(self, settings: Settings, schema: Any) -> None:
        if settings.journal is None:
            raise ConfigError(
                "a stream needs the option journal, a folder on the driver's disk that lasts as "
                "long as its checkpoint: without it a restart would create a batch once more"
            )
        self._settings = settings
        self._folder = settings.journal
        self._schema = schema

    def _stage(self, batches: Iterable[Any]) -> StagedTask:
        context = TaskContext.get()
        name = "streaming.sql.batchId"
        batch_id = None if context is None else context.getLocalProperty(name)
        return StagedTask(*stage(batches, self._settings.max_staged_bytes), batch_id)

    def commit(self, messages: list[StagedTask | None], batchId: int) -> None:  # noqa: N803 (Spark's name)
        """Pushes the rows of a batch that no earlier run of it has pushed."""
        settings = self._settings
        rows = _rows_of(messages, settings, self._schema)
        strangers = {task.batch_id for task in messages if task} - {str(batchId), None}
        if strangers:
            raise InternalError(f"Spark commits rows of batch {strangers} as batch {batchId}")
        if rows.num_rows == 0:
            return
        Path(self._folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"batch-{batchId:08}"
        report = None if settings.report is None else f"{settings.report}/{name}.json"
        _pushing.push(settings, rows, f"{self._folder}/{name}.journal", report)

    def abort(self, messages: list[StagedTask | None], batchId: int) -> None:  # noqa: N803 (Spark's name)
        """Does nothing: Spark runs the batch again, and needs its journal for that."""


class RowStreamWriter(_StreamWriter, spark.DataSourceStreamWriter):
    """For PySpark 4.0, which gives streams row by row."""

    def __init__(self, settings: Settings, schema: Any, row_schema: StructType) -> None:
        super().__init__(settings, schema)
        self._row_schema = row_schema

    def write(self, iterator: Iterator[Any]) -> StagedTask:
        """Hands a task's rows back."""
        return self._stage(_batches_of(iterator, self._row_schema))


def _batches_of(rows: Iterator[Any], schema: StructType) -> Iterator[Any]:
    from itertools import islice

    from pyspark.sql.conversion import LocalDataToArrowConversion

    while chunk := list(islice(rows, CHUNK)):
        table = LocalDataToArrowConversion.convert(chunk, schema, use_large_var_types=False)
        yield from table.to_batches()


if hasattr(spark, "DataSourceStreamArrowWriter"):

    class ArrowStreamWriter(_StreamWriter, spark.DataSourceStreamArrowWriter):
        """For PySpark 4.1 and later."""

        def write(self, iterator: Iterator[Any]) -> StagedTask:
            """Hands a task's rows back."""
            return self._stage(iterator)


class Graph8DataSource(spark.DataSource):
    """`df.write.format("graph8_crm")`: pushes a frame's rows into a CRM, once. See docs/spark.md.

    `spark.dataSource.register(Graph8DataSource)` is needed only where Spark does not find it by
    itself.
    """

    @classmethod
    def name(cls) -> str:
        """What `format` calls it."""
        return "graph8_crm"

    def schema(self) -> str:
        """There is nothing to read."""
        raise ConfigError(
            "graph8_crm only writes: read graph8's rows with client.graph8_contacts()"
        )

    def writer(self, schema: StructType, overwrite: bool) -> BatchWriter:
        """Begins the write of a frame, on the driver."""
        settings, arrow = self._begin(schema, overwrite=overwrite)
        return BatchWriter(settings, arrow)

    def streamWriter(self, schema: StructType, overwrite: bool) -> spark.DataSourceStreamWriter:  # noqa: N802 (Spark's name)
        """Begins the write of a stream's batch, on the driver."""
        settings, arrow = self._begin(schema, overwrite=overwrite)
        if hasattr(spark, "DataSourceStreamArrowWriter"):
            return ArrowStreamWriter(settings, arrow)
        return RowStreamWriter(settings, arrow, schema)

    def _begin(self, schema: StructType, *, overwrite: bool) -> tuple[Settings, Any]:
        if overwrite:
            raise ConfigError(
                "graph8_crm can't overwrite what a CRM holds: it only creates records; use "
                '.mode("append"), or .outputMode("append") for a stream'
            )
        settings = read_options(self.options)
        arrow = _arrow_schema(schema)
        _pushing.refuse_early(settings, schema.fieldNames(), arrow)
        return settings, arrow
