"""A frame of pandas travels as its rows do as dicts, whatever is installed beside pandas."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from conftest import Sink
from promises import promise

pd = pytest.importorskip("pandas")
np = pytest.importorskip("numpy")

SOURCE = "pandas"

NAN = float("nan")
UTC = dt.timezone.utc
EMAILS = ["ada@example.com", "bob@example.com", "eve@example.com"]
BERLIN = "Europe/Berlin"


class Stage(Enum):
    LEAD = "lead"


def moments(*texts: str | None, unit: str = "ns") -> Any:
    return pd.to_datetime(list(texts), format="ISO8601").as_unit(unit)


def objects(*values: object) -> Any:
    column = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        column[place] = value
    return column


def singles(*values: float) -> list[Any]:
    return [np.float32(value) for value in values]


# What makes a column, and what its rows have as dicts.
COLUMNS: dict[str, tuple[Callable[[], Any], list[Any]]] = {
    "float64": (lambda: [442071838750.0, NAN, 2.5], [442071838750, None, 2.5]),
    "infinities": (lambda: [float("inf"), -float("inf"), -0.0], [None, None, 0]),
    "float32": (lambda: np.array([0.1, 250, NAN], "f4"), [*singles(0.1, 250), None]),
    "float16": (lambda: np.array([0.5, 250, NAN], "f2"), [0.5, 250, None]),
    "int8": (lambda: np.array([1, -128, 127], "i1"), [1, -128, 127]),
    "int16": (lambda: np.array([1, -2, 3], "i2"), [1, -2, 3]),
    "int32": (lambda: np.array([1, -2, 3], "i4"), [1, -2, 3]),
    "int64": (lambda: [1, -(2**63), 2**63 - 1], [1, -(2**63), 2**63 - 1]),
    "uint8": (lambda: np.array([1, 2, 255], "u1"), [1, 2, 255]),
    "uint16": (lambda: np.array([1, 2, 3], "u2"), [1, 2, 3]),
    "uint32": (lambda: np.array([1, 2, 3], "u4"), [1, 2, 3]),
    "uint64": (lambda: np.array([1, 2, 2**64 - 1], "u8"), [1, 2, 2**64 - 1]),
    "other order of bytes": (lambda: np.array([1, 2, 3], ">i4"), [1, 2, 3]),
    "bool": (lambda: [True, False, True], [True, False, True]),
    "texts": (lambda: ["x", None, "ü 😀"], ["x", None, "ü 😀"]),
    "texts with NaN": (lambda: ["x", NAN, "y"], ["x", None, "y"]),
    "string": (lambda: pd.array(["x", None, "y"], "string"), ["x", None, "y"]),
    "string[python]": (lambda: pd.array(["x", None, ""], "string[python]"), ["x", None, ""]),
    "nothing": (lambda: [None, None, None], [None, None, None]),
    "mixed": (lambda: objects(1, "text", 2.0), [1, "text", 2]),
    "mixed nothing": (lambda: objects(None, NAN, pd.NaT), [None, None, None]),
    "NA": (lambda: objects(pd.NA, 1, "x"), [None, 1, "x"]),
    "whole numbers of any size": (lambda: objects(2**70, -1, None), [2**70, -1, None]),
    "date beside datetime": (
        lambda: objects(dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 17, 30), None),
        ["2024-01-01", "2024-01-01T17:30:00", None],
    ),
    "aware beside naive": (
        lambda: objects(dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 1), None),
        ["2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00", None],
    ),
    "two zones": (
        lambda: objects(
            pd.Timestamp("2024-01-01", tz=BERLIN), pd.Timestamp("2024-01-01", tz="UTC"), None
        ),
        ["2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+00:00", None],
    ),
    "dates": (lambda: objects(dt.date(2024, 1, 1), None, None), ["2024-01-01", None, None]),
    "times": (lambda: objects(dt.time(10, 30), None, None), ["10:30:00", None, None]),
    "datetime64[ns]": (
        lambda: moments("2024-01-01", "2024-01-01T10:00:00.500000001", None),
        ["2024-01-01T00:00:00", "2024-01-01T10:00:00.500000001", None],
    ),
    "datetime64[us]": (
        lambda: moments("2024-01-01", "2024-01-01T10:00:00.5", None, unit="us"),
        ["2024-01-01T00:00:00", "2024-01-01T10:00:00.500000", None],
    ),
    "datetime64[ms]": (
        lambda: moments("1969-12-31T23:59:59.999", "2024-01-01", None, unit="ms"),
        ["1969-12-31T23:59:59.999000", "2024-01-01T00:00:00", None],
    ),
    "datetime64[s]": (
        lambda: np.array(["0001-01-01", "2024-01-01", "NaT"], "M8[s]"),
        ["0001-01-01T00:00:00", "2024-01-01T00:00:00", None],
    ),
    "moments of a zone": (
        lambda: moments("2024-01-01", "2024-07-01T00:00:00.25", None).tz_localize(BERLIN),
        ["2024-01-01T00:00:00+01:00", "2024-07-01T00:00:00.250000+02:00", None],
    ),
    "moments of a zone, in seconds": (
        lambda: moments("2024-01-01", None, None, unit="s").tz_localize("Asia/Kolkata"),
        ["2024-01-01T00:00:00+05:30", None, None],
    ),
    "moments of an offset": (
        lambda: moments("2024-01-01", None, None).tz_localize("-03:30"),
        ["2024-01-01T00:00:00-03:30", None, None],
    ),
    "moments in UTC": (
        lambda: moments("2024-01-01", None, None).tz_localize("UTC"),
        ["2024-01-01T00:00:00+00:00", None, None],
    ),
    "moments of long ago": (
        lambda: moments("1890-01-01", None, None).tz_localize(BERLIN),
        # What zone that was depends on the library that pandas asks.
        [pd.Timestamp("1890-01-01", tz=BERLIN), None, None],
    ),
    "timedelta64": (
        lambda: pd.to_timedelta(["1s", "-0.5s", None]),
        [dt.timedelta(seconds=1), dt.timedelta(seconds=-0.5), None],
    ),
    "Int64": (lambda: pd.array([1, None, 2**53 + 1], "Int64"), [1, None, 2**53 + 1]),
    "Int8": (lambda: pd.array([1, None, -3], "Int8"), [1, None, -3]),
    "UInt64": (lambda: pd.array([1, None, 2**64 - 1], "UInt64"), [1, None, 2**64 - 1]),
    "Float64": (lambda: pd.array([1.5, None, 3], "Float64"), [1.5, None, 3]),
    "Float32": (lambda: pd.array([0.1, None, 3], "Float32"), [*singles(0.1), None, 3]),
    "boolean": (lambda: pd.array([True, None, False], "boolean"), [True, None, False]),
    "category": (lambda: pd.Categorical(["a", None, "b"]), ["a", None, "b"]),
    "category of numbers": (lambda: pd.Categorical([2.0, None, 1.5]), [2, None, 1.5]),
    "category of moments": (
        lambda: pd.Categorical(moments("2024-01-01", None, "2024-07-01").tz_localize(BERLIN)),
        ["2024-01-01T00:00:00+01:00", None, "2024-07-01T00:00:00+02:00"],
    ),
    "category of nothing": (lambda: pd.Categorical([None, None, None]), [None, None, None]),
    "sparse": (lambda: pd.arrays.SparseArray([1.5, 0, NAN]), [1.5, 0, None]),
    "sparse whole": (lambda: pd.arrays.SparseArray([1, 0, 0]), [1, 0, 0]),
    "Decimal": (
        lambda: objects(Decimal("1.50"), Decimal("5.00"), None),
        [Decimal("1.50"), Decimal("5.00"), None],
    ),
    "UUID and Enum": (
        lambda: objects(uuid.UUID(int=1), Stage.LEAD, None),
        [str(uuid.UUID(int=1)), "lead", None],
    ),
    "lists": (lambda: objects([1.0, NAN], [], None), [[1, None], [], None]),
    "dicts": (lambda: objects({"a": {"b": 1.0}}, {}, None), [{"a": {"b": 1}}, {}, None]),
    "arrays": (
        lambda: objects(np.array([0.1], "f4"), np.array([[1, 2]]), None),
        [singles(0.1), [[1, 2]], None],
    ),
    "bytes": (lambda: objects(b"x", None, bytearray(b"y")), [b"x", None, bytearray(b"y")]),
    "sets": (lambda: objects({1}, None, frozenset()), [{1}, None, frozenset()]),
    "any object": (lambda: objects(complex(1), None, range(2)), [complex(1), None, range(2)]),
    "half a character": (lambda: objects("\ud800", None, 1), ["\ud800", None, 1]),
}


def rows(**columns: list[Any]) -> list[dict[str, Any]]:
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


@pytest.mark.parametrize("kind", COLUMNS)
@promise("each column by its own dtype: the bytes of the dict of its row")
def test_a_column_travels_as_its_values_in_dicts(sink: Sink, kind: str) -> None:
    make, values = COLUMNS[kind]
    expected = sink.bytes_of(rows(email=EMAILS, x=values))
    assert sink.bytes_of(pd.DataFrame({"email": EMAILS, "x": make()})) == expected
    without = sink.bytes_of(rows(email=EMAILS, x=values), drop_nulls=True)
    assert sink.bytes_of(pd.DataFrame({"email": EMAILS, "x": make()}), drop_nulls=True) == without


@promise("no column changes what becomes of another")
def test_columns_side_by_side_are_what_each_is_alone(sink: Sink) -> None:
    failing = ("bytes", "sets", "any object", "half a character")
    # pandas 2 can't take rows out of numbers in another order of bytes.
    kinds = [kind for kind in COLUMNS if kind not in (*failing, "other order of bytes")]
    frame = pd.DataFrame({"email": EMAILS, **{kind: COLUMNS[kind][0]() for kind in kinds}})
    expected = rows(email=EMAILS, **{kind: COLUMNS[kind][1] for kind in kinds})
    assert sink.bytes_of(frame) == sink.bytes_of(expected)
    # Rows in another order, with gaps in their index.
    assert sink.bytes_of(frame.iloc[[2, 0]]) == sink.bytes_of([expected[2], expected[0]])


def values_of(random: random.Random, count: int) -> dict[str, list[Any]]:
    def some(make: Callable[[], object]) -> list[Any]:
        return [make() for _ in range(count)]

    start = dt.datetime(2024, 1, 1)
    return {
        "float64": some(
            lambda: random.choice([random.uniform(-1e6, 1e6), float(random.randrange(10**12))])
        ),
        "Int64": some(lambda: random.choice([None, random.randrange(-(2**63), 2**63)])),
        "boolean": some(lambda: random.choice([None, True, False])),
        "string": some(lambda: random.choice([None, "", "ü" * random.randrange(40), '"\\\n'])),
        "category": some(lambda: random.choice([None, "a", "b"])),
        "datetime64[us]": some(lambda: start + dt.timedelta(microseconds=random.randrange(10**15))),
        "object": some(
            lambda: random.choice([None, 1, 2.0, "x", [1.0], {"a": None}, start.date()])
        ),
    }


@pytest.mark.parametrize("seed", range(20))
def test_random_frames_travel_as_their_dicts(sink: Sink, seed: int) -> None:
    chance = random.Random(seed)
    count = chance.randrange(1, 100)
    values = values_of(chance, count)
    kinds = chance.sample(sorted(values), chance.randrange(1, len(values) + 1))
    emails = [f"row{i}@example.com" for i in range(count)]
    columns = {kind: pd.Series(objects(*values[kind])).astype(kind) for kind in kinds}
    expected = rows(email=emails, **{kind: values[kind] for kind in kinds})
    assert sink.bytes_of(pd.DataFrame({"email": emails, **columns})) == sink.bytes_of(expected)


@promise('with `nan="error"` a NaN among numbers fails its row, a missing text is null')
def test_nan_is_an_error_among_numbers_alone(sink: Sink) -> None:
    numbers: list[Any] = [1.5, NAN, 2.0]
    for column in (numbers, np.array(numbers, "f4"), pd.arrays.SparseArray(numbers)):
        frame = pd.DataFrame({"email": EMAILS, "x": column})
        expected = sink.bytes_of(rows(email=EMAILS, x=list(column)), nan="error")
        assert b"\nrecord 1: field 'x': is no finite number" in expected
        assert sink.bytes_of(frame, nan="error") == expected
    mixed = pd.DataFrame({"email": EMAILS, "x": objects("a", NAN, 1)})
    expected = sink.bytes_of(rows(email=EMAILS, x=["a", NAN, 1]), nan="error")
    assert sink.bytes_of(mixed, nan="error") == expected
    for missing in (
        ["a", None, NAN],
        pd.array([1, None, None], "Int64"),
        pd.Categorical(["a", None, None]),
        moments("2024-01-01", None, None),
    ):
        frame = pd.DataFrame({"email": EMAILS, "x": missing})
        assert sink.bytes_of(frame, nan="error").count(b'"x":null') == 2


@promise("names that are no text (0, None, NaN, several levels) are refused by name")
def test_columns_without_a_text_as_name_are_refused(sink: Sink) -> None:
    assert "without a text as name: 0, 1;" in sink.refusal_of(pd.DataFrame([["a", "b"]]))
    assert "without a text as name: 0, 1, 2, 3, 4 and 2 more" in sink.refusal_of(
        pd.DataFrame([range(7)])
    )
    frame = pd.DataFrame({"email": EMAILS, "n": [1, 2, 3]})
    assert "0, 1, 2;" in sink.refusal_of(frame.T)
    for name in (None, NAN, 0, b"x", "\ud800"):
        odd = pd.DataFrame({"email": EMAILS, "x": [1, 2, 3]}).astype(object)
        odd.columns = pd.Index(["email", name], dtype=object)
        assert f"without a text as name: {name!r};" in sink.refusal_of(odd)
        # Selected columns leave it out.
        assert sink.bytes_of(odd, columns=["email"]) == sink.bytes_of(rows(email=EMAILS))
    levels = frame.groupby("email").agg(["sum"])
    assert "names of several levels: ('n', 'sum'); join them" in sink.refusal_of(levels)
    assert "names of several levels" in sink.refusal_of(levels.reset_index(), columns=["email"])
    twice = pd.DataFrame([["a", "b"]], columns=["x", "x"])
    assert "two of its fields would be 'x'" in sink.refusal_of(twice)


REFUSED: dict[str, Callable[[], Any]] = {
    "period[M]": lambda: pd.period_range("2024-01", periods=3, freq="M"),
    "interval[float64, right]": lambda: pd.cut(pd.Series([1, 2, 3]), 2),
    "interval[int64, right]": lambda: pd.interval_range(0, 3),
    "complex128": lambda: [1j, 2j, 3j],
}


@pytest.mark.parametrize("dtype", REFUSED)
@promise("periods, intervals and complex numbers are refused by the column's name")
def test_a_column_without_json_is_refused_by_name(sink: Sink, dtype: str) -> None:
    frame = pd.DataFrame({"email": EMAILS, "when": REFUSED[dtype]()})
    message = sink.refusal_of(frame)
    assert f"column 'when' is of the type {dtype}, which has no JSON: convert it" in message
    assert sink.bytes_of(frame, columns=["email"]) == sink.bytes_of(rows(email=EMAILS))
    as_index = frame.set_index("when")
    assert "column 'when' is of the type" in sink.refusal_of(as_index)


@promise("an index travels when it has a name, by each level that has one")
def test_an_index_travels_when_it_has_a_name(sink: Sink) -> None:
    frame = pd.DataFrame({"email": EMAILS})
    frame.index.name = "external_id"
    assert sink.bytes_of(frame) == sink.bytes_of(rows(external_id=[0, 1, 2], email=EMAILS))
    half = frame.set_index(pd.MultiIndex.from_arrays([EMAILS, [1, 2, 3]], names=["work", None]))
    assert sink.bytes_of(half) == sink.bytes_of(rows(work=EMAILS, email=EMAILS))
    frame.index.name = "email"
    assert "two of its fields would be 'email'" in sink.refusal_of(frame)
    frame.index.name = 0
    assert "without a text as name: 0" in sink.refusal_of(frame)
    zoned = pd.DataFrame({"email": EMAILS}, index=moments(*["2024-07-01"] * 3).tz_localize(BERLIN))
    zoned.index.name = "at"
    assert b'"at":"2024-07-01T00:00:00+02:00"' in sink.bytes_of(zoned)


def test_frames_without_rows_or_columns_are_what_lists_are(sink: Sink) -> None:
    assert sink.bytes_of(pd.DataFrame({"email": []})) == sink.bytes_of([])
    assert sink.bytes_of(pd.DataFrame()) == sink.bytes_of([])
    assert sink.bytes_of(pd.DataFrame(index=range(2))) == sink.bytes_of([{}, {}])


def test_many_rows_arrive_in_their_order(sink: Sink) -> None:
    count = 2_500
    frame = pd.DataFrame(
        {
            "email": [f"row{i}@example.com" for i in range(count)],
            "n": pd.array(range(count), "Int64"),
        }
    )
    report = sink.client.push_contacts("sugarcrm", frame, batch_size=1_000)
    assert report.pushed == count
    del report
    check = sink.client.check_contacts("sugarcrm", frame, fields=[], columns=["n"])
    assert check.records == count


def test_a_column_named_as_an_attribute_of_tables_is_a_column(sink: Sink) -> None:
    frame = pd.DataFrame({"email": EMAILS, "num_rows": [1, 2, 3], "height": [4, 5, 6]})
    expected = rows(email=EMAILS, num_rows=[1, 2, 3], height=[4, 5, 6])
    assert sink.bytes_of(frame) == sink.bytes_of(expected)


def test_a_column_that_breaks_ends_the_push_with_its_report(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = pd.array([1, 2, 3], "Int64")
    frame = pd.DataFrame({"email": EMAILS, "x": column})

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the column is gone")

    monkeypatch.setattr(type(column), "to_numpy", broken)
    with pytest.raises(RuntimeError, match="the column is gone") as caught:
        sink.client.push_contacts("sugarcrm", frame)
    assert caught.value.report.not_sent == 3  # type: ignore[attr-defined]
