"""Signals, forks and exits, each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time

import pytest
from conftest import HANGS, wait_until

from graph8_crm import Sandbox


def script(text: str, sandbox: Sandbox) -> list[str]:
    head = f"""
        import sys, time, threading, asyncio, os
        import graph8_crm
        client = graph8_crm.Client("g8_sbx_demo", {sandbox.url!r})
        people = [{{"email": f"p{{n}}@example.com"}} for n in range(250)]
    """
    # From 3.12 on, fork warns of threads, which the package has.
    command = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c"]
    return [*command, textwrap.dedent(head) + textwrap.dedent(text)]


INTERRUPTED_READ = """
    print("ready", flush=True)
    try:
        client.list_syncs()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""
INTERRUPTED_PUSH = """
    print("ready", flush=True)
    try:
        client.push_contacts("hubspot", people, concurrency=1)
    except KeyboardInterrupt as interrupt:
        report = interrupt.report
        print("interrupted", report.records, report.unknown, report.not_sent, flush=True)
"""
INTERRUPTED_ASYNC_PUSH = """
    async def main():
        try:
            await graph8_crm.AsyncClient("g8_sbx_demo", client.base_url).push_contacts(
                "hubspot", people, concurrency=1
            )
        except asyncio.CancelledError as cancelled:
            report = graph8_crm.report_of(cancelled)
            print("interrupted", report.records, report.unknown, report.not_sent, flush=True)
            raise
    print("ready", flush=True)
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (INTERRUPTED_READ, "interrupted\n"),
        (INTERRUPTED_PUSH, "interrupted 250 100 150\n"),
        (INTERRUPTED_ASYNC_PUSH, "interrupted 250 100 150\n"),
    ],
    ids=["read", "push", "async push"],
)
def test_ctrl_c_ends_a_call_at_once(text: str, expected: str, sandbox: Sandbox) -> None:
    sandbox.fail_next("hold")
    with subprocess.Popen(
        script(text, sandbox), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        wait_until(lambda: sandbox.held() == 1)
        started = time.monotonic()
        child.send_signal(signal.SIGINT)
        # The service does not answer.
        said = child.stdout.readline()
        took = time.monotonic() - started
        rest, errors = child.communicate(timeout=HANGS)
    assert (said, rest, errors) == (expected, "", "")
    print(f"Ctrl-C answered after {took * 1000:.0f} ms")


FORKED = """
    import multiprocessing
    def push(start):
        with graph8_crm.Client("g8_sbx_demo", client.base_url) as own:
            ours = [{"email": f"f{n}@example.com"} for n in range(start, start + 10)]
            return client.push_contacts("hubspot", ours).pushed, len(own.list_syncs())
    assert client.push_contacts("hubspot", people).pushed == 250
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(push, [0, 10, 20]) == [(10, 5)] * 3
    pid = os.fork()
    if pid == 0:
        client.close()
        del client
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert client.push_contacts("hubspot", [{"email": "later@example.com"}]).pushed == 1
    print("done")
"""


def test_a_forked_child_works_and_leaves_the_parent_alone(sandbox: Sandbox) -> None:
    run = subprocess.run(
        script(FORKED, sandbox), capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert (run.stdout, run.stderr, run.returncode) == ("done\n", "", 0)


FORKED_SANDBOX = """
    with graph8_crm.sandbox() as sandbox:
        pid = os.fork()
        if pid == 0:
            try:
                sandbox.requests()
            except RuntimeError:
                sandbox.stop()
                del sandbox
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
        assert sandbox.client().list_syncs()
    print("done")
"""


def test_a_forked_child_cannot_stop_the_parents_sandbox(sandbox: Sandbox) -> None:
    run = subprocess.run(
        script(FORKED_SANDBOX, sandbox), capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert (run.stdout, run.stderr, run.returncode) == ("done\n", "", 0)


IN_FLIGHT = {
    "daemon thread": """
        threading.Thread(target=client.push_contacts, args=("hubspot", people), daemon=True).start()
        time.sleep(0.1)
    """,
    "event loop in a daemon thread": """
        async def call():
            await graph8_crm.AsyncClient("g8_sbx_demo", client.base_url).list_syncs()
        threading.Thread(target=lambda: asyncio.run(call()), daemon=True).start()
        time.sleep(0.1)
    """,
    "answers while it exits": """
        quick = [threading.Thread(target=client.status, args=("zoho",), daemon=True)
                 for _ in range(8)]
        for thread in quick:
            thread.start()
    """,
    "sandbox left running": """
        sandbox = graph8_crm.sandbox()
        sandbox.client().list_syncs()
    """,
}


@pytest.mark.parametrize("text", IN_FLIGHT.values(), ids=IN_FLIGHT.keys())
def test_the_interpreter_exits_cleanly_with_a_call_in_flight(text: str, sandbox: Sandbox) -> None:
    for turn in range(20):
        sandbox.reset()
        # An exit that waited for the answer would never end.
        sandbox.fail_next("hold", operation="push_contacts")
        sandbox.fail_next("hold", operation="list_syncs")
        run = subprocess.run(
            script(text, sandbox), capture_output=True, text=True, timeout=HANGS, check=False
        )
        assert (run.stderr, run.returncode) == ("", 0), f"turn {turn}"


def test_a_call_after_the_exit_began_is_refused_with_words(sandbox: Sandbox) -> None:
    text = """
        graph8_crm._client.native.shutdown()
        try:
            client.list_syncs()
        except RuntimeError as error:
            print(error)
    """
    run = subprocess.run(
        script(text, sandbox), capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert run.stdout.strip().endswith("the interpreter is exiting")
    assert (run.stderr, run.returncode) == ("", 0)


THREADS = """
    from pathlib import Path
    for _ in range(20):
        with graph8_crm.Client("g8_sbx_demo", client.base_url) as own:
            own.push_contacts("hubspot", people[:1])
    tasks = Path("/proc/self/task")
    print(len(list(tasks.iterdir())) if tasks.exists() else 2)
"""


def test_one_thread_beside_the_callers_serves_all_clients(sandbox: Sandbox) -> None:
    run = subprocess.run(
        script(THREADS, sandbox), capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert (run.stdout, run.stderr) == ("2\n", "")


def test_an_import_does_not_wait_for_asyncio() -> None:
    text = "import sys, graph8_crm; print('asyncio' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("False\n", "")
