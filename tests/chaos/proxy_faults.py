"""For mitmdump: harms some of what passes, by a seed from the environment."""

from __future__ import annotations

import asyncio
import os
import random

from mitmproxy import http

RNG = random.Random(int(os.environ["CHAOS_SEED"]))
SHARE = 0.25
"""Of the requests that meet a fault."""
BEFORE = ["kill", "slow", "refuse", "unavailable"]
AFTER = ["kill", "slow", "bad_gateway", "cut", "garble", "html", "empty"]


async def request(flow: http.HTTPFlow) -> None:
    """Before the service sees it."""
    if RNG.random() >= SHARE / 2:
        return
    fault = RNG.choice(BEFORE)
    if fault == "kill":
        flow.kill()
    elif fault == "slow":
        await asyncio.sleep(0.2)
    elif fault == "refuse":
        flow.response = http.Response.make(407, b"<html>who are you?</html>")
    else:
        flow.response = http.Response.make(503, b"no upstream", {"retry-after": "0"})


async def response(flow: http.HTTPFlow) -> None:
    """After the service has done it."""
    assert flow.response
    if RNG.random() >= SHARE / 2:
        return
    fault = RNG.choice(AFTER)
    content = flow.response.raw_content or b""
    if fault == "kill":
        flow.kill()
    elif fault == "slow":
        await asyncio.sleep(0.2)
    elif fault == "bad_gateway":
        flow.response = http.Response.make(502, b"<html>502 Bad Gateway</html>")
    elif fault == "cut":
        flow.response.raw_content = content[: len(content) // 2]
    elif fault == "garble":
        flow.response.headers["content-encoding"] = "gzip"
    elif fault == "html":
        flow.response.headers["content-type"] = "text/html"
        flow.response.raw_content = b"<html>Please log in</html>"
    else:
        flow.response.raw_content = b""
