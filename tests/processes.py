"""Who has a file open, and how it ends in the middle of its work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


def wait_until(check: Callable[[], object]) -> None:
    """Looks again and again; what never comes true meets pytest's limit."""
    while not check():
        time.sleep(0.01)


def user_of(file: Path) -> int | None:
    """The process, not this one, that has the file open."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            if any(handle.readlink() == file for handle in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            continue
    return None


def kill_user_of(
    file: Path, is_time: Callable[[], bool], is_over: Callable[[], bool] = lambda: False
) -> bool:
    """Kills the process that uses the file once it is time for it; False if that ended before."""
    while not is_over():
        if is_time() and (process := user_of(file)) is not None:
            os.kill(process, signal.SIGKILL)
            return True
        time.sleep(0.002)
    return False
