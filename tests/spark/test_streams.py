"""A stream's write: each batch once, however often Spark runs it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from conftest import creates, everybody, held, options
from processes import kill_user_of
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.streaming import StreamingQuery

import graph8_crm
from graph8_crm import Sandbox
from graph8_crm.spark._source import _batches_of

BATCHES = 3
ROWS = 700


def write_source(folder: Path) -> None:
    folder.mkdir()
    for batch in range(BATCHES):
        lines = [
            json.dumps({"email": f"person{number}@example.com"})
            for number in range(batch * ROWS, (batch + 1) * ROWS)
        ]
        (folder / f"{batch}.json").write_text("\n".join(lines))


def start(spark: SparkSession, sandbox: Sandbox, folder: Path, **given: object) -> StreamingQuery:
    """A file is a batch; two tasks each."""
    source = spark.readStream.schema("email string").option("maxFilesPerTrigger", 1)
    frame = source.json(str(folder / "source")).repartition(2)
    writer = frame.writeStream.format("graph8_crm").outputMode("append")
    given = {"journal": folder / "journals", "primary_key": "email"} | given
    writer = writer.options(**options(sandbox, **given))
    writer = writer.option("checkpointLocation", str(folder / "checkpoint"))
    return writer.trigger(availableNow=True).start()


def run(spark: SparkSession, sandbox: Sandbox, folder: Path, **given: object) -> None:
    start(spark, sandbox, folder, **given).awaitTermination()


def journals(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "journals").glob("*.journal"))


def test_each_batch_has_a_journal_and_a_report(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    write_source(tmp_path / "source")
    run(spark, sandbox, tmp_path, report=tmp_path / "reports")
    assert held(sandbox) == everybody(BATCHES * ROWS)
    assert journals(tmp_path) == [f"batch-{batch:08}.journal" for batch in range(BATCHES)]
    reports = [json.loads(path.read_text()) for path in (tmp_path / "reports").iterdir()]
    assert [report["pushed"] for report in reports] == [ROWS] * BATCHES
    assert (tmp_path / "journals").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("has_key", [True, False])
def test_a_batch_that_was_pushed_but_not_checkpointed_sends_nothing_again(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path, has_key: bool
) -> None:
    write_source(tmp_path / "source")
    given = {} if has_key else {"primary_key": ""}
    run(spark, sandbox, tmp_path, **given)
    # As if the driver had died between the last push and Spark's note of it.
    for note in (tmp_path / "checkpoint" / "commits").glob(f"*{BATCHES - 1}*"):
        note.unlink()
    run(spark, sandbox, tmp_path, **given)
    assert held(sandbox) == everybody(BATCHES * ROWS)
    assert creates(sandbox) == BATCHES * ROWS
    status = graph8_crm.journal_status(tmp_path / "journals" / f"batch-{BATCHES - 1:08}.journal")
    assert status.runs == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"journal": None}, "a stream needs the option journal"),
        ({"prmary_key": "email"}, "did you mean 'primary_key'"),
    ],
)
def test_wrong_options_end_the_stream_before_anything_is_sent(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path, given: dict[str, str], message: str
) -> None:
    write_source(tmp_path / "source")
    with pytest.raises(PySparkException, match=message):
        run(spark, sandbox, tmp_path, **given)
    assert sandbox.requests() == []


def test_a_stream_killed_at_any_moment_makes_no_duplicate(
    spark: SparkSession, sandbox: Sandbox, tmp_path: Path, moments: int
) -> None:
    chance = random.Random(7)
    total = BATCHES * ROWS
    interrupted = 0
    for moment in range(moments):
        folder = tmp_path / str(moment)
        folder.mkdir()
        write_source(folder / "source")
        sandbox.reset()
        after = chance.randrange(0, total // 100)
        # So that there is a middle, whatever the machine's speed.
        sandbox.fail_next("hold", skip=after, after_write=chance.random() < 0.5)
        journal = folder / "journals" / f"batch-{after * 100 // ROWS:08}.journal"
        query = start(spark, sandbox, folder)
        was_killed = kill_user_of(
            journal,
            lambda: sandbox.held() > 0,
            lambda query=query: not query.isActive,
        )
        try:
            query.awaitTermination()
        except PySparkException as error:
            assert was_killed, error  # noqa: PT017
        names = journals(folder) if was_killed else []
        doubted = sum(
            graph8_crm.journal_status(folder / "journals" / name).unknown for name in names
        )
        interrupted += was_killed
        run(spark, sandbox, folder, report=folder / "reports")
        there = held(sandbox)
        assert max(there.values()) == 1, f"moment {moment}: a record was created twice"
        reports = [json.loads(path.read_text()) for path in (folder / "reports").glob("*")]
        again = sum(report["unknown"] for report in reports)
        assert again == doubted <= 4 * 100
        assert total - doubted <= len(there) <= total
        sent = creates(sandbox)
        run(spark, sandbox, folder)
        assert creates(sandbox) == sent
        print(
            f"moment {moment}: killed after {after} requests, {doubted} unknown, {len(there)} held"
        )
    assert interrupted >= moments * 3 // 4


def test_rows_one_by_one_are_staged_as_arrow_gives_them(spark: SparkSession) -> None:
    """PySpark 4.0 has streams in no other form."""
    frame = spark.sql(
        "SELECT 'ada@example.com' AS email, 1.50BD AS amount, date'2026-01-31' AS day, "
        "timestamp'2026-01-31 10:00:00' AS at, array('a', null) AS tags, "
        "named_struct('x', 1) AS inner, cast(null AS string) AS none"
    )
    (batch,) = _batches_of(iter(frame.collect()), frame.schema)
    assert batch.to_pylist() == frame.toArrow().to_pylist()
