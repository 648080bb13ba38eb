"""Frames of polars, with whatever columns and buffers polars hands over."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from conftest import Sink
from promises import promise

pl = pytest.importorskip("polars")

SOURCE = "polars"

EMAILS = ["ada@example.com", "bob@example.com"]

COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "nothing": (pl.Series([None, None]), [None, None]),
    "lists of nothing": (pl.Series([[], [None]]), [[], [None]]),
    "lists of structs of nothing": (pl.Series([[{"a": [None]}], []]), [[{"a": [None]}], []]),
    "structs of nothing": (
        pl.Series([{"a": None, "b": 1}, {"a": None, "b": 2}]),
        [{"a": None, "b": 1}, {"a": None, "b": 2}],
    ),
    "arrays of nothing": (
        pl.Series([[None, None], None], dtype=pl.Array(pl.Null, 2)),
        [[None, None], None],
    ),
    "whole floats": (pl.Series([442071838750.0, None]), [442071838750, None]),
    "Float32": (pl.Series([250.0, 0.5], dtype=pl.Float32), [250, 0.5]),
    "Int128": (pl.Series([-1, 2**100], dtype=pl.Int128), [-1, 2**100]),
    "lists of Int128": (pl.Series([[1], None], dtype=pl.List(pl.Int128)), [[1], None]),
    "Categorical": (pl.Series(["a", None], dtype=pl.Categorical), ["a", None]),
    "Enum": (pl.Series(["a", None], dtype=pl.Enum(["a", "b"])), ["a", None]),
    "Datetime": (pl.Series([dt.datetime(2024, 1, 1), None]), ["2024-01-01T00:00:00", None]),
    "Datetime of a zone": (
        pl.Series([dt.datetime(2024, 7, 1)]).extend_constant(None, 1).dt.replace_time_zone("UTC"),
        ["2024-07-01T00:00:00+00:00", None],
    ),
    "Date": (pl.Series([dt.date(2024, 1, 1), None]), ["2024-01-01", None]),
    "Time": (pl.Series([dt.time(10), None]), ["10:00:00", None]),
    "Duration": (pl.Series([dt.timedelta(seconds=90.5), None]), [90.5, None]),
}


def dicts(values: list[Any]) -> list[dict[str, Any]]:
    return [{"email": email, "x": value} for email, value in zip(EMAILS, values, strict=True)]


@pytest.mark.parametrize("kind", COLUMNS)
@promise("columns of every type, of nothing but nulls too, travel as their values do in dicts")
def test_a_column_travels_as_its_values_in_dicts(sink: Sink, kind: str) -> None:
    column, values = COLUMNS[kind]
    frame = pl.DataFrame({"email": EMAILS, "x": column})
    assert sink.bytes_of(frame) == sink.bytes_of(dicts(values))
    without = sink.bytes_of(dicts(values), columns=["email"])
    assert sink.bytes_of(frame, columns=["email"]) == without
    # Of an offset, of two chunks, and of no rows.
    assert sink.bytes_of(frame.slice(1)) == sink.bytes_of(dicts(values)[1:])
    chunks = pl.concat([frame.slice(0, 1), frame.slice(1)], rechunk=False)
    assert sink.bytes_of(chunks) == sink.bytes_of(dicts(values))
    assert sink.bytes_of(frame.head(0)) == b""


def test_a_column_that_was_added_without_values_travels_as_null(sink: Sink) -> None:
    frame = pl.DataFrame({"email": EMAILS}).with_columns(x=pl.lit(None))
    assert sink.bytes_of(frame) == sink.bytes_of(dicts([None, None]))


@promise("`Object`, `UInt128` and `Binary` are refused by the column's name")
def test_a_column_without_json_is_refused_by_name(sink: Sink) -> None:
    columns = [
        (pl.Series([object(), 1], dtype=pl.Object), "is of polars' type Object, which has no JSON"),
        (pl.Series([b"x", None]), "is binary"),
    ]
    if hasattr(pl, "UInt128"):
        columns.append((pl.Series([1, 2], dtype=pl.UInt128), "is of polars' type UInt128"))
    for column, message in columns:
        frame = pl.DataFrame({"email": EMAILS, "x": column})
        assert f"column 'x' {message}" in sink.refusal_of(frame)
        assert sink.bytes_of(frame, columns=["email"]) == sink.bytes_of(
            [{"email": email} for email in EMAILS]
        )
