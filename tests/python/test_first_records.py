"""Sources whose records have no names of fields: one error that says what to do."""

from __future__ import annotations

import asyncio
import csv
import io
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

from graph8_crm import Client, Sandbox

ROWS = [("ada@example.com", 1), ("bob@example.com", 2)]
RECORDS = [{"email": email, "n": n} for email, n in ROWS]
PANDAS = pd.DataFrame(RECORDS)
POLARS = pl.DataFrame(RECORDS)

PAIRS_OF_TABLES = r"\(table for _, table in it\)"
PAIRS_OF_RECORDS = r"\(record for _, record in it\)"
NAMES = r"dict\(zip\(\[\"email\", \.\.\.\], row\)\)"
PARTS = r"itertools\.chain\.from_iterable"
ONE_PATH = r"one path at a time.*PushReport\.merge"

TOLD: dict[str, tuple[Callable[[], Any], str]] = {
    "tuples": (lambda: ROWS, NAMES),
    "a tuple of tuples": (lambda: tuple(ROWS), NAMES),
    "lists": (lambda: [list(row) for row in ROWS], NAMES),
    "zip": (lambda: zip(["a@example.com"], ["Ada"], strict=True), NAMES),
    "iter_rows": (POLARS.iter_rows, NAMES),
    "itertuples without a name": (lambda: PANDAS.itertuples(name=None), NAMES),
    "arrays": (lambda: list(np.array(ROWS)), NAMES),
    "iterrows": (PANDAS.iterrows, "records of the type tuple have no names.*the frame itself"),
    "groups of pandas": (lambda: iter(PANDAS.groupby("n")), PAIRS_OF_TABLES),
    "groups of polars": (lambda: iter(POLARS.group_by("n")), PAIRS_OF_TABLES),
    "group_by": (lambda: POLARS.group_by("n"), r"GroupBy .*\(group for _, group in groups\)"),
    "dict of frames": (lambda: {"a": PANDAS, "b": PANDAS}, r"dict of tables: pass it\.values\(\)"),
    "partition_by": (
        lambda: POLARS.partition_by("n", as_dict=True),
        r"dict of tables: pass it\.values\(\)",
    ),
    "dict of records": (lambda: dict(enumerate(RECORDS)), r"pass \[it\], or it\.values\(\)"),
    "items of a dict": (lambda: dict(enumerate(RECORDS)).items(), PAIRS_OF_RECORDS),
    "enumerate": (lambda: enumerate(RECORDS), PAIRS_OF_RECORDS),
    "pages": (lambda: [RECORDS, RECORDS], PARTS),
    "readers": (lambda: (csv.DictReader(io.StringIO("a\n1")) for _ in range(2)), PARTS),
    "paths": (lambda: [Path("a.csv"), Path("b.xlsx")], ONE_PATH),
    "texts of paths": (lambda: ["a.csv", "b.json"], ONE_PATH),
    "glob": (lambda: Path(__file__).parent.glob("*.py"), ONE_PATH),
    "texts": (lambda: {"ada@example.com"}, r"type str have.*\{\"email\": value\}"),
    "numbers": (lambda: range(3), r"type int have.*\{\"email\": value\}"),
    "lines of JSON": (lambda: ['{"email": "ada@example.com"}'], r"json\.loads\(text\) for text"),
    "lines of bytes": (lambda: iter([b'{"n": 1}']), r"json\.loads\(text\) for text"),
    "lines of CSV": (lambda: ["email,n", "ada@example.com,1"], r"csv\.DictReader\(it\)"),
    "JSON lines as text": (
        lambda: '{"email": "ada@example.com"}\n{"email": "bob@example.com"}\n',
        r"is JSON lines: pass \[json\.loads\(line\) for line in it\.splitlines\(\)\]",
    ),
    "CSV as text": (
        lambda: "email,n\nada@example.com,1\n",
        r"text of several lines: pass csv\.DictReader\(io\.StringIO\(it\)\)",
    ),
    "path with another name": (lambda: "people.json", r"pathlib\.Path\(it\)"),
    "tagged batches": (
        lambda: ds.dataset(pa.table({"n": [1]})).scanner().scan_batches(),
        r"\.to_batches\(\) instead",
    ),
    "windows": (lambda: PANDAS.rolling(2), r"Rolling .*\.mean\(\)"),
    "growing windows": (lambda: PANDAS.expanding(), r"Expanding .*\.mean\(\)"),
    "a column": (lambda: PANDAS["email"], r"\.to_frame\(\), or pass \[it\] if it is one row"),
    "an answer with its records": (
        lambda: {"contacts": RECORDS, "total": 2},
        r"pass \[it\], or it\['contacts'\] if those",
    ),
    "background query": (
        lambda: query_in_the_background(),
        r"InProcessQuery .*\.fetch_blocking\(\)",
    ),
    "SQLContext": (lambda: pl.SQLContext(t=POLARS), r"SQLContext .*\.execute\(query, eager=True\)"),
    "groups of pyarrow": (
        lambda: pa.table({"n": [1]}).group_by("n"),
        r"TableGroupBy .*\.aggregate\(",
    ),
    "pyarrow expression": (lambda: pc.field("n"), r"Expression .*scanner\(filter=it\)"),
    "DuckDB expression": (lambda: duckdb.ColumnExpression("n"), r"Expression .*relation\.select"),
    "polars Expr": (lambda: pl.col("email"), r"Expr .*frame\.select"),
}


def query_in_the_background() -> Any:
    """One that is over: polars ends the process when it finds one given up."""
    query = pl.LazyFrame({"n": [1]}).collect(background=True)
    query.fetch_blocking()
    return query


@pytest.fixture
def fast(sandbox: Sandbox) -> Iterator[Client]:
    with sandbox.client(rate_limit=False) as client:
        yield client


@pytest.mark.parametrize(("make", "told"), TOLD.values(), ids=TOLD)
def test_records_without_names_are_one_error(
    fast: Client, sandbox: Sandbox, make: Callable[[], Any], told: str
) -> None:
    for call in (fast.push_contacts, fast.check_contacts):
        with pytest.raises(TypeError, match=told):
            call("hubspot", make())
    # A check asks for the fields as it begins.
    assert not any(request["body"] for request in sandbox.requests())


def test_so_are_those_of_an_async_source(sandbox: Sandbox) -> None:
    async def rows() -> AsyncIterator[Any]:
        for row in ROWS:
            yield row

    async def push() -> None:
        async with sandbox.async_client() as client:
            with pytest.raises(TypeError, match=NAMES):
                await client.push_contacts("hubspot", rows())

    asyncio.run(push())
    assert sandbox.requests() == []


def test_one_among_records_fails_alone(fast: Client) -> None:
    people = [{"email": email} for email, _ in ROWS]
    sources: list[Any] = [["x", *people], [*people, ("x", 1)], iter([*people, "x"])]
    for records in sources:
        report = fast.check_contacts("hubspot", records)
        assert (report.records, report.records_with_errors) == (3, 1)


@pytest.mark.parametrize("rows", [itertools.repeat(None, 3), [None, None, None]])
def test_of_nothing_there_is_nothing_to_tell(fast: Client, rows: Any) -> None:
    assert fast.push_contacts("hubspot", rows).failed == 3


def test_records_that_all_failed_are_not_said_to_lack_an_identity(fast: Client) -> None:
    report = fast.push_contacts("hubspot", [{"email": {1, 2}}] * 3)
    assert (report.failed, list(report.warnings)) == (3, [])
    mixed = fast.push_contacts("hubspot", [{"email": {1, 2}}, {"firstname": "Ada"}])
    assert [finding.code for finding in mixed.warnings] == ["no_identity"]


class Unwilling:
    """As a column of Spark: iterable by its class, and not by itself."""

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("Column is not iterable")


def test_what_does_not_begin_is_a_source_that_raises(fast: Client, sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="Column is not iterable") as caught:
        fast.push_contacts("hubspot", Unwilling())
    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert report.ended_early == "the source of the records raised TypeError"

    async def push() -> None:
        async with sandbox.async_client() as client:
            with pytest.raises(TypeError, match="Column is not iterable"):
                await client.push_contacts("hubspot", Unwilling())

    asyncio.run(push())
