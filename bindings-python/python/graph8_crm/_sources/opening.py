"""Finds out what kind of source was given."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import TYPE_CHECKING, cast

from .._rows import Rows
from .advice import advice_for, cursor_advice, is_cursor, one_record_advice
from .classes import defines, is_of
from .first_records import check_first
from .iterables import AsyncIterableSource, IterableSource, ShortListSource
from .native import NativeSource
from .paths import FILES, path_of
from .tables import collected, holds_tables, is_query, is_table, open_table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .feeding import Source
    from .iterables import Prepare

ONE_RECORD = (str, bytes, bytearray, Mapping)
"""What looks like an iterable of records and is at most one."""

MODELS = ("__dataclass_fields__", "__pydantic_fields__", "__attrs_attrs__", "_kinds")
"""Marks of classes of which one object is one record."""

ROWS = (("sqlite3", "Row"), ("sqlalchemy.engine", "Row"), ("pyspark.sql", "Row"), ("numpy", "void"))
"""Classes of rows of queries and arrays, of which one is one record."""


def open_source(
    records: object, prepare: Prepare | None, chunk: int, list_chunk: int, *, is_async: bool
) -> Source:
    """Finds out what `records` is; `chunk` of them, or `list_chunk`, are taken at a time.

    Raises:
        TypeError: It is one record, or nothing that holds records, or has to be asked for its rows
            first.
    """
    if type(records) is list:
        given = cast("list[object]", records)
        check_first(given)
        if prepare is None and len(given) <= list_chunk and not holds_tables(given):
            # A copy: other threads may change it, and the records' own code while it is encoded.
            return ShortListSource(given.copy())
        return IterableSource(given, prepare, list_chunk)
    if isinstance(records, Rows):
        return NativeSource(records.native, 0)
    path = path_of(records)
    if path is not None:
        return NativeSource(path, 0)
    kind = type(records)
    advice = advice_for(records)
    if advice is not None:
        raise TypeError(f"a {kind.__name__} holds no records as it is: {advice}")
    _check(records)
    if kind is tuple:
        check_first(cast("tuple[object, ...]", records))
    if is_table(kind):
        if is_async and is_query(kind):
            return AsyncIterableSource(_collected(records), prepare, chunk)
        return open_table(records)
    # What is both, such as Django's query sets, is read as the client works.
    if issubclass(kind, AsyncIterable) and (is_async or not issubclass(kind, Iterable)):
        return AsyncIterableSource(cast("AsyncIterable[object]", records), prepare, chunk)
    if issubclass(kind, Iterable):
        return IterableSource(cast("Iterable[object]", records), prepare, chunk)
    if is_cursor(kind):
        raise TypeError(cursor_advice(kind))
    raise TypeError(
        f"a {kind.__name__} holds no records: pass a list or another iterable, a data "
        "frame, or the path of an NDJSON or CSV file"
    )


async def _collected(query: object) -> AsyncIterator[object]:
    yield await collected(query)


def _check(records: object) -> None:
    """Raises for one record where many are expected: iterating over it would give its fields."""
    kind = type(records)
    if not (
        issubclass(kind, ONE_RECORD)
        or any(defines(kind, mark) for mark in MODELS)
        or any(is_of(kind, *row) for row in ROWS)
        or (defines(kind, "_fields") and tuple in kind.__mro__)
    ):
        return
    advice = one_record_advice(records)
    if advice:
        raise TypeError(f"the {kind.__name__} {advice} (one object instead of many records)")
    hint = (
        f", or the path of a file {', '.join(FILES)}; of a file with another name, pathlib.Path(it)"
        if isinstance(records, str)
        else ""
    )
    raise TypeError(
        f"one {kind.__name__} instead of many records: pass a list or another iterable{hint}"
    )
