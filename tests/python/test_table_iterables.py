"""Tables that come one after another, in iterables of any kind, with records among them."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from conftest import wait_until

import graph8_crm
from graph8_crm import Client, ConfigError, PushReport, Sandbox

ROWS = 1_250


@pytest.fixture
def fast(sandbox: Sandbox) -> Iterator[Client]:
    with sandbox.client(rate_limit=False) as client:
        yield client


def rows(start: int, end: int) -> list[dict[str, Any]]:
    return [{"email": f"row{i}@example.com", "visits": i} for i in range(start, end)]


def table(start: int = 0, end: int = ROWS) -> pa.Table:
    return pa.Table.from_pylist(rows(start, end))


def held(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What the service got, by its number."""
    bodies: list[Any] = [request["body"] for request in sandbox.requests() if request["body"]]
    sent = [record for body in bodies for record in body["records"]]
    return sorted(sent, key=lambda record: record["visits"])


class Cursor:
    """Gives batches as Snowflake's and BigQuery's do."""

    def fetch_arrow_batches(self) -> Iterator[pa.Table]:
        yield from (table(start, start + 250) for start in range(0, ROWS, 250))

    def to_arrow_iterable(self) -> Iterator[pa.RecordBatch]:
        yield from table().to_batches(max_chunksize=300)


def chunks_of_csv(folder: Path) -> Iterator[pd.DataFrame]:
    path = folder / "people.txt"
    pd.DataFrame(rows(0, ROWS)).to_csv(path, index=False)
    yield from pd.read_csv(path, chunksize=300)


def batches_of_parquet(folder: Path) -> Iterator[pa.RecordBatch]:
    path = folder / "people.parquet"
    pq.write_table(table(), path, row_group_size=400)
    yield from pq.ParquetFile(path).iter_batches(batch_size=256)


def fragments_of_parquet(folder: Path) -> Any:
    for place, start in enumerate((0, 700)):
        end = 700 if start == 0 else ROWS
        pq.write_table(table(start, end), folder / f"part{place}.parquet")
    return ds.dataset(folder, format="parquet").get_fragments()


def mixed(_: Path) -> Iterator[Any]:
    yield from rows(0, 150)
    yield table(150, 400)
    yield rows(400, 401)[0]
    yield pd.DataFrame(rows(401, 800))
    yield table(0, 0)
    yield pl.DataFrame(rows(800, 1_200))
    yield from rows(1_200, ROWS)


SOURCES: dict[str, Callable[[Path], Any]] = {
    "list of pandas frames": lambda _: [
        pd.DataFrame(rows(0, 1_100)),
        pd.DataFrame(rows(1_100, ROWS)),
    ],
    "list of batches": lambda _: table().to_batches(max_chunksize=100),
    "tuple of polars frames": lambda _: (pl.DataFrame(rows(0, 1)), pl.DataFrame(rows(1, ROWS))),
    "iter_slices": lambda _: pl.DataFrame(rows(0, ROWS)).iter_slices(600),
    "collect_batches": lambda _: pl.DataFrame(rows(0, ROWS)).lazy().collect_batches(),
    "read_csv in chunks": chunks_of_csv,
    "parquet in batches": batches_of_parquet,
    "fetch_arrow_batches": lambda _: Cursor().fetch_arrow_batches(),
    "to_arrow_iterable": lambda _: Cursor().to_arrow_iterable(),
    "batches of a dataset": lambda _: ds.dataset(table()).to_batches(),
    "dataset": lambda _: ds.dataset(table()),
    "fragments of a dataset": fragments_of_parquet,
    "scalars": lambda _: iter(pa.array(rows(0, ROWS))),
    "scanner": lambda _: ds.dataset(table()).scanner(),
    "readers": lambda _: [table(0, 700).to_reader(), table(700, ROWS).to_reader()],
    "mixed": mixed,
    "mixed list": lambda folder: list(mixed(folder)),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_tables_in_any_iterable_arrive_whole(
    fast: Client, sandbox: Sandbox, tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    report = fast.push_contacts("sugarcrm", make(tmp_path))
    assert (report.records, report.pushed, report.not_sent) == (ROWS, ROWS, 0)
    assert held(sandbox) == rows(0, ROWS)


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_they_do_by_the_async_client(
    sandbox: Sandbox, tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    async def each(tables: Any) -> AsyncIterator[Any]:
        for given in tables:
            await asyncio.sleep(0)
            yield given

    async def push() -> None:
        async with sandbox.async_client(rate_limit=False) as client:
            source = make(tmp_path)
            is_iterable = isinstance(source, Iterable)
            report = await client.push_contacts("sugarcrm", each(source) if is_iterable else source)
            assert (report.records, report.pushed, report.not_sent) == (ROWS, ROWS, 0)
            assert (await client.check_contacts("sugarcrm", make(tmp_path))).records == ROWS

    asyncio.run(push())
    assert held(sandbox) == rows(0, ROWS)


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_they_are_checked_too(fast: Client, tmp_path: Path, make: Callable[[Path], Any]) -> None:
    report = fast.check_contacts("sugarcrm", make(tmp_path))
    assert report.records == ROWS


@pytest.mark.parametrize("as_list", [True, False])
def test_a_record_has_its_place_over_all_tables(fast: Client, as_list: bool) -> None:
    tables: list[Any] = [
        pl.DataFrame({"email": [f"a{i}@example.com" for i in range(120)]}),
        {"email": "b@example.com", "wrong": {1, 2}},
        pd.DataFrame({"email": ["c@example.com", "no address"]}),
        {"email": "d@example.com", "wrong": 1j},
        pa.table({"email": ["no address either"]}),
    ]
    report = fast.push_contacts("hubspot", tables if as_list else iter(tables))
    assert (report.records, report.pushed, report.failed) == (125, 121, 4)
    problems = {problem.index: problem.message for problem in report.problems}
    assert sorted(problems) == [120, 122, 123, 124]
    assert problems[120].startswith("record 120: field 'wrong': cannot encode set")
    assert problems[123].startswith("record 123: field 'wrong': cannot encode complex")


def test_options_count_for_each_table_as_for_one(fast: Client, sandbox: Sandbox) -> None:
    def source() -> Iterator[Any]:
        yield pl.DataFrame({"Mail": ["a@example.com"], "n": [float("nan")], "x": [1]})
        yield {"Mail": "b@example.com", "n": None, "x": 2}
        yield pd.DataFrame({"Mail": ["a@example.com"], "n": [1.5], "x": [3]})

    report = fast.push_contacts(
        "sugarcrm",
        source(),
        columns=["Mail", "n"],
        rename={"Mail": "email"},
        drop_nulls=True,
        unique="first",
    )
    assert (report.pushed, report.skipped) == (2, 1)
    bodies: list[Any] = [request["body"] for request in sandbox.requests() if request["body"]]
    sent = [record for body in bodies for record in body["records"]]
    assert sent == [{"email": "a@example.com"}, {"email": "b@example.com"}]
    nan = fast.push_contacts("sugarcrm", source(), nan="error")
    assert [problem.index for problem in nan.problems] == [0]


def test_a_table_that_lacks_a_column_ends_the_push_as_a_source_that_raises(fast: Client) -> None:
    def source() -> Iterator[Any]:
        yield pl.DataFrame({"email": [f"a{i}@example.com" for i in range(130)]})
        yield pl.DataFrame({"mail": ["b@example.com"]})
        raise AssertionError("nobody asks for more")

    with pytest.raises(ConfigError, match="no column 'email'") as caught:
        fast.push_contacts("hubspot", source(), columns=["email"])
    report = caught.value.report
    assert report is not None
    assert (report.records, report.pushed) == (130, 130)
    assert report.ended_early == "the source of the records raised ConfigError"


def test_of_a_list_what_follows_a_wrong_table_was_not_sent(fast: Client) -> None:
    good = pa.table({"email": [f"a{i}@example.com" for i in range(130)]})
    binary = pa.table({"email": [b"x", b"y"]})
    with pytest.raises(ConfigError, match="column 'email' is binary") as caught:
        fast.push_contacts("hubspot", [good, binary, good])
    report = caught.value.report
    assert report is not None
    assert (report.records, report.pushed, report.not_sent) == (262, 130, 132)


def test_a_table_first_that_is_wrong_sends_nothing(fast: Client, sandbox: Sandbox) -> None:
    with pytest.raises(ConfigError, match="column 'photo' is binary"):
        fast.push_contacts("hubspot", iter([pa.table({"photo": [b"x"]})]))
    assert sandbox.requests() == []


@pytest.mark.parametrize("as_list", [True, False])
def test_tables_that_no_one_read_count_as_not_sent(sandbox: Sandbox, as_list: bool) -> None:
    frames = [pd.DataFrame({"email": ["a"] * 9_000}), pa.table({"email": ["a"] * 9_000})] * 2
    with (
        sandbox.client(api_key="g8_test_expired", rate_limit=False) as client,
        pytest.raises(graph8_crm.AuthenticationError) as caught,
    ):
        client.push_contacts("hubspot", frames if as_list else iter(frames))
    report = caught.value.report
    assert report is not None
    assert report.pushed == 0
    assert report.records == (36_000 if as_list else 9_000)


def test_a_source_that_raises_behind_a_table_keeps_its_rows(fast: Client) -> None:
    def source() -> Iterator[pa.Table]:
        yield table(0, 150)
        raise RuntimeError("the warehouse is closed")

    with pytest.raises(RuntimeError, match="closed") as caught:
        fast.push_contacts("sugarcrm", source())
    report: PushReport = caught.value.report  # type: ignore[attr-defined]
    assert (report.records, report.pushed) == (150, 150)


class Frame:
    """A table of which can be seen when it is gone."""

    alive = 0

    def __init__(self, start: int) -> None:
        self.start = start
        Frame.alive += 1
        weakref.finalize(self, self.gone)

    @staticmethod
    def gone() -> None:
        Frame.alive -= 1

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        batch = table(self.start, self.start + 250)
        return batch.__arrow_c_stream__(requested_schema)


def test_one_table_is_in_memory_at_a_time(fast: Client) -> None:
    most = 0

    def source() -> Iterator[Frame]:
        nonlocal most
        for start in range(0, ROWS, 250):
            gc.collect()
            most = max(most, Frame.alive)
            yield Frame(start)

    assert fast.push_contacts("sugarcrm", source()).pushed == ROWS
    assert most == 0
    wait_until(lambda: Frame.alive == 0)


def test_an_array_of_arrow_is_no_table(fast: Client) -> None:
    column: Any
    for column in (pa.array(["a"]), pa.chunked_array([["a"]]), pl.Series(["a"])):
        with pytest.raises(TypeError, match="holds no records as it is"):
            fast.push_contacts("hubspot", column)
        with pytest.raises(TypeError, match="is no table of rows"):
            fast.push_contacts("hubspot", [column])
    rows_of_struct = pa.array(rows(0, 3))
    assert fast.push_contacts("sugarcrm", rows_of_struct).pushed == 3
    assert fast.push_contacts("sugarcrm", [rows_of_struct, pa.chunked_array([rows_of_struct])])


def test_tables_go_on_where_one_has_a_record_many_times(fast: Client) -> None:
    """Records of one identity wait for others to travel with, so more must be asked for."""
    people = pl.DataFrame({"email1": [f"a{i}@example.com" for i in range(30)]})
    same = pl.DataFrame({"email1": ["ada@example.com"] * 30})
    report = fast.push_contacts("sugarcrm", [people, same, people], concurrency=1, batch_size=10)
    assert report.pushed == 90


@pytest.mark.parametrize("batches", [1, 3])
def test_a_null_row_of_an_array_fails_alone(fast: Client, sandbox: Sandbox, batches: int) -> None:
    array = pa.array([rows(0, 1)[0], None, rows(2, 3)[0]])
    source: Any
    # One array, a stream of them, one after another, and slices that begin with the null row.
    for source in (array, pa.chunked_array([array] * batches), [array] * batches):
        count = 1 if source is array else batches
        sandbox.reset()
        report = fast.push_contacts("sugarcrm", source)
        assert (report.pushed, report.failed) == (2 * count, count)
        assert [problem.index for problem in report.problems] == [1 + 3 * i for i in range(count)]
        assert "but null: pass one object per record" in report.problems[0].message
        assert [record["visits"] for record in held(sandbox)] == sorted([0, 2] * count)
    assert fast.push_contacts("sugarcrm", array.slice(1)).failed == 1
    assert fast.push_contacts("sugarcrm", array.slice(2)).failed == 0
