"""Programs that close the handles which they do not know, as daemons do when they start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANGS, wait_until
from test_process import script

from graph8_crm import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="handles have no numbers there")

DAEMON = """
    result = {result!r}
    assert client.push_contacts("hubspot", people[:50]).pushed == 50
    if os.fork():
        sys.exit()
    os.setsid()
    if os.fork():
        os._exit(0)
    # As python-daemon does it.
    os.closerange(0, 4096)
    for number in range(3):
        os.open(os.devnull, os.O_RDWR)
    own = [open(f"{{result}}.own{{number}}", "w") for number in range(20)]
    try:
        new = graph8_crm.Client("g8_sbx_demo", client.base_url)
        async def call():
            async with graph8_crm.AsyncClient("g8_sbx_demo", client.base_url) as own:
                return len(await own.list_syncs())
        said = [
            client.push_contacts("hubspot", people[50:150]).pushed,
            new.push_contacts("hubspot", people[150:], journal=result + ".journal").pushed,
            len(new.list_syncs()),
            asyncio.run(call()),
        ]
        client.close()
        del client, new
        said.append({{os.fstat(file.fileno()).st_size for file in own}})
    except BaseException as error:
        said = repr(error)
    with open(result + ".new", "w") as file:
        file.write(str(said))
    os.rename(result + ".new", result)
    os._exit(0)
"""


def test_clients_of_before_and_new_ones_work_in_a_daemon(sandbox: Sandbox, tmp_path: Path) -> None:
    result = tmp_path / "result"
    run = subprocess.run(
        script(DAEMON.format(result=str(result)), sandbox),
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)
    wait_until(result.exists)
    assert result.read_text() == "[100, 100, 5, 5, {0}]"
    assert len(sandbox.records("hubspot", "contacts")) == 250


CLOSED_BETWEEN_CALLS = """
    import gc, tempfile
    assert client.push_contacts("hubspot", people[:50]).pushed == 50
    unused = graph8_crm.Client("g8_sbx_demo", client.base_url)
    for turn in range(3):
        os.closerange(3, 4096)
        own = [tempfile.TemporaryFile() for _ in range(20)]
        assert len(client.list_syncs()) == 5
        some = people[100 * turn + 50 : 100 * turn + 100]
        assert client.push_contacts("hubspot", some).pushed == len(some)
        assert len(unused.list_syncs()) == 5
        with graph8_crm.Client("g8_sbx_demo", client.base_url) as new:
            assert len(new.list_syncs()) == 5
        gc.collect()
        # None of the numbers of before was written to or closed.
        assert {os.fstat(file.fileno()).st_size for file in own} == {0}
        del own
    print("done")
"""


def test_clients_work_when_all_handles_were_closed_between_their_calls(sandbox: Sandbox) -> None:
    run = subprocess.run(
        script(CLOSED_BETWEEN_CALLS, sandbox),
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert (run.stdout, run.stderr, run.returncode) == ("done\n", "", 0)


CLOSED_BY_THE_SOURCE = """
    def source():
        yield from people[:200]
        print("half", flush=True)
        sys.stdin.readline()
        os.closerange(3, 4096)
        yield from people[200:]
    try:
        client.push_contacts("hubspot", source(), concurrency=1, batch_size=100, {options})
    except graph8_crm.ConnectionFailedError as error:
        report = error.report
        print(report.pushed, report.unknown, report.not_sent, "handles" in str(error), flush=True)
    print(len(client.list_syncs()))
    os._exit(0) if {leaves} else None
"""
CLOSED_BY_A_THREAD = """
    def close():
        print("half", flush=True)
        sys.stdin.readline()
        os.closerange(3, 4096)
    threading.Thread(target=close).start()
    try:
        client.push_contacts("hubspot", people[:250], concurrency=1, batch_size=100, {options})
    except graph8_crm.ConnectionFailedError as error:
        report = error.report
        print(report.pushed, report.unknown, report.not_sent, "handles" in str(error), flush=True)
    print(len(client.list_syncs()))
    os._exit(0) if {leaves} else None
"""


@pytest.mark.parametrize("has_files", [False, True], ids=["plain", "with files"])
@pytest.mark.parametrize(
    "text", [CLOSED_BY_THE_SOURCE, CLOSED_BY_A_THREAD], ids=["source", "thread"]
)
def test_a_push_under_way_ends_with_its_report_when_all_handles_are_closed(
    text: str, has_files: bool, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.fail_next("hold", skip=1, count=2, operation="push_contacts")
    files = {"journal": str(tmp_path / "journal"), "dead_letter": str(tmp_path / "dead.ndjson")}
    options = f"**{files!r}" if has_files else ""
    # SQLite's own thread still has the closed journal, so the process need not end in order.
    text = text.format(options=options, leaves=has_files)
    with subprocess.Popen(
        script(text, sandbox),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "RUST_BACKTRACE": "0"},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half\n"
        # The second request, so that the answer to the first was read and written down.
        wait_until(lambda: sandbox.held() == 1)
        out, err = child.communicate("go on\n", timeout=HANGS)
    sandbox.release()
    assert (out, err, child.returncode) == ("100 100 50 True\n5\n", "", 0)


CLOSED_UNDER_AN_EVENT_LOOP = """
    async def main():
        own = graph8_crm.AsyncClient("g8_sbx_demo", client.base_url)
        assert len(await own.list_syncs()) == 5
        os.closerange(3, 4096)
        try:
            await own.list_syncs()
        except graph8_crm.ConnectionFailedError as error:
            print("event loop" in str(error), flush=True)
            raise
    try:
        asyncio.run(main())
    except (OSError, graph8_crm.Graph8Error):
        print(len(client.list_syncs()), flush=True)
    # The event loop can't be closed in order any more.
    os._exit(0)
"""


def test_an_event_loop_whose_handles_were_closed_hears_so(sandbox: Sandbox) -> None:
    run = subprocess.run(
        script(CLOSED_UNDER_AN_EVENT_LOOP, sandbox),
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert (run.stdout, run.returncode) == ("True\n5\n", 0), run.stderr
