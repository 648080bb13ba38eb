"""Sources whose records are of a kind that none can be: one error, not one for each record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, cast

from .classes import is_of
from .paths import FILES, path_of
from .tables import is_table

MOST_JUDGED = 10
"""Records that are looked at."""
OTHER_FILES = (".json", ".parquet", ".xlsx", ".txt", ".pkl", ".feather")

ONE_PATH = "pass one path at a time, and join the reports with PushReport.merge"
ONE_DICT = 'pass a dict per record, for example {"email": value}'
PARTS = "pass the records of all: itertools.chain.from_iterable(it)"
NAMES = (
    'pass dicts, for example dict(zip(["email", ...], row)) for each row, or a data frame whose '
    "columns have names"
)


def check_first(records: Sequence[object]) -> None:
    """Looks at the first records of a source, or at the one that came first.

    Raises:
        TypeError: None of them can be a record; the message says what to do.
    """
    if not records or type(records[0]) is dict:
        return
    advice = _advice(records[0])
    if advice is not None and all(map(_advice, records[1:MOST_JUDGED])):
        kind = type(records[0]).__name__
        raise TypeError(f"records of the type {kind} have no names of fields: {advice}")


def _advice(record: Any) -> str | None:
    """What to do about a record that has no names of fields; None for one that may have some."""
    kind = type(cast("object", record))
    if path_of(record) is not None:
        return ONE_PATH
    if issubclass(kind, Enum):
        return None
    if issubclass(kind, (str, bytes)):
        return _about_text(record if isinstance(record, str) else record.decode(errors="replace"))
    if kind in (int, float, bool):
        return ONE_DICT
    # Readers of tables are iterators, too.
    if isinstance(cast("object", record), Iterator) and not is_table(kind):
        return PARTS
    if kind in (tuple, list):
        return _about_row(record)
    if is_of(kind, "pyarrow", "TaggedRecordBatch"):
        return "call .to_batches() instead of .scan_batches()"
    if is_of(kind, "numpy", "ndarray") and not record.dtype.names:
        return NAMES
    return None


def _about_text(text: str) -> str:
    if text.lower().endswith((*FILES, *OTHER_FILES)):
        return ONE_PATH
    if text.lstrip().startswith(("{", "[")):
        return "pass [json.loads(text) for text in it]"
    if any(mark in text for mark in ",;\t"):
        return "pass csv.DictReader(it) if these are lines of CSV, else a dict per record"
    return ONE_DICT


def _about_row(row: Sequence[object]) -> str:
    kinds = list(map(type, row))
    is_pair = len(kinds) == 2
    if is_pair and is_table(kinds[1]):
        return "pass the tables alone: (table for _, table in it)"
    if is_pair and is_of(kinds[1], "pandas", "Series"):
        return "pass the frame itself"
    if is_pair and issubclass(kinds[1], Mapping) and not issubclass(kinds[0], Mapping):
        return "pass the records alone: (record for _, record in it)"
    return PARTS if kinds and issubclass(kinds[0], Mapping) else NAMES
