"""The command of the sandbox: the native half does it, here it only waits for its end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from ._graph8_crm import NativeSandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "python -m graph8_crm.sandbox"
LOOK_SECONDS = 0.5
"""On Windows a wait without an end does not hear Ctrl-C."""


def main(arguments: Sequence[str]) -> int:
    """Runs until Ctrl-C, and gives the exit code."""
    # What is no UTF-8 comes as half characters, which Rust's text can't have.
    whole = [each.encode("utf-8", "replace").decode() for each in arguments]
    stop = threading.Event()

    def end(_number: int, _frame: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    sandbox, text, until_stdin_closes, code = NativeSandbox.run_command(NAME, whole)
    output = sys.stderr if code else sys.stdout
    output.write(text)
    output.flush()
    if sandbox is None:
        return code
    if until_stdin_closes:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    while not stop.wait(LOOK_SECONDS):
        pass
    sandbox.stop()
    return 0


def _wait_for_end_of_input(stop: threading.Event) -> None:
    # Not by sys.stdin, whose lock a thread that still waits would hold at the end.
    with contextlib.suppress(OSError):  # there is none
        while os.read(0, 64):
            pass
    stop.set()
