"""Progress that shows itself, and async progress."""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from conftest import HANGS, contacts
from test_notebook import Page

import graph8_crm
from graph8_crm import ConfigError, PushProgress
from graph8_crm._progress_text import line, time_of
from graph8_crm._progress_views import LOG_INTERVAL, Bar, LogLines, NotebookBar

if TYPE_CHECKING:
    from graph8_crm import Client, Sandbox

SOME = PushProgress(
    records=600,
    total=1_000,
    pushed=540,
    skipped=0,
    failed=5,
    unknown=0,
    requests=6,
    in_flight=4,
    bytes_sent=1,
    batch_size=100,
    elapsed_seconds=10,
    records_per_second=54.5,
    pacing="host",
    waiting=graph8_crm.Wait("rate_limit", 12.2),
    seconds_left=65.4,
)


def in_a_terminal(code: str, columns: int = 200) -> str:
    """What a program writes on a terminal of that width."""
    fcntl = pytest.importorskip("fcntl")
    import os
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            # Linux says so of a terminal whose other side is gone.
            break
        if not part:
            break
        written += part
    os.close(ours)
    assert program.wait() == 0, written
    return written.decode().replace("\r\n", "\n")


PUSH = """
    import graph8_crm
    with graph8_crm.sandbox(seed=1) as sandbox:
        client = sandbox.client(rate_limit=(3, 100))
        people = [{"email": f"p{i}@example.com"} for i in range(60)]
        client.push_contacts("hubspot", people, batch_size=10, progress=True)
"""


@pytest.mark.parametrize("columns", [200, 40])
def test_a_terminal_has_one_line_that_is_rewritten(columns: int) -> None:
    written = in_a_terminal(PUSH, columns)
    assert written.count("\n") == 1
    assert written.endswith("\n")
    lines = written.rstrip("\n").split("\r")
    assert lines[0] == ""
    assert len(lines) >= 3
    assert all(len(line) < columns for line in lines)
    assert all(line.startswith("contacts to hubspot: ") for line in lines[1:])
    assert lines[-1].startswith("contacts to hubspot: 100% 60/60")
    if columns == 200:
        assert any(re.search(r"waits \d s: rate limit", line) for line in lines)
        assert any(re.search(r"\| \d s left \|", line) for line in lines)
        assert "60 pushed | " in lines[-1]


def test_a_traceback_does_not_begin_behind_the_line() -> None:
    code = """
        import graph8_crm
        def people():
            yield from ({"email": f"p{i}@example.com"} for i in range(60))
            raise ZeroDivisionError
        with graph8_crm.sandbox(seed=1) as sandbox:
            client = sandbox.client(rate_limit=(3, 100))
            try:
                client.push_contacts("hubspot", people(), batch_size=10, progress=True)
            except ZeroDivisionError:
                sys = __import__("sys")
                print("the end", file=sys.stderr)
    """
    assert in_a_terminal(code).endswith("\nthe end\n")


def test_elsewhere_the_log_has_lines(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="graph8_crm"):
        client.push_contacts("hubspot", contacts(5), progress=True)
    lines = [message for message in caplog.messages if message.startswith("contacts to hubspot: ")]
    assert len(lines) == 1
    assert lines[0].startswith("contacts to hubspot: 100% 5/5 | 5 pushed")


def test_the_log_has_a_line_now_and_then(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("graph8_crm._progress_views.time.monotonic", lambda: now)
    with caplog.at_level(logging.INFO, logger="graph8_crm"):
        view = LogLines("contacts to zoho")
        for _ in range(1_000):
            view(SOME)
            now += 0.1
        view.end_of_push(is_whole=True)
    assert len(caplog.messages) == pytest.approx(100 / LOG_INTERVAL, abs=2)


def test_a_line_says_what_matters() -> None:
    assert line("contacts to zoho", SOME) == (
        "contacts to zoho: 54% 545/1,000 | 540 pushed, 5 failed | 1 min 5 s left | waits 12 s: "
        "rate limit | 54.5 records/s"
    )
    assert line("contacts to zoho", SOME, 60) == (
        "contacts to zoho: 54% 545/1,000 | 540 pushed, 5 failed"
    )
    assert len(line("contacts to zoho", SOME, 10)) == 10
    times = [time_of(seconds) for seconds in (0.2, 59.4, 59.6, 3_599, 3_600, 100_000)]
    assert times == ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "27 h 47 min"]


def test_a_notebook_has_a_bar() -> None:
    page = Page(Bar("contacts to <hubspot>", SOME)._repr_html_())
    texts = " ".join(page.texts)
    assert "54% 545/1,000" in texts
    assert "540 pushed, 5 failed · 1 min 5 s left" in texts
    assert "contacts to <hubspot>:" in texts
    attributes = {name: value for _, name, value in page.attributes}
    assert attributes["role"] == "progressbar"
    assert attributes["aria-valuenow"] == "545"
    assert attributes["aria-valuemax"] == "1000"
    assert repr(Bar("contacts to zoho", SOME)) == line("contacts to zoho", SOME)


def test_a_real_notebook_has_one_output_that_is_updated() -> None:
    """Its bar is HTML, put in place of the one before: no widgets, no second output."""
    nbformat: Any = pytest.importorskip("nbformat")
    nbclient: Any = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(textwrap.dedent(PUSH).strip() + "\nNone")]
    nbclient.NotebookClient(notebook, timeout=HANGS).execute()
    [output] = notebook.cells[0].outputs
    assert "100% 60/60" in output["data"]["text/html"]
    assert "ended early" not in output["data"]["text/html"]
    assert "100% 60/60" in output["data"]["text/plain"]


def test_a_push_that_fails_ends_its_bar() -> None:
    shown: list[Bar] = []

    class Recorded(NotebookBar):
        def _put(self, bar: Bar) -> None:
            self._bar = bar
            shown.append(bar)

    view = Recorded("contacts to hubspot")
    view(SOME)
    view(SOME)
    view.end_of_push(is_whole=False)
    assert [bar.is_over for bar in shown] == [False, False, True]
    assert "ended early" in shown[-1]._repr_html_()


def test_tqdm_shows_it(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    client.push_contacts("hubspot", contacts(5), progress="tqdm")
    written = capsys.readouterr().err
    assert "contacts to hubspot: 100%" in written
    assert "5/5" in written
    assert "5 pushed" in written


def test_tqdm_needs_no_total(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    client.push_contacts("hubspot", iter(contacts(5)), progress="tqdm")
    assert "5 pushed" in capsys.readouterr().err


def test_rich_shows_it(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich")
    client.push_contacts("hubspot", contacts(5), progress="rich")
    assert "contacts to hubspot" in " ".join(capsys.readouterr().err.split())
    client.push_contacts("hubspot", iter(contacts(5)), progress="rich")


@pytest.mark.parametrize("library", ["tqdm", "rich"])
def test_a_library_that_is_missing_is_named_before_anything_is_sent(
    client: Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    for name in (library, f"{library}.auto"):
        monkeypatch.setitem(sys.modules, name, None)
    progress: Any = library
    with pytest.raises(ImportError, match=f"needs {library}.*progress=True") as caught:
        client.push_contacts("hubspot", contacts(1), progress=progress)
    assert caught.value.name == library
    assert sandbox.requests() == []


def test_nothing_is_shown_unless_asked_for(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client.push_contacts("hubspot", contacts(1), progress=False)
    assert capsys.readouterr().err == ""
    for wrong in ("bar", 7):
        progress: Any = wrong
        with pytest.raises(ConfigError, match="progress is"):
            client.push_contacts("hubspot", contacts(1), progress=progress)


def test_no_library_of_bars_is_loaded_unless_asked_for() -> None:
    code = f"""
{textwrap.dedent(PUSH)}
import sys
assert not {{"tqdm", "rich", "IPython"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_an_async_client_shows_it_too(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        await sandbox.async_client().push_contacts("hubspot", contacts(5), progress=True)

    with caplog.at_level(logging.INFO, logger="graph8_crm"):
        asyncio.run(main())
    assert any("100% 5/5" in message for message in caplog.messages)


def test_a_view_that_breaks_harms_nothing(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed:
        encoding: ClassVar[str] = "utf-8"

        def isatty(self) -> bool:
            return True

        def write(self, _: str) -> int:
            raise OSError("closed")

    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", Closed())
        patched.setenv("TERM", "xterm")
        report = client.push_contacts("hubspot", contacts(5), progress=True)
    assert report.pushed == 5
    assert "progress callback raised" in caplog.text


def test_async_progress_is_awaited_and_calls_do_not_overlap(sandbox: Sandbox) -> None:
    sandbox.fail_next("hold")
    seen: list[PushProgress] = []
    under_way = most = 0

    async def told(snapshot: PushProgress) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        # Longer than it is between two snapshots.
        await asyncio.sleep(0.15)
        under_way -= 1
        seen.append(snapshot)
        if len(seen) == 2:
            sandbox.release()

    async def main() -> graph8_crm.PushReport:
        return await sandbox.async_client().push_contacts("hubspot", contacts(5), progress=told)

    assert asyncio.run(main()).pushed == 5
    assert (most, under_way) == (1, 0)
    assert len(seen) >= 3
    assert seen[-1].pushed == 5


def test_async_progress_that_raises_is_logged_and_not_called_again(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    calls = 0

    async def broken(_: PushProgress) -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def main() -> graph8_crm.PushReport:
        return await sandbox.async_client().push_contacts("hubspot", contacts(5), progress=broken)

    assert asyncio.run(main()).pushed == 5
    assert calls == 1
    assert "progress callback raised" in caplog.text


def test_a_cancelled_push_ends_async_progress(sandbox: Sandbox) -> None:
    sandbox.fail_next("hold")
    was_cancelled = False

    async def main() -> None:
        is_called = asyncio.Event()

        async def told(_: PushProgress) -> None:
            nonlocal was_cancelled
            is_called.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                was_cancelled = True
                raise

        client = sandbox.async_client()
        push = asyncio.ensure_future(client.push_contacts("hubspot", contacts(5), progress=told))
        await is_called.wait()
        push.cancel()
        with pytest.raises(asyncio.CancelledError):
            await push
        await asyncio.sleep(0)

    asyncio.run(main())
    assert was_cancelled


def test_async_progress_that_hangs_does_not_outlive_the_deadline(sandbox: Sandbox) -> None:
    async def told(_: PushProgress) -> None:
        await asyncio.Event().wait()

    async def main() -> graph8_crm.PushReport:
        client = sandbox.async_client()
        return await client.push_contacts("hubspot", contacts(5), progress=told, deadline=1)

    assert asyncio.run(main()).pushed == 5


def test_a_client_that_waits_refuses_async_progress(client: Client, sandbox: Sandbox) -> None:
    async def told(_: PushProgress) -> None:
        raise AssertionError

    class Told:
        async def __call__(self, _: PushProgress) -> None:
            raise AssertionError

    from functools import partial

    for progress in (told, Told(), partial(told)):
        with pytest.raises(ConfigError, match="async function, which Client can't await"):
            client.push_contacts("hubspot", contacts(1), progress=progress)
    assert sandbox.requests() == []


def test_a_hidden_async_function_is_refused_when_it_shows(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async def told(_: PushProgress) -> None:
        raise AssertionError

    report = client.push_contacts("hubspot", contacts(1), progress=lambda one: told(one))
    assert report.pushed == 1
    assert "push with AsyncClient" in caplog.text
