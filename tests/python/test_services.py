"""The recipes of docs/services.md in their programs: a deploy puts nothing in doubt."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
from conftest import HANGS, contacts, wait_until

from graph8_crm import Sandbox

STOPPED = "takes in no more: stopped"
"""What the log says once nothing more leaves."""
PAGE = Path(__file__).resolve().parents[2] / "docs/services.md"


def write(folder: Path, *names: str) -> None:
    """Writes the files that the page has."""
    blocks = re.findall(
        r"```python\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    files = dict(blocks)
    for name in names:
        (folder / name).write_text(files[name])


def environment(sandbox: Sandbox, **more: str) -> dict[str, str]:
    return {**os.environ, "G8_API_KEY": "g8_sbx_demo", "G8_API_URL": sandbox.url, **more}


def held_emails(sandbox: Sandbox) -> list[str]:
    return [str(row["fields"]["email"]) for row in sandbox.records("hubspot", "contacts")]


def test_gunicorn(sandbox: Sandbox, tmp_path: Path) -> None:
    pytest.importorskip("gunicorn")
    write(tmp_path, "app.py", "gunicorn.conf.py")
    with (tmp_path / "app.py").open("a") as file:
        file.write("\nimport logging\nlogging.basicConfig()\n")
    sandbox.fail_next("hold", skip=2, count=20)
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        descriptor = listening.fileno()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{descriptor}", "app:app"]
        # It has a socket of its own at home.
        env = environment(sandbox, HOME=str(tmp_path))
        log = (tmp_path / "log").open("w")
        gunicorn = subprocess.Popen(
            command, cwd=tmp_path, env=env, pass_fds=[descriptor], stdout=log, stderr=log
        )

        def ask() -> tuple[int, dict[str, int]]:
            host, port = listening.getsockname()
            asking = HTTPConnection(host, port, timeout=HANGS)
            asking.request("POST", "/", json.dumps(contacts(1_000)))
            try:
                answer = asking.getresponse()
                return answer.status, json.loads(answer.read())
            finally:
                asking.close()

        try:
            answer = pool.submit(ask)
            wait_until(lambda: sandbox.held() == 4)
            gunicorn.send_signal(signal.SIGTERM)
            wait_until(lambda: STOPPED in (tmp_path / "log").read_text())
            sandbox.release()
            status, counts = answer.result()
            assert gunicorn.wait(HANGS) == 0
        finally:
            gunicorn.kill()
            gunicorn.wait()
            log.close()
    assert status == 503
    assert counts["unknown"] == 0
    assert len(held_emails(sandbox)) == counts["pushed"]
    assert counts["pushed"] + counts["not_sent"] == 1_000


SEND = "import json, sys, tasks; tasks.push.delay('job-17', json.load(sys.stdin))"


def test_celery(sandbox: Sandbox, tmp_path: Path) -> None:
    pytest.importorskip("celery")
    write(tmp_path, "tasks.py")
    (tmp_path / "journals").mkdir()
    # A broker in a folder, for this test alone.
    (tmp_path / "queue").mkdir()
    (tmp_path / "control").mkdir()
    folder_of_broker = (
        "\napp.conf.broker_transport_options.update("
        "data_folder_in='queue', data_folder_out='queue')\n"
    )
    with (tmp_path / "tasks.py").open("a") as file:
        file.write(folder_of_broker)
    env = environment(sandbox, BROKER="filesystem://", JOURNALS=str(tmp_path / "journals"))
    people = json.dumps(contacts(1_000))
    subprocess.run(
        [sys.executable, "-c", SEND], input=people, text=True, cwd=tmp_path, env=env, check=True
    )
    sandbox.fail_next("hold", skip=2, count=4)
    command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-c", "1", "-P", "prefork"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
    with (tmp_path / "log").open("w") as log:

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log)

        old = start()
        try:
            wait_until(lambda: sandbox.held() == 4)
            old.send_signal(signal.SIGTERM)
            wait_until(lambda: STOPPED in (tmp_path / "log").read_text())
            sandbox.release()
            assert old.wait(HANGS) == 0
        finally:
            old.kill()
            old.wait()
        before = len(held_emails(sandbox))
        assert before < 1_000
        new = start()
        try:
            wait_until(lambda: "succeeded" in (tmp_path / "log").read_text())
        finally:
            new.send_signal(signal.SIGTERM)
            new.wait(HANGS)
    said = (tmp_path / "log").read_text()
    assert "1000 of 1000 contacts pushed to hubspot" in said
    emails = held_emails(sandbox)
    assert len(emails) == len(set(emails)) == 1_000


def test_a_worker() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(import signal\n.*?)```", text, re.DOTALL)
    said = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True)
    assert said.stderr == ""
    assert said.stdout == "0 in doubt, True\nFalse\n1000 pushed, 0 in doubt\nTrue\n"
