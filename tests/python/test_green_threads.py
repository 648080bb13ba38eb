"""gevent and eventlet: a call stops their loops, unless their pools of real threads make it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from conftest import HANGS
from test_process import script

if TYPE_CHECKING:
    from graph8_crm import Sandbox

GEVENT = """
    from gevent import monkey
    monkey.patch_all()
    import gevent
    def aside(call, *arguments):
        return gevent.get_hub().threadpool.apply(call, arguments)
    spawn, pause = gevent.spawn, gevent.sleep
"""
EVENTLET = """
    import warnings
    warnings.simplefilter("ignore")
    import eventlet
    eventlet.monkey_patch()
    from eventlet import tpool
    aside, spawn, pause = tpool.execute, eventlet.spawn, eventlet.sleep
"""
PUSH = """
    sandbox = graph8_crm.sandbox()
    sandbox.fail_next("hold", operation="push_contacts")
    def release():
        # The push waits for this loop: for ever, if that stood still.
        while not sandbox.held():
            pause(0.001)
        sandbox.release()
    spawn(release)
    print(aside(sandbox.client().push_contacts, "hubspot", people).pushed, flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize("head", [GEVENT, EVENTLET], ids=["gevent", "eventlet"])
def test_calls_in_a_pool_of_real_threads_leave_the_loop_alone(head: str, sandbox: Sandbox) -> None:
    run = subprocess.run(
        script(head + PUSH, sandbox), capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert (run.stderr, run.returncode) == ("", 0)
    assert run.stdout.split() == ["250"]
