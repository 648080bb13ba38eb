"""What to call on that which holds records, but gives no rows by itself."""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, Awaitable, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, cast

from .classes import defines, is_of
from .tables import is_table

CALLS = (
    # Package, names of classes, what to do.
    ("polars", ("LazyFrame",), "call .collect(), or iterate over .collect_batches()"),
    (
        "polars",
        ("GroupBy", "DynamicGroupBy", "RollingGroupBy"),
        "pass the groups: (group for _, group in groups)",
    ),
    ("polars", ("InProcessQuery",), "call .fetch_blocking()"),
    ("polars", ("SQLContext",), "pass what .execute(query, eager=True) gives"),
    ("polars", ("Expr",), "select it from its frame: frame.select(it)"),
    ("pyspark.sql", ("Column",), "select it from its frame: frame.select(it)"),
    ("pyspark.sql", ("GroupedData",), "call .agg(...)"),
    ("polars", ("Series",), "call .to_frame(), or .struct.unnest() on a Series of structs"),
    ("pandas", ("BaseGroupBy",), "pass the groups: (group for _, group in groups)"),
    # Iterated over, their windows would give most rows again and again.
    ("pandas", ("BaseWindow",), "call a method that sums its windows up, such as .mean()"),
    ("pandas", ("Styler",), "pass its frame: .data"),
    ("pandas", ("Expression",), "give it a frame: frame.assign(name=it)"),
    ("pandas", ("ExcelFile",), "call .parse()"),
    ("pyarrow", ("ParquetFile",), "iterate over .iter_batches()"),
    ("pyarrow", ("ParquetDataset",), "call .read()"),
    ("pyarrow", ("TableGroupBy",), "call .aggregate(...)"),
    ("pyarrow", ("Expression",), "filter a dataset by it: dataset.scanner(filter=it)"),
    ("pyarrow", ("RecordBatchFileReader", "_RecordBatchFileReader"), "call .read_all()"),
    ("_duckdb", ("Expression",), "select it from a relation: relation.select(it)"),
    ("duckdb", ("Expression",), "select it from a relation: relation.select(it)"),
    ("_duckdb", ("DuckDBPyConnection",), "call .arrow() on what execute() gave"),
    ("duckdb", ("DuckDBPyConnection",), "call .arrow() on what execute() gave"),
    (
        "dask.dataframe",
        ("DataFrame", "_Frame", "FrameBase"),
        "call .compute(), or pass its parts: (part.compute() for part in frame.partitions)",
    ),
    ("dask", ("Bag", "Delayed", "Array"), "call .compute()"),
    (
        "ray.data",
        ("Dataset", "DataIterator"),
        'iterate over .iter_batches(batch_format="pyarrow")',
    ),
    ("modin", ("DataFrame",), "call .modin.to_pandas()"),
    ("xarray", ("Dataset",), "call .to_dataframe()"),
    ("xarray", ("DataArray",), "call .to_dataframe(name=...)"),
    ("pyspark.pandas", ("DataFrame",), "call .to_spark()"),
    ("pyspark", ("RDD",), "call .toLocalIterator()"),
    ("snowflake.snowpark", ("DataFrame",), "iterate over .to_pandas_batches()"),
    ("sqlalchemy", ("Select", "CompoundSelect", "TextClause"), "call connection.execute(it)"),
    ("django", ("BaseManager",), "call .values()"),
    ("openpyxl", ("Worksheet", "ReadOnlyWorksheet"), "read the file with pandas.read_excel"),
    ("_csv", ("reader", "Reader"), "use csv.DictReader, or pass the path of the file"),
)
SHOWN_TEXT = 4_096
"""Of a text, so much is looked at."""
NOT_CALLED = (FunctionType, MethodType, BuiltinFunctionType)
ONE_VALUE = (str, bytes, int, float, type(None))


def advice_for(records: object) -> str | None:
    """What to do instead of passing it; None when there is nothing known against it."""
    kind = type(records)
    for package, names, call in CALLS:
        if is_of(kind, package, *names):
            return call
    if issubclass(kind, Awaitable) and not issubclass(kind, AsyncIterable):
        return "await it first"
    if issubclass(kind, NOT_CALLED):
        return "call it, and pass what it gives"
    if issubclass(kind, io.IOBase):
        return "pass the path of the file, or csv.DictReader(file)"
    if is_of(kind, "pyspark.sql", "DataFrame") and not defines(kind, "toArrow"):
        return "call .toPandas(), or .toLocalIterator() (.toArrow() came with Spark 4.0)"
    return _about_columns(kind, records)


def _about_columns(kind: type, records: Any) -> str | None:
    """Of what may be one column, or have columns without names."""
    if is_of(kind, "pandas", "Series"):
        is_one_column = records.dtype != object or isinstance(next(iter(records), None), ONE_VALUE)
        return "call .to_frame(), or pass [it] if it is one row" if is_one_column else None
    if is_of(kind, "pyarrow", "ChunkedArray", "Array"):
        is_of_rows = str(records.type).startswith("struct<")
        return None if is_of_rows else 'use pyarrow.table({"the field": it})'
    if is_of(kind, "numpy", "ndarray"):
        has_names = records.ndim == 1 and (records.dtype.names or records.dtype == object)
        return None if has_names else "use pandas.DataFrame(it, columns=[...])"
    return None


def one_record_advice(records: object) -> str:
    """What to do about a text or a mapping that is no iterable of records."""
    if isinstance(records, (str, bytes, bytearray)):
        start = records[:SHOWN_TEXT]
        return _text_advice(start if isinstance(start, str) else start.decode(errors="replace"))
    if isinstance(records, Mapping):
        given = cast("Mapping[object, object]", records)
        values = list(given.values())
        if values and all(is_table(type(value)) for value in values):
            return "is a dict of tables: pass it.values()"
        for name, value in given.items():
            if isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
                return f"is one record: pass [it], or it[{name!r}] if those are the records"
        if values and all(_is_column(value) for value in values):
            return "is a dict of columns: pass polars.DataFrame(it) or pandas.DataFrame(it)"
        if values and all(isinstance(value, Mapping) for value in values):
            return "is one record: pass [it], or it.values() if those are the records"
        return "is one record: pass [it]"
    return ""


def _text_advice(text: str) -> str:
    """What to do about a text that is no path."""
    lines = text.strip().splitlines()
    if len(lines) > 1 and all(line.startswith("{") for line in lines[:2]):
        return "is JSON lines: pass [json.loads(line) for line in it.splitlines()]"
    if lines and lines[0].startswith(("[", "{")):
        return "is JSON text: pass json.loads(it), or the path of a file"
    if len(lines) > 1:
        return "is a text of several lines: pass csv.DictReader(io.StringIO(it)), or a file's path"
    return ""


def _is_column(value: object) -> bool:
    kind = type(value)
    return (issubclass(kind, Sequence) and not issubclass(kind, (str, bytes))) or any(
        is_of(kind, *array)
        for array in (("numpy", "ndarray"), ("pandas", "Series"), ("polars", "Series"))
    )


def is_cursor(kind: type) -> bool:
    """Whether it is a cursor of a database, whose rows may be tuples without names."""
    return all(defines(kind, name) for name in ("execute", "fetchone", "fetchmany"))


def cursor_advice(kind: type) -> str:
    """What to do about a cursor whose rows have no names."""
    batches = ", or .fetch_arrow_batches()" if defines(kind, "fetch_arrow_batches") else ""
    return (
        f"the rows of a {kind.__name__} are tuples without names: pass (dict(zip([column[0] for "
        "column in cursor.description], row)) for row in cursor), or set a row factory such as "
        f"sqlite3.Row or psycopg's dict_row{batches}"
    )
