"""A driver of its own, for what the tests' own Spark is not: Connect, or a cluster."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

import graph8_crm


def parent(process: int) -> int:
    # The name, which is in brackets, may hold blanks.
    stat = Path(f"/proc/{process}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def with_dying_worker(frame: DataFrame, folder: Path) -> DataFrame:
    """The first try of one task ends its executor, and the worker that has it."""

    def rows(batches: Iterator[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        dies = context.partitionId() == 1 and context.attemptNumber() == 0
        for batch in batches:
            yield batch if context.attemptNumber() == 0 else batch[::-1]
            if dies:
                (folder / "dies").touch()
                executor = parent(os.getppid())
                for process in (parent(executor), executor):
                    os.kill(process, signal.SIGKILL)

    return frame.mapInPandas(rows, frame.schema)


def with_slow_task(frame: DataFrame, folder: Path) -> DataFrame:
    """The first try of one task waits until Spark has tried it a second time."""

    def rows(batches: Iterator[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        twice = folder / "speculated"
        if context.partitionId() == 3:
            if context.attemptNumber() > 0:
                twice.touch()
            while not twice.exists():
                time.sleep(0.02)
        yield from batches

    return frame.mapInPandas(rows, frame.schema)


def save(frame: DataFrame, options: dict[str, str]) -> None:
    frame.write.format("graph8_crm").mode("append").options(**options).save()


def main() -> None:
    how, settings, options, folder = sys.argv[1], *map(json.loads, sys.argv[2:4]), Path(sys.argv[4])
    builder = SparkSession.builder.config(map=settings)
    spark = builder.getOrCreate()
    rows = spark.range(0, 2_000, 1, 4)
    frame = rows.selectExpr("concat('person', id, '@example.com') AS email")
    if how == "dying worker":
        frame = with_dying_worker(frame, folder)
    elif how == "speculation":
        frame = with_slow_task(frame, folder)
    save(frame, options)
    if how == "connect":
        save(frame, options)
        # Another CRM, so that both can be counted.
        with graph8_crm.Client(base_url=options["base_url"], rate_limit=False) as client:
            report = client.push_contacts(
                "pipedrive",
                frame.withColumnRenamed("email", "name"),
                primary_key="name",
                journal=options["journal"] + "-direct",
            )
        print(json.dumps({"direct": report.pushed}))
    spark.stop()


if __name__ == "__main__":
    main()
