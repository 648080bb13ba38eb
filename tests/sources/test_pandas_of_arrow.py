"""Columns of pandas that lie as Arrow data."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from conftest import Sink
from promises import promise

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")

SOURCE = "pyarrow"

EMAILS = ["ada@example.com", "bob@example.com"]

COLUMNS: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "int64": (pa.int64(), [1, None], [1, None]),
    "double": (pa.float64(), [442071838750.0, None], [442071838750, None]),
    "bool": (pa.bool_(), [True, None], [True, None]),
    "string": (pa.string(), ["ü", None], ["ü", None]),
    "null": (pa.null(), [None, None], [None, None]),
    "date": (pa.date32(), [dt.date(2024, 1, 1), None], ["2024-01-01", None]),
    "time": (pa.time64("us"), [dt.time(10, 30), None], ["10:30:00", None]),
    "moment": (pa.timestamp("ms"), [dt.datetime(2024, 1, 1), None], ["2024-01-01T00:00:00", None]),
    "moment of a zone": (
        pa.timestamp("us", "Europe/Berlin"),
        [dt.datetime(2024, 7, 1, tzinfo=dt.timezone.utc), None],
        ["2024-07-01T02:00:00+02:00", None],
    ),
    "duration": (pa.duration("ms"), [dt.timedelta(seconds=1.5), None], [1.5, None]),
    "decimal": (pa.decimal128(9, 2), [Decimal("1.50"), None], [Decimal("1.50"), None]),
    "list": (pa.list_(pa.float64()), [[1.0, None], None], [[1, None], None]),
    "struct": (pa.struct([("a", pa.null())]), [{"a": None}, None], [{"a": None}, None]),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), ["a", None], ["a", None]),
}


@pytest.mark.parametrize("kind", COLUMNS)
@promise("columns of pandas backed by Arrow travel as those of numpy do")
def test_a_column_backed_by_arrow_travels_as_its_values_in_dicts(sink: Sink, kind: str) -> None:
    data_type, values, expected = COLUMNS[kind]
    column = pd.Series(pa.array(values, type=data_type), dtype=pd.ArrowDtype(data_type))
    dicts = [{"email": email, "x": value} for email, value in zip(EMAILS, expected, strict=True)]
    bytes_of_dicts = sink.bytes_of(dicts)
    assert sink.bytes_of(pd.DataFrame({"email": EMAILS, "x": column})) == bytes_of_dicts
    beside = pd.DataFrame({"email": EMAILS, "x": column, "mixed": [1, "a"]})
    assert sink.bytes_of(beside, columns=["email", "x"]) == bytes_of_dicts


def test_a_binary_column_is_refused_by_name_wherever_it_comes_from(sink: Sink) -> None:
    table = pa.table({"email": EMAILS, "photo": [b"x", None]})
    for source in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
        assert "column 'photo' is binary" in sink.refusal_of(source)
        assert sink.bytes_of(source, columns=["email"]).count(b'"email"') == 2


@promise("a table and the frame of pandas made of it have the same bytes, moments of zones apart")
def test_a_table_and_its_frame_have_the_same_bytes(sink: Sink) -> None:
    columns = {
        kind: pa.array(values, type=data_type)
        for kind, (data_type, values, _) in COLUMNS.items()
        if kind != "moment of a zone"
    }
    table = pa.table({"email": EMAILS, **columns})
    expected = sink.bytes_of(table)
    assert sink.bytes_of(table.to_pandas(types_mapper=pd.ArrowDtype)) == expected
    dicts = [
        {"email": email, **{kind: COLUMNS[kind][2][row] for kind in columns}}
        for row, email in enumerate(EMAILS)
    ]
    assert sink.bytes_of(dicts) == expected
