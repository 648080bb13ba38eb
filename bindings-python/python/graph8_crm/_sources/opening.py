"""Finds out what kind of source was given."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from .._rows import Rows
from . import polars_frames
from .frames import FrameSource
from .iterables import AsyncIterableSource, IterableSource, ShortListSource
from .native import NativeSource

if TYPE_CHECKING:
    from .feeding import Source
    from .iterables import Prepare

ONE_RECORD = (str, bytes, bytearray, Mapping)
"""What looks like an iterable of records and is at most one."""

MODELS = ("__dataclass_fields__", "__pydantic_fields__", "__attrs_attrs__", "_kinds")
"""Marks of classes of which one object is one record."""

FORMATS = (".ndjson", ".jsonl", ".csv", ".tsv")
FILES = (*FORMATS, *(f"{ending}.gz" for ending in FORMATS))
"""Names of files that are taken as such even when a plain `str` names them."""


def open_source(records: object, prepare: Prepare | None, chunk: int, list_chunk: int) -> Source:
    """Finds out what `records` is; `chunk` of them, or `list_chunk`, are taken at a time.

    Raises:
        TypeError: It is one record, or nothing that holds records.
    """
    if type(records) is list:
        given = cast("list[object]", records)
        if prepare is None and len(given) <= list_chunk:
            # A copy: other threads may change it, and the records' own code while it is encoded.
            return ShortListSource(given.copy())
        return IterableSource(given, prepare, list_chunk)
    if isinstance(records, Rows):
        return NativeSource(records.native, 0)
    path = _path(records)
    if path is not None:
        return NativeSource(path, 0)
    _check(records)
    frame = _pandas_frame(records)
    if frame is not None:
        return FrameSource(frame)
    if polars_frames.is_frame(records):
        return NativeSource(polars_frames.exported(records), _rows(records))
    exported = _arrow_export(records)
    if exported is not None:
        return NativeSource(exported, _rows(records))
    if isinstance(records, AsyncIterable):
        return AsyncIterableSource(cast("AsyncIterable[object]", records), prepare, chunk)
    if isinstance(records, Iterable):
        return IterableSource(cast("Iterable[object]", records), prepare, chunk)
    raise TypeError(
        f"a {type(records).__name__} holds no records: pass a list or another iterable, a data "
        "frame, or the path of an NDJSON or CSV file"
    )


def _path(records: object) -> str | None:
    """The path of a file, if it is one."""
    if isinstance(records, os.PathLike):
        return os.fsdecode(cast("os.PathLike[str]", records))
    return records if isinstance(records, str) and records.lower().endswith(FILES) else None


def _check(records: object) -> None:
    """Raises for one record where many are expected: iterating over it would give its fields."""
    kind = type(records).__name__
    if isinstance(records, ONE_RECORD) or any(hasattr(type(records), mark) for mark in MODELS):
        hint = f", or the path of a file {', '.join(FILES)}" if isinstance(records, str) else ""
        raise TypeError(
            f"one {kind} instead of many records: pass a list or another iterable{hint}"
        )


def _pandas_frame(records: object) -> Any:
    pandas = sys.modules.get("pandas")
    return records if pandas is not None and isinstance(records, pandas.DataFrame) else None


def _arrow_export(records: Any) -> object:
    """The Arrow capsule of a table's stream, or those of its one batch."""
    for method in ("__arrow_c_stream__", "__arrow_c_array__"):
        if hasattr(records, method):
            exported: object = getattr(records, method)()
            if not _is_of_capsules(exported):
                raise TypeError(
                    f"{method} of a {type(records).__name__} gives no Arrow data: pass a list of "
                    "records or another table"
                )
            return exported
    return None


def _is_of_capsules(exported: object) -> bool:
    parts = cast("tuple[object, ...]", exported) if isinstance(exported, tuple) else (exported,)
    # The type has no name that Python 3.10 could import.
    return bool(parts) and all(type(part).__name__ == "PyCapsule" for part in parts)


def _rows(records: Any) -> int:
    """How many rows a table has, if that takes no query to find out."""
    if hasattr(records, "num_rows"):
        return int(records.num_rows)
    return len(records) if hasattr(records, "iloc") or hasattr(records, "height") else 0
