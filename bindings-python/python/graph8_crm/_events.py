"""What happens on the way, on the logger `graph8_crm`.

The native half keeps events while a call waits and hands them over on the caller's own thread, so
that a handler may do what it likes.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ._futures import running_loop

if TYPE_CHECKING:
    import asyncio
    import logging
    from collections.abc import Callable

    from ._graph8_crm import NativePush

REQUESTS, WAITS, TROUBLE, PUSHES, BATCHES = 1, 2, 4, 8, 16
"""The core's topics."""
INTERVAL = 0.1
"""Seconds between two looks of an event loop."""

DEBUG, INFO, WARNING = 10, 20, 30

_logger: logging.Logger | None = None


def logger() -> logging.Logger:
    """Where everything is told."""
    global _logger
    if _logger is None:
        # Not at the top: most programs have loaded it already, and the others need it only now.
        import logging

        _logger = logging.getLogger("graph8_crm")
    return _logger


def topics() -> int:
    """What the logger hears of, by its level; looked at once per call.

    Nothing where nobody has set up logging: its last resort would print on stderr.
    """
    if (_logger is None and "logging" not in sys.modules) or not logger().hasHandlers():
        return 0
    is_enabled = logger().isEnabledFor
    if is_enabled(DEBUG):
        return REQUESTS | WAITS | TROUBLE | PUSHES | BATCHES
    if is_enabled(INFO):
        return WAITS | TROUBLE | PUSHES
    return WAITS | TROUBLE if is_enabled(WARNING) else 0


def tell(text: str) -> None:
    """Logs events, which are JSON text; what a handler raises goes to stderr, as in `logging`."""
    log = logger()
    for event in json.loads(text):
        level, message, arguments = _LINES[event["event"]](event)
        try:
            # As `log.log`, without its look for the line that calls it, which would be this one.
            if log.isEnabledFor(level):
                extra = {"graph8": event}
                at = (__file__, tell.__code__.co_firstlineno)
                log.handle(
                    log.makeRecord(log.name, level, *at, message, arguments, None, "tell", extra)
                )
        except Exception:  # noqa: BLE001 (it must not harm the push)
            _tell_of_fault()


def _tell_of_fault() -> None:
    import logging
    import traceback

    if logging.raiseExceptions and sys.stderr is not None:
        try:
            traceback.print_exc()
        except OSError:
            return


class Telling:
    """Tells of a push's events on the running event loop, until it is ended."""

    __slots__ = ("_handle", "_loop", "_push")

    def __init__(self, push: NativePush) -> None:
        self._push = push
        self._loop = running_loop()
        self._handle: asyncio.TimerHandle = self._loop.call_later(INTERVAL, self._tick)

    def _tick(self) -> None:
        self._handle = self._loop.call_later(INTERVAL, self._tick)
        self._tell()

    def _tell(self) -> None:
        events = self._push.events()
        if events is not None:
            tell(events)

    def end(self) -> None:
        """Tells of the last events."""
        self._handle.cancel()
        self._tell()


def _request(event: dict[str, Any]) -> tuple[int, str, tuple[object, ...]]:
    came = event["status"] or event["code"] or event["error"]
    return (
        DEBUG,
        "%s: %s after %.0f ms, try %d, %d bytes out, %d bytes in%s",
        (
            _call(event),
            came,
            event["milliseconds"],
            event["attempt"],
            event["bytes_sent"],
            event["bytes_received"],
            _request_id(event),
        ),
    )


_WAITS = {
    "rate_limit": "for room in the rate limit",
    "too_many_requests": "since the service refused a request for its rate limit (429)",
    "retry": "before another try",
    "crm_rate_limit": "for the CRM's own rate limit",
}


def _wait(event: dict[str, Any]) -> tuple[int, str, tuple[object, ...]]:
    is_long = event["seconds"] > 1 or event["reason"] == "too_many_requests"
    return (
        WARNING if is_long else DEBUG,
        "%s waits %.1f s %s%s",
        (_call(event), event["seconds"], _WAITS[event["reason"]], _request_id(event)),
    )


def _push_started(event: dict[str, Any]) -> tuple[int, str, tuple[object, ...]]:
    if event["resumed"] is None:
        return INFO, "push of %s to %s begins", (event["kind"], event["provider"])
    return (
        INFO,
        "push of %s to %s goes on from its journal: %d records were settled before",
        (event["kind"], event["provider"], event["resumed"]),
    )


def _batch(event: dict[str, Any]) -> tuple[int, str, tuple[object, ...]]:
    return (
        WARNING if event["unknown"] else DEBUG,
        "push of %s to %s: of %d records from index %d on, %d pushed, %d failed, %d in doubt%s",
        (
            event["kind"],
            event["provider"],
            event["records"],
            event["first_index"],
            event["pushed"],
            event["failed"],
            event["unknown"],
            _request_id(event),
        ),
    )


def _stop(event: dict[str, Any]) -> tuple[int, str, tuple[object, ...]]:
    return (
        WARNING,
        "push of %s to %s takes in no more: %s%s",
        (event["kind"], event["provider"], event["status"] or event["reason"], _request_id(event)),
    )


def _push_ended(event: dict[str, Any]) -> tuple[int, str, tuple[object, ...]]:
    added = event["added_to_list"]
    return (
        INFO,
        "push of %s to %s ends after %.1f s and %d requests: %d of %d pushed, %d skipped, "
        "%d failed, %d in doubt, %d not sent%s",
        (
            event["kind"],
            event["provider"],
            event["seconds"],
            event["requests"],
            event["pushed"],
            event["records"],
            event["skipped"],
            event["failed"],
            event["unknown"],
            event["not_sent"],
            "" if added is None else f", {added} added to the list",
        ),
    )


def _lost(event: dict[str, Any]) -> tuple[int, str, tuple[object, ...]]:
    return (
        WARNING,
        "%d events were dropped: they came faster than the calling thread took them",
        (event["events"],),
    )


def _pacing(event: dict[str, Any]) -> tuple[int, str, tuple[object, ...]]:
    if event["pacing"] != "alone":
        return INFO, "the rate limit is shared again by %s", (event["store"],)
    return (
        WARNING,
        "the rate limit is not shared now: %s %s; this client keeps to its part of it, 1 of %d, "
        "and asks again every 5 s",
        (event["store"], event["reason"], event["clients"]),
    )


_LINES: dict[str, Callable[[dict[str, Any]], tuple[int, str, tuple[object, ...]]]] = {
    "request": _request,
    "wait": _wait,
    "pacing": _pacing,
    "push_started": _push_started,
    "batch": _batch,
    "stop": _stop,
    "push_ended": _push_ended,
    "lost": _lost,
}


def _call(event: dict[str, Any]) -> str:
    provider = event["provider"]
    return event["operation"] if provider is None else f"{event['operation']} {provider}"


def _request_id(event: dict[str, Any]) -> str:
    request_id = event["request_id"]
    return "" if request_id is None else f" [request {request_id}]"
