"""A frame's write: what arrives, and how often."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import KEY, creates, everybody, held, message_of, people, save
from processes import kill_user_of
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

import graph8_crm
from graph8_crm import Sandbox


def test_rows_arrive_once_and_a_second_save_sends_nothing(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    frame = people(spark, 1_234)
    journal, report = tmp_path / "contacts.journal", tmp_path / "reports" / "report.json"
    save(frame, sandbox, journal=journal, report=report, Primary_Key="email", PROVIDER="HubSpot")
    assert held(sandbox) == everybody(1_234)
    told = json.loads(report.read_text())
    assert (told["records"], told["pushed"], told["pushed_before"]) == (1_234, 1_234, 0)
    assert report.stat().st_mode & 0o777 == 0o600
    # In another order, and in other tasks.
    shuffled = frame.orderBy("firstname", ascending=False).coalesce(1)
    save(shuffled, sandbox, journal=journal, report=report, primary_key="email")
    assert held(sandbox) == everybody(1_234)
    assert creates(sandbox) == 1_234
    told = json.loads(report.read_text())
    assert (told["pushed"], told["pushed_before"]) == (1_234, 1_234)


def test_without_a_key_rows_in_another_order_are_refused(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    frame = people(spark, 300)
    save(frame, sandbox, journal=tmp_path / "contacts.journal")
    save(frame, sandbox, journal=tmp_path / "contacts.journal")
    with pytest.raises(Exception, match="at index 0") as caught:
        save(
            frame.orderBy("email", ascending=False), sandbox, journal=tmp_path / "contacts.journal"
        )
    assert "ConfigError" in message_of(caught)
    assert held(sandbox) == everybody(300)


def test_values_travel_as_in_a_direct_push(spark: SparkSession, sandbox: Sandbox) -> None:
    row = {
        "email": "ada@example.com",
        "amount": Decimal("12.50"),
        "day": dt.date(2026, 1, 31),
        "at": dt.datetime(2026, 1, 31, 10, tzinfo=dt.timezone.utc),
        "tags": ["a", None],
        "inner": {"x": 1},
        "none": None,
        "share": float("nan"),
        "flag": True,
        "long": 2**62,
    }
    schema = (
        "email string, amount decimal(10,2), day date, at timestamp, local timestamp_ntz, "
        "tags array<string>, inner map<string,int>, none string, share double, flag boolean, "
        "long bigint"
    )
    frame = spark.createDataFrame([row | {"local": dt.datetime(2026, 1, 31, 10)}], schema)
    save(frame, sandbox, provider="sugarcrm")
    with sandbox.client(rate_limit=False) as client:
        client.push_contacts("sugarcrm", frame)
    staged, direct = (request["body"]["records"] for request in sandbox.requests())
    assert staged == direct
    assert staged[0]["amount"] == 12.5


def dying_once(frame: DataFrame, folder: Path, how: str) -> DataFrame:
    """Each task gives half of its rows and dies, once; then gives them in another order."""

    def rows(batches: Iterator[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        is_first = context.attemptNumber() == 0
        for batch in batches:
            if is_first:
                yield batch[: len(batch) // 2]
                (folder / str(context.partitionId())).touch()
                if how == "exit":
                    os._exit(1)
                raise RuntimeError("the task fails")
            yield batch[::-1]

    return frame.mapInPandas(rows, frame.schema)


@pytest.mark.parametrize("how", ["raise", "exit"])
def test_a_task_that_dies_makes_no_duplicate(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path, how: str
) -> None:
    save(dying_once(people(spark, 2_000), tmp_path, how), sandbox)
    assert len(list(tmp_path.iterdir())) == 4, "every task has died once"
    assert held(sandbox) == everybody(2_000)
    assert creates(sandbox) == 2_000


def test_a_write_that_fails_sends_nothing_and_leaves_the_journal_alone(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    def rows(batches: Iterator[Any]) -> Iterator[Any]:
        yield from batches
        raise RuntimeError("this task always fails")

    frame = people(spark, 500)
    journal = tmp_path / "contacts.journal"
    save(frame, sandbox, journal=journal, primary_key="email")
    before = journal.read_bytes()
    sandbox.reset()
    failing = frame.union(people(spark, 900)).mapInPandas(rows, frame.schema)
    with pytest.raises(Exception, match="this task always fails"):
        save(failing, sandbox, journal=journal, primary_key="email")
    assert journal.read_bytes() == before
    assert sandbox.requests() == []


REFUSED = {
    "overwrite": ({"mode": "overwrite"}, r"can't overwrite.*\.mode\(\"append\"\)"),
    "misspelled": ({"providr": "hubspot"}, "no option 'providr'; did you mean 'provider'"),
    "no provider": ({"provider": "hubspt"}, "did you mean 'hubspot'"),
    "key by another name": ({"api_key": KEY}, "pass the key as api_token"),
    "no such column": ({"primary_key": "id"}, "primary_key is 'id', and there is no such column"),
    "not on a disk": ({"journal": "s3://bucket/x"}, "must be a path on a disk of the driver"),
    "wrong key": ({"api_token": "no key\n"}, "ConfigError"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_option_is_refused_before_any_task_runs(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path, case: str
) -> None:
    given, message = REFUSED[case]
    frame = dying_once(people(spark, 10), tmp_path, "raise")
    mode = given.get("mode", "append")
    writer = frame.write.format("graph8_crm").mode(mode)
    for name, value in (
        {"provider": "hubspot", "kind": "contacts", "base_url": sandbox.url, "api_token": KEY}
        | {name: value for name, value in given.items() if name != "mode"}
    ).items():
        writer = writer.option(name, value)
    with pytest.raises(Exception, match=message) as caught:
        writer.save()
    assert KEY not in message_of(caught)
    assert list(tmp_path.iterdir()) == []
    assert sandbox.requests() == []


def test_a_column_without_json_is_refused_before_any_task_runs(
    spark: SparkSession, sandbox: Sandbox
) -> None:
    frame = people(spark, 10).selectExpr("email", "cast(firstname AS binary) AS photo")
    with pytest.raises(Exception, match="column 'photo' is binary"):
        save(frame, sandbox)
    assert sandbox.requests() == []


def test_a_missing_key_is_told_before_any_task_runs(spark: SparkSession, sandbox: Sandbox) -> None:
    writer = people(spark, 10).write.format("graph8_crm").mode("append")
    with pytest.raises(Exception, match="G8_API_KEY"):
        writer.options(provider="hubspot", kind="contacts", base_url=sandbox.url).save()


def test_more_rows_than_may_be_staged_name_the_direct_push(
    spark: SparkSession, sandbox: Sandbox
) -> None:
    with pytest.raises(Exception, match="the rows of this task are") as caught:
        save(people(spark, 1_000), sandbox, max_staged_bytes="1k")
    assert 'client.push_contacts("hubspot", df' in message_of(caught)
    with pytest.raises(Exception, match="the rows of all tasks are") as caught:
        save(people(spark, 1_000), sandbox, max_staged_bytes="5k")
    assert 'client.push_contacts("hubspot", df' in message_of(caught)
    assert sandbox.requests() == []


def test_a_push_that_stops_fails_the_write_and_reports_every_row(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.set_key(KEY, "expired")
    report = tmp_path / "report.json"
    with pytest.raises(Exception, match="AuthenticationError"):
        save(people(spark, 3_000), sandbox, report=report)
    told = json.loads(report.read_text())
    assert (told["records"], told["not_sent"]) == (3_000, 3_000)


def test_records_that_fail_fail_the_write_where_that_is_asked_for(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    frame = people(spark, 200).selectExpr(
        "if(email LIKE 'person7@%', 'no address', email) AS email"
    )
    dead = tmp_path / "dead.ndjson"
    save(frame, sandbox, dead_letter=dead)
    assert len(graph8_crm.read_dead_letter(dead)) == 1
    sandbox.reset()
    with pytest.raises(Exception, match="NotAllPushedError: 199 of 200"):
        save(frame, sandbox, fail_on="failures")
    sandbox.reset()
    save(frame.where("email <> 'no address'"), sandbox, fail_on="failures")


def test_the_key_is_in_no_plan_no_page_and_no_event_log(
    spark: SparkSession, sandbox: Sandbox, event_log: Path
) -> None:
    save(people(spark, 100), sandbox)
    address = spark.sparkContext.uiWebUrl
    assert address is not None
    pages = ["/SQL/", "/environment/", "/jobs/", "/stages/"]
    pages += [f"/SQL/execution/?id={number}" for number in range(3)]
    name = spark.sparkContext.applicationId
    pages += [f"/api/v1/applications/{name}/{part}" for part in ("sql?length=1000", "environment")]
    seen = ""
    for page in pages:
        port = address.rpartition(":")[2]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}") as answer:
            seen += answer.read().decode()
    logged = "".join(file.read_text() for file in event_log.rglob("*") if file.is_file())
    assert "AppendData" in seen
    assert "AppendData" in logged
    assert KEY not in seen
    assert KEY not in logged


def test_a_commit_killed_at_any_moment_makes_no_duplicate(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path, moments: int
) -> None:
    chance = random.Random(20)
    count = 2_000
    frame = people(spark, count, 2)
    interrupted = 0
    for moment in range(moments):
        sandbox.reset()
        journal = tmp_path / f"{moment}.journal"
        after = chance.randrange(0, count // 100)
        # So that there is a middle, whatever the machine's speed.
        sandbox.fail_next("hold", skip=after, after_write=chance.random() < 0.5)
        ended = threading.Event()
        # Spark finds the format in threads alone that have a session.
        with ThreadPoolExecutor(1) as pool:
            is_time = lambda: sandbox.held() > 0  # noqa: E731
            killing = pool.submit(kill_user_of, journal, is_time, ended.is_set)
            try:
                save(frame, sandbox, journal=journal, primary_key="email")
            except (PySparkException, Py4JJavaError):
                assert killing.result()
            finally:
                ended.set()
            was_killed = killing.result()
        status = graph8_crm.journal_status(journal)
        interrupted += was_killed and status.finished_at is None
        doubted = status.unknown
        report = tmp_path / "report.json"
        save(frame, sandbox, journal=journal, primary_key="email", report=report)
        told = json.loads(report.read_text())
        there = held(sandbox)
        assert max(there.values()) == 1, f"moment {moment}: a record was created twice"
        assert told["pushed"] + told["unknown"] == count
        assert told["unknown"] == doubted <= 4 * 100
        assert count - doubted <= len(there) <= count
        print(
            f"moment {moment}: killed after {after} requests, {doubted} unknown, {len(there)} held"
        )
    assert interrupted >= moments * 3 // 4
