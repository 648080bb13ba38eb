"""Eight threads hear of everything while clients come and go; the handler does as it likes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections import Counter
from typing import Any

from accounts import check, contacts, report_of, require
from soak import handles

import graph8_crm
from graph8_crm import Graph8Error, PushReport, Sandbox

LOGGER = logging.getLogger("graph8_crm")
ELSEWHERE = logging.getLogger("elsewhere")
THREADS = 8
RECORDS = 25
BATCH = 5
FAULTS: list[dict[str, Any]] = [{"kind": "close_before_read"}, {"kind": "truncate", "bytes": 30}]
RAISE_EVERY = 7
CALL_EVERY = 200
FORK_EVERY = 400
"""Events between two."""
CHILD_SECONDS = 60.0
"""A child that is still there after that hangs."""
REFUSED, OVER = 3, 4
"""How a child ends: its parent's push is an error in it, or was over already."""


class Unruly(logging.Handler):
    """Logs, raises, makes calls and forks, each now and then."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.parent = os.getpid()
        self.sandbox = sandbox
        self.counts: Counter[str] = Counter()
        self.children: list[int] = []
        self.guard = threading.Lock()
        self.own = threading.local()

    @property
    def is_forked(self) -> bool:
        """Whether this is a child, which touches no lock that another thread may have held."""
        return os.getpid() != self.parent

    def handle(self, record: logging.LogRecord) -> bool:
        # Not by `emit`: a lock of the handler would keep the threads apart.
        if not self.is_forked and not getattr(self.own, "is_busy", False):
            self.own.is_busy = True
            try:
                self.act(record.getMessage())
            finally:
                self.own.is_busy = False
        return True

    def act(self, message: str) -> None:
        number = self.count("heard")
        ELSEWHERE.debug("heard: %s", message)
        if number % CALL_EVERY == 0:
            with self.sandbox.client(rate_limit=False) as client:
                client.status("hubspot")
            self.count("calls")
        if number % FORK_EVERY == 0:
            self.fork()
        elif number % RAISE_EVERY == 0:
            self.count("raised")
            raise RuntimeError("this handler is broken")

    def count(self, name: str) -> int:
        with self.guard:
            self.counts[name] += 1
            return self.counts[name]

    def fork(self) -> None:
        """A child of a thread goes on with the push, up to `end_if_forked`."""
        is_in_loop = is_in_event_loop()
        child = os.fork()
        if child:
            with self.guard:
                self.children.append(child)
        elif is_in_loop:
            # It shares what the parent's event loop waits on, so it must not go on.
            os._exit(OVER)

    def end_if_forked(self, error: BaseException | None = None) -> None:
        if self.is_forked:
            is_refused = isinstance(error, RuntimeError) and "parent process" in str(error)
            os._exit(REFUSED if is_refused else 1 if error else OVER)

    def reap(self) -> Counter[int]:
        """How the children have ended."""
        ends: Counter[int] = Counter()
        until = time.monotonic() + CHILD_SECONDS
        for child in self.children:
            ended, status = os.waitpid(child, os.WNOHANG)
            while not ended and time.monotonic() < until:
                time.sleep(0.01)
                ended, status = os.waitpid(child, os.WNOHANG)
            if not ended:
                os.kill(child, signal.SIGKILL)
                _, status = os.waitpid(child, 0)
            ends[os.waitstatus_to_exitcode(status)] += 1
        return ends


def is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run(seconds: float) -> str:
    before = handles()
    raises, logging.raiseExceptions = logging.raiseExceptions, False  # thousands of tracebacks
    ELSEWHERE.setLevel(logging.DEBUG)
    LOGGER.setLevel(logging.DEBUG)
    LOGGER.propagate = False
    with graph8_crm.sandbox(seed=1) as sandbox:
        handler = Unruly(sandbox)
        LOGGER.addHandler(handler)
        try:
            pushes = churn(sandbox, handler, time.monotonic() + seconds)
        finally:
            LOGGER.removeHandler(handler)
            LOGGER.propagate = True
            LOGGER.setLevel(logging.NOTSET)
            logging.raiseExceptions = raises
        ends = handler.reap()
        stored = sandbox.records("hubspot", "contacts")
        held = Counter(str(record["fields"]["email"]) for record in stored)
        for report, records in pushes:
            check(report, records, held)
    require(set(ends) <= {REFUSED, OVER}, f"the children ended with {dict(ends)}")
    left = handles() - before
    require(left <= 2 * THREADS, f"{left} file handles are left when all clients are closed")
    counts = handler.counts
    return (
        f"{len(pushes)} clients in {THREADS} threads pushed {len(pushes) * RECORDS} records, "
        f"{sum(report.unknown for report, _ in pushes)} of them in doubt, equal on both ends; a "
        f"handler heard {counts['heard']} events, raised {counts['raised']} times, made "
        f"{counts['calls']} calls and forked {ends.total()} times ({ends[REFUSED]} in the middle "
        f"of a push); {left:+d} file handles"
    )


Pushes = list[tuple[PushReport, list[dict[str, str]]]]


def churn(sandbox: Sandbox, handler: Unruly, until: float) -> Pushes:
    """Threads that make one client after the other."""
    pushes: Pushes = []
    faults: list[BaseException] = []

    def work(number: int) -> None:
        turn = 0
        try:
            while time.monotonic() < until and not faults:
                turn += 1
                if turn % 5 == 0:
                    fault = FAULTS[turn // 5 % len(FAULTS)]
                    sandbox.fail_next(**fault, operation="push_contacts")
                records = contacts(f"t{number}-{turn}", RECORDS, bad_every=11)
                pushes.append((push(sandbox, handler, records, turn), records))
        except BaseException as fault:  # noqa: BLE001 (told by the main thread)
            handler.end_if_forked(fault)
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return pushes


def push(sandbox: Sandbox, handler: Unruly, records: list[dict[str, str]], turn: int) -> PushReport:
    """Every second one on an event loop."""
    if turn % 2 == 0:
        return asyncio.run(push_async(sandbox, records))
    with sandbox.client(rate_limit=False) as client:
        client.list_syncs()
        handler.end_if_forked()
        try:
            report = client.push_contacts("hubspot", records, batch_size=BATCH)
        except Graph8Error as error:
            handler.end_if_forked(error)
            report = report_of(error)
    handler.end_if_forked()
    return report


async def push_async(sandbox: Sandbox, records: list[dict[str, str]]) -> PushReport:
    async with sandbox.async_client(rate_limit=False) as client:
        try:
            return await client.push_contacts("hubspot", records, batch_size=BATCH)
        except Graph8Error as error:
            return report_of(error)
