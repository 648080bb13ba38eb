"""Spark on this machine that repeats tasks, and a sandbox that counts what arrives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

import graph8_crm
from graph8_crm import Sandbox

KEY = "g8_sbx_not_to_be_seen_anywhere"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--moments", type=int, default=20, help="at how many moments a push is killed")


@pytest.fixture(scope="session")
def moments(pytestconfig: pytest.Config) -> int:
    given: int = pytestconfig.getoption("moments")
    return given


@pytest.fixture(scope="session")
def event_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="session")
def spark(event_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    # local[2,4]: two cores, and a task may fail three times. Plain local[2] never repeats one.
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": str(event_log),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "Europe/Berlin",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        "spark.ui.port": "0",
        "spark.driver.memory": "1g",
    }
    builder = SparkSession.builder.master("local[2,4]").appName("graph8_crm")
    session = builder.config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def session_sandbox() -> Iterator[Sandbox]:
    with graph8_crm.sandbox(seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(session_sandbox: Sandbox) -> Sandbox:
    session_sandbox.reset()
    return session_sandbox


def people(spark: SparkSession, count: int, parts: int = 4) -> DataFrame:
    """Good HubSpot contacts, in as many tasks as parts."""
    rows = spark.range(0, count, 1, parts)
    return rows.selectExpr(
        "concat('person', id, '@example.com') AS email", "concat('Person ', id) AS firstname"
    )


def options(sandbox: Sandbox, **given: object) -> dict[str, str]:
    common = {
        "provider": "hubspot",
        "kind": "contacts",
        "base_url": sandbox.url,
        "api_token": KEY,
        "rate_limit": "false",
    }
    wanted = common | given
    return {name: str(value) for name, value in wanted.items() if value not in (None, "")}


def save(frame: DataFrame, sandbox: Sandbox, **given: object) -> None:
    frame.write.format("graph8_crm").mode("append").options(**options(sandbox, **given)).save()


def held(sandbox: Sandbox) -> Counter[str]:
    """How often the CRM holds a contact of each e-mail."""
    records = sandbox.records("hubspot", "contacts")
    return Counter(record["fields"]["email"] for record in records)


def creates(sandbox: Sandbox) -> int:
    """How many records the requests that create had."""
    return sum(len(request["body"]["records"]) for request in sandbox.requests())


def everybody(count: int) -> dict[str, int]:
    return {f"person{number}@example.com": 1 for number in range(count)}


def message_of(error: Any) -> str:
    return str(error.value)
