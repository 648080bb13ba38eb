"""What a source is, is asked by its class; what gives no rows by itself is told what to call."""

from __future__ import annotations

import asyncio
import csv
import io
import sqlite3
import sys
import threading
import types
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph8_crm import Client, ConfigError, PushReport, Sandbox

PEOPLE = [{"email": f"person{i}@example.com"} for i in range(3)]


@pytest.fixture
def fast(sandbox: Sandbox) -> Iterator[Client]:
    with sandbox.client(rate_limit=False) as client:
        yield client


def class_in(module: str, name: str, *bases: type, **members: Any) -> Any:
    """A class as a library has it, without that library."""
    return types.new_class(name, bases, {}, lambda body: body.update(members, __module__=module))


def frame_of_spark(module: str, **members: Any) -> Any:
    """A frame of Spark: of Connect, whose frames answer to any name."""
    parent = class_in("pyspark.sql.dataframe", "DataFrame")

    def answer(_: object, name: str) -> object:
        return lambda *_: f"a column {name}"

    return class_in(module, "DataFrame", parent, __getattr__=answer, **members)()


SPARK = ["pyspark.sql.classic.dataframe", "pyspark.sql.connect.dataframe"]


@pytest.mark.parametrize("module", SPARK)
def test_a_spark_frame_is_asked_for_its_arrow_table(fast: Client, module: str) -> None:
    assert "pyspark" not in sys.modules
    frame = frame_of_spark(module, toArrow=lambda _: pa.Table.from_pylist(PEOPLE))
    assert fast.push_contacts("hubspot", frame).pushed == 3
    assert fast.check_contacts("hubspot", iter([*PEOPLE, frame])).records == 6
    assert "pyspark" not in sys.modules


@pytest.mark.parametrize("module", SPARK)
def test_the_event_loop_goes_on_while_a_cluster_computes(sandbox: Sandbox, module: str) -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def to_arrow(_: object) -> pa.Table:
        asked.set()
        assert may_answer.wait(60)
        return pa.Table.from_pylist(PEOPLE)

    async def answer() -> None:
        # Never, if the loop stood still.
        await asyncio.to_thread(asked.wait)
        may_answer.set()

    async def push(make: Callable[[Any], Any]) -> None:
        asked.clear()
        may_answer.clear()
        async with sandbox.async_client() as client:
            frame = frame_of_spark(module, toArrow=to_arrow)
            report, _ = await asyncio.gather(
                client.push_contacts("sugarcrm", make(frame)), answer()
            )
        assert report.pushed == report.records == 3

    asyncio.run(push(lambda frame: frame))
    asyncio.run(push(lambda frame: [frame]))


@pytest.mark.parametrize("module", SPARK)
def test_what_a_cluster_raises_comes_out(sandbox: Sandbox, module: str) -> None:
    def to_arrow(_: object) -> pa.Table:
        raise RuntimeError("no such table")

    async def push() -> None:
        async with sandbox.async_client() as client:
            for source in (frame_of_spark(module, toArrow=to_arrow),) * 2:
                with pytest.raises(RuntimeError, match="no such table"):
                    await client.push_contacts("sugarcrm", source)
                with pytest.raises(RuntimeError, match="no such table"):
                    await client.push_contacts("sugarcrm", [source])

    asyncio.run(push())
    assert sandbox.requests() == []


@pytest.mark.parametrize("module", SPARK)
def test_an_older_spark_frame_is_told_what_to_call(fast: Client, module: str) -> None:
    frame = frame_of_spark(module)
    for given in (frame, [frame], iter([frame])):
        with pytest.raises(TypeError, match=r"a DataFrame .* call \.toPandas\(\)"):
            fast.push_contacts("hubspot", given)


@pytest.mark.parametrize("name", ["num_rows", "height", "toArrow", "__arrow_c_stream__", "read"])
def test_a_frame_may_have_columns_of_any_name(fast: Client, name: str) -> None:
    columns = {"email": [person["email"] for person in PEOPLE], name: ["x", "y", "z"]}
    frame: Any
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pa.table(columns)):
        assert fast.check_contacts("hubspot", frame).records == 3
        assert fast.check_contacts("hubspot", [frame, frame]).records == 6


class AnswersAll:
    """Has any attribute."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: 7


def test_what_answers_to_any_name_is_nothing_by_that(fast: Client) -> None:
    for odd in (AnswersAll(), Mock(), Mock(spec=pd.DataFrame), Mock(spec=pa.Table)):
        with pytest.raises(TypeError, match="holds no records"):
            fast.push_contacts("hubspot", odd)
        report = fast.push_contacts("hubspot", [odd])
        assert "cannot encode" in report.problems[0].message


class BothWays:
    """As Django's query sets: lazy, with a length, to iterate with and without `async`."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __len__(self) -> int:
        return len(PEOPLE)

    def __getitem__(self, index: int) -> dict[str, str]:
        raise AssertionError("nobody asks for one")

    def __iter__(self) -> Iterator[dict[str, str]]:
        self.read.append("sync")
        return iter(PEOPLE)

    async def __aiter__(self) -> AsyncIterator[dict[str, str]]:
        self.read.append("async")
        for person in PEOPLE:
            yield person


def test_what_iterates_both_ways_is_read_as_the_client_works(sandbox: Sandbox) -> None:
    both = BothWays()
    with sandbox.client() as client:
        assert client.push_contacts("hubspot", both).pushed == 3
    sandbox.reset()

    async def push() -> PushReport:
        async with sandbox.async_client() as client:
            return await client.push_contacts("hubspot", both)

    assert asyncio.run(push()).pushed == 3
    assert both.read == ["sync", "async"]


async def coroutine() -> list[dict[str, str]]:
    return PEOPLE


def generator() -> Iterator[dict[str, str]]:
    yield from PEOPLE


def parquet_file(folder: Path) -> object:
    pq.write_table(pa.Table.from_pylist(PEOPLE), folder / "people.parquet")
    return pq.ParquetFile(folder / "people.parquet")


RAY: Any = class_in("ray.data.dataset", "Dataset")
TOLD: dict[str, tuple[Any, str]] = {
    "polars Series": (lambda _: pl.Series("email", ["a"]), r"Series .*\.to_frame\(\)"),
    "polars LazyFrame": (lambda _: pl.LazyFrame(PEOPLE), r"LazyFrame .*\.collect\(\)"),
    "pandas Series": (lambda _: pd.Series(["a"]), r"Series .*\.to_frame\(\)"),
    "pandas numbers": (lambda _: pd.Series([1, 2]), r"Series .*\.to_frame\(\)"),
    "pandas groups": (lambda _: pd.DataFrame(PEOPLE).groupby("email"), "for _, group in groups"),
    "pyarrow array": (lambda _: pa.array(["a"]), r"StringArray .*pyarrow\.table"),
    "parquet file": (parquet_file, r"ParquetFile .*\.iter_batches\(\)"),
    "duckdb connection": (
        lambda _: duckdb.connect().execute("select 'a@example.com' as email"),
        r"DuckDBPyConnection .*\.arrow\(\)",
    ),
    "numpy numbers": (lambda _: np.zeros((3, 2)), r"ndarray .*pandas\.DataFrame"),
    "csv.reader": (lambda _: csv.reader(io.StringIO("a,b")), r"reader .*csv\.DictReader"),
    "open file": (lambda _: io.StringIO("a,b"), "StringIO .*path of the file"),
    "coroutine": (lambda _: coroutine(), "coroutine .*await it first"),
    "function": (lambda _: generator, "function .*call it"),
    "JSON text": (lambda _: '[{"email": "a@example.com"}]', r"str is JSON.*json\.loads"),
    "JSON bytes": (lambda _: b' {"email": "a@example.com"}', r"bytes is JSON.*json\.loads"),
    "one dict": (lambda _: PEOPLE[0], r"dict is one record: pass \[it\]"),
    "columns": (lambda _: {"email": ["a", "b"], "n": (1, 2)}, r"of columns.*pandas\.DataFrame"),
    "columns of arrays": (lambda _: {"n": np.arange(3)}, r"of columns.*pandas\.DataFrame"),
    "sqlite3.Row": (lambda _: named_row(), "one Row instead of many"),
    "numpy row": (lambda _: np.zeros(1, [("email", "U9")])[0], "one void instead of many"),
    "dask frame": (
        lambda _: class_in("dask.dataframe.dask_expr._collection", "DataFrame")(),
        r"DataFrame .*\.compute\(\).*partitions",
    ),
    "dask bag": (lambda _: class_in("dask.bag.core", "Bag")(), r"Bag .*\.compute\(\)"),
    "ray": (
        lambda _: class_in("ray.data.dataset", "MaterializedDataset", RAY)(),
        r'Dataset .*\.iter_batches\(batch_format="pyarrow"\)',
    ),
    "modin": (
        lambda _: class_in("modin.pandas.dataframe", "DataFrame")(),
        r"DataFrame .*\.modin\.to_pandas\(\)",
    ),
    "xarray": (
        lambda _: class_in("xarray.core.dataset", "Dataset")(),
        r"Dataset .*\.to_dataframe\(\)",
    ),
    "pandas on Spark": (
        lambda _: class_in("pyspark.pandas.frame", "DataFrame")(),
        r"DataFrame .*\.to_spark\(\)",
    ),
    "Snowpark": (
        lambda _: class_in("snowflake.snowpark.dataframe", "DataFrame")(),
        r"DataFrame .*\.to_pandas_batches\(\)",
    ),
    "Spark column": (
        lambda _: class_in("pyspark.sql.classic.column", "Column")(),
        r"Column .*frame\.select\(it\)",
    ),
    "Django manager": (
        lambda _: class_in("django.db.models.manager", "BaseManager")(),
        r"BaseManager .*\.values\(\)",
    ),
}


def named_row() -> Any:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("select 'a@b.de' as email").fetchone()


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize(("make", "told"), TOLD.values(), ids=TOLD)
def test_what_gives_no_rows_by_itself_is_told_what_to_call(
    fast: Client, sandbox: Sandbox, tmp_path: Path, make: Any, told: str
) -> None:
    with pytest.raises(TypeError, match=told):
        fast.push_contacts("hubspot", make(tmp_path))
    with pytest.raises(TypeError, match=told):
        fast.check_contacts("hubspot", make(tmp_path))
    assert sandbox.requests() == []


def test_lazy_frames_among_tables_are_told_as_well(fast: Client, sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match=r"a LazyFrame is no table of rows: call \.collect\(\)"):
        fast.push_contacts("hubspot", [pl.LazyFrame(PEOPLE)])  # type: ignore[list-item]
    assert sandbox.requests() == []


def test_a_series_of_records_holds_records(fast: Client, sandbox: Sandbox) -> None:
    assert fast.push_contacts("hubspot", pd.Series(PEOPLE)).pushed == 3
    sandbox.reset()
    assert fast.push_contacts("hubspot", np.array(PEOPLE)).pushed == 3


class FetchingOnly:
    """A cursor that does not iterate, as the standard allows."""

    description = (("email",),)

    def execute(self) -> None: ...

    def fetchone(self) -> None: ...

    def fetchmany(self) -> None: ...


class Snowflake(FetchingOnly):
    def __iter__(self) -> Iterator[tuple[str]]:
        yield ("a@example.com",)

    def fetch_arrow_batches(self) -> None: ...


def test_rows_of_a_cursor_need_names(fast: Client, sandbox: Sandbox) -> None:
    connection = sqlite3.connect(":memory:")
    query = "select 'a@example.com' as email union select 'b@example.com'"
    for cursor, told in (
        (connection.execute(query), r"a Cursor are tuples without names: .*cursor\.description"),
        (FetchingOnly(), r"a FetchingOnly are tuples without names"),
        (Snowflake(), r"a Snowflake are tuples.*\.fetch_arrow_batches\(\)"),
    ):
        with pytest.raises(TypeError, match=told):
            fast.push_contacts("hubspot", cursor)  # type: ignore[arg-type]
    assert sandbox.requests() == []
    connection.row_factory = sqlite3.Row
    assert fast.push_contacts("hubspot", connection.execute(query)).pushed == 2
    connection.close()


@pytest.mark.parametrize("fetch", ["fetchone", "fetchmany", "fetchall", "execute", "df"])
def test_a_relation_has_all_rows_whatever_was_fetched_of_it(
    fast: Client, sandbox: Sandbox, fetch: str
) -> None:
    relation = duckdb.connect().sql(
        "select 'row' || i || '@example.com' as email, i from range(5) t(i)"
    )
    if not hasattr(relation, fetch):
        pytest.skip("relations of DuckDB 2 keep no result")
    getattr(relation, fetch)()
    assert fast.push_contacts("sugarcrm", relation).pushed == 5
    (request,) = sandbox.requests()
    assert fast.check_contacts("sugarcrm", [relation]).records == 5
    body: Any = request["body"]
    assert [record["i"] for record in body["records"]] == list(range(5))


def test_columns_of_a_relation_keep_their_names(fast: Client) -> None:
    relation = duckdb.connect().sql("select 'a@example.com' as email, 1 as n, 2 as n")
    relation.fetchone()
    with pytest.raises(ConfigError, match="two of its fields would be 'n'"):
        fast.push_contacts("sugarcrm", relation)


def test_a_row_of_a_dict_reader_that_is_too_short_has_nulls(fast: Client, sandbox: Sandbox) -> None:
    lines = ["email,firstname,lastname", "a@example.com,Ada"]
    assert fast.push_contacts("hubspot", csv.DictReader(lines)).pushed == 1
    assert fast.push_contacts("sugarcrm", csv.DictReader(lines), drop_nulls=True).pushed == 1
    bodies: list[Any] = [request["body"] for request in sandbox.requests()]
    with_nulls, without = (body["records"][0] for body in bodies)
    assert with_nulls == {"email": "a@example.com", "firstname": "Ada", "lastname": None}
    assert without == {"email": "a@example.com", "firstname": "Ada"}


def test_the_rows_of_a_dict_reader_are_compared_with_its_header(fast: Client) -> None:
    lines = io.StringIO("email,firstname\na@example.com,Ada\nb@example.com,Bob,more\n")
    report = fast.push_contacts("hubspot", csv.DictReader(lines))
    assert report.pushed == 1
    assert "record 1: the row has more values than the header" in report.problems[0].message
