"""Everything that records come from: tables of each library, files, objects of each kind."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import attrs
import duckdb
import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pydantic
import pydantic.v1
import pytest

import graph8_crm
from graph8_crm import Client, ConfigError, PushReport, Sandbox, SourceError

ROWS = 2_500


def sent(client: Client, sandbox: Sandbox, records: Any, **options: Any) -> list[dict[str, Any]]:
    """What the service got, in any order. SugarCRM takes every field."""
    before = len(sandbox.requests())
    report = client.push_contacts("sugarcrm", records, **options)
    assert (report.unknown, report.not_sent) == (0, 0), report.problems
    bodies: list[Any] = [request["body"] for request in sandbox.requests()[before:]]
    return [record for body in bodies for record in body["records"]]


@pytest.fixture
def fast(sandbox: Sandbox) -> Iterator[Client]:
    with sandbox.client(rate_limit=False) as client:
        yield client


def columns() -> dict[str, list[Any]]:
    return {
        "email": [f"row{i}@example.com" for i in range(ROWS)],
        "lifetime": [None if i % 7 == 0 else i / 4 for i in range(ROWS)],
        "visits": list(range(ROWS)),
    }


TABLES = {
    "pandas": lambda: pd.DataFrame(columns()),
    "pandas of arrow": lambda: pa.table(columns()).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda: pl.DataFrame(columns()),
    "pyarrow table": lambda: pa.table(columns()),
    "pyarrow batch": lambda: pa.RecordBatch.from_pydict(columns()),
    "pyarrow reader": lambda: pa.table(columns()).to_reader(max_chunksize=999),
    "duckdb": lambda: duckdb.from_arrow(pa.table(columns())),
}


@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_a_table_of_any_library_arrives_whole(fast: Client, sandbox: Sandbox, make: Any) -> None:
    records = sent(fast, sandbox, make())
    assert sorted(records, key=lambda record: record["visits"]) == [
        dict(zip(columns(), row, strict=True)) for row in zip(*columns().values(), strict=True)
    ]


def test_a_table_arrives_by_the_async_client(sandbox: Sandbox) -> None:
    async def push() -> PushReport:
        async with sandbox.async_client(rate_limit=False) as client:
            return await client.push_contacts("sugarcrm", pl.DataFrame(columns()))

    assert asyncio.run(push()).pushed == ROWS


def test_a_frame_that_arrow_does_not_take_arrives_by_its_columns(
    fast: Client, sandbox: Sandbox
) -> None:
    frame = pd.DataFrame(
        {
            "mixed": [1, "text", 2.5, None],
            "when": pd.to_datetime(
                ["2026-01-31 10:00", None, "2026-02-01 00:00", "2026-02-02 00:00"]
            ),
            "count": pd.array([1, None, 3, 4], dtype="Int64"),
        }
    )
    with pytest.raises(pa.ArrowInvalid):
        frame.__arrow_c_stream__()
    records = sent(
        fast, sandbox, frame, rename={"mixed": "email"}, columns=["mixed", "when", "count"]
    )
    # A record without an e-mail travels in a batch of its own.
    assert sorted(records, key=lambda record: str(record["when"])) == [
        {"email": 1, "when": "2026-01-31T10:00:00", "count": 1},
        {"email": 2.5, "when": "2026-02-01T00:00:00", "count": 3},
        {"email": None, "when": "2026-02-02T00:00:00", "count": 4},
        {"email": "text", "when": None, "count": None},
    ]
    with pytest.raises(ConfigError, match="no column 'nope'"):
        fast.push_contacts("hubspot", frame, columns=["nope"])


@pytest.mark.parametrize("is_mixed", [False, True])
def test_an_index_travels_only_when_it_has_a_name(
    fast: Client, sandbox: Sandbox, is_mixed: bool
) -> None:
    # Mixed values take the way by columns.
    frame = pd.DataFrame(
        {"email": ["a@example.com", "b@example.com"], "x": [1, "2" if is_mixed else 2]}
    )
    (filtered,) = sent(fast, sandbox, frame[frame.email == "b@example.com"])
    assert filtered.keys() == {"email", "x"}
    assert sent(fast, sandbox, frame.set_index("email"))[0]["email"] == "a@example.com"


def test_arrow_values_take_their_documented_forms(fast: Client, sandbox: Sandbox) -> None:
    moment = dt.datetime(2026, 1, 31, 10, tzinfo=dt.timezone.utc)
    table = pa.table(
        {
            "email": pa.array(["a@example.com"]).dictionary_encode(),
            "amount": pa.array([Decimal("1.50")]),
            "day": pa.array([dt.date(2026, 1, 31)]),
            "at": pa.array([moment], pa.timestamp("us", "Europe/Berlin")),
            "time": pa.array([dt.time(10, 30)]),
            "took": pa.array([dt.timedelta(seconds=90.5)]),
            "tags": pa.array([["a", None]]),
            "inner": pa.array([{"a": 1}]),
            "id": pa.array([2**63], pa.uint64()),
            "nan": pa.array([float("nan")]),
        }
    )
    (record,) = sent(fast, sandbox, table)
    assert record == {
        "email": "a@example.com",
        "amount": 1.50,
        "day": "2026-01-31",
        "at": "2026-01-31T10:00:00+00:00",
        "time": "10:30:00",
        "took": 90.5,
        "tags": ["a", None],
        "inner": {"a": 1},
        "id": 2**63,
        "nan": None,
    }


def test_a_binary_column_is_refused_by_name_and_nothing_is_sent(
    fast: Client, sandbox: Sandbox
) -> None:
    table = pa.table({"email": ["a@example.com"], "photo": [b"\xff"]})
    with pytest.raises(ConfigError, match="column 'photo' is binary"):
        fast.push_contacts("hubspot", table)
    assert sandbox.requests() == []
    assert len(sent(fast, sandbox, table, columns=["email"])) == 1


def test_an_arrow_stream_that_breaks_tells_of_what_it_gave(fast: Client) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pydict({"email": [f"x{i}@example.com" for i in range(150)]})
        raise RuntimeError("the query was killed")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"email": pa.string()}), batches())
    with pytest.raises(SourceError, match="the query was killed") as caught:
        fast.push_contacts("hubspot", reader)
    assert caught.value.report is not None
    assert caught.value.report.pushed == caught.value.report.records == 150


def test_rows_that_were_not_read_count_as_not_sent(sandbox: Sandbox) -> None:
    with sandbox.client(api_key="g8_test_expired", rate_limit=False) as client:
        for table in (pa.table({"email": ["a"] * 20_000}), pd.DataFrame({"email": ["a"] * 20_000})):
            with pytest.raises(graph8_crm.AuthenticationError) as caught:
                client.push_contacts("hubspot", table)
            assert caught.value.report is not None
            assert caught.value.report.records == 20_000
            assert caught.value.report.pushed == 0


@pytest.mark.parametrize("name", ["people.ndjson", "people.jsonl.gz"])
def test_an_ndjson_file_is_read_whole(
    fast: Client, sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    text = "".join(f'{{"email": "line{i}@example.com"}}\n' for i in range(ROWS)).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    for source in (path, str(path)):
        assert len({record["email"] for record in sent(fast, sandbox, source)}) == ROWS
        sandbox.reset()
    (first, *_) = sent(fast, sandbox, path, rename={"email": "work"})
    assert first.keys() == {"work"}


def test_a_file_that_is_not_there_is_a_source_error(fast: Client) -> None:
    with pytest.raises(SourceError, match=r"none\.ndjson"):
        fast.push_contacts("hubspot", "none.ndjson")


def test_what_holds_no_records_is_a_type_error(fast: Client) -> None:
    contact = graph8_crm.hubspot.Contact(email="a@example.com")
    for wrong in (
        "people.xlsx",
        b"x",
        {"email": "x"},
        contact,
        Attrs("x"),
        Model(email="x", firstname="y"),
        5,
        None,
    ):
        with pytest.raises(TypeError, match=r"instead of many|holds no records"):
            fast.push_contacts("hubspot", wrong)  # type: ignore[arg-type]


@dataclass
class Person:
    email: str
    tags: list[str] = field(default_factory=list)
    table: ClassVar[str] = "people"


@dataclass(slots=True)
class Slotted:
    email: str


@attrs.define
class Attrs:
    email: str


class Struct(msgspec.Struct):
    email: str


class Row(NamedTuple):
    email: str
    n: int


class Model(pydantic.BaseModel):
    email: str
    first: str = pydantic.Field("Ada", alias="firstname")
    when: dt.date | None = None


class OldModel(pydantic.v1.BaseModel):
    email: str
    first: str = pydantic.v1.Field("Ada", alias="firstname")


def sqlite_row() -> Any:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("select 'a@b.de' as email, 5 as n").fetchone()


OBJECTS = [
    (Person("a@b.de", ["x"]), {"email": "a@b.de", "tags": ["x"]}),
    (Slotted("a@b.de"), {"email": "a@b.de"}),
    (Attrs("a@b.de"), {"email": "a@b.de"}),
    (Struct("a@b.de"), {"email": "a@b.de"}),
    (Row("a@b.de", 5), {"email": "a@b.de", "n": 5}),
    (Model(email="a@b.de", firstname="B"), {"email": "a@b.de", "firstname": "B", "when": None}),
    (OldModel(email="a@b.de", firstname="Ada"), {"email": "a@b.de", "firstname": "Ada"}),
    (sqlite_row(), {"email": "a@b.de", "n": 5}),
    (pd.Series({"email": "a@b.de", "n": np.int64(5)}), {"email": "a@b.de", "n": 5}),
    (graph8_crm.zoho.Contact(Email="a@b.de", custom={"X": 1}), {"Email": "a@b.de", "X": 1}),
    (
        {"email": "a@b.de", "inner": Person("b")},
        {"email": "a@b.de", "inner": {"email": "b", "tags": []}},
    ),
]


@pytest.mark.parametrize(("record", "expected"), OBJECTS, ids=lambda value: type(value).__name__)
def test_an_object_of_any_kind_is_a_record(
    fast: Client, sandbox: Sandbox, record: object, expected: dict[str, Any]
) -> None:
    assert sent(fast, sandbox, [record]) == [expected]
    # Its own fields can be shaped as those of a dict.
    renamed = sent(fast, sandbox, [record], rename={"email": "e", "Email": "e"}, drop_nulls=True)
    assert renamed[0]["e"] == "a@b.de"
    assert None not in renamed[0].values()


class Text(str):
    __slots__ = ()


def test_pushes_of_one_client_do_not_mix_their_field_names(fast: Client, sandbox: Sandbox) -> None:
    narrow = [{"email": f"n{i}@x.co", "firstname": "Ada"} for i in range(3)]
    apart = [{"company": "Acme", "phone": None, "email": f"a{i}@x.co"} for i in range(3)]
    wide = [{f"field{i}": i for i in range(300)}] * 2
    # Names that are equal, in other objects and of another class.
    read = json.loads(json.dumps(narrow[::-1]))
    texts = [{Text(name): value for name, value in record.items()} for record in apart]
    lists = [narrow, apart, narrow, wide, read, texts, narrow + apart, wide, apart]
    for records in lists:
        shape = {"rename": {"email": "work_email"}, "drop_nulls": True}
        shaped = [
            {"work_email" if name == "email" else name: value for name, value in record.items()}
            for record in records
        ]
        without_nulls = [
            {name: value for name, value in record.items() if value is not None}
            for record in shaped
        ]
        assert sent(fast, sandbox, records) == records
        assert sent(fast, sandbox, records, **shape) == without_nulls


def test_pushes_at_the_same_time_do_not_mix_their_field_names(
    fast: Client, sandbox: Sandbox
) -> None:
    given = [
        {"email": f"t{thread}n{i}@x.co", **{f"of{thread}field{j}": i for j in range(thread)}}
        for thread in range(8)
        for i in range(50)
    ]

    def push(thread: int) -> None:
        for start in range(thread * 50, thread * 50 + 50, 5):
            fast.push_contacts("sugarcrm", given[start : start + 5])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(push, range(8)))
    bodies: list[Any] = [request["body"] for request in sandbox.requests()]
    got = [record for body in bodies for record in body["records"]]
    assert sorted(got, key=repr) == sorted(given, key=repr)


def test_two_fields_never_get_one_name(fast: Client) -> None:
    report = fast.push_contacts("hubspot", [{"a": "x", "email": "y"}], rename={"a": "email"})
    assert "record 0: two of its fields would be 'email'" in report.problems[0].message


def test_nan_fails_its_record_when_asked_to(fast: Client) -> None:
    records = [{"email": "a@b.de", "n": bad} for bad in (float("nan"), Decimal("Infinity"), 1.5)]
    report = fast.push_contacts("hubspot", records, nan="error", provider_fields={"n": "x"})
    assert "field 'n': is no finite number" in report.problems[0].message
    assert [problem.index for problem in report.problems[:2]] == [0, 1]
    with pytest.raises(ConfigError, match="nan is 'zero'"):
        fast.push_contacts("hubspot", [], nan="zero")  # type: ignore[arg-type]


def test_shapes_go_with_contacts_and_companies_only(fast: Client) -> None:
    with pytest.raises(ConfigError, match="not with lists"):
        fast.push_lists("hubspot", [], columns=["a"])  # type: ignore[call-arg]
