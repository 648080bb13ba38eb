"""Finds out what kind of source was given."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import TYPE_CHECKING, cast

from .._rows import Rows
from .advice import advice_for, cursor_advice, is_cursor, one_record_advice
from .classes import defines, is_of
from .iterables import AsyncIterableSource, IterableSource, ShortListSource
from .native import NativeSource
from .tables import holds_tables, is_table, open_table

if TYPE_CHECKING:
    from .feeding import Source
    from .iterables import Prepare

ONE_RECORD = (str, bytes, bytearray, Mapping)
"""What looks like an iterable of records and is at most one."""

MODELS = ("__dataclass_fields__", "__pydantic_fields__", "__attrs_attrs__", "_kinds")
"""Marks of classes of which one object is one record."""

ROWS = (("sqlite3", "Row"), ("sqlalchemy.engine", "Row"), ("pyspark.sql", "Row"), ("numpy", "void"))
"""Classes of rows of queries and arrays, of which one is one record."""

FORMATS = (".ndjson", ".jsonl", ".csv", ".tsv")
FILES = (*FORMATS, *(f"{ending}.gz" for ending in FORMATS))
"""Names of files that are taken as such even when a plain `str` names them."""


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
        if prepare is None and len(given) <= list_chunk and not holds_tables(given):
            # A copy: other threads may change it, and the records' own code while it is encoded.
            return ShortListSource(given.copy())
        return IterableSource(given, prepare, list_chunk)
    if isinstance(records, Rows):
        return NativeSource(records.native, 0)
    path = _path(records)
    if path is not None:
        return NativeSource(path, 0)
    kind = type(records)
    advice = advice_for(records)
    if advice is not None:
        raise TypeError(f"a {kind.__name__} holds no records as it is: {advice}")
    _check(records)
    if is_table(kind):
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


def _path(records: object) -> str | None:
    """The path of a file, if it is one."""
    if defines(type(records), "__fspath__"):
        return os.fsdecode(cast("os.PathLike[str]", records))
    return records if isinstance(records, str) and records.lower().endswith(FILES) else None


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
    hint = f", or the path of a file {', '.join(FILES)}" if isinstance(records, str) else ""
    raise TypeError(
        f"one {kind.__name__} instead of many records: pass a list or another iterable{hint}"
    )
