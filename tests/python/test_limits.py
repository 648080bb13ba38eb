"""Processes short of handles, threads or memory: errors with words, and the report of a push."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANGS, wait_until
from test_process import script

from graph8_crm import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")

HEAD = """
    import resource
    from pathlib import Path
    def limit(kind, value):
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))
    def say(call):
        try:
            done = call()
            print(done.summary if hasattr(done, "summary") else len(done))
        except graph8_crm.Graph8Error as error:
            report = error.report and error.report.summary.split(":")[0]
            hint = next((word for word in ("ulimit -n", "ulimit -u") if word in str(error)), None)
            print(type(error).__name__, hint, report)
        except MemoryError as error:
            print("MemoryError", error.report.summary.split(":")[0])
"""


def run(text: str, sandbox: Sandbox, **values: object) -> list[str]:
    for name, value in values.items():
        text = text.replace(f"<{name}>", repr(value))
    run = subprocess.run(
        script(HEAD + text, sandbox), capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert (run.stderr, run.returncode) == ("", 0), run.stdout
    return run.stdout.splitlines()


HANDLES = """
    limit(resource.RLIMIT_NOFILE, <most>)
    leads = [{"Last_Name": "Ada", "Email": "ada@example.com"}]
    say(client.list_syncs)
    say(lambda: client.push_contacts("hubspot", people))
    say(lambda: client.push_contacts("zoho", leads, journal=<journal>))
    limit(resource.RLIMIT_NOFILE, 1_000)
    say(client.list_syncs)
    say(lambda: client.push_contacts("hubspot", people))
"""
NO_HANDLE = "ConnectionFailedError ulimit -n"
NONE_SENT = "0 of 250 contacts pushed to hubspot, 250 not sent"


@pytest.mark.parametrize("most", range(3, 17))
def test_with_few_handles_there_is_an_error_and_nothing_is_in_doubt(
    most: int, sandbox: Sandbox, tmp_path: Path
) -> None:
    said = run(HANDLES, sandbox, most=most, journal=str(tmp_path / "journal"))
    reads, pushed, with_journal, *later = said
    assert reads in {"5", f"{NO_HANDLE} None"}
    summary = pushed.removeprefix(f"{NO_HANDLE} ")
    there = int(summary.split()[0])
    if summary == pushed:
        assert there == 250
    else:
        assert summary == f"{there} of 250 contacts pushed to hubspot, {250 - there} not sent"
    assert with_journal.startswith(("StorageError", NO_HANDLE, "1 of 1"))
    if there == 0:
        # With handles again, all of it works.
        assert later == ["5", "250 of 250 contacts pushed to hubspot"]
    assert len(sandbox.records("hubspot", "contacts")) == 250


IN_THE_MIDDLE = """
    assert len(client.list_syncs()) == 5
    own = []
    def source():
        yield from people[:100]
        print("half", flush=True)
        sys.stdin.readline()
        try:
            while True:
                own.append(open(os.devnull))
        except OSError:
            pass
        yield from people[100:]
    say(lambda: client.push_contacts("hubspot", source()))
    del own
    say(client.list_syncs)
"""


def test_a_push_that_runs_out_of_handles_tells_what_was_not_sent(sandbox: Sandbox) -> None:
    command = script(HEAD + "    limit(resource.RLIMIT_NOFILE, 64)\n" + IN_THE_MIDDLE, sandbox)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half\n"
        wait_until(lambda: len(sandbox.records("hubspot", "contacts")) == 100)
        out, err = child.communicate("go on\n", timeout=HANGS)
    there = len(sandbox.records("hubspot", "contacts"))
    pushed, reads = out.splitlines()
    assert (reads, err, child.returncode) == ("5", "", 0)
    # A connection may have been kept, and carries the rest then.
    assert pushed in {
        f"{NO_HANDLE} {there} of 250 contacts pushed to hubspot, {250 - there} not sent",
        "250 of 250 contacts pushed to hubspot",
    }


THREADS = """
    import encodings.idna
    if os.getuid() == 0:
        # The limit is not for root.
        os.setuid(65534)
    if <is_late>:
        assert len(client.list_syncs()) == 5
    named = graph8_crm.Client("key", <named>, allow_http=True)
    Path(<file>).write_text('{"email": "ada@example.com"}')
    limit(resource.RLIMIT_NPROC, 1)
    say(named.list_syncs)
    say(lambda: named.push_contacts("hubspot", people))
    say(lambda: named.push_contacts("hubspot", Path(<file>)))
    say(lambda: client.push_contacts("hubspot", people, dead_letter=<file> + ".dead"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit works otherwise there")
@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after the first call"])
def test_without_threads_there_is_an_error_and_nothing_is_in_doubt(
    is_late: bool, sandbox: Sandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "anyone's"
    folder.mkdir()
    folder.chmod(0o777)
    for parent in list(folder.parents)[:3]:
        parent.chmod(0o755)
    # A name that is looked up, in a thread.
    host = sandbox.url.replace("127.0.0.1", socket.gethostname())
    said = run(THREADS, sandbox, is_late=is_late, named=host, file=str(folder / "a.ndjson"))
    assert said == [
        "ConnectionFailedError ulimit -u None" if is_late else f"{NO_HANDLE} None",
        f"ConnectionFailedError ulimit -u {NONE_SENT}" if is_late else f"{NO_HANDLE} {NONE_SENT}",
        f"{NO_HANDLE} 0 of 0 contacts pushed to hubspot",
        "StorageError None None",
    ]


MEMORY = """
    many = [{"email": f"m{number}@example.com", "firstname": "x" * 50} for number in range(3_000)]
    assert len(client.list_syncs()) == 5
    def limit_memory():
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit(resource.RLIMIT_AS, pages * resource.getpagesize() + <extra>)
    def source():
        for number, record in enumerate(many):
            if number == 250:
                limit_memory()
            yield record
    say(lambda: client.push_contacts("hubspot", source()))
    async def push():
        async with graph8_crm.AsyncClient("g8_sbx_demo", client.base_url) as own:
            return await own.push_contacts("hubspot", many)
    say(lambda: asyncio.run(push()))
    say(lambda: client.push_contacts("hubspot", many[:500]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what a process has is told otherwise there")
@pytest.mark.parametrize("extra", [2_000_000, 8_000_000, 15_000_000])
def test_with_little_memory_a_push_ends_with_its_report(extra: int, sandbox: Sandbox) -> None:
    said = run(MEMORY, sandbox, extra=extra)
    assert said == [
        "MemoryError 200 of 300 contacts pushed to hubspot, 100 not sent",
        "MemoryError 0 of 3000 contacts pushed to hubspot, 3000 not sent",
        "MemoryError 0 of 500 contacts pushed to hubspot, 500 not sent",
    ]
    assert len(sandbox.records("hubspot", "contacts")) == 200
