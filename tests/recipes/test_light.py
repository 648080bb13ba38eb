"""Celery, gunicorn, dlt and Dask, and what fails or dies in the middle."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dlt
import pandas as pd
import pytest
from conftest import (
    COUNT,
    RECIPES,
    assert_each_once,
    code_of,
    hold_in_the_middle,
    kill_in_the_middle,
    load,
    rows,
)
from dask import dataframe
from processes import wait_until

import graph8_crm
from graph8_crm import Sandbox

NAMES = sorted(path.stem for path in RECIPES.glob("*.md") if path.stem != "README")


@pytest.mark.parametrize("name", NAMES)
def test_recipes_are_short(name: str) -> None:
    assert len(code_of(name).splitlines()) <= 25


def test_celery_delivers_a_killed_task_again(
    sandbox: Sandbox, journals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue").mkdir()
    (tmp_path / "recipe.py").write_text(code_of("celery"))
    # A broker without a server.
    folders = {f"data_folder_{way}": str(tmp_path / "queue") for way in ("in", "out")}
    (tmp_path / "worker.py").write_text(
        f"from recipe import app, push_contacts\napp.conf.broker_transport_options = {folders!r}\n"
    )
    monkeypatch.setenv("BROKER_URL", "filesystem://")
    celery = [sys.executable, "-m", "celery", "-A", "worker", "worker", "-c", "1"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    journal = journals / "example.journal"
    send = "from worker import push_contacts; push_contacts.delay('example')"
    subprocess.run([sys.executable, "-c", send], cwd=tmp_path, check=True)
    hold_in_the_middle(sandbox)
    with (tmp_path / "log").open("w") as log:
        worker = subprocess.Popen([*celery, *quiet], cwd=tmp_path, stdout=log, stderr=log)
    try:
        kill_in_the_middle(sandbox, journal)
        wait_until(lambda: graph8_crm.journal_status(journal).finished_at)
    finally:
        worker.terminate()
        worker.wait()
    status = graph8_crm.journal_status(journal)
    assert status.runs == 2, (tmp_path / "log").read_text()
    assert_each_once(sandbox, status.unknown)


def post(address: str) -> tuple[int, str]:
    body = json.dumps(rows()).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def test_gunicorn_takes_a_killed_request_again(
    sandbox: Sandbox, journals: Path, tmp_path: Path
) -> None:
    (tmp_path / "recipe.py").write_text(code_of("gunicorn"))
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-w", "2", "-b", "127.0.0.1:0", "recipe:app"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        found = None
        while not found:
            found = re.search(r"Listening at: (http://\S+)", server.stderr.readline())
        threading.Thread(target=server.stderr.read, daemon=True).start()
        address = f"{found[1]}/uploads/monday"
        journal = journals / "monday.journal"
        hold_in_the_middle(sandbox)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(post, address)
            kill_in_the_middle(sandbox, journal)
            assert first.result()[0] == 0
            sandbox.fail_next("hold")
            second = pool.submit(post, address)
            wait_until(lambda: sandbox.held() == 1)
            # Beside the one that runs.
            status, text = post(address)
            assert (status, "in use by another push" in text) == (409, True)
            sandbox.release()
            status, text = second.result()
        assert status == 200, text
    finally:
        server.terminate()
        server.wait()
    assert_each_once(sandbox, graph8_crm.journal_status(journal).unknown)


def test_dlt_loads_a_file_that_failed_again_without_duplicates(
    sandbox: Sandbox, journals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    recipe: Any = load("dlt", tmp_path)
    sandbox.fail_next("status", skip=8, status=401)
    pipeline = dlt.pipeline("recipe", str(tmp_path / "pipelines"), destination=recipe.graph8)
    pipeline.run(rows(), table_name="contacts")
    (journal,) = journals.glob("contacts-*.journal")
    assert graph8_crm.journal_status(journal).runs == 2
    assert_each_once(sandbox)


def test_dask_is_read_by_one_pusher(sandbox: Sandbox, tmp_path: Path) -> None:
    flag = tmp_path / "broken-once"

    def part(frame: Any) -> Any:
        if f"person{COUNT // 2}@example.com" in set(frame.email) and not flag.exists():
            flag.touch()
            raise RuntimeError("a worker died")
        return frame

    frame = dataframe.from_pandas(pd.DataFrame(rows()), npartitions=8)
    frame = frame.map_partitions(part, meta=frame._meta)
    recipe: Any = load("dask", tmp_path)
    with pytest.raises(RuntimeError, match="a worker died"):
        recipe.push(frame)
    report = recipe.push(frame)
    assert (report.pushed, report.pushed_before > 0) == (COUNT, True)
    assert_each_once(sandbox)
