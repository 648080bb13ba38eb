"""Spark Connect, and a standalone cluster on two addresses of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest
from conftest import KEY, creates, everybody, held, options

from graph8_crm import Sandbox

HERE = Path(__file__).resolve().parent
SPARK = Path(pyspark.__file__).parent
CLUSTER = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "600m",
    "spark.executor.memory": "600m",
    "spark.ui.enabled": "false",
}
SPECULATION = {
    "spark.speculation": "true",
    "spark.speculation.interval": "100ms",
    "spark.speculation.quantile": "0.5",
    "spark.speculation.multiplier": "1.1",
    "spark.speculation.minTaskRuntime": "100ms",
}


@contextlib.contextmanager
def daemon(kind: str, address: str, folder: Path, *arguments: str) -> Iterator[str]:
    """A master or worker; gives what its log says once it runs."""
    environment = os.environ | {"SPARK_LOCAL_IP": address, "SPARK_DAEMON_MEMORY": "400m"}
    command = [SPARK / "bin" / "spark-class", f"org.apache.spark.deploy.{kind}"]
    ports = ["--host", address, "--port", "0", "--webui-port", "0"]
    process = subprocess.Popen(
        [*command, *ports, *arguments],
        cwd=folder,
        env=environment,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    sign = r"Starting Spark master at (spark://\S+)" if "Master" in kind else r"(Successfully reg)"
    try:
        for line in process.stdout:
            if found := re.search(sign, line):
                log = (folder / f"{address}.log").open("w")
                subprocess.Popen(["cat"], stdin=process.stdout, stdout=log)
                yield found[1]
                return
        raise AssertionError(f"{kind} did not start")
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        master = stack.enter_context(daemon("master.Master", "127.0.0.1", tmp_path))
        for address in ("127.0.0.1", "127.0.0.2"):
            limits = ["--cores", "2", "--memory", "700m", "--work-dir", str(tmp_path / address)]
            stack.enter_context(daemon("worker.Worker", address, tmp_path, *limits, master))
        yield master


def drive(how: str, settings: dict[str, str], given: dict[str, str], folder: Path) -> str:
    environment = os.environ | {"G8_API_KEY": KEY}
    command = [sys.executable, HERE / "driver.py", how, json.dumps(settings), json.dumps(given)]
    done = subprocess.run(
        [*command, folder], capture_output=True, text=True, cwd=folder, env=environment
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


@pytest.mark.parametrize(("how", "sign"), [("dying worker", "dies"), ("speculation", "speculated")])
def test_a_cluster_that_repeats_tasks_makes_no_duplicate(
    cluster: str, sandbox: Sandbox, tmp_path: Path, how: str, sign: str
) -> None:
    journal = tmp_path / "contacts.journal"
    settings = CLUSTER | {"spark.master": cluster} | (SPECULATION if how == "speculation" else {})
    drive(how, settings, options(sandbox, journal=journal, primary_key="email"), tmp_path)
    assert (tmp_path / sign).exists(), "nothing was repeated"
    assert held(sandbox) == everybody(2_000)
    assert creates(sandbox) == 2_000


def test_connect_pushes_once(sandbox: Sandbox, tmp_path: Path) -> None:
    # Connect writes every option of a write into the server's event log, whatever its name.
    given = options(
        sandbox, journal=tmp_path / "contacts.journal", primary_key="email", api_token=None
    )
    events = tmp_path / "events"
    events.mkdir()
    settings = {
        "spark.remote": "local[2,4]",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": str(events),
        "spark.driver.memory": "600m",
    }
    told = drive("connect", settings, given, tmp_path)
    assert json.loads(told.strip().splitlines()[-1]) == {"direct": 2_000}
    assert held(sandbox) == everybody(2_000)
    logged = "".join(file.read_text() for file in events.rglob("*") if file.is_file())
    assert "AppendData" in logged
    assert KEY not in logged
