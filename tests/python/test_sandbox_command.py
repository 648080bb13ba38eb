"""`python -m graph8_crm.sandbox`."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import graph8_crm

COMMAND = [sys.executable, "-m", "graph8_crm.sandbox"]
PAGE = (Path(__file__).resolve().parents[2] / "docs/sandbox.md").read_text()
PUSH = """
import graph8_crm
with graph8_crm.Client() as client:
    print(client.push_contacts("hubspot", [{"email": "ada@example.com"}]).pushed)
"""


@pytest.mark.skipif(os.name == "nt", reason="has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_it_prints_leads_clients_to_it_until_a_signal_ends_it(number: signal.Signals) -> None:
    started = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True)
    assert started.stdout
    lines: list[str] = []
    while not lines or "Ctrl-C" not in lines[-1]:
        lines.append(started.stdout.readline())
    variables = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
    assert set(variables) == {"G8_API_URL", "G8_API_KEY"}
    pushed = subprocess.check_output([sys.executable, "-c", PUSH], env={**os.environ, **variables})
    assert pushed.split() == [b"1"]
    assert re.sub(r":\d+", ":8008", "".join(lines)) in PAGE
    started.send_signal(number)
    assert started.wait() == 0
    assert started.stdout.read() == ""
    started.stdout.close()


def test_for_programs_it_prints_json_and_ends_with_its_input() -> None:
    done = subprocess.run([*COMMAND, "--until-stdin-closes"], input=b"", capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["url"].startswith("http://127.0.0.1:")


def test_a_port_in_use_and_a_wrong_option_are_one_sentence() -> None:
    with graph8_crm.sandbox() as sandbox:
        port = sandbox.url.rsplit(":", 1)[1]
        for arguments, code, words in (
            (["--port", port], 1, f"port {port} is in use"),
            (["--nonsense"], 2, "no such option: --nonsense"),
        ):
            done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True)
            assert (done.returncode, done.stdout) == (code, "")
            assert words in done.stderr
            assert done.stderr.count("\n") == 1


def test_importing_its_module_leaves_the_function() -> None:
    importlib.import_module("graph8_crm.sandbox")
    with graph8_crm.sandbox() as sandbox:
        assert sandbox.url
