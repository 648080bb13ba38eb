"""Tables: what gives rows by columns, known by its class."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from .._graph8_crm import only_dicts
from . import polars_frames
from .classes import class_of, defines, is_of
from .frames import FrameSource
from .native import NativeSource

if TYPE_CHECKING:
    from .feeding import Source

EXPORTS = ("__arrow_c_stream__", "__arrow_c_array__")
LAZY = (
    ("polars", "LazyFrame"),
    ("dask.dataframe", "DataFrame"),
    ("ray.data", "Dataset"),
    ("modin", "DataFrame"),
    ("snowflake.snowpark", "DataFrame"),
)
"""Tables that must be asked for their rows first."""
RELATIONS = (("duckdb", "DuckDBPyRelation"), ("_duckdb", "DuckDBPyRelation"))
"""Tables that keep what they were asked for, until DuckDB 2.0."""


def is_table(kind: type) -> bool:
    """Whether objects of the class are tables, those included that can't be taken as they are."""
    if is_of(kind, "pandas", "Series"):
        # With Arrow data of its own since pandas 3, and a record all the same.
        return False
    return (
        _is_pandas_frame(kind)
        or any(defines(kind, export) for export in EXPORTS)
        or is_of(kind, "pyspark.sql", "DataFrame")
        or is_of(kind, "pyarrow", "Dataset", "Fragment", "Scanner")
        or any(is_of(kind, *lazy) for lazy in LAZY)
    )


def holds_tables(records: list[object] | tuple[object, ...]) -> bool:
    """Whether any of them is a table."""
    if type(records) is list and only_dicts(records):
        return False
    return any(map(is_table, set(map(type, records))))


def is_query(kind: type) -> bool:
    """Whether objects of the class are tables whose rows a cluster has to compute first."""
    return is_of(kind, "pyspark.sql", "DataFrame") and defines(kind, "toArrow")


async def collected(query: Any) -> object:
    """The rows of a query, as a table; the event loop goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(query.toArrow)


def open_table(table: Any) -> Source:
    """The source of a table's rows; it is none that has to be asked for them first."""
    kind = class_of(table)
    if is_query(kind):
        table = table.toArrow()
    elif any(is_of(kind, *relation) for relation in RELATIONS) and defines(kind, "fetchone"):
        # Another one of the same query: of this one, rows may have been fetched, and are gone.
        table = table.set_alias("records")
    elif is_of(kind, "pyarrow", "Dataset", "Fragment"):
        table = table.scanner().to_reader()
    elif is_of(kind, "pyarrow", "Scanner"):
        table = table.to_reader()
    elif _is_pandas_frame(kind):
        return FrameSource(table)
    elif polars_frames.is_frame(table):
        return NativeSource(polars_frames.exported(table), rows_of(table))
    return NativeSource(_arrow_export(table), rows_of(table))


def rows_of(table: Any) -> int:
    """How many rows a table has, if that takes no query to find out; else 0."""
    kind = class_of(table)
    if defines(kind, "num_rows"):
        rows: object = table.num_rows
        return rows if isinstance(rows, int) else 0
    if _is_pandas_frame(kind) or (defines(kind, "height") and defines(kind, "__len__")):
        return len(table)
    return 0


def _is_pandas_frame(kind: type) -> bool:
    pandas: Any = sys.modules.get("pandas")
    frame: object = getattr(pandas, "DataFrame", None)
    return isinstance(frame, type) and issubclass(kind, frame)


def _arrow_export(table: Any) -> object:
    """The Arrow capsule of a table's stream, or those of its one batch."""
    method = next(name for name in EXPORTS if defines(class_of(table), name))
    exported: object = getattr(table, method)()
    if not _is_of_capsules(exported):
        raise TypeError(
            f"{method} of a {type(table).__name__} gives no Arrow data: pass a list of records or "
            "another table"
        )
    return exported


def _is_of_capsules(exported: object) -> bool:
    parts = cast("tuple[object, ...]", exported) if isinstance(exported, tuple) else (exported,)
    # The type has no name that Python 3.10 could import.
    return bool(parts) and all(type(part).__name__ == "PyCapsule" for part in parts)
