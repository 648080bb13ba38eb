"""
Private: use `graph8_crm`.
"""

from _typeshed import SupportsGetItem
import datetime
import typing
from typing import Final, SupportsFloat, SupportsIndex, final

__all__ = ["NativeCall", "NativeClient", "NativeEncoder", "NativeProblems", "NativePush", "NativeReading", "NativeReply", "NativeRows", "NativeSandbox", "VERSION", "core_names", "encode", "epoch", "field_kind", "fields_schema", "graph8_fields", "journal_status", "merge_reports", "nearest_name", "only_dicts", "outcomes_stream", "parse_timestamp", "read_dead_letter", "read_fields", "refuse_subinterpreter", "shutdown", "suggest_fields", "table_stream"]

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
    def build(*, api_key: str | None, base_url: str | None, connect_timeout: SupportsFloat | SupportsIndex | None, read_timeout: SupportsFloat | SupportsIndex | None, timeout: SupportsFloat | SupportsIndex | None, proxy: str | None, ca_file: str | None, ca_pem: str | None, org_id: str | None, target_org_id: str | None, user_agent_suffix: str | None, allow_http: bool | None, http2: bool | None, rate_limit: tuple[SupportsIndex, SupportsIndex] | bool | None, rate_limit_store: bool | str | None, headers: SupportsGetItem[int, tuple[str, str]] | None, credentials: bool | None) -> "NativeClient | NativeReply":
        """
        Checks the settings; gives a client, or a reply that says what is wrong with them.
        """
    def close(self, /) -> None:
        """
        Lets go of the connections; the client can't be used any more.
        """
    def fields(self, /, provider: str, entity_type: str, how: "tuple[int, list[tuple[str, str]]]") -> NativeReply: ...
    def fields_async(self, /, provider: str, entity_type: str, how: "tuple[int, list[tuple[str, str]]]", done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...
    def find_contacts(self, /, provider: str, emails: SupportsGetItem[int, str], how: "tuple[int, list[tuple[str, str]]]") -> NativeReply: ...
    def find_contacts_async(self, /, provider: str, emails: SupportsGetItem[int, str], how: "tuple[int, list[tuple[str, str]]]", done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...
    def graph8_rows(self, /, kind: str, query: "dict[str, typing.Any]", headers: "list[tuple[str, str]]") -> "NativeRows | NativeReply":
        """
        graph8's own rows of a kind; or a reply that says which argument is wrong. `query` has the names and
        values of the core's query.
        """
    @property
    def key_place(self, /) -> str | None:
        """
        Where the key was found, unless it was given.
        """
    @property
    def key_start(self, /) -> str:
        """
        The first characters of the API key: eleven at most.
        """
    def list_syncs(self, /, how: "tuple[int, list[tuple[str, str]]]") -> NativeReply: ...
    def list_syncs_async(self, /, how: "tuple[int, list[tuple[str, str]]]", done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...
    def start_check(self, /, provider: str, kind: str, options: "dict[str, typing.Any]", how: "tuple[int, list[tuple[str, str]]]", source: "typing.Any" = None, total: SupportsIndex = 0) -> "NativePush | NativeReply":
        """
        Starts a check, as `start_push` a push; it ends with a result, JSON text of what was found.
        """
    def start_push(self, /, provider: str, kind: str, options: "dict[str, typing.Any]", how: "tuple[int, list[tuple[str, str]]]", source: "typing.Any" = None, total: SupportsIndex = 0) -> "NativePush | NativeReply":
        """
        Starts a push to be fed; or a reply that says which argument is wrong. `options` has the names
        and values of the core's options.

        `source` is an Arrow capsule, a pair of them or a path, read in Rust, or the columns' names of rows
        that will be fed; `total` is how many records it holds, if that is known.
        """
    def status(self, /, provider: str, how: "tuple[int, list[tuple[str, str]]]") -> NativeReply: ...
    def status_async(self, /, provider: str, how: "tuple[int, list[tuple[str, str]]]", done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...

@final
class NativeEncoder:
    """
    Encodes records as the pushes of a client do, for tests and benchmarks of that alone.
    """
    def __new__(cls, /) -> NativeEncoder: ...
    def json(self, /, chunk: "list[typing.Any]") -> "bytes":
        """
        The JSON array of the records.
        """
    def records(self, /, chunk: "list[typing.Any]") -> int:
        """
        Bytes of the records in a push's buffer.
        """

@final
class NativeProblems:
    """
    The problems of a push as the core holds them, out of which a table is made without their Python objects.
    """
    def stream(self, /, outcome: str | None = None) -> "object":
        """
        The problems as a table; with `outcome` those of it alone.
        """

@final
class NativePush:
    """
    A push under way. Its core half is shared, so that a report can be had after the task that fed it
    was cancelled.
    """
    def cancel(self, /) -> None:
        """
        Stops the requests in flight; the other calls then return at once.
        """
    def drain(self, /, not_sent: SupportsIndex) -> str:
        """
        Counts `not_sent` records of the source that were never fed (at the first call), and sends what
        waits. Gives JSON text of the records in doubt.
        """
    def drain_async(self, /, not_sent: SupportsIndex, done: "typing.Callable[[str | BaseException], object]") -> NativeCall: ...
    def ended_async(self, /, done: "typing.Callable[[None | BaseException], object]") -> NativeCall:
        """
        Waits until nothing more is wanted from the source.
        """
    def events(self, /) -> str | None:
        """
        JSON text of what has happened since the last call, where somebody listens.
        """
    def expect_total(self, /, records: SupportsIndex) -> None:
        """
        Says how many records the source holds, for the snapshots.
        """
    @property
    def fed(self, /) -> int:
        """
        How many records were fed so far.
        """
    def feed(self, /, records: "list[typing.Any] | tuple[list[str], list[typing.Any], int]") -> bool:
        """
        Encodes and feeds a chunk; false when `ready` must be waited for before the next.
        """
    def feed_source(self, /) -> NativeReply:
        """
        Feeds all of the push's own source; the reply has an error when that can't be read on.
        """
    def feed_source_async(self, /, done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...
    def finish(self, /, not_sent: SupportsIndex) -> NativeReply:
        """
        Drains, if that was not done, makes the report and gives the report. Called again it gives the
        same reply.
        """
    def finish_async(self, /, not_sent: SupportsIndex, done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...
    def follow_with(self, /, source: "typing.Any", total: SupportsIndex) -> NativeReply:
        """
        Has `feed_source` read another table next, or checks the columns of rows that will be fed; the reply
        has an error when that can't be. `source` and `total` are as for `start_push`.
        """
    def has_ended(self, /) -> bool:
        """
        Whether nothing more is wanted from the source.
        """
    def interrupted_async(self, /, done: "typing.Callable[[None | BaseException], object]") -> NativeCall:
        """
        Waits until the push is cancelled, out of time or finished.
        """
    def is_interrupted(self, /) -> bool:
        """
        Whether the push was cancelled or is out of time.
        """
    @property
    def is_listened(self, /) -> bool:
        """
        Whether somebody listens to its events.
        """
    def leave_source(self, /) -> None:
        """
        Says that the source may hold more records than are counted.
        """
    def listen(self, /, listener: "typing.Callable[[str], object]") -> None:
        """
        Has `listener` called with a snapshot's JSON text while a call of this push waits.
        """
    def plan(self, /, names: SupportsGetItem[int, str]) -> tuple[list[bool], bool]:
        """
        For each of the names whether a field of that name travels, and whether NaN fails its record.
        """
    def progress(self, /) -> str:
        """
        JSON text of a snapshot.
        """
    def ready(self, /) -> bool:
        """
        Waits until there is room for more; false when the push has ended and wants no more.
        """
    def ready_async(self, /, done: "typing.Callable[[bool | BaseException], object]") -> NativeCall: ...
    def resolve(self, /, index: SupportsIndex, is_there: bool) -> bool:
        """
        Ends the doubt about a record.
        """
    def run(self, /, records: "list[typing.Any]") -> NativeReply:
        """
        Feeds all records of a source at once, drains, makes the report and gives the report.
        """
    def run_async(self, /, records: "list[typing.Any]", done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...
    def source_failed(self, /, why: str) -> None:
        """
        Says that the source can't be read on, and why.
        """
    def stop(self, /) -> None:
        """
        Lets no further request leave; those in flight may answer.
        """
    def stop_when(self, /, is_set: "typing.Callable[[], object]") -> None:
        """
        Has `is_set` asked while a call of this push waits, and after each record; the push is stopped once it
        gives true.
        """

@final
class NativeReading:
    """
    One reading of rows.
    """
    def next(self, /) -> NativeReply:
        """
        The next rows: JSON text of a list, or of null at the end.
        """
    def next_async(self, /, done: "typing.Callable[[NativeReply | BaseException], object]") -> NativeCall: ...

@final
class NativeReply:
    """
    The end of a call: either `result` or `error` is set, or there is a `report`, which may go with an
    error.
    """
    @property
    def error(self, /) -> str | None:
        """
        JSON text of the error.
        """
    @property
    def events(self, /) -> str | None:
        """
        JSON text of what happened on the way and was not told yet.
        """
    def report(self, /) -> "dict[str, typing.Any] | None":
        """
        What became of a push: the names and values of `PushReport`, with `details` in place of its lists.
        """
    @property
    def result(self, /) -> str | None:
        """
        JSON text of the result.
        """

@final
class NativeRows:
    """
    Rows as they were asked for; each reading begins anew.
    """
    def read(self, /, topics: SupportsIndex) -> NativeReading:
        """
        A reading from the first page on.
        """
    def tally(self, /) -> str:
        """
        JSON text of what the last reading came to.
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
    def run_command(name: str, arguments: SupportsGetItem[int, str]) -> tuple[NativeSandbox | None, str, bool, int]:
        """
        Does what a command line asks: the sandbox if it runs, what to print, whether it ends with the standard
        input, and the exit code.
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

def core_names() -> str:
    """
    JSON text of the core's names of everything that the package repeats, for its tests.
    """

def encode(value: "object") -> "bytes":
    """
    The JSON bytes that a value travels as.
    """

def epoch() -> int:
    """
    A number that changes with each fork, and when the process's handles were closed.
    """

def field_kind(type_name: str) -> str:
    """
    The kind of value that fields of a CRM's type take.
    """

def fields_schema(fields: str, additional_properties: bool) -> NativeReply:
    """
    The JSON Schema of fields, which are JSON text.
    """

def graph8_fields(provider: str, kind: str) -> NativeReply:
    """
    JSON text of where the fields of graph8's rows of a kind go in a CRM.
    """

def journal_status(path: str) -> NativeReply:
    """
    What a journal tells, as JSON text.
    """

def merge_reports(first: str, first_outcomes: SupportsGetItem[int, SupportsIndex], second: str, second_outcomes: SupportsGetItem[int, SupportsIndex], of: str | None = None) -> NativeReply:
    """
    Two reports as one: `second` follows `first`, or is a retry of its records that `of` names as JSON text.
    """

def nearest_name(name: str, known: SupportsGetItem[int, str]) -> str | None:
    """
    The known name that is most like `name`.
    """

def only_dicts(chunk: "list[typing.Any]") -> bool:
    """
    Whether all are plain dicts, as most records are.
    """

def outcomes_stream(packed: SupportsGetItem[int, SupportsIndex], length: SupportsIndex) -> "object":
    """
    The outcome of every record as a table: `index` and `outcome`.
    """

def parse_timestamp(text: "str") -> "datetime.datetime | None":
    """
    The moment that a timestamp of the service stands for, if it is RFC 3339.
    """

def read_dead_letter(path: str, outcomes: SupportsGetItem[int, str]) -> NativeReply:
    """
    The records of a dead-letter file whose outcome is one of those named, as a JSON array.
    """

def read_fields(text: str) -> NativeReply:
    """
    Fields that were kept as JSON, in the form that `fields` of a client gives.
    """

def refuse_subinterpreter() -> None:
    """
    Refuses an interpreter beside the main one, where results could not be handed over: callbacks
    attach to the main interpreter, and the exit of one would end the runtime of all.
    """

def shutdown() -> None:
    """
    Keeps the threads of this process's runtime away from Python; for `atexit`. Takes a second at most.
    """

def suggest_fields(fields: str, names: SupportsGetItem[int, str]) -> NativeReply:
    """
    Where the names of a table belong among fields, which are JSON text.
    """

def table_stream(columns: "list[tuple[str, str, list[typing.Any]]]") -> "object":
    """
    Columns, each of a name, a kind and its values, as a table. None is null.
    """
