"""
Private: use `graph8_crm`.
"""

import datetime
import typing
from typing import Any, Final, SupportsFloat, SupportsIndex, final

__all__ = ["VERSION", "NativeCall", "NativeClient", "NativePush", "NativeReply", "NativeSandbox", "encode", "parse_timestamp", "shutdown"]

VERSION: Final[str]
"""
The version of the core, and so of the package.
"""

@final
class NativeCall:
    """
    A call under way.
    """
    def cancel(self, /) -> None:
        """
        Drops the call; `done` is not called any more, unless it was already.
        """

@final
class NativeClient:
    """
    Settings, and the core client that this process made of them.
    """
    @property
    def base_url(self, /) -> str:
        """
        The service's address, `/api/v1` included.
        """
    @staticmethod
    def build(*, api_key: str | None, base_url: str | None, connect_timeout: SupportsFloat | SupportsIndex | None, read_timeout: SupportsFloat | SupportsIndex | None, timeout: SupportsFloat | SupportsIndex | None, proxy: str | None, ca_file: str | None, ca_pem: str | None, org_id: str | None, target_org_id: str | None, user_agent_suffix: str | None, allow_http: bool | None, http2: bool | None) -> "NativeClient | NativeReply":
        """
        Checks the settings; gives a client, or a reply that says what is wrong with them.
        """
    def close(self, /) -> None:
        """
        Lets go of the connections; the client can't be used any more.
        """
    def fields(self, /, provider: str, entity_type: str) -> NativeReply: ...
    def fields_async(self, /, provider: str, entity_type: str, done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...
    def list_syncs(self, /) -> NativeReply: ...
    def list_syncs_async(self, /, done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...
    def start_push(self, /, provider: str, kind: str, *, batch_size: SupportsIndex | None, on_unknown: str | None, provider_fields: Any | None, deadline: SupportsFloat | SupportsIndex | None, max_consecutive_unknown: SupportsIndex | None) -> "NativePush | NativeReply":
        """
        Starts a push to be fed; or a reply that says which argument is wrong.
        """
    def status(self, /, provider: str) -> NativeReply: ...
    def status_async(self, /, provider: str, done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...

@final
class NativePush:
    """
    A push under way. Its core half is behind a lock, so that a report can be had after the task
    that fed it was cancelled.
    """
    def cancel(self, /) -> None:
        """
        Stops the request in flight; `finish` then returns at once.
        """
    @property
    def fed(self, /) -> int:
        """
        How many records were fed so far.
        """
    def feed(self, /, records: "list[typing.Any]") -> bool:
        """
        Encodes and feeds a chunk; false when the push has ended and wants no more.
        """
    def feed_async(self, /, records: "list[typing.Any]", done: "typing.Callable[[bool | BaseException], object]") -> NativeCall: ...
    def finish(self, /, not_sent: SupportsIndex) -> NativeReply:
        """
        Counts `not_sent` records of the source that were never fed, sends what waits, and gives the
        report. Called again it gives the same reply.
        """
    def finish_async(self, /, not_sent: SupportsIndex, done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...

@final
class NativeReply:
    """
    The end of a call: either `result` or `error` is set; `report` and `outcomes` go with both.
    """
    @property
    def error(self, /) -> str | None:
        """
        JSON text of the error.
        """
    @property
    def outcomes(self, /) -> bytes | None:
        """
        A push's outcomes, one byte a record.
        """
    @property
    def report(self, /) -> str | None:
        """
        JSON text of a push's report.
        """
    @property
    def result(self, /) -> str | None:
        """
        JSON text of the result.
        """

@final
class NativeSandbox:
    """
    A running sandbox; it ends with `stop`, with the object, or with the process.
    """
    def command(self, /, command: str) -> str:
        """
        Carries out a command, JSON text in and out.
        """
    @staticmethod
    def start(options: str) -> NativeSandbox:
        """
        Starts a sandbox with options as JSON text.
        """
    def stop(self, /) -> None:
        """
        Stops the sandbox; a second call does nothing.
        """
    @property
    def url(self, /) -> str:
        """
        The address to use as a client's base URL.
        """

def encode(value: "object") -> "bytes":
    """
    The JSON bytes that a value travels as.
    """

def parse_timestamp(text: "str") -> "datetime.datetime | None":
    """
    The moment that a timestamp of the service stands for, if it is RFC 3339.
    """

def shutdown() -> None:
    """
    Stops the runtime of this process; for `atexit`. Takes a second at most.
    """
