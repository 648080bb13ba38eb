"""Inputs and options that the public functions take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias, TypedDict

from ._typed import TypedRecord

if TYPE_CHECKING:
    import os

    from ._names import OnError, OnUnknown
    from ._results import Problem, PushProgress

    ResolveUnknown: TypeAlias = (
        Callable[[Problem], bool | None] | Callable[[Problem], Awaitable[bool | None]]
    )


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


class _AttrsObject(Protocol):
    __attrs_attrs__: ClassVar[Any]


class _Struct(Protocol):
    __struct_fields__: ClassVar[tuple[str, ...]]


class _Model(Protocol):
    def model_dump(self, *args: Any, **kwargs: Any) -> dict[str, Any]: ...


class _NamedTuple(Protocol):
    _fields: ClassVar[tuple[str, ...]]


class _Row(Protocol):
    def keys(self) -> Any: ...
    def __getitem__(self, key: Any, /) -> Any: ...


class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...


class _Frame(Protocol):
    @property
    def iloc(self) -> Any: ...


Record: TypeAlias = (
    Mapping[str, object]
    | TypedRecord
    | _Dataclass
    | _AttrsObject
    | _Struct
    | _Model
    | _NamedTuple
    | _Row
)
"""A contact or company in the CRM's own field names.

A mapping; a record of `graph8_crm.hubspot` and the like; a dataclass, attrs or pydantic object (by
alias), a `NamedTuple`, a `msgspec.Struct`, or a row of a query (anything with `keys()`).

Values are `str`, `int`, `float`, `bool`, `None`, `datetime` (RFC 3339; a naive one without zone),
`date`, `time`, `timedelta` (seconds), `Decimal` (a number, digits as written), `UUID`, `Enum` (its
value), numpy scalars and arrays, and lists, tuples and objects of these. NaN and infinities travel
as null, unless `nan="error"`; `NaT` and `pandas.NA` always do.
"""

Table: TypeAlias = _ArrowStream | _ArrowArray | _Frame
"""Columns: a data frame or a query's result of pandas, polars, pyarrow, DuckDB or any other library
that gives Arrow data."""

Records: TypeAlias = Iterable[Record] | Table | PathLike[str] | str
"""What a push takes its records from: an iterable of `Record`, a `Table`, or the path of an NDJSON
file, gzipped or not (as `str` its name ends in `.ndjson` or `.jsonl`, maybe with `.gz`)."""


@dataclass(frozen=True, slots=True)
class ListChange:
    """Adds contacts to one list of the CRM and removes others, all by the CRM's own ids.

    Applying the same change twice has no further effect.
    """

    list_id: str | int
    """The list's id in the CRM."""
    add: Sequence[str | int] = ()
    """Ids of the contacts to add."""
    remove: Sequence[str | int] = ()
    """Ids of the contacts to remove."""

    def to_dict(self) -> dict[str, object]:
        """The change as it goes to the core."""
        return {"list_id": self.list_id, "add": self.add, "remove": self.remove}


class ListPushOptions(TypedDict, total=False):
    """The keyword arguments of `push_lists`; what is absent or None has its default."""

    batch_size: int | Literal["auto"] | None
    """Records per request, up to 1,000. Default: `"auto"`, which is 100, and fewer where the
    service needs more than about a third of the read time-out for them."""
    batch_bytes: int | None
    """Most bytes of a request's records; a larger record travels alone. Default: 1 MiB."""
    concurrency: int | None
    """Requests at a time, 1 to 64; list changes always go one request at a time, in order.
    Default: 4."""
    deadline: float | None
    """Seconds for the push as a whole. Default: none."""
    on_error: OnError | None
    """What to do when a record fails or its outcome is unknown: `"continue"` with the others, or
    `"stop"`. Default: `"continue"`."""
    max_failures: float | None
    """More failed records than this end the push: a whole number of records, or a share of those
    tried between 0 and 1, judged from 100 records on. Default: none."""
    max_consecutive_unknown: int | None
    """So many batches in a row without a trustworthy answer end the push; 0 never does.
    Default: 3."""
    dead_letter: str | os.PathLike[str] | None
    """A file to which failed and unknown records are added as NDJSON, durable batch by batch; the
    last line of a record is its outcome. It holds customers' data and is made for its owner alone
    (0600); a symbolic link is refused. See `read_dead_letter`. Default: none."""
    journal: str | os.PathLike[str] | None
    """A file that lets the push go on after a crash: run it again with the same source, and what
    was not sent is sent. One push at a time, by whatever name: a symbolic link is followed to the
    file itself, hard links are refused. Made for its owner alone (0600). Default: none."""
    progress: Callable[[PushProgress], object] | None
    """Called with a snapshot at most 10 times a second, and at the end. An `Exception` out of it is
    logged to `graph8_crm`, and it is not called again; the push goes on. With `AsyncClient` it may
    be a `ProgressStream`. Default: none."""


class PushOptions(ListPushOptions, total=False):
    """The keyword arguments of `push_contacts` and `push_companies`; as `ListPushOptions`."""

    on_unknown: OnUnknown | None
    """What to do with a batch that was sent and got no trustworthy answer: `"report"` it, or
    `"retry"` at the risk of duplicates. Default: `"report"`."""
    resolve_unknown: ResolveUnknown | None
    """Your own look into the CRM, called at the end for each record whose outcome is unknown. True:
    it is there and counts as pushed; False: it is not and counts as not sent; None: still unknown.
    With `AsyncClient` it may be a coroutine function. Default: none."""
    columns: Sequence[str] | None
    """The fields that travel, by the names that the source has for them. A table must have them
    all. Default: all."""
    rename: Mapping[str, str] | None
    """New names for fields of the source, for example `{"Work Email": "email"}`; the others keep
    theirs. A table must have them all. Default: none."""
    drop_nulls: bool | None
    """Leave out a record's own fields that are null, since a null clears the field in the CRM.
    Default: False."""
    nan: Literal["null", "error"] | None
    """What becomes of NaN and the infinities: they travel as null, or fail their record.
    Default: `"null"`."""
    provider_fields: Mapping[str, object] | None
    """Field mapping overrides, handed through to the service untouched. Default: none."""


class ClientOptions(TypedDict, total=False):
    """The keyword arguments of `Client` and `AsyncClient` beside key and address."""

    connect_timeout: float | None
    read_timeout: float | None
    timeout: float | None
    proxy: str | None
    ca_file: str | os.PathLike[str] | None
    ca_pem: str | None
    org_id: str | None
    target_org_id: str | None
    user_agent_suffix: str | None
    allow_http: bool
    http2: bool
    rate_limit: tuple[int, int] | bool | None
