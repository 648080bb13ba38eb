"""The exceptions: one base, and the subclasses that a person would catch."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._json import JSONValue
    from ._results.report import PushReport


class Graph8Error(Exception):
    """The base of all errors of this package."""

    message: str
    """What happened, to which call, and what to do next."""
    status: int | None
    """The HTTP status, where an answer came."""
    code: str | None
    """The service's error code, for example `insufficient_credits`; where no answer came, the code
    of the cause: `ECONNREFUSED`, `ENOTFOUND`, `ECONNRESET`, `CONNECT_TIMEOUT`, `READ_TIMEOUT`,
    `TIMEOUT`, `DEADLINE` and so on."""
    detail: JSONValue
    """The service's own error detail, of any JSON shape."""
    request_id: str | None
    """The service's id of the request, for its support."""
    retryable: bool
    """Whether the same call may well succeed a little later."""
    retry_after: float | None
    """Seconds that the service asked to wait."""
    host: str | None
    """The host that could not be reached, or whose connection broke."""
    last_failure: str | None
    """What the last try met, when a deadline ended a call that was to be tried again."""
    report: PushReport | None
    """What became of each record, when the error ended a push."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        detail: JSONValue = None,
        request_id: str | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        report: PushReport | None = None,
        host: str | None = None,
        last_failure: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after = retry_after
        self.report = report
        self.host = host
        self.last_failure = last_failure

    def __str__(self) -> str:
        if self.request_id is None:
            return self.message
        return f"{self.message} [request {self.request_id}]"

    def __reduce__(self) -> tuple[Any, ...]:
        # All that is set, notes and attributes of the caller's included.
        return _rebuilt, (type(self), self.message), dict(self.__dict__)


def _rebuilt(kind: type[Graph8Error], message: str) -> Graph8Error:
    return kind(message)


class ConfigError(Graph8Error, ValueError):
    """A setting or argument is wrong; nothing was sent."""


class AuthenticationError(Graph8Error):
    """401: no key, or one that the service refuses."""


class PaymentRequiredError(Graph8Error):
    """402: credits or subscription do not cover the call."""


class PermissionDeniedError(Graph8Error):
    """403: the key lacks a scope, or belongs to another organisation."""


class NotConnectedError(Graph8Error):
    """404: the organisation has no active connection to that CRM."""


class InvalidRequestError(Graph8Error):
    """400, 409, 413, 422: the service refuses the request's content."""


class RateLimitedError(Graph8Error):
    """429: the rate limit, where waiting did not help or would take too long."""


class UpstreamCrmError(Graph8Error):
    """502 of `fields`: the CRM refused to tell them."""


class ServerError(Graph8Error):
    """Any other 5xx."""


class ConnectionFailedError(Graph8Error, ConnectionError):
    """The service could not be reached, or the connection broke."""


class RequestTimeoutError(Graph8Error, TimeoutError):
    """A time-out or the deadline ran out."""


class InvalidAnswerError(Graph8Error):
    """An answer that can't be trusted: unreadable, truncated, too large, or a redirect."""


class PushStoppedError(Graph8Error):
    """The caller's `stop`, or a rule of the push, was met: `on_error` or `max_failures`."""


class SourceError(Graph8Error):
    """The file or Arrow stream of the records can't be read on; see `report` for those before."""


class StorageError(Graph8Error, OSError):
    """The journal or the dead-letter file can't be used."""


class NotAllPushedError(Graph8Error):
    """Some records of a finished push were not pushed; see `PushReport.raise_for_failures`."""


class InternalError(Graph8Error):
    """A fault of this package: please report it. What a call without `report` did is not known."""


_CLASSES: dict[str, type[Graph8Error]] = {
    "config": ConfigError,
    "authentication": AuthenticationError,
    "payment_required": PaymentRequiredError,
    "permission": PermissionDeniedError,
    "not_connected": NotConnectedError,
    "invalid_request": InvalidRequestError,
    "rate_limited": RateLimitedError,
    "upstream_crm": UpstreamCrmError,
    "server": ServerError,
    "connection": ConnectionFailedError,
    "timeout": RequestTimeoutError,
    "invalid_answer": InvalidAnswerError,
    "stopped": PushStoppedError,
    "source": SourceError,
    "storage": StorageError,
    "not_all_pushed": NotAllPushedError,
    "internal": InternalError,
}


def report_of(error: BaseException) -> PushReport | None:
    """The report of the push that an exception ended; None where it ended none.

    It is the exception's own `report`. A time-out of `asyncio` has it on the cancel that it was
    raised from, and in Python 3.10 the `CancelledError` of whoever awaits a cancelled task is
    another one than the task's own: there, after Ctrl-C under `asyncio.run`, and along
    `raise … from …`, this finds it too.

        try:
            await asyncio.wait_for(client.push_contacts("hubspot", people), 60)
        except TimeoutError as error:  # in Python 3.10: asyncio.TimeoutError
            report = graph8_crm.report_of(error)

    Args:
        error: The exception that came out of the push, or out of what awaited it.
    """
    from ._results.report import PushReport

    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        report: object = getattr(at, "report", None)
        if isinstance(report, PushReport):
            return report
        # What was merely under way when another error came has nothing to do with that.
        # asyncio.run cancels what runs at Ctrl-C, and raises KeyboardInterrupt in handling that.
        is_ended = isinstance(at, KeyboardInterrupt) or _is_cancel(at)
        is_cancel = is_ended and _is_cancel(at.__context__)
        at = at.__context__ if is_cancel else at.__cause__
    return None


def _is_cancel(error: BaseException | None) -> bool:
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def error_from_json(text: str, report: PushReport | None) -> Graph8Error:
    """The exception that the core's error stands for."""
    wire = json.loads(text)
    # A cancelled call has no class of its own: Python's own exception for that comes out instead.
    kind = _CLASSES.get(wire["kind"], Graph8Error)
    return kind(
        wire["message"],
        status=wire["status"],
        code=wire["code"],
        detail=wire["detail"],
        request_id=wire["request_id"],
        retryable=wire["retryable"],
        retry_after=wire["retry_after_seconds"],
        report=report,
        host=wire["host"],
        last_failure=wire["last_failure"],
    )
